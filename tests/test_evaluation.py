"""Ensembles and metrics: identities, exact cases, and the implementations of others as oracles."""

import math
from itertools import combinations, pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlbook import vjp
from dlbook.numpy import evaluation as ev
from dlbook.numpy.linear_classifiers import accuracy, cross_entropy, log_softmax, nll_loss, softmax

pytestmark = pytest.mark.law

seeds = st.integers(0, 2**32 - 1)


def ensemble(seed, members=4, n=12, k=3):
    """Draw scores of members that know something, and labels."""
    rng = np.random.default_rng(seed)
    target = rng.integers(0, k, n)
    scores = rng.normal(size=(members, n, k)) * rng.choice([0.1, 1.0, 10.0])
    return scores + 1.5 * np.eye(k)[target], target


# ------------------------------------------------------------------------------------------------ ensembles


@given(seed=seeds, members=st.integers(1, 6))
def test_the_average_never_loses_more_than_its_members_do_on_average(seed, members):
    scores, target = ensemble(seed, members)
    each = [float(cross_entropy(s, target)) for s in scores]
    arithmetic = float(nll_loss(ev.ensemble_average(scores), target))
    geometric = float(nll_loss(ev.ensemble_average(scores, of="scores"), target))
    assert arithmetic <= np.mean(each) + 1e-12
    assert geometric <= np.mean(each) + 1e-12  # the cross-entropy is convex in the scores, too
    squared = [ev.brier_score(softmax(s), target) for s in scores]
    assert ev.brier_score(np.exp(ev.ensemble_average(scores)), target) <= np.mean(squared) + 1e-12


@given(seed=seeds)
def test_the_loss_of_the_average_is_the_mean_loss_less_a_gap_that_is_never_negative(seed):
    scores, target = ensemble(seed)
    logs = log_softmax(scores)[:, np.arange(12), target]
    gap = np.log(np.exp(logs).mean(axis=0)) - logs.mean(axis=0)
    assert (gap >= -1e-12).all()
    mean = np.mean([cross_entropy(s, target) for s in scores])
    assert nll_loss(ev.ensemble_average(scores), target) == pytest.approx(mean - gap.mean(), abs=1e-12)


@given(seed=seeds)
def test_the_gradient_of_an_average_line_by_line(seed):
    scores, _ = ensemble(seed)
    y, pullback = vjp(ev.ensemble_average, scores)
    dy = np.random.default_rng(seed).normal(size=y.shape)
    p = softmax(scores)
    responsibility = p / p.sum(axis=0)
    dlog = responsibility * dy
    ds = dlog - p * dlog.sum(axis=2, keepdims=True)
    np.testing.assert_allclose(responsibility.sum(axis=0), 1, rtol=1e-12)
    np.testing.assert_allclose(pullback(dy)[0], ds, rtol=1e-9, atol=1e-12)


@given(seed=seeds)
def test_the_geometric_average_is_the_normalized_geometric_mean_of_the_probabilities(seed):
    scores, _ = ensemble(seed)
    means = np.exp(log_softmax(scores).mean(axis=0))
    np.testing.assert_allclose(
        np.exp(ev.ensemble_average(scores, of="scores")), means / means.sum(axis=1, keepdims=True), rtol=1e-9
    )


def test_ties_of_a_vote_go_to_the_smallest_class():
    one, two = [[0.0, 0.0, 5.0]], [[0.0, 9.0, 5.0]]
    np.testing.assert_array_equal(ev.majority_vote(np.array([one, two])), [1])
    np.testing.assert_array_equal(ev.majority_vote(np.zeros((3, 2, 4))), [0, 0])


@given(seed=seeds)
def test_a_vote_ignores_how_sure_a_voter_is_and_who_votes_first(seed):
    scores, _ = ensemble(seed, members=5)
    vote = ev.majority_vote(scores)
    np.testing.assert_array_equal(vote, ev.majority_vote(scores * np.array([1, 2, 9, 0.5, 3])[:, None, None]))
    np.testing.assert_array_equal(vote, ev.majority_vote(scores[::-1]))


