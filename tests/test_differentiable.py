"""The interface's rules, one by one: what a call, a pullback and a composition promise."""

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlbook.differentiable import OPERATIONS, chain, differentiable, residual, vjp
from dlbook.laws.arrays import array, sizes
from dlbook.laws.trees import inner, random_like
from dlbook.numpy import linear
from dlbook.shapes import Array, Float, Int, Scalar, ShapeError

pytestmark = pytest.mark.law


@differentiable
def affine(x: Float[Array, "N D"], a: Scalar, *, shift: float = 0.0, power: int = 1) -> Float[Array, "N D"]:
    """Return a x^power + shift."""
    y = a * x**power + shift

    def pullback(dy):
        return dy * a * power * x ** (power - 1), np.vdot(dy, x**power)

    return y, pullback


@differentiable
def nested(params: dict[str, Any], index: Int[Array, " N"]) -> tuple[Float[Array, " N"], dict[str, Scalar]]:
    """Return w[index] and the sum of b's parts."""
    w, b = params["w"], params["b"]
    y = w[index], {"sum": b[0].sum() + b[1].sum()}

    def pullback(dy):
        picked, parts = dy
        dw = np.zeros_like(w)
        np.add.at(dw, index, picked)
        return {"w": dw, "b": (np.full_like(b[0], parts["sum"]), np.full_like(b[1], parts["sum"]))}, None

    return y, pullback


X = np.arange(6.0).reshape(3, 2)
A = np.float64(2.0)


def test_a_call_gives_y_and_vjp_gives_y_and_the_pullback():
    y, pullback = vjp(affine, X, A, shift=1)
    np.testing.assert_array_equal(affine(X, A, shift=1), y)
    dx, da = pullback(np.ones_like(X))
    np.testing.assert_array_equal(dx, np.full_like(X, 2))
    assert da == X.sum()


def test_the_signature_and_the_docstring_are_the_definitions():
    import inspect

    assert inspect.signature(affine) == inspect.signature(affine.definition)
    assert affine.__doc__ == "Return a x^power + shift."


def test_positional_arguments_may_be_given_by_keyword():
    np.testing.assert_array_equal(affine(x=X, a=A), affine(X, A))
    assert len(vjp(affine, a=A, x=X)[1](X)) == 2


def test_an_omitted_optional_argument_has_no_gradient():
    y, pullback = vjp(linear, X, np.ones((4, 2)))
    assert len(pullback(y)) == 2
    y, pullback = vjp(linear, X, np.ones((4, 2)), None)
    assert pullback(y)[2] is None


def test_arguments_and_results_may_be_nested_and_integers_get_none():
    params = {"w": np.arange(4.0), "b": (np.ones(2), np.ones((2, 2)))}
    (picked, parts), pullback = vjp(nested, params, np.array([1, 1]))
    assert picked.tolist() == [1, 1]
    assert parts["sum"] == 6
    grads, none = pullback((np.array([1.0, 10.0]), {"sum": 2.0}))
    assert grads["w"].tolist() == [0, 11, 0, 0]
    assert grads["b"][1].tolist() == [[2, 2], [2, 2]]
    assert none is None


@pytest.mark.parametrize(
    ("dy", "word"),
    [
        (np.ones(2), "expected 2 cotangents|a list of|float64 of shape"),
        ((np.ones(3), {"sum": 1.0}), r"dy\[0\] is float64 of shape \(3,\), expected float64 of shape \(2,\)"),
        ((np.ones(2), {"total": 1.0}), r"dy\[1\].*keys \['sum'\]"),
        ((np.ones(2), {"sum": np.ones(1)}), r"dy\[1\]\['sum'\]"),
        ((np.ones(2) * 1j, {"sum": 1.0}), "complex"),
    ],
)
def test_a_cotangent_must_have_the_structure_and_shapes_of_y(dy, word):
    _, pullback = vjp(nested, {"w": np.arange(4.0), "b": (np.ones(2), np.ones(2))}, np.array([1, 1]))
    with pytest.raises(ShapeError, match=word):
        pullback(dy)


def test_the_cotangent_is_cast_to_the_dtype_of_y_so_that_float32_stays_float32():
    _, pullback = vjp(affine, X.astype(np.float32), np.float32(2))
    dx, _ = pullback(np.ones(X.shape, np.float64))
    assert dx.dtype == np.float32


def test_a_scalar_y_takes_a_plain_number():
    @differentiable
    def total(x: Float[Array, " N"]) -> Scalar:
        return x.sum(), lambda dy: (np.full_like(x, dy),)

    assert vjp(total, np.ones(3))[1](2.0)[0].tolist() == [2, 2, 2]


def test_float_arguments_of_two_dtypes_are_refused():
    with pytest.raises(ShapeError, match="affine: a is float32 but x is float64"):
        affine(X, np.float32(1))


