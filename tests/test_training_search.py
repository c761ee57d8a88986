"""Searches: an interruption changes nothing, a failure is a result, budgets add up as the papers say."""

import json
import math
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlbook.numpy import training as tr

SPACE = {"lr": tr.LogUniform(1e-4, 1.0), "width": tr.Integers(1, 9), "act": tr.Choice(["relu", "tanh"])}


def evaluate(config, budget, rng):
    """A score with noise of its own; large rates diverge."""
    if config["lr"] > 0.5:
        raise FloatingPointError("left the numbers")
    return -abs(math.log10(config["lr"]) + 2) + 0.01 * config["width"] - 1 / budget + 0.1 * float(rng.random())


SEARCHES = {
    "grid": partial(tr.grid_search, points=3, budget=2),
    "random": partial(tr.random_search, trials=12),
    "coarse to fine": partial(tr.coarse_to_fine, trials=5, budgets=(1, 2), keep=2),
    "halving": partial(tr.successive_halving, trials=9),
    "hyperband": partial(tr.hyperband, max_budget=9),
}
every_search = pytest.mark.parametrize("name", SEARCHES)


def run(name, f=evaluate, **options):
    return SEARCHES[name](f, SPACE, rng=np.random.default_rng(3), **options)


@every_search
def test_a_search_is_repeatable_and_records_every_trial(name, tmp_path):
    first, again = run(name), run(name, journal=tmp_path / "journal.jsonl")
    assert first == again
    lines = (tmp_path / "journal.jsonl").read_text().splitlines()
    assert len(lines) == 1 + len(first.trials)
    assert first.spent == sum(json.loads(line)["budget"] for line in lines[1:])


@every_search
@pytest.mark.parametrize("after", [0, 1, 5, 8])
def test_an_interrupted_search_goes_on_where_it_was_and_gives_the_same_result(name, after, tmp_path):
    path, calls = tmp_path / "journal.jsonl", []

    def stops(config, budget, rng):
        if len(calls) == after:
            raise KeyboardInterrupt
        calls.append(config)
        return evaluate(config, budget, rng)

    def counts(config, budget, rng):
        calls.append(config)
        return evaluate(config, budget, rng)

    with pytest.raises(KeyboardInterrupt):
        run(name, stops, journal=path)
    resumed = run(name, counts, journal=path)
    assert resumed == run(name)
    assert len(calls) == len(resumed.trials), "a trial was run twice"


@every_search
def test_a_line_that_a_kill_cut_off_is_dropped_and_run_again(name, tmp_path):
    path = tmp_path / "journal.jsonl"
    whole = run(name, journal=path)
    text = path.read_text()
    path.write_text(text[: len(text) - 7])
    assert run(name, journal=path) == whole
    assert path.read_text() == text


def test_a_journal_that_was_cut_off_in_its_first_line_is_refused_and_kept(tmp_path):
    path = tmp_path / "journal.jsonl"
    run("random", journal=path)
    path.write_text(path.read_text()[:20])
    with pytest.raises(tr.JournalError, match="another search, or none"):
        run("random", journal=path)
    assert len(path.read_text()) == 20


def test_the_journal_of_another_search_is_refused_and_kept(tmp_path):
    path = tmp_path / "journal.jsonl"
    run("random", journal=path)
    kept = path.read_text()
    with pytest.raises(tr.JournalError, match="another search"):
        run("halving", journal=path)
    with pytest.raises(tr.JournalError, match="another generator"):
        tr.random_search(evaluate, SPACE, trials=3, rng=np.random.default_rng(4), journal=path)
    assert path.read_text() == kept


def test_what_json_does_not_know_goes_through_a_journal(tmp_path):
    space = {"hidden": tr.Choice([(8,), (8, 8)]), "width": tr.Choice(np.array([3, 5])), "act": tr.Choice([len, abs])}

    def search(evaluate):
        return tr.random_search(
            evaluate, space, trials=4, budget=np.int64(2), rng=np.random.default_rng(0), journal=tmp_path / "j.jsonl"
        )

    first = search(lambda config, budget, rng: len(config["hidden"]) * config["width"])
    again = search(None)  # nothing is left to run
    assert again == first
    assert all(isinstance(trial.config["hidden"], tuple) for trial in again.trials)


