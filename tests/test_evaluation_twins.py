"""Both halves of the chapter on evaluation say the same: NumPy by hand, PyTorch by its own means."""

import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlbook.numpy import evaluation as ev
from dlbook.numpy.linear_classifiers import softmax

torch = pytest.importorskip("torch")
from dlbook.torch import evaluation as torch_ev  # noqa: E402

pytestmark = pytest.mark.law

seeds = st.integers(0, 2**32 - 1)
FUNCTIONS = [name for name in ev.__all__ if inspect.isfunction(getattr(ev, name))]


def same(ours, theirs):
    """Compare two results, entry by entry where they are tuples."""
    if isinstance(ours, tuple | list):
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            same(a, b)
    elif isinstance(ours, str):
        assert ours == theirs
    else:
        np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), rtol=1e-9, atol=1e-10)


def both(name, *arrays, **options):
    """Call both halves with the same arrays and options; compare."""
    given_arrays = [a.copy() if isinstance(a, np.ndarray) else a for a in arrays]
    as_tensors = [torch.from_numpy(a.copy()) if isinstance(a, np.ndarray) else a for a in arrays]
    same(getattr(ev, name)(*given_arrays, **options), getattr(torch_ev, name)(*as_tensors, **options))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_halves_have_the_same_names_parameters_and_defaults(name):
    signatures = [inspect.signature(getattr(half, name)).parameters.values() for half in (ev, torch_ev)]
    mine, yours = ([(p.name, p.kind, getattr(p.default, "__name__", p.default)) for p in s] for s in signatures)
    assert mine == yours


@given(seed=seeds)
def test_ensembles_agree(seed):
    rng = np.random.default_rng(seed)
    scores = rng.integers(-2, 3, (3, 6, 4)).astype(float)
    both("majority_vote", scores)
    both("ambiguity_decomposition", rng.normal(size=(3, 5, 2)), rng.normal(size=(5, 2)))
    both("member_covariance", rng.normal(size=(4, 9)))
    both("majority_probability", float(rng.random()), int(rng.integers(1, 20)))
    samples = rng.integers(0, 6, (3, 6))
    both("out_of_bag", softmax(scores), samples)


@given(seed=seeds)
def test_metrics_agree(seed):
    rng = np.random.default_rng(seed)
    scores, target = rng.integers(-2, 3, (20, 4)).astype(float), rng.integers(0, 4, 20)
    for name in ("precision", "recall", "f1_score"):
        for average in ("macro", "micro", "none"):
            both(name, scores, target, average=average)
    both("balanced_accuracy", scores, target)
    both("top_k_accuracy", scores, target, k=2)
    both("brier_score", softmax(scores), target)
    binary = np.append([0, 1], rng.integers(0, 2, 18))
    for name in ("roc_curve", "auroc", "precision_recall_curve", "average_precision"):
        both(name, scores[:, 0], binary)
    both("brier_decomposition", rng.integers(0, 5, 20) / 4, binary)


@given(seed=seeds)
def test_intervals_agree(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 80))
    k, p = int(rng.integers(0, n + 1)), float(rng.random())
    both("binomial_pmf", n, p)
    for name in ("wald_interval", "wilson_interval", "clopper_pearson_interval"):
        ours, theirs = (getattr(half, name)(k, n, confidence=0.9) for half in (ev, torch_ev))
        np.testing.assert_allclose(ours, theirs, atol=1e-7)  # a double root of Wilson's quadratic: half the digits
    both("coverage", ev.wald_interval, n, p)
    both("coverage", ev.wilson_interval, n, rng.random(5), confidence=0.8)


def test_bootstraps_agree():
    values = np.random.default_rng(0).exponential(size=30)
    ours = ev.bootstrap_interval(values, resamples=200, rng=np.random.default_rng(1))
    theirs = torch_ev.bootstrap_interval(torch.from_numpy(values), resamples=200, rng=np.random.default_rng(1))
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)
    same(ev.bootstrap(9, np.random.default_rng(3)), torch_ev.bootstrap(9, np.random.default_rng(3)))


@given(seed=seeds)
def test_comparisons_agree(seed):
    rng = np.random.default_rng(seed)
    a, b = rng.random((2, 30)) < 0.7
    for exact in (True, False):
        both("mcnemar", a, b, exact=exact)
    both("holm", rng.random(5))
    both("variance_components", rng.normal(size=(3, 8)))
    d = rng.normal(size=12)
    assert ev.permutation_test(d, resamples=50, rng=np.random.default_rng(0)) == torch_ev.permutation_test(
        torch.from_numpy(d), resamples=50, rng=np.random.default_rng(0)
    )


@given(seed=seeds)
def test_folds_and_their_scores_agree(seed):
    rng = np.random.default_rng(seed)
    x, target = rng.normal(size=(30, 4)), rng.integers(0, 2, 30)
    halves = []
    for half, data in ((ev, (x, target)), (torch_ev, (torch.from_numpy(x), torch.from_numpy(target)))):
        folds = half.k_fold(30, 3, np.random.default_rng(seed), stratify=data[1])
        candidates = {f"{s}": {"strength": s} for s in (0.01, 1.0)}
        halves.append([
            folds,
            half.cross_validate(half.ridge_accuracy, data, folds, strength=1.0),
            half.nested_cross_validate(
                half.ridge_accuracy, candidates, data, folds, inner=2, rng=np.random.default_rng(seed)
            ),
        ])  # fmt: skip
    same(*halves)


@pytest.mark.parametrize("strength", [0.0, 0.01])
def test_both_halves_descend_twice(strength):
    rng = np.random.default_rng(0)
    x, target = rng.normal(size=(40, 5)), rng.integers(0, 3, 40)
    arrays = (x[:20], target[:20]), (x[20:], target[20:])
    tensors = tuple(tuple(map(torch.from_numpy, split)) for split in arrays)
    ours, theirs = (
        half.double_descent(*splits, [5, 40], strength=strength, rng=np.random.default_rng(1))
        for half, splits in ((ev, arrays), (torch_ev, tensors))
    )
    for mine, yours in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, yours, rtol=1e-6, atol=1e-9)
    same(ev.random_features(x, 3, np.random.default_rng(0)),
         torch_ev.random_features(torch.from_numpy(x), 3, np.random.default_rng(0)))  # fmt: skip


def test_both_halves_refuse_a_curve_of_one_class():
    for name, message in (("auroc", "2 zeros and 0 ones"), ("average_precision", "target has no 1")):
        with pytest.raises(ValueError, match=message):
            getattr(torch_ev, name)(torch.zeros(2), torch.zeros(2, dtype=torch.int64))