def test_a_pullback_that_forgets_an_argument_is_refused():
    @differentiable
    def forgetful(x: Float[Array, " N"], w: Float[Array, " N"]) -> Float[Array, " N"]:
        return x * w, lambda dy: (dy * w,)

    with pytest.raises(
        TypeError,
        match="forgetful: its pullback gave a tuple of 1, expected a tuple with one gradient for each of the 2",
    ):
        vjp(forgetful, np.ones(2), np.ones(2))[1](np.ones(2))


def test_a_pullback_that_returns_no_tuple_is_refused():
    @differentiable
    def bare(x: Float[Array, " N"]) -> Float[Array, " N"]:
        return x, lambda dy: dy

    with pytest.raises(TypeError, match="bare: its pullback gave float64 of shape"):
        vjp(bare, np.ones(2))[1](np.ones(2))


def test_vjp_of_a_plain_function_says_what_it_needs():
    with pytest.raises(TypeError, match="vjp needs a @differentiable function"):
        vjp(lambda x: x, 1)


def test_a_passed_check_is_remembered_by_shape_and_dtype_and_never_by_value():
    bad = np.ones((2, 3))
    for _ in range(2):
        linear(X, np.ones((4, 2)))
        with pytest.raises(ShapeError):
            linear(X, bad)
    with pytest.raises(ShapeError):
        linear(X, np.ones((4, 2), np.float32))


def test_options_of_another_kind_are_checked_again():
    affine(X, A, power=2)
    with pytest.raises(ShapeError, match="power"):
        affine(X, A, power=2.5)


def test_only_operations_of_the_package_are_registered():
    assert "dlbook.numpy.linear_classifiers.linear.linear" in OPERATIONS
    assert all(name.startswith("dlbook.") for name in OPERATIONS)
    assert not any(function is affine for function in OPERATIONS.values())


@st.composite
def two_layers(draw):
    n, d, h, k = draw(sizes(4))
    return draw(array(n, d)), ((draw(array(h, d)), draw(array(h))), (draw(array(k, h)),))


@given(two_layers())
def test_a_chain_is_composition_and_its_pullback_the_reverse(case):
    x, params = case
    y, pullback = vjp(chain(linear, linear), x, params)
    hidden, first = vjp(linear, x, *params[0])
    by_hand, second = vjp(linear, hidden, *params[1])
    dy = random_like(y, np.random.default_rng(0))
    dhidden, dw2 = second(dy)
    dx, dw1, db1 = first(dhidden)
    np.testing.assert_array_equal(y, by_hand)
    got_dx, ((got_w1, got_b1), (got_w2,)) = pullback(dy)
    for got, want in ((got_dx, dx), (got_w1, dw1), (got_b1, db1), (got_w2, dw2)):
        np.testing.assert_array_equal(got, want)


@given(sizes(2), st.integers(0, 2**16))
def test_a_residual_adds_the_gradient_that_goes_around(shape, seed):
    n, d = shape
    rng = np.random.default_rng(seed)
    x, w, dy = rng.normal(size=(n, d)), rng.normal(size=(d, d)), rng.normal(size=(n, d))
    y, pullback = vjp(residual(linear), x, w)
    dx, dw = pullback(dy)
    np.testing.assert_allclose(y, x + linear(x, w))
    np.testing.assert_allclose(dx, dy + dy @ w)
    u = rng.normal(size=(n, d))
    numeric = inner(dy, residual(linear)(x + 1e-6 * u, w) - residual(linear)(x - 1e-6 * u, w)) / 2e-6
    np.testing.assert_allclose(np.vdot(dx, u), numeric, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(dw, dy.T @ x)


def test_chains_nest():
    inside = chain(linear, residual(linear))
    params = ((np.ones((2, 2)),), (((np.ones((2, 2)),), (np.ones((2, 2)),)),))
    y, pullback = vjp(chain(linear, inside), X, params)
    dx, grads = pullback(y)
    assert dx.shape == X.shape
    assert grads[1][0][1][0].shape == (2, 2)


def test_a_chain_needs_one_entry_of_params_for_each_layer():
    with pytest.raises(ShapeError, match="chain: params has 1 entries, expected 2"):
        chain(linear, linear)(X, ((np.ones((2, 2)),),))
    with pytest.raises(ValueError, match="at least one layer"):
        chain()


def test_a_residual_refuses_a_layer_that_changes_the_shape():
    with pytest.raises(ShapeError, match=r"residual: linear gave float64 of shape \(3, 4\), expected the shape of x"):
        residual(linear)(X, np.ones((4, 2)))


def test_importing_the_package_and_the_references_imports_neither_torch_nor_matplotlib_nor_hypothesis():
    code = (
        "import sys, dlbook, dlbook.numpy; dlbook.vjp, dlbook.numpy.linear; "
        "sys.exit(' '.join(m for m in ('torch', 'matplotlib', 'hypothesis', 'scipy.sparse') if m in sys.modules) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