def test_a_random_search_may_be_made_longer(tmp_path):
    path = tmp_path / "journal.jsonl"
    short = tr.random_search(evaluate, SPACE, trials=4, rng=np.random.default_rng(3), journal=path)
    long = tr.random_search(evaluate, SPACE, trials=9, rng=np.random.default_rng(3), journal=path)
    assert long.trials[:4] == short.trials
    assert long == tr.random_search(evaluate, SPACE, trials=9, rng=np.random.default_rng(3))


@pytest.mark.parametrize("score", [float("nan"), float("inf"), -float("inf")])
def test_a_score_that_is_no_number_is_a_failure(score):
    trial = tr.run_trial(lambda config, budget, rng: score, {}, 1, seed=0)
    assert trial.score == -np.inf
    assert "score is" in trial.error


def test_a_failure_is_recorded_and_a_mistake_in_the_program_is_not_hidden(tmp_path):
    path = tmp_path / "journal.jsonl"
    found = tr.random_search(lambda c, b, rng: 1 / 0, {"x": tr.Uniform(0, 1)}, trials=2, rng=np.random.default_rng(0),
                             journal=path)
    assert [t.error for t in found.trials] == ["ZeroDivisionError: division by zero"] * 2
    assert json.loads(path.read_text().splitlines()[-1])["score"] is None
    with pytest.raises(ValueError, match="every trial failed"):
        _ = found.best
    with pytest.raises(KeyError):
        tr.random_search(lambda c, b, rng: c["y"], {"x": tr.Uniform(0, 1)}, trials=1, rng=np.random.default_rng(0))


def test_overflow_within_a_trial_warns_nobody():
    assert tr.run_trial(lambda c, b, rng: np.float32(1e38) * np.float32(100), {}, 1, seed=0).error


def test_the_best_is_the_best_of_the_largest_budget():
    trials = [tr.Trial(0, {}, 0, 1, 0.9), tr.Trial(1, {}, 0, 3, 0.5), tr.Trial(2, {}, 0, 3, 0.7),
              tr.Trial(3, {}, 0, 9, -np.inf, "failed")]
    found = tr.Search(tuple(trials))
    assert found.best.number == 2
    assert [t.number for t in found.ranked()] == [0, 2, 1, 3]
    assert found.spent == 16


def test_an_evaluation_cannot_change_the_configuration_that_is_recorded():
    def meddles(config, budget, rng):
        config["lr"] = 0.0
        return 1.0

    assert tr.run_trial(meddles, {"lr": 0.1}, 1, seed=0).config == {"lr": 0.1}


# -- scales ---------------------------------------------------------------------------------------

scales = st.one_of(
    st.builds(lambda a, b: tr.Uniform(a, a + b), st.floats(-5, 5), st.floats(0.1, 9)),
    st.builds(lambda a, b: tr.LogUniform(a, a * b), st.floats(1e-6, 10), st.floats(1.1, 1e5)),
    st.builds(lambda a, b, log: tr.Integers(a, a + b, log), st.integers(1, 9), st.integers(0, 99), st.booleans()),
)


@given(scale=scales, u=st.floats(0, 1), v=st.floats(0, 1))
def test_a_scale_is_a_monotone_map_that_goes_back(scale, u, v):
    low, high = min(scale.at(u), scale.at(v)), max(scale.at(u), scale.at(v))
    assert (scale.at(min(u, v)), scale.at(max(u, v))) == (low, high)
    assert scale.low <= low + 1e-9
    assert high <= scale.high * (1 + 1e-12) + 1e-9
    if isinstance(scale, tr.Integers):
        assert scale.at(scale.place(scale.at(u))) == scale.at(u)
    else:
        assert scale.place(scale.at(u)) == pytest.approx(u, abs=1e-6)


def test_every_integer_has_the_same_chance():
    rng, scale = np.random.default_rng(0), tr.Integers(2, 6)
    counts = np.bincount([scale.at(u) for u in rng.random(20_000)], minlength=7)[2:]
    np.testing.assert_allclose(counts / 20_000, 0.2, atol=0.015)