@given(seed=seeds, members=st.integers(1, 6))
def test_the_ambiguity_decomposition_is_an_identity(seed, members):
    rng = np.random.default_rng(seed)
    parts = ev.ambiguity_decomposition(rng.normal(size=(members, 7, 2)) * 5, rng.normal(size=(7, 2)))
    assert parts.ensemble == pytest.approx(parts.members - parts.ambiguity, rel=1e-9)
    assert parts.ambiguity >= 0


@given(seed=seeds, members=st.integers(2, 6))
def test_the_variance_of_a_mean_is_made_of_variances_and_covariances(seed, members):
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(members, 20)) + rng.normal(size=20)
    variance, covariance = ev.member_covariance(a)
    assert a.mean(axis=0).var() == pytest.approx(variance / members + (1 - 1 / members) * covariance, rel=1e-9)


@pytest.mark.parametrize("voters", [1, 2, 3, 6, 7])
@pytest.mark.parametrize("p", [0.0, 0.3, 0.5, 0.9, 1.0])
def test_condorcets_sum_is_the_count_of_all_outcomes(voters, p):
    total = 0.0
    for outcome in product([0, 1], repeat=voters):
        right = sum(outcome)
        chance = p**right * (1 - p) ** (voters - right)
        total += chance * (1 if 2 * right > voters else 0.5 if 2 * right == voters else 0)
    assert ev.majority_probability(p, voters) == pytest.approx(total, abs=1e-12)


def test_a_crowd_of_the_slightly_competent_is_right_and_one_of_the_slightly_incompetent_wrong():
    better = [ev.majority_probability(0.6, m) for m in range(1, 60, 2)]
    assert all(b > a for a, b in pairwise(better))
    worse = [ev.majority_probability(0.4, m) for m in range(1, 60, 2)]
    np.testing.assert_allclose(worse, 1 - np.array(better), atol=1e-12)
    assert ev.majority_probability(0.6, 2) == pytest.approx(0.6)  # the second voter changes nothing


def test_the_most_different_pair_gains_the_most_by_averaging_squares():
    rng = np.random.default_rng(3)
    target = rng.normal(size=50)
    members = target + rng.normal(size=(4, 50))
    for i, j in combinations(range(4), 2):
        parts = ev.ambiguity_decomposition(members[[i, j]], target)
        assert parts.ambiguity == pytest.approx(((members[i] - members[j]) ** 2).mean() / 4, rel=1e-12)


def test_a_correlation_that_does_not_vanish_leaves_a_floor():
    rng = np.random.default_rng(0)
    common = math.sqrt(0.3) * rng.normal(size=100_000)
    members = common + math.sqrt(0.7) * rng.normal(size=(20, 100_000))
    for m in (1, 5, 20):
        assert members[:m].mean(axis=0).var() == pytest.approx(0.3 + 0.7 / m, rel=0.02)


# ----------------------------------------------------------------------------------------------- resampling


def test_a_bootstrap_sample_misses_a_fraction_of_one_over_e():
    rng = np.random.default_rng(0)
    missing = [1 - len(np.unique(ev.bootstrap(1000, rng))) / 1000 for _ in range(50)]
    assert np.mean(missing) == pytest.approx((1 - 1 / 1000) ** 1000, abs=0.005)
    assert ev.bootstrap(5, rng, size=9).shape == (9,)


@given(seed=seeds)
def test_out_of_bag_asks_exactly_the_members_that_have_not_seen_the_example(seed):
    rng = np.random.default_rng(seed)
    p = softmax(rng.normal(size=(3, 5, 2)))
    samples = np.stack([ev.bootstrap(5, rng) for _ in range(3)])
    found = ev.out_of_bag(p, samples)
    for n in range(5):
        strangers = [m for m in range(3) if n not in samples[m]]
        assert found.count[n] == len(strangers)
        if strangers:
            np.testing.assert_allclose(found.p[n], p[strangers, n].mean(axis=0), rtol=1e-12)
        else:
            assert np.isnan(found.p[n]).all()


