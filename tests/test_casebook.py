"""The casebook: each case differs from the right program in one place, and shows what the book says of it."""

import math

import numpy as np
import pytest

from dlbook.data import load
from dlbook.exercises.casebook import broken_run, broken_runs, program, recorded
from dlbook.exercises.casebook.program import rectified_cross_entropy, softmax_cross_entropy
from dlbook.numpy.backpropagation import gradient_check

CASES = {case.number: case for case in broken_runs()}
every_case = pytest.mark.parametrize("number", CASES)
FAILED = {
    1: {"initial loss", "update ratio"}, 2: set(), 3: {"gradient norms", "update ratio", "dead units",
    "overfit a handful", "input matters"}, 4: {"update ratio", "overfit a handful"}, 5: set(), 6: set(), 7: set(),
    8: {"update ratio", "overfit a handful", "input matters"}, 9: {"input matters"}, 10: {"overfit a handful",
    "input matters"}, 11: set(), 12: {"input scale", "initial loss", "update ratio"}, 13: set(),
    14: {"overfit a handful"},
}  # fmt: skip


@pytest.fixture(scope="module")
def files():
    x, target, x_test, target_test = load("mnist1d")
    order = np.random.default_rng(0).permutation(len(x))
    first, second = order[:3000], order[3000:]
    return [recorded(*split) for split in ((x[first], target[first]), (x[second], target[second]),
                                           (x_test, target_test))]


@pytest.fixture(scope="module")
def runs(files):
    return {0: program(*files, np.random.default_rng(0)), **{n: case.run(*files) for n, case in CASES.items()}}


def test_the_right_program_passes_every_check_and_learns(runs):
    healthy = runs[0]
    assert healthy.report, healthy.report
    assert healthy.measured["validation_accuracy"][-1] > 0.48
    assert abs(healthy.test_accuracy - healthy.measured["validation_accuracy"][-1]) < 0.06


@every_case
def test_a_case_fails_the_checks_that_the_book_says(runs, number):
    assert FAILED[number] <= set(runs[number].report.failed), runs[number].report
    if not FAILED[number]:
        assert runs[number].report, runs[number].report


def test_six_of_fourteen_pass_every_check(runs):
    assert sum(bool(runs[n].report) for n in CASES) == 6
    assert len(CASES) == 14


@every_case
def test_one_place_is_changed_and_the_answer_is_not_in_the_program(number):
    case = CASES[number]
    assert case.old != case.new
    assert case.diagnosis not in case.new
    assert number not in case.rivals
    assert set(case.rivals) <= set(CASES)
    assert all(text.endswith(".") for text in (case.signature,))
    assert not case.clue.endswith(".")


def test_a_case_that_is_repaired_is_the_right_program(files, runs):
    again = program(*files, np.random.default_rng(0))
    for name, curve in runs[0].measured.items():
        np.testing.assert_array_equal(curve, again.measured[name])


def last(run, name):
    return run.measured[name][-1]


# What the signature of each case claims about its curves, in terms that hold on any machine.
CLAIMS = {
    1: lambda r: not np.isfinite(last(r, "loss")) or last(r, "loss") > 100,
    2: lambda r: r.measured["loss"][1] > math.log(10) and r.measured["accuracy"][1] < 0.2 < last(r, "accuracy"),
    3: lambda r: np.abs(r.measured["loss"] - math.log(10)).max() < 0.01,
    4: lambda r: r.measured["loss"][1] > 100 or not np.isfinite(r.measured["loss"][1]),
    5: lambda r: abs(last(r, "loss") - math.log(10)) < 0.02 and r.measured["loss"][0] > 2.5,
    6: lambda r: last(r, "validation_accuracy") - r.test_accuracy > 0.05,
    7: lambda r: np.all(np.diff(r.measured["loss"][:3]) > 0) and not last(r, "loss") < 1e6,
    8: lambda r: 0.5 < np.ptp(np.diff(r.measured["loss"])[:10]) / -np.diff(r.measured["loss"]).mean() + 1 < 2.0,
    9: lambda r: last(r, "validation_loss") > math.log(10) > last(r, "loss"),
    10: lambda r: last(r, "loss") > 1.5 and last(r, "accuracy") > 0.25,
    11: lambda r: np.all(np.diff(r.measured["loss"][1:]) > 0) and last(r, "accuracy") < 0.15,
    12: lambda r: r.measured["loss"][0] > 50 and abs(last(r, "loss") - math.log(10)) < 0.05,
    13: lambda r: r.measured["validation_loss"][0] > 50 and r.test_accuracy > 0.45,
    14: lambda r: last(r, "validation_accuracy") > 0.45 and r.report.checks[6].value > 0.05,
}


@every_case
def test_the_curves_do_what_the_signature_says(runs, number):
    assert CLAIMS[number](runs[number]), runs[number].measured


@pytest.mark.parametrize("loss", [softmax_cross_entropy, rectified_cross_entropy])
def test_the_wrong_losses_have_right_gradients(loss):
    scores = np.random.default_rng(0).normal(size=(5, 4))
    assert gradient_check(loss, scores, np.array([0, 1, 2, 3, 0]))


def test_the_loss_of_the_second_softmax_has_its_floor():
    sure = np.where(np.eye(10, dtype=bool), 1000.0, 0.0)
    assert float(softmax_cross_entropy(sure, np.arange(10))) == pytest.approx(math.log(math.e + 9) - 1)


def test_an_unknown_case_is_refused():
    assert broken_run(3).number == 3
    with pytest.raises(ValueError, match="number is 15, expected 1 to 14"):
        broken_run(15)


def test_a_case_whose_place_is_gone_says_so():
    from dataclasses import replace

    with pytest.raises(ValueError, match="stands 0 times, expected once"):
        _ = replace(broken_run(1), old="no such text").program
