"""Functions without a gradient: their entries tell a right one from a wrong one."""

from functools import partial

import numpy as np
import pytest
from readers import checked_in

from dlbook.exercises.assignments import ASSIGNMENTS
from dlbook.exercises.isolation import Limits
from dlbook.laws.battery import Failure, caught_by, hold, laws_of
from dlbook.laws.operation import catalogue
from dlbook.laws.procedure import exercises, procedures

pytestmark = pytest.mark.law

PROCEDURES = pytest.mark.parametrize("op", procedures().values(), ids=lambda op: op.name)
PLANTED = [pytest.param(op, bug, id=f"{op.name}-{bug.name}") for op in procedures().values() for bug in op.bugs]


@pytest.fixture
def checked(tmp_path):
    return partial(checked_in, tmp_path, limits=Limits(60), examples=10)


@PROCEDURES
def test_the_reference_itself_passes_and_refuses(op):
    for name, law in laws_of(op).items():
        result = hold(op, name, law)
        assert not isinstance(result, Failure), result.text(op)
    assert op.refuses
    assert 3 <= len(op.bugs) <= 8


@pytest.mark.parametrize(("op", "bug"), PLANTED)
def test_the_planted_bug_is_caught(op, bug):
    assert caught_by(op, op.spoilt(bug)) is not None


def test_no_name_is_taken_twice():
    assert not catalogue().keys() & procedures().keys()


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_an_assignment_asks_for_functions_that_can_be_checked(assignment):
    assert set(ASSIGNMENTS[assignment]) <= exercises().keys()


STEP = """
def step_lr(lr, *, step_size, gamma=0.1):
    if lr <= 0 or step_size < 1:
        raise ValueError("no")
    return lambda step: lr * gamma ** (step {divided} step_size)
"""


def test_a_right_schedule_is_right(checked):
    (report,) = checked(STEP.format(divided="//"))
    assert report.ok, report.text()


def test_a_wrong_schedule_is_shown_with_its_call_and_the_likely_mistake(checked):
    (report,) = checked(STEP.format(divided="/"))
    text = report.text()
    assert report.status == "wrong"
    assert "step_lr(lr, step_size=" in text
    assert "pullback" not in text
    assert "The rates of the first forty steps" in text
    assert "round down" in text


def test_an_optimizer_may_keep_its_state_as_it_likes(checked):
    (report,) = checked("""
import numpy as np
def sgd_momentum(params, grads, state=None, *, lr, momentum=0.9, dampening=0.0, weight_decay=0.0):
    if lr < 0 or not 0 <= momentum < 1 or any(p.shape != g.shape for p, g in zip(params, grads)):
        raise ValueError("no")
    grads = [g + weight_decay * p for p, g in zip(params, grads)]
    if state is None:
        state = grads
    else:
        weight = 1 - dampening if momentum else 1
        state = [momentum * v + weight * g for v, g in zip(state, grads)]
    return tuple(p - lr * v for p, v in zip(params, state)), state
""")
    assert report.ok, report.text()


def test_who_only_forgets_to_refuse_is_told_that_the_numbers_are_right(checked):
    (report,) = checked("""
def step_lr(lr, *, step_size, gamma=0.1):
    return lambda step: lr * gamma ** (step // max(step_size, 1))
""")
    assert report.status == "wrong"
    assert "every other law holds" in report.text()


def test_an_answer_of_the_wrong_kind_is_one_clear_line(checked):
    (report,) = checked("def step_lr(lr, *, step_size, gamma=0.1):\n    return lr\n")
    assert report.status == "wrong"
    assert "TypeError" in report.text().splitlines()[0]
    assert np.all([len(line) < 200 for line in report.text().splitlines()])