def test_the_bootstraps_interval_agrees_with_scipys():
    stats = pytest.importorskip("scipy.stats")
    values = np.random.default_rng(1).exponential(size=60)
    ours = ev.bootstrap_interval(values, resamples=9000, rng=np.random.default_rng(0))
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=9000, method="percentile", random_state=np.random.default_rng(2)
    ).confidence_interval
    np.testing.assert_allclose(ours, theirs, atol=0.02)  # both are random: 9000 resamples fix the ends so far


def test_a_resampled_pair_stays_together_and_a_constant_has_no_width():
    rng = np.random.default_rng(0)
    pairs = np.repeat(rng.normal(size=(40, 1)), 2, axis=1)
    low, high = ev.bootstrap_interval(pairs, lambda rows: (rows[:, 0] - rows[:, 1]).mean(), rng=rng)
    assert low == high == 0
    assert ev.bootstrap_interval(np.ones(9), rng=rng) == (1.0, 1.0)


# -------------------------------------------------------------------------------------------------- metrics


@st.composite
def predictions(draw):
    """Draw scores with ties, and labels; classes may be absent."""
    n, k = draw(st.integers(1, 30)), draw(st.integers(2, 5))
    rng = np.random.default_rng(draw(seeds))
    return rng.integers(-2, 3, (n, k)).astype(float), rng.integers(0, k, n)