def test_equal_factors_have_the_same_chance():
    drawn = [tr.sample_config({"lr": tr.LogUniform(1e-4, 1.0)}, np.random.default_rng(i))["lr"] for i in range(2000)]
    shares = np.histogram(np.log10(drawn), bins=[-4, -3, -2, -1, 0])[0] / 2000
    np.testing.assert_allclose(shares, 0.25, atol=0.05)


@given(seed=st.integers(0, 1000), margin=st.floats(0, 0.3))
def test_a_narrowed_space_holds_the_best_and_lies_in_the_old_one(seed, margin):
    rng = np.random.default_rng(seed)
    best = [tr.sample_config(SPACE, rng) for _ in range(3)]
    if len({c["lr"] for c in best}) < 2 and not margin:
        return
    narrowed = tr.narrow_space(SPACE, best, margin=margin)
    for config in best:
        assert narrowed["lr"].low <= config["lr"] * (1 + 1e-9)
        assert config["lr"] <= narrowed["lr"].high * (1 + 1e-9)
        assert narrowed["width"].low <= config["width"] <= narrowed["width"].high
        assert config["act"] in narrowed["act"].values
    assert SPACE["lr"].low * (1 - 1e-9) <= narrowed["lr"].low
    assert narrowed["lr"].high <= SPACE["lr"].high * (1 + 1e-9)


def test_a_grid_repeats_few_values_and_random_draws_do_not():
    grid = tr.grid_configs({"a": tr.Uniform(0, 1), "b": tr.Uniform(0, 1)}, 4)
    assert (len(grid), len({c["a"] for c in grid})) == (16, 4)
    drawn = [tr.sample_config({"a": tr.Uniform(0, 1)}, np.random.default_rng(i))["a"] for i in range(16)]
    assert len(set(drawn)) == 16
    assert tr.grid_configs({"n": tr.Integers(1, 2)}, 5) == [{"n": 1}, {"n": 2}]
    assert tr.grid_configs(SPACE, {"lr": 1, "width": 1}) == [
        {"lr": 0.01, "width": 5, "act": "relu"}, {"lr": 0.01, "width": 5, "act": "tanh"}]


# -- budgets --------------------------------------------------------------------------------------


