"""Ridge regression: the formula is where descent ends."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlbook.numpy import linear_classifiers as lc
from dlbook.numpy.gradient_descent import gradient_descent, largest_curvature, objective

pytestmark = pytest.mark.law

seeds = st.integers(0, 2**32 - 1)


def regression(seed, n, d, k):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)), rng.normal(size=(n, k))


@given(seed=seeds, n=st.integers(1, 8), d=st.integers(1, 5), k=st.integers(1, 3), strength=st.floats(1e-3, 10))
def test_at_the_closed_form_the_gradient_vanishes(seed, n, d, k, strength):
    x, target = regression(seed, n, d, k)
    _, grads = objective(lc.mse_loss, strength=strength)(lc.ridge_regression(x, target, strength=strength), x, target)
    for grad in grads:
        np.testing.assert_allclose(grad, 0, atol=1e-12 * (1 + strength))


@given(seed=seeds, strength=st.sampled_from([0.01, 0.1, 1.0]))
@settings(max_examples=20)  # 3000 steps each
def test_gradient_descent_ends_at_the_closed_form(seed, strength):
    x, target = regression(seed, 12, 3, 2)
    cost = objective(lc.mse_loss, strength=strength)
    start = np.zeros((2, 3)), np.zeros(2)
    steepest = largest_curvature(cost, start, x, target, rng=np.random.default_rng(0), steps=30).value
    run = gradient_descent(cost, start, x, target, lr=1 / steepest, steps=3000)
    for found, formula in zip(run.params, lc.ridge_regression(x, target, strength=strength), strict=True):
        np.testing.assert_allclose(found, formula, rtol=0, atol=1e-6)


@given(seed=seeds, n=st.integers(1, 4), d=st.integers(4, 6))
def test_without_a_price_it_is_the_least_squares_solution_of_least_length(seed, n, d):
    x, target = regression(seed, n, d, 2)
    weight, bias = lc.ridge_regression(x, target, strength=0)
    np.testing.assert_allclose(lc.linear(x, weight, bias), target, atol=1e-9)  # fewer rows than unknowns: an exact fit
    centred = x - x.mean(axis=0)
    np.testing.assert_allclose(weight.T, np.linalg.pinv(centred) @ (target - target.mean(axis=0)), atol=1e-8)


@given(seed=seeds)
def test_a_higher_price_shortens_the_weights_and_raises_the_error(seed):
    x, target = regression(seed, 9, 4, 1)
    fits = [lc.ridge_regression(x, target, strength=s) for s in (0.0, 0.01, 0.1, 1.0, 10.0)]
    lengths = [np.linalg.norm(w) for w, _ in fits]
    errors = [lc.mse_loss(lc.linear(x, *fit), target) for fit in fits]
    assert (np.diff(lengths) <= 1e-12).all()
    assert (np.diff(errors) >= -1e-12).all()


@given(seed=seeds, shift=st.floats(-100, 100))
def test_the_bias_goes_free_so_shifting_inputs_or_targets_changes_no_weight(seed, shift):
    x, target = regression(seed, 6, 3, 2)
    weight, bias = lc.ridge_regression(x, target, strength=0.3)
    moved, moved_bias = lc.ridge_regression(x + shift, target + shift, strength=0.3)
    np.testing.assert_allclose(moved, weight, atol=1e-10)
    np.testing.assert_allclose(moved_bias, bias + shift - shift * weight.sum(axis=1), atol=1e-8)


def test_a_target_of_one_number_gives_one_row_and_float32_stays():
    x, target = (a.astype(np.float32) for a in regression(0, 6, 3, 1))
    weight, bias = lc.ridge_regression(x, target[:, 0], strength=0.1)
    rows, biases = lc.ridge_regression(x, target, strength=0.1)
    assert weight.shape == (3,)
    assert rows.dtype == weight.dtype == biases.dtype == np.float32
    np.testing.assert_array_equal(weight, rows[0])
    assert bias == biases[0]


@pytest.mark.parametrize(
    ("x", "target", "strength", "message"),
    [
        (np.ones((3, 2)), np.ones((3, 1)), -1, "strength is -1"),
        (np.ones((3, 2)), np.ones((2, 1)), 1, r"x of shape \(3, 2\), target of shape \(2, 1\)"),
        (np.ones((0, 2)), np.ones((0, 1)), 1, "at least one example"),
        (np.ones((3, 2)), np.ones((3, 1), int), 1, "target int64"),
        (np.ones(3), np.ones(3), 1, "expected float arrays of one dtype, of shapes"),
    ],
)
def test_ridge_regression_refuses_and_says_what_it_expected(x, target, strength, message):
    with pytest.raises(ValueError, match=f"ridge_regression: .*{message}"):
        lc.ridge_regression(x, target, strength=strength)
