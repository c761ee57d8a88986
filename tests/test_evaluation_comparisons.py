"""Intervals, tests, cross-validation and interpolation: what each must satisfy, and what is refused."""

from functools import partial
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlbook.numpy import evaluation as ev

pytestmark = pytest.mark.law

seeds = st.integers(0, 2**32 - 1)


# ------------------------------------------------------------------------------------------------- intervals


@given(n=st.integers(0, 60), p=st.floats(0, 1))
def test_the_binomial_sums_to_one_with_mean_np(n, p):
    pmf = ev.binomial_pmf(n, p)
    assert pmf.sum() == pytest.approx(1, abs=1e-12)
    assert pmf @ np.arange(n + 1) == pytest.approx(n * p, abs=1e-9)


@given(n=st.integers(1, 400), part=st.floats(0, 1), confidence=st.sampled_from([0.5, 0.9, 0.95, 0.999]))
def test_intervals_agree_with_scipy(n, part, confidence):
    stats = pytest.importorskip("scipy.stats")
    k = round(part * n)
    test = stats.binomtest(k, n)
    for ours, method in ((ev.wilson_interval, "wilson"), (ev.clopper_pearson_interval, "exact")):
        np.testing.assert_allclose(
            ours(k, n, confidence=confidence), test.proportion_ci(confidence, method=method), atol=1e-9
        )
    low, high = ev.clopper_pearson_interval(k, n, confidence=confidence)
    tail = (1 - confidence) / 2
    assert low == pytest.approx(stats.beta.ppf(tail, k, n - k + 1) if k else 0, abs=1e-9)
    assert high == pytest.approx(stats.beta.ppf(1 - tail, k + 1, n - k) if k < n else 1, abs=1e-9)


@given(n=st.integers(1, 200), part=st.floats(0, 1))
def test_intervals_hold_the_measured_share_and_mirror_when_successes_and_failures_change_places(n, part):
    k = round(part * n)
    for interval in (ev.wald_interval, ev.wilson_interval, ev.clopper_pearson_interval):
        low, high = interval(k, n)
        assert 0 <= low <= k / n <= high <= 1
        np.testing.assert_allclose(interval(n - k, n), (1 - high, 1 - low), atol=1e-12)
        wide = interval(k, n, confidence=0.999)
        assert wide.low <= low
        assert wide.high >= high


@given(n=st.integers(1, 40), p=st.floats(0.01, 0.99), confidence=st.sampled_from([0.5, 0.95]))
def test_the_exact_interval_keeps_its_promise_whatever_the_truth(n, p, confidence):
    assert ev.coverage(ev.clopper_pearson_interval, n, p, confidence=confidence) >= confidence - 1e-9


def test_the_ends_of_wilsons_interval_are_where_the_normal_test_rejects():
    k, n, z2 = 37, 50, 1.959963984540054**2
    for p in ev.wilson_interval(k, n):
        assert (k / n - p) ** 2 == pytest.approx(z2 * p * (1 - p) / n, rel=1e-12)


def test_the_textbook_interval_is_useless_at_the_ends():
    assert ev.wald_interval(0, 100) == (0, 0)
    assert ev.coverage(ev.wald_interval, 100, 0.01) < 0.65
    assert ev.coverage(ev.wilson_interval, 100, 0.01) > 0.9
    assert ev.wilson_interval(0, 100).high > 0.03


def test_wald_and_wilson_agree_when_there_is_much_data():
    np.testing.assert_allclose(ev.wald_interval(6000, 10_000), ev.wilson_interval(6000, 10_000), atol=1e-4)


# ----------------------------------------------------------------------------------------------- comparisons


@given(seed=seeds, n=st.integers(1, 60))
def test_mcnemar_counts_what_they_disagree_on_and_looks_at_nothing_else(seed, n):
    rng = np.random.default_rng(seed)
    a, b = rng.random((2, n)) < 0.7
    for exact in (True, False):
        found, swapped = ev.mcnemar(a, b, exact=exact), ev.mcnemar(b, a, exact=exact)
        assert found.only_a - found.only_b == a.sum() - b.sum()
        assert 0 < found.p_value <= 1
        assert swapped.p_value == found.p_value
        padded = ev.mcnemar(np.append(a, [True] * 50), np.append(b, [True] * 50), exact=exact)
        assert padded.p_value == found.p_value