@given(predictions())
def test_precision_recall_and_f1_agree_with_scikit_learn(drawn):
    metrics = pytest.importorskip("sklearn.metrics")
    scores, target = drawn
    labels, answer = list(range(scores.shape[1])), scores.argmax(axis=1)
    for average in ("macro", "micro", "none"):
        found = [f(scores, target, average=average) for f in (ev.precision, ev.recall, ev.f1_score)]
        known = metrics.precision_recall_fscore_support(
            target, answer, labels=labels, average=None if average == "none" else average, zero_division=0
        )
        for ours, theirs in zip(found, known[:3], strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    present = np.unique(target)
    recalls = metrics.recall_score(target, answer, labels=present, average="macro")
    assert ev.balanced_accuracy(scores, target) == pytest.approx(recalls)


@given(predictions())
def test_f1_is_the_harmonic_mean_and_micro_averages_are_the_accuracy(drawn):
    scores, target = drawn
    p, r = (f(scores, target, average="none") for f in (ev.precision, ev.recall))
    both = (p > 0) & (r > 0)
    harmonic = 2 / (1 / p[both] + 1 / r[both])
    f1 = ev.f1_score(scores, target, average="none")
    np.testing.assert_allclose(f1[both], harmonic, rtol=1e-12)
    assert not f1[~both].any()
    assert (f1 <= (p + r) / 2 + 1e-12).all()
    for f in (ev.precision, ev.recall, ev.f1_score):
        assert f(scores, target, average="micro") == pytest.approx(accuracy(scores, target))


@given(predictions())
def test_the_label_among_the_first_k(drawn):
    scores, target = drawn
    classes = scores.shape[1]
    found = [ev.top_k_accuracy(scores, target, k=k) for k in range(1, classes + 1)]
    assert found[0] == accuracy(scores, target)
    assert found[-1] == 1
    assert all(b >= a for a, b in pairwise(found))
    best = np.argsort(-scores, axis=1, kind="stable")
    assert found[1] == pytest.approx((best[:, :2] == target[:, None]).any(axis=1).mean())


@st.composite
def ranked(draw):
    """Draw scores with ties and two classes, both present."""
    n = draw(st.integers(2, 25))
    rng = np.random.default_rng(draw(seeds))
    target = np.concatenate([[0, 1], rng.integers(0, 2, n - 2)])
    return rng.integers(-3, 4, n).astype(float), target


@given(ranked())
def test_the_area_is_the_chance_that_a_positive_beats_a_negative(drawn):
    scores, target = drawn
    plus, minus = scores[target == 1], scores[target == 0]
    pairs = np.sign(plus[:, None] - minus) / 2 + 0.5
    assert ev.auroc(scores, target) == pytest.approx(pairs.mean(), abs=1e-12)


@given(ranked())
def test_the_area_sees_only_the_order(drawn):
    scores, target = drawn
    area = ev.auroc(scores, target)
    assert ev.auroc(np.exp(scores), target) == area
    assert ev.auroc(3 * scores**3 - 7, target) == area
    assert ev.auroc(-scores, target) == pytest.approx(1 - area, abs=1e-12)
    assert ev.auroc(scores, 1 - target) == pytest.approx(1 - area, abs=1e-12)
    repeated = np.repeat(scores, 1 + 4 * target), np.repeat(target, 1 + 4 * target)
    assert ev.auroc(*repeated) == pytest.approx(area, abs=1e-12)  # five times as many positives
    infinite = np.where(scores == scores.max(), np.inf, scores)  # the log-odds of a probability that was rounded to 1
    assert ev.auroc(infinite, target) == area


@given(ranked())
def test_curves_agree_with_scikit_learn(drawn):
    metrics = pytest.importorskip("sklearn.metrics")
    scores, target = drawn
    fpr, tpr, thresholds = metrics.roc_curve(target, scores, drop_intermediate=False)
    ours = ev.roc_curve(scores, target)
    np.testing.assert_allclose(ours.fpr, fpr)
    np.testing.assert_allclose(ours.tpr, tpr)
    np.testing.assert_array_equal(ours.thresholds, thresholds)
    assert ev.auroc(scores, target) == pytest.approx(metrics.roc_auc_score(target, scores))
    precision, recall, _ = metrics.precision_recall_curve(target, scores)
    mine = ev.precision_recall_curve(scores, target)
    np.testing.assert_allclose(mine.precision, precision[-2::-1], rtol=1e-12)
    np.testing.assert_allclose(mine.recall, recall[-2::-1], rtol=1e-12)
    assert ev.average_precision(scores, target) == pytest.approx(metrics.average_precision_score(target, scores))


def test_a_perfect_order_an_inverse_one_and_none():
    target = np.array([1, 1, 0, 0, 0])
    down = np.arange(5.0)[::-1]
    assert ev.auroc(down, target) == ev.average_precision(down, target) == 1
    assert ev.auroc(-down, target) == 0
    assert ev.auroc(np.zeros(5), target) == 0.5
    assert ev.average_precision(np.zeros(5), target) == pytest.approx(0.4)


@given(predictions(), st.integers(1, 6))
def test_the_brier_score_is_a_squared_distance_and_its_parts_add_up(drawn, levels):
    scores, target = drawn
    p = softmax(scores)
    assert 0 <= ev.brier_score(p, target) <= 2
    forecast, outcome = np.round(p[:, 0] * levels) / levels, (target == 0).astype(int)
    parts = ev.brier_decomposition(forecast, outcome)
    two = np.stack([1 - forecast, forecast], axis=1)
    assert parts.reliability - parts.resolution + parts.uncertainty == pytest.approx(
        ((forecast - outcome) ** 2).mean(), abs=1e-12
    )
    assert ev.brier_score(two, outcome) == pytest.approx(2 * ((forecast - outcome) ** 2).mean(), abs=1e-12)
    assert parts.resolution <= parts.uncertainty + 1e-12


def test_who_forecasts_the_frequency_has_no_reliability_to_lose_and_no_resolution():
    outcome = np.array([1, 0, 0, 1, 0])
    assert ev.brier_decomposition(np.full(5, 0.4), outcome) == pytest.approx((0, 0, 0.24), abs=1e-15)
    assert ev.brier_decomposition(outcome.astype(float), outcome) == pytest.approx((0, 0.24, 0.24))
