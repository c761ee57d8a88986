"""Descent on a function that is known everywhere: what the theory promises, measured."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_problems import BOWL, bowl, problem

from dlbook.numpy import gradient_descent as gd

pytestmark = pytest.mark.law

seeds = st.integers(0, 2**32 - 1)


@given(seed=seeds, dims=st.integers(1, 5), fraction=st.floats(0.05, 0.99))
def test_each_step_shrinks_the_distance_at_least_by_the_contraction_factor(seed, dims, fraction):
    rng = np.random.default_rng(seed)
    hessian, eigenvalues = bowl(rng, dims)
    lr = fraction * 2 / eigenvalues[-1]
    run = gd.gradient_descent(BOWL, rng.normal(size=dims), hessian, lr=lr, steps=20, keep_path=True)
    distances = np.linalg.norm(run.path, axis=1)
    factor = gd.contraction_factor(lr, eigenvalues)
    assert factor < 1
    assert (distances[1:] <= factor * distances[:-1] * (1 + 1e-12) + 1e-15 * distances[0]).all()


@pytest.mark.parametrize("condition", [2.0, 10.0, 100.0])
def test_the_best_step_contracts_by_kappa_minus_one_over_kappa_plus_one_within_one_per_cent(condition):
    eigenvalues = np.array([1.0, condition])
    lr = 2 / eigenvalues.sum()
    start = np.array([1.0, 1.0])
    run = gd.gradient_descent(BOWL, start, np.diag(eigenvalues), lr=lr, steps=50, keep_path=True)
    measured = (np.linalg.norm(run.path[-1]) / np.linalg.norm(start)) ** (1 / 50)
    assert measured == pytest.approx((condition - 1) / (condition + 1), rel=0.01)
    assert gd.contraction_factor(lr, eigenvalues) == pytest.approx((condition - 1) / (condition + 1), rel=1e-12)


@given(seed=seeds, dims=st.integers(1, 4), excess=st.floats(1.01, 1.5))
def test_above_two_over_the_largest_curvature_gradient_descent_diverges(seed, dims, excess):
    rng = np.random.default_rng(seed)
    hessian, eigenvalues = bowl(rng, dims)
    steepest = np.linalg.eigh(hessian)[1][:, -1]
    run = gd.gradient_descent(BOWL, steepest, hessian, lr=excess * 2 / eigenvalues[-1], steps=10)
    assert (np.diff(run.values) > 0).all()


@given(seed=seeds, fraction=st.floats(0.05, 0.99))
def test_below_two_over_the_curvature_the_value_never_rises(seed, fraction):
    rng = np.random.default_rng(seed)
    hessian, eigenvalues = bowl(rng, 3)
    run = gd.gradient_descent(BOWL, rng.normal(size=3), hessian, lr=fraction * 2 / eigenvalues[-1], steps=15)
    assert (np.diff(run.values) <= 1e-15 * run.values[0]).all()


def test_a_step_is_minus_the_rate_times_the_gradient_in_every_leaf():
    params, x, target = problem(np.random.default_rng(0))
    cost = gd.objective(strength=0.1)
    _, grads = cost(params, x, target)
    run = gd.gradient_descent(cost, params, x, target, lr=0.3, steps=1)
    for after, before, grad in zip(run.params, params, grads, strict=True):
        np.testing.assert_array_equal(after, before - 0.3 * grad)


def test_parameters_may_be_nested_dicts_lists_and_tuples():
    def value_and_grad(tree):
        return tree["a"] @ tree["a"] + tree["b"][0][0].sum(), {"a": 2 * tree["a"], "b": [(np.ones(1),)]}

    start = {"a": np.array([1.0, 2.0]), "b": [(np.array([3.0]),)]}
    run = gd.gradient_descent(value_and_grad, start, lr=0.25, steps=2, keep_path=True)
    np.testing.assert_array_equal(run.path["a"], [[1, 2], [0.5, 1], [0.25, 0.5]])
    np.testing.assert_array_equal(run.path["b"][0][0], [[3], [2.75], [2.5]])
    assert type(run.params["b"]) is list
    assert type(run.params["b"][0]) is tuple


def test_a_descent_changes_nothing_that_it_was_given_and_keeps_float32():
    x0, hessian = np.ones(2, np.float32), np.eye(2, dtype=np.float32)
    x0.flags.writeable = hessian.flags.writeable = False
    run = gd.gradient_descent(BOWL, x0, hessian, lr=np.float64(0.1), steps=3, keep_path=True)
    assert run.params.dtype == run.path.dtype == np.float32
    assert not np.shares_memory(gd.gradient_descent(BOWL, x0, hessian, lr=0.1, steps=0).params, x0)


def test_the_rate_may_be_a_function_of_the_step():
    run = gd.gradient_descent(BOWL, np.ones(1), np.eye(1), lr=lambda s: 1 / (s + 2), steps=3)
    np.testing.assert_array_equal(run.rates, [1 / 2, 1 / 3, 1 / 4])
    assert run.params[0] == pytest.approx(1 / 2 * 2 / 3 * 3 / 4)


def test_a_descent_that_leaves_the_numbers_says_where():
    def explode(x):
        return (np.inf if x[0] < -5 else x[0]), np.array([3.0])

    with pytest.raises(FloatingPointError, match=r"gradient_descent: the value is inf after 2 steps"):
        gd.gradient_descent(explode, np.zeros(1), lr=1.0, steps=9)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"lr": -0.1}, ValueError, "gradient_descent: lr is -0.1"),
        ({"lr": float("nan")}, ValueError, "gradient_descent: lr is nan"),
        ({"steps": -1}, ValueError, "gradient_descent: steps is -1"),
        ({"steps": 2.0}, ValueError, "gradient_descent: steps is 2.0"),
        ({"params": np.array([1, 2])}, TypeError, "gradient_descent: params is int64"),
        ({"params": ()}, ValueError, "gradient_descent: params is a tuple of 0"),
    ],
)
def test_gradient_descent_refuses_and_says_what_it_expected(change, error, message):
    call = {"params": np.ones(2), "lr": 0.1, "steps": 1} | change
    with pytest.raises(error, match=message):
        gd.gradient_descent(BOWL, call.pop("params"), np.eye(2), **call)




@given(seed=seeds, dims=st.integers(1, 4), c1=st.floats(1e-4, 0.9), shrink=st.floats(0.1, 0.9), lr=st.floats(0.01, 100))
def test_the_condition_of_armijo_holds_at_the_step_found_and_at_no_longer_one_tried(seed, dims, c1, shrink, lr):
    rng = np.random.default_rng(seed)
    hessian, _ = bowl(rng, dims)
    x = rng.normal(size=dims)
    value, grad = BOWL(x, hessian)

    def fair(rate):
        return gd.quadratic(x - rate * grad, hessian) <= value - c1 * rate * (grad @ grad)

    rate = gd.armijo_line_search(lambda p: gd.quadratic(p, hessian), x, grad, lr=lr, c1=c1, shrink=shrink)
    assert fair(rate)
    assert rate > 0
    tried = lr
    while tried > rate * (1 + 1e-9):
        assert not fair(tried)
        tried *= shrink


@given(seed=seeds, c1=st.sampled_from([1e-4, 0.1, 0.5]))
def test_a_descent_with_line_search_falls_at_each_step_as_fast_as_armijo_promises(seed, c1):
    rng = np.random.default_rng(seed)
    hessian, eigenvalues = bowl(rng, 3)
    run = gd.gradient_descent_armijo(BOWL, rng.normal(size=3), hessian, steps=100, lr=4.0, c1=c1, keep_path=True)
    # A bowl has |gradient|^2 >= 2 m f with m its smallest curvature.
    promised = run.values[:-1] * (1 - 2 * c1 * run.rates * eigenvalues[0])
    assert (run.values[1:] <= promised * (1 + 1e-9) + 1e-300).all()
    assert len(run.values) == len(run.rates) + 1 == len(run.path)
    np.testing.assert_array_equal(run.path[-1], run.params)


def test_at_a_minimum_that_rounding_hides_the_search_returns_zero_and_the_descent_ends():
    # 1 + x^2 / 1e30 is 1 wherever we step, so no step can show the descent that the slope promises.
    rate = gd.armijo_line_search(lambda p: 1 + p[0] ** 2 * 1e-30, np.ones(1), np.array([1e-3]))
    assert rate == 0.0
    run = gd.gradient_descent_armijo(lambda p: (1 + p[0] ** 2 * 1e-30, np.array([1e-3])), np.ones(1), steps=5)
    assert len(run.rates) == 0
    assert len(run.values) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": 0}, "lr is 0"),
        ({"c1": 1.0}, "c1 is 1.0"),
        ({"shrink": 0.0}, "shrink is 0.0"),
        ({"direction": np.array([1.0])}, "direction has the slope 2, expected one that leads downhill"),
    ],
)
def test_the_line_search_refuses_and_says_what_it_expected(options, message):
    with pytest.raises(ValueError, match=f"armijo_line_search: {message}"):
        gd.armijo_line_search(lambda p: p[0] ** 2, np.ones(1), np.array([2.0]), **options)