def test_mcnemar_agrees_with_scipys_binomial_test_and_its_chi_square():
    stats = pytest.importorskip("scipy.stats")
    for b, c in ((0, 0), (3, 3), (1, 9), (40, 61), (0, 8)):
        right_a = np.repeat([True, False, True], [b, c, 5])
        right_b = np.repeat([False, True, True], [b, c, 5])
        expected = stats.binomtest(b, b + c).pvalue if b + c else 1.0
        assert ev.mcnemar(right_a, right_b).p_value == pytest.approx(expected, rel=1e-9)
        found = ev.mcnemar(right_a, right_b, exact=False)
        assert found.p_value == pytest.approx(stats.chi2.sf(found.statistic, 1), rel=1e-9)


def test_mcnemar_is_the_permutation_test_of_hits():
    rng = np.random.default_rng(0)
    a, b = rng.random(200) < 0.75, rng.random(200) < 0.65
    p = ev.permutation_test(a.astype(float) - b, resamples=20_000, rng=rng)
    assert p == pytest.approx(ev.mcnemar(a, b).p_value, abs=0.015)


def test_a_permutation_test_counts_all_signs():
    d = np.array([1.0, 2.0, 3.5, -0.5])
    sums = np.array([abs(np.dot(signs, d)) for signs in product([-1, 1], repeat=4)])
    exact = (sums >= abs(d.sum())).mean()
    assert ev.permutation_test(d, resamples=20_000, rng=np.random.default_rng(0)) == pytest.approx(exact, abs=0.01)
    assert ev.permutation_test(np.zeros(3), rng=np.random.default_rng(0)) == 1


def test_signs_drawn_in_blocks_are_the_signs_drawn_at_once():
    d = np.random.default_rng(1).normal(0.002, 1, 300_001)  # so long that a block is a few rows of signs
    signs = 2 * np.random.default_rng(0).integers(0, 2, (30, len(d)), dtype=np.int8) - 1
    extreme = (np.abs(signs @ d) >= abs(d.sum())).sum()
    assert ev.permutation_test(d, resamples=30, rng=np.random.default_rng(0)) == (1 + extreme) / 31


@given(seed=seeds, count=st.integers(1, 8))
def test_holm_lies_between_the_raw_and_bonferronis_numbers_and_keeps_the_order(seed, count):
    p = np.random.default_rng(seed).random(count) ** 3
    adjusted = ev.holm(p)
    assert (adjusted >= p).all()
    assert (adjusted <= np.minimum(1, count * p) + 1e-15).all()
    assert (np.diff(adjusted[np.argsort(p)]) >= 0).all()
    assert adjusted.min() == pytest.approx(min(1, count * p.min()))


@given(seed=seeds)
def test_variance_components_add_up_to_the_sums_of_squares(seed):
    rng = np.random.default_rng(seed)
    m, n = 4, 7
    a = rng.normal(size=(m, n)) + rng.normal(size=(m, 1)) + 3 * rng.normal(size=n)
    parts = ev.variance_components(a)
    rows, columns = a.mean(axis=1), a.mean(axis=0)
    whole = ((a - a.mean()) ** 2).sum()
    between = n * ((rows - a.mean()) ** 2).sum() + m * ((columns - a.mean()) ** 2).sum()
    assert whole == pytest.approx(between + parts.residual * (m - 1) * (n - 1), rel=1e-9)
    assert rows.var(ddof=1) == pytest.approx(parts.seed + parts.residual / n, rel=1e-9)
    assert columns.var(ddof=1) == pytest.approx(parts.example + parts.residual / m, rel=1e-9)


def test_variance_components_find_what_was_put_in():
    rng = np.random.default_rng(0)
    a = 0.5 * rng.normal(size=(300, 1)) + 2 * rng.normal(size=300) + rng.normal(size=(300, 300))
    parts = ev.variance_components(a)
    assert parts.seed == pytest.approx(0.25, rel=0.2)
    assert parts.example == pytest.approx(4, rel=0.2)
    assert parts.residual == pytest.approx(1, rel=0.02)
    assert parts.of_mean(2, 8) == pytest.approx(parts.seed / 2 + parts.example / 8 + parts.residual / 16)


