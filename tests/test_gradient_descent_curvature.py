"""Curvature without the matrix of second derivatives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_problems import BOWL, bowl

from dlbook.numpy import gradient_descent as gd
from dlbook.numpy.linear_classifiers import mse_loss

pytestmark = pytest.mark.law

seeds = st.integers(0, 2**32 - 1)


@given(seed=seeds, dims=st.integers(1, 6))
def test_power_iteration_finds_what_eigvalsh_finds(seed, dims):
    rng = np.random.default_rng(seed)
    hessian, eigenvalues = bowl(rng, dims)
    pair = gd.power_iteration(hessian, rng.normal(size=dims), steps=200)
    # Whatever the gap: some eigenvalue lies within the residual, and none can be exceeded.
    assert np.abs(eigenvalues - pair.value).min() <= pair.residual + 1e-12
    assert pair.value <= eigenvalues[-1] * (1 + 1e-12)
    if dims == 1 or eigenvalues[-2] < 0.9 * eigenvalues[-1]:
        assert pair.value == pytest.approx(eigenvalues[-1], rel=1e-9)
    np.testing.assert_allclose(np.linalg.norm(pair.vector), 1, rtol=1e-12)


def test_power_iteration_finds_the_largest_size_with_its_sign():
    assert gd.power_iteration(np.diag([-5.0, 2.0]), np.ones(2)).value == pytest.approx(-5)


def test_power_iteration_on_the_zero_matrix_is_zero():
    assert gd.power_iteration(np.zeros((2, 2)), np.ones(2))[::2] == (0, 0)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"start": np.zeros(2)}, "start is 0"), ({"steps": 0}, "steps is 0"), ({"tol": 0.0}, "tol is 0.0")],
)
def test_power_iteration_refuses_and_says_what_it_expected(options, message):
    call = {"start": np.ones(2)} | options
    with pytest.raises(ValueError, match=f"power_iteration: {message}"):
        gd.power_iteration(np.eye(2), call.pop("start"), **call)


@given(seed=seeds, dims=st.integers(1, 5), size=st.sampled_from([1e-3, 1.0, 1e3]))
def test_the_hessian_vector_product_of_a_bowl_is_its_matrix_times_the_vector(seed, dims, size):
    rng = np.random.default_rng(seed)
    hessian, _ = bowl(rng, dims)
    x, v = size * rng.normal(size=dims), rng.normal(size=dims)
    np.testing.assert_allclose(gd.hessian_vector_product(BOWL, x, v, hessian), hessian @ v, rtol=0, atol=1e-8)
    np.testing.assert_array_equal(gd.hessian_vector_product(BOWL, x, 0 * v, hessian), 0 * v)


def test_the_largest_curvature_of_a_least_squares_problem_is_that_of_its_matrix():
    rng = np.random.default_rng(0)
    x, target = rng.normal(size=(20, 4)), rng.normal(size=(20, 1))
    params = np.zeros((1, 4)), np.zeros(1)
    design = np.hstack([x, np.ones((20, 1))])
    expected = np.linalg.eigvalsh(2 * design.T @ design / 20)[-1]
    pair = gd.largest_curvature(gd.objective(mse_loss), params, x, target, rng=rng)
    assert pair.value == pytest.approx(expected, rel=1e-6)


def test_the_contraction_factor_refuses_what_is_no_bowl():
    with pytest.raises(ValueError, match="contraction_factor: eigenvalues is empty"):
        gd.contraction_factor(0.1, [])
    with pytest.raises(ValueError, match="contraction_factor: lr is 0"):
        gd.contraction_factor(0, [1.0])