@given(trials=st.integers(1, 300), least=st.integers(1, 5), eta=st.integers(2, 5))
def test_no_rung_costs_more_than_the_first(trials, least, eta):
    rungs = tr.halving_rungs(trials, min_budget=least, eta=eta)
    assert rungs[0] == (trials, least)
    assert 1 <= rungs[-1][0] < eta
    for (n, r), (fewer, longer) in pairwise(rungs):
        assert (fewer, longer) == (n // eta, r * eta)
    assert sum(n * r for n, r in rungs) <= len(rungs) * trials * least


def test_a_largest_budget_ends_the_rungs_early():
    assert tr.halving_rungs(81, max_budget=9) == [(81, 1), (27, 3), (9, 9)]


@given(most=st.integers(1, 500), eta=st.integers(2, 5))
def test_the_brackets_are_those_of_the_paper(most, eta):
    brackets = tr.hyperband_brackets(most, eta=eta)
    s_max = len(brackets) - 1
    assert eta**s_max <= most < eta ** (s_max + 1)
    for s, rungs in zip(range(s_max, -1, -1), brackets, strict=True):
        assert rungs[0][0] == math.ceil((s_max + 1) * eta**s / (s + 1) - 1e-9)
        assert [r for _, r in rungs] == [math.floor(most * eta**i / eta**s) for i in range(s + 1)]
        assert all(n >= 1 for n, _ in rungs)
        assert rungs[-1][1] == most


def test_halving_keeps_the_best_of_each_rung():
    table = tr.table_evaluation(np.array([[0, 0.1, 0.9], [0, 0.3, 0.4], [0, 0.2, 0.5], [0, 0.1, 0.8]]))
    found = tr.successive_halving(table, {"row": tr.Choice(range(4))}, trials=4, eta=2, max_budget=2,
                                  rng=np.random.default_rng(5))
    first, second = found.trials[:4], found.trials[4:]
    assert {t.budget for t in first} == {1}
    assert sorted(t.score for t in first)[-2:] == sorted(table(t.config, 1, None) for t in second)
    assert all(t.seed == {u.number: u.seed for u in first}[t.number] for t in second), "a longer run begins alike"


@pytest.mark.parametrize("n", [1, 2, 3, 10, 60, 1000])
def test_the_largest_of_n_is_what_the_integral_says_and_below_its_bound(n):
    drawn = np.random.default_rng(0).standard_normal((4000, n)).max(axis=1)
    value = tr.expected_maximum(n)
    assert value == pytest.approx(drawn.mean(), abs=5 * drawn.std() / 4000**0.5)
    assert value <= math.sqrt(2 * math.log(n)) + 1e-9
    exact = {1: 0.0, 2: 1 / math.sqrt(math.pi), 3: 1.5 / math.sqrt(math.pi)}
    assert n not in exact or value == pytest.approx(exact[n], abs=1e-6)


@pytest.mark.parametrize(("call", "said"), [
    (lambda: tr.Uniform(1, 1), "expected low < high"),
    (lambda: tr.Uniform(0, math.inf), "high inf"),
    (lambda: tr.LogUniform(0, 1), "low is 0"),
    (lambda: tr.Integers(3, 2), "high is 2"),
    (lambda: tr.Integers(0, 2, log=True), "low is 0"),
    (lambda: tr.Choice([]), "values is empty"),
    (lambda: tr.grid_configs({"x": tr.Uniform(0, 1)}, 0), "points of x is 0"),
    (lambda: tr.grid_configs({"x": tr.Uniform(0, 1)}, {}), "points of x is None"),
    (lambda: tr.grid_configs({"x": tr.Uniform(0, 1)}, 2.5), "points of x is 2.5"),
    (lambda: tr.narrow_space({"x": tr.Uniform(0, 1)}, [{"x": 0.5}], margin=0), "margin is 0 and all configs"),
    (lambda: tr.table_evaluation(np.ones((3, 4)))({"row": -1}, 1, None), "row is -1"),
    (lambda: tr.table_evaluation(np.ones((3, 4)))({"row": 1}, 4, None), "budget 4"),
    (lambda: tr.coarse_to_fine(evaluate, SPACE, trials=3, budgets=(3, 1), rng=np.random.default_rng(0)),
     "budgets is"),
    (lambda: tr.narrow_space(SPACE, []), "0 configs"),
    (lambda: tr.table_evaluation(np.ones(3)), "curves is float64 of shape"),
    (lambda: tr.random_search(evaluate, SPACE, trials=0, rng=np.random.default_rng(0)), "trials is 0"),
    (lambda: tr.coarse_to_fine(evaluate, SPACE, trials=2, keep=3, rng=np.random.default_rng(0)), "trials is 2"),
    (lambda: tr.halving_rungs(3, eta=1), "eta is 1"),
    (lambda: tr.halving_rungs(3, min_budget=4, max_budget=2), "max_budget is 2"),
    (lambda: tr.hyperband_brackets(0), "max_budget is 0"),
    (lambda: tr.expected_maximum(0), "n is 0"),
])  # fmt: skip
def test_a_wrong_argument_is_refused_by_name(call, said):
    with pytest.raises(ValueError, match=said):
        call()


@pytest.mark.parametrize("call", [
    lambda space: tr.sample_config(space, np.random.default_rng(0)),
    lambda space: tr.grid_configs(space, 3),
    lambda space: tr.narrow_space(space, [{"lr": 0.1}]),
])  # fmt: skip
def test_a_range_that_is_no_scale_is_refused(call):
    with pytest.raises(TypeError, match=r"space\['lr'\] is \(0.001, 1.0\), expected a scale"):
        call({"lr": (0.001, 1.0)})


def test_a_stage_in_which_all_fail_ends_a_coarse_search():
    with pytest.raises(FloatingPointError, match="all 3 trials of stage 0 failed"):
        tr.coarse_to_fine(lambda c, b, rng: math.nan, SPACE, trials=3, rng=np.random.default_rng(0))