# ------------------------------------------------------------------------------------------ cross-validation


@given(seed=seeds, n=st.integers(2, 40), k=st.integers(2, 8), stratified=st.booleans())
def test_every_example_is_held_out_exactly_once(seed, n, k, stratified):
    k = min(k, n)
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n) if stratified else None
    folds = ev.k_fold(n, k, rng, stratify=labels)
    np.testing.assert_array_equal(np.sort(np.concatenate([held for _, held in folds])), np.arange(n))
    sizes = [len(held) for _, held in folds]
    assert max(sizes) - min(sizes) <= 1
    for rest, held in folds:
        np.testing.assert_array_equal(np.sort(np.concatenate([rest, held])), np.arange(n))
    if stratified:
        counts = np.array([np.bincount(labels[held], minlength=3) for _, held in folds])
        assert (counts.max(axis=0) - counts.min(axis=0) <= 1).all()


def test_cross_validation_trains_on_the_rest_and_nested_validation_never_shows_the_held_out_part():
    x, target = np.arange(12.0)[:, None], np.arange(12) % 2
    rng = np.random.default_rng(0)
    folds = ev.k_fold(12, 3, rng, stratify=target)

    def share(train, held):
        assert not set(train[0].ravel()) & set(held[0].ravel())
        return len(held[0]) / len(train[0])

    np.testing.assert_allclose(ev.cross_validate(share, (x, target), folds), 0.5)
    seen = []

    def spy(train, held, *, factor):
        seen.append((set(train[0].ravel()), set(held[0].ravel())))
        return factor * len(train[0])

    candidates = {"small": {"factor": 0.5}, "large": {"factor": 1.0}, "equal": {"factor": 1.0}}
    found = ev.nested_cross_validate(spy, candidates, (x, target), folds, inner=2, rng=rng)
    assert found.chosen == ("large",) * 3
    for i, (_, held) in enumerate(folds):
        for train, inside in seen[7 * i : 7 * i + 6]:
            assert not (train | inside) & set(x[held].ravel())
    np.testing.assert_array_equal(found.inner, 4)
    np.testing.assert_array_equal(found.scores, 8)
    numbers = ev.nested_cross_validate(spy, candidates, (x, target / 3), folds, inner=2, rng=rng)
    np.testing.assert_array_equal(numbers.scores, 8)  # targets that are no labels are dealt without classes


# --------------------------------------------------------------------------------------------- interpolation


def test_more_random_features_from_one_seed_are_a_longer_list():
    x = np.random.default_rng(0).normal(size=(5, 3))
    few, many = (ev.random_features(x, units, np.random.default_rng(1)) for units in (4, 9))
    np.testing.assert_array_equal(few, many[:, :4])
    assert (many >= 0).all()


def test_beyond_interpolation_the_training_error_is_zero_and_the_weights_get_shorter():
    rng = np.random.default_rng(0)
    x, target = rng.normal(size=(60, 5)), rng.integers(0, 2, 60)
    run = ev.double_descent((x[:30], target[:30]), (x[30:], target[30:]), [10, 29, 35, 100, 400], rng=rng)
    assert (run.train_loss[1:] < 1e-12).all()
    assert run.train_loss[0] > 0.01
    assert (np.diff(run.norm[1:]) < 0).all()  # nested sets: every longer list contains the shorter one's solution
    assert run.test_loss[1] > 5 * run.test_loss[-1]
    calm = ev.double_descent((x[:30], target[:30]), (x[30:], target[30:]), [29], strength=0.01, rng=rng)
    assert calm.test_loss[0] < run.test_loss[1]


def test_a_class_that_was_not_trained_on_is_never_answered():
    x, rng = np.eye(3), np.random.default_rng(0)
    assert ev.ridge_accuracy((x[:2], np.array([0, 1])), (x, np.array([0, 1, 2])), strength=1e-6) == pytest.approx(2 / 3)
    wide = np.hstack([rng.normal(size=(3, 4)), x])
    found = ev.ridge_accuracy((wide, np.arange(3)), (wide, np.arange(3)), strength=1e-6, columns=slice(4, None))
    assert found == 1


