"""Differences and gradient checks: theory against measurement; and the one-layer network's derivation, line by line."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dlbook.numpy.backpropagation as bp
from dlbook.differentiable import differentiable, vjp
from dlbook.laws.arrays import array, labels, sizes
from dlbook.laws.operation import catalogue
from dlbook.numpy.linear_classifiers import cross_entropy, linear, one_hot, softmax
from dlbook.shapes import Array, Float, ShapeError

torch = pytest.importorskip("torch")
import dlbook.torch.backpropagation as tbp  # noqa: E402

pytestmark = pytest.mark.law

# ------------------------------------------------------------------------------------------------- differences

X = np.array([0.3, -0.8, 1.2])


def curved(x):
    return bp.sum(bp.mul(bp.exp(x), bp.sin(x)))


def slope(scheme, steps):
    """Return the exponent p of error ~ h^p between two steps."""
    _, errors = bp.step_sweep(curved, X, scheme=scheme, steps=steps)
    return np.log(errors[1] / errors[0]) / np.log(steps[1] / steps[0])


@pytest.mark.parametrize(("scheme", "order"), [("forward", 1), ("central", 2), ("five-point", 4)])
def test_on_the_right_of_the_v_the_error_falls_with_the_order_of_the_scheme(scheme, order):
    assert slope(scheme, (1e-2, 2e-2)) == pytest.approx(order, abs=0.05)


@pytest.mark.parametrize("scheme", ["forward", "central", "five-point"])
def test_on_the_left_of_the_v_the_error_grows_as_one_over_h(scheme):
    steps = np.logspace(-13, -10, 60)
    _, errors = bp.step_sweep(curved, X, scheme=scheme, steps=steps)
    fitted = np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert fitted == pytest.approx(-1, abs=0.25)


@pytest.mark.parametrize(
    ("scheme", "lowest", "highest", "error"),
    [("forward", 1e-9, 1e-7, 1e-7), ("central", 1e-6, 1e-4, 1e-9), ("five-point", 1e-4, 1e-2, 1e-11)],
)
def test_the_bottom_of_the_v_lies_where_theory_puts_it(scheme, lowest, highest, error):
    steps, errors = bp.step_sweep(curved, X, scheme=scheme)
    assert lowest <= steps[errors.argmin()] <= highest
    assert errors.min() < error
    exact = bp.numerical_gradient(curved, X, scheme="complex")
    assert np.abs(bp.numerical_gradient(curved, X, scheme=scheme) - exact).max() < 100 * error


def test_the_complex_step_is_exact_to_rounding_whatever_the_step():
    _, errors = bp.step_sweep(curved, X, scheme="complex", steps=np.logspace(-100, -9, 10))
    assert errors.max() < 5e-16


def test_the_complex_step_goes_through_plain_numpy_whole_operations_and_formulas_on_a_tape():
    x, weight = np.random.default_rng(0).normal(size=(2, 2, 3))
    dy = np.random.default_rng(1).normal(size=(2, 2))
    want = vjp(linear, x, weight)[1](dy)[0]
    for f in (lambda x: linear(x, weight), lambda x: bp.matmul(x, weight.T), lambda x: x @ weight.T):
        np.testing.assert_allclose(bp.numerical_gradient(f, x, dy, scheme="complex"), want, rtol=1e-14)


def test_a_function_that_drops_the_imaginary_part_is_no_silent_zero():
    with pytest.raises(np.exceptions.ComplexWarning):
        bp.numerical_gradient(lambda x: np.sum(x.astype(float) ** 2), X, scheme="complex")


def test_float32_differences_are_good_to_three_digits():
    x = X.astype(np.float32)
    got = bp.numerical_gradient(curved, x)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, bp.numerical_gradient(curved, X), atol=1e-3)


@pytest.mark.parametrize("scheme", ["central", "forward", "five-point", "complex"])
def test_the_twin_measures_the_same_gradient(scheme):
    got = tbp.numerical_gradient(lambda x: (x.exp() * x.sin()).sum(), torch.tensor(X), scheme=scheme)
    np.testing.assert_allclose(got.numpy(), bp.numerical_gradient(curved, X, scheme=scheme), rtol=1e-6)
    _, errors = tbp.step_sweep(lambda x: (x.exp() * x.sin()).sum(), torch.tensor(X), scheme=scheme, steps=(1e-5,))
    assert errors[0] < 1e-4


WRONG = [
    (lambda: bp.numerical_gradient(curved, X, scheme="backward"), ValueError, "scheme is 'backward', expected one of"),
    (lambda: bp.numerical_gradient(curved, X, h=0.0), ValueError, "h is 0.0, expected a positive"),
    (lambda: bp.numerical_gradient(curved, np.arange(3)), TypeError, "x is int64"),
    (lambda: bp.numerical_gradient(bp.exp, X), ShapeError, r"f\(x\) has shape \(3,\) and dy is missing"),
    (lambda: bp.numerical_gradient(bp.exp, X, np.ones(2)), ShapeError, r"dy is float64 of shape \(2,\)"),
    (lambda: bp.step_sweep(lambda x: bp.sum(bp.mul(x, np.zeros(3))), X), ValueError, "the gradient is 0"),
    (lambda: bp.gradient_check(np.exp, X), TypeError, "needs a @differentiable function"),
]


@pytest.mark.parametrize(("call", "error", "message"), WRONG)
def test_a_wrong_call_says_what_was_expected(call, error, message):
    with pytest.raises(error, match=message):
        call()


# --------------------------------------------------------------------------------------------- gradient check

CHECKED = ["linear", "softmax", "log_softmax", "cross_entropy", "mse_loss", "mul", "einsum", "mean"]


@pytest.mark.parametrize("name", sorted(catalogue()))
def test_the_gradient_check_passes_every_reference(name):
    op = catalogue()[name]

    @settings(max_examples=min(20, settings.default.max_examples))  # the laws try the same with all their examples
    @given(example=op.examples)
    def passes(example):
        with np.errstate(all="ignore"):
            check = bp.gradient_check(op.reference, *example.args, kinks=op.kinks, **example.options)
        assert check, str(check)

    passes()


@pytest.mark.parametrize("name", CHECKED)
def test_the_gradient_check_fails_on_planted_bugs_of_the_gradient(name):
    op = catalogue()[name]
    rng = np.random.default_rng(3)
    args = {
        "linear": (rng.normal(size=(4, 3)), rng.normal(size=(2, 3)), rng.normal(size=2)),
        "cross_entropy": (rng.normal(size=(4, 3)), np.array([0, 2, 1, 1]), np.array([0.5, 1.0, 2.0])),
        "mse_loss": (rng.normal(size=(4, 3)), rng.normal(size=(4, 3))),
        "mul": (rng.normal(size=(4, 3)), rng.normal(size=3)),
        "einsum": (rng.normal(size=(4, 3)), rng.normal(size=(2, 3))),
    }.get(name, (rng.normal(size=(4, 3)),))
    options = {"einsum": {"equation": "nd,kd->nk"}, "mean": {"axis": 1}}.get(name, {})
    assert bp.gradient_check(op.reference, *args, **options)
    assert bp.gradient_check(op.reference, *args, entries=True, **options)
    for bug in op.bugs:
        wrong = bug.plant(op.reference)
        try:
            y, pullback = vjp(wrong, *args, **options)
            right, right_pullback = vjp(op.reference, *args, **options)
            dy = rng.normal(size=np.shape(y))
            pairs = list(zip(pullback(dy), right_pullback(dy), strict=True))
        except Exception:  # a bug that does not even run needs no check
            continue
        same_value = np.allclose(y, right, rtol=1e-9)
        differs = any(a is not None and (np.shape(a) != np.shape(b) or not np.allclose(a, b)) for a, b in pairs)
        fits = all(np.shape(a) == np.shape(b) for a, b in pairs if a is not None)
        if same_value and differs and fits:
            assert not bp.gradient_check(wrong, *args, **options), bug.name
            assert not bp.gradient_check(wrong, *args, entries=True, **options), bug.name


def test_a_cotangent_of_ones_cannot_fail_on_softmax_and_a_random_one_does():
    @differentiable
    def nothing_back(x: np.ndarray) -> np.ndarray:
        return softmax(x), lambda dy: (np.zeros_like(x),)

    x = np.random.default_rng(0).normal(size=(4, 3))
    y, pullback = vjp(nothing_back, x)
    measured = bp.numerical_gradient(lambda x: softmax(x).sum(), x)  # the sum is 4 whatever x is
    np.testing.assert_allclose(pullback(np.ones_like(y))[0], measured, atol=1e-9)
    assert not bp.gradient_check(nothing_back, x)


def test_per_entry_the_check_names_the_wrong_entry():
    @differentiable
    def one_wrong(x: np.ndarray) -> np.ndarray:
        def pullback(dy):
            dx = dy * np.cos(x)
            dx[1, 2] *= 1.01
            return (dx,)

        return np.sin(x), pullback

    check = bp.gradient_check(one_wrong, np.random.default_rng(0).normal(size=(3, 4)), entries=True)
    assert [f.argument for f in check.findings if not f.passed] == ["one_wrong, argument 0[1, 2]"]
    assert "FAIL one_wrong, argument 0[1, 2]: pullback" in str(check)
    assert not bp.gradient_check(one_wrong, np.random.default_rng(0).normal(size=(3, 4)))


def test_nan_does_not_pass():
    @differentiable
    def nan_back(x: np.ndarray) -> np.ndarray:
        return 2 * x, lambda dy: (dy * np.nan,)

    assert not bp.gradient_check(nan_back, X)


def test_at_a_kink_the_one_sided_slopes_bound_the_gradient():
    @differentiable
    def rectified(x: np.ndarray) -> np.ndarray:
        return np.maximum(x, 0), lambda dy: (dy * (x > 0),)

    x = np.array([0.0, -1.0, 2.0])
    assert not bp.gradient_check(rectified, x)
    assert bp.gradient_check(rectified, x, kinks=True)


def test_the_twins_check_passes_autograd_and_its_checkpoints():
    x = torch.tensor(X)
    assert tbp.gradient_check(torch.tanh, x)
    assert tbp.gradient_check(torch.nn.functional.softmax, x, dim=0, entries=True)


# -------------------------------------------------------------------------------- the one-layer network by hand


@st.composite
def layers(draw):
    n, d, k = draw(sizes(3, low=1, high=5))
    kinds = ("iota", "normal", "zeros")
    draws = (draw(array(*shape, kinds=kinds)) for shape in ((n, d), (k, d), (k,)))
    return (*draws, draw(labels(n, k)))


@given(case=layers())
def test_every_line_of_the_one_layer_networks_derivation_is_what_the_tape_finds(case):
    X, W, b, t = case
    N = len(X)
    Y = one_hot(t, len(W), dtype="float64")
    # The way there and the way back as the derivation writes them.
    S = X @ W.T + b
    P = np.exp(S) / np.exp(S).sum(axis=1, keepdims=True)
    loss = -np.log(P[np.arange(N), t]).mean()
    dS = (P - Y) / N
    dW, db, dX = dS.T @ X, dS.sum(axis=0), dS @ W

    tape = bp.Tape()
    x, w, bias = (tape.variable(a) for a in (X, W, b))
    s = x @ w.T + bias
    exps = bp.exp(s)
    p = exps / bp.sum(exps, axis=1, keepdims=True)
    value = -bp.mean(bp.log(p[np.arange(N), t]))
    dp = np.where(Y > 0, -1 / (N * P), 0.0)  # only the true class's probability enters the loss
    ds, dp_found, dw, dbias, dx = tape.gradients(value, (s, p, w, bias, x))
    by_softmax = P * (dp - (dp * P).sum(axis=1, keepdims=True))
    for found, by_hand in ((s.value, S), (p.value, P), (value.value, loss), (dp_found, dp), (ds, dS), (by_softmax, dS),
                           (dw, dW), (dbias, db), (dx, dX)):  # fmt: skip
        np.testing.assert_allclose(found, by_hand, rtol=1e-10, atol=1e-13)

    # The same with whole operations, and row by row: each example adds an outer product to dW.
    scores, layer_back = vjp(linear, X, W, b)
    total, loss_back = vjp(cross_entropy, scores, t)
    np.testing.assert_allclose(total, loss, rtol=1e-10, atol=1e-13)
    for found, by_hand in zip(layer_back(loss_back(np.ones(()))[0]), (dX, dW, db), strict=True):
        np.testing.assert_allclose(found, by_hand, rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(sum(np.outer(g, row) for g, row in zip(dS, X, strict=True)), dW, rtol=1e-9, atol=1e-13)


def test_a_gradient_that_was_not_summed_over_the_batch_is_refused_for_its_shape():
    @differentiable
    def shifted(x: Float[Array, "N D"], bias: Float[Array, " D"]) -> Float[Array, "N D"]:
        return x + bias, lambda dy: (dy.copy(), dy.copy())

    with pytest.raises(ShapeError, match=r"gradient of argument 1 has shapes \[\(3, 2\)\], expected \[\(2,\)\]"):
        bp.gradient_check(shifted, np.ones((3, 2)), np.ones(2))