# ------------------------------------------------------------------------------------------------- refusals

rng0 = np.random.default_rng(0)
REFUSED = {
    "majority_vote: scores is": lambda: ev.majority_vote(np.zeros((2, 3))),
    "ambiguity_decomposition: predictions": lambda: ev.ambiguity_decomposition(np.zeros((2, 3)), np.zeros(2)),
    "majority_probability: p is 2": lambda: ev.majority_probability(2, 3),
    "voters is 0": lambda: ev.majority_probability(0.5, 0),
    "member_covariance: values": lambda: ev.member_covariance(np.zeros((1, 3))),
    "bootstrap: n is 0": lambda: ev.bootstrap(0, rng0),
    "expected 0 to 1": lambda: ev.out_of_bag(np.ones((1, 2, 2)), np.array([[2]])),
    "out_of_bag: p is": lambda: ev.out_of_bag(np.ones((1, 2, 2)), np.array([0])),
    "average is 'mean'": lambda: ev.precision(np.eye(2), np.arange(2), average="mean"),
    "k is 3, expected at most 2": lambda: ev.top_k_accuracy(np.eye(2), np.arange(2), k=3),
    "2 zeros and 0 ones": lambda: ev.roc_curve(np.zeros(2), np.zeros(2, int)),
    "target has no 1": lambda: ev.average_precision(np.zeros(2), np.zeros(2, int)),
    "target has the label 2, expected 0 or 1": lambda: ev.auroc(np.zeros(2), np.array([0, 2])),
    "auroc|roc_curve: scores is": lambda: ev.auroc(np.zeros((2, 1)), np.array([0, 1])),
    "brier_decomposition: p is": lambda: ev.brier_decomposition(np.array([1.5]), np.array([1])),
    "successes is 4, expected at most n": lambda: ev.wilson_interval(4, 3),
    "n is 0": lambda: ev.wald_interval(0, 0),
    "confidence is 1": lambda: ev.clopper_pearson_interval(1, 3, confidence=1),
    "bootstrap_interval: got values": lambda: ev.bootstrap_interval(np.zeros(0), rng=rng0),
    "mcnemar: right_a is": lambda: ev.mcnemar(np.ones(2), np.ones(2)),
    "statistic gives arrays": lambda: ev.bootstrap_interval(np.ones((3, 2)), partial(np.mean, axis=0), rng=rng0),
    "got values of shape list": lambda: ev.bootstrap_interval([1.0, 2.0], rng=rng0),
    r"difference\[1\] is nan": lambda: ev.permutation_test(np.array([1.0, np.nan]), rng=rng0),
    r"scores\[1\] is nan": lambda: ev.auroc(np.array([1.0, np.nan]), np.array([0, 1])),
    "units is empty": lambda: ev.double_descent(*[(np.ones((2, 1)), np.arange(2))] * 2, [], rng=rng0),
    "permutation_test: difference is": lambda: ev.permutation_test(np.zeros(0), rng=rng0),
    "holm: p_values": lambda: ev.holm(np.array([1.2])),
    "variance_components: values": lambda: ev.variance_components(np.zeros((1, 3))),
    "k_fold: k is 5": lambda: ev.k_fold(4, 5, rng0),
    "k_fold: stratify": lambda: ev.k_fold(4, 2, rng0, stratify=np.zeros(3, int)),
    "folds is empty": lambda: ev.cross_validate(len, (np.ones((2, 1)), np.ones(2)), []),
    "0 candidates": lambda: ev.nested_cross_validate(len, {}, (np.ones((2, 1)), np.ones(2)), [1], inner=2, rng=rng0),
    "units is 0": lambda: ev.random_features(np.ones((2, 1)), 0, rng0),
}


@pytest.mark.parametrize("message", REFUSED)
def test_what_makes_no_sense_is_refused_by_name(message):
    with pytest.raises(ValueError, match=message):
        REFUSED[message]()


@pytest.mark.parametrize(
    "call", [ev.bootstrap, partial(ev.k_fold, 4), lambda n, rng: ev.permutation_test(np.ones(n), rng=rng)]
)
def test_a_seed_is_no_generator(call):
    with pytest.raises(TypeError, match="rng is 0"):
        call(3, 0)
