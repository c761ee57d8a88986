"""The edges of `linear_classifiers`: labels of any dtype, numbers of any size, what is refused, what PyTorch does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlbook import vjp
from dlbook.laws.arrays import array, labels, positive
from dlbook.numpy import linear_classifiers as lc

pytestmark = pytest.mark.law

ONE = np.ones(())


@st.composite
def batches(draw, least_classes=1):
    """Draw scores (N, K) and labels (N,)."""
    n, k = draw(st.integers(1, 5)), draw(st.integers(least_classes, 5))
    return draw(array(n, k)), draw(labels(n, k))


def same(got, want):
    np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "int32", "int64", "uint64"])
@pytest.mark.parametrize("name", ["cross_entropy", "nll_loss", "multi_margin_loss", "multi_bce", "crammer_singer_loss"])
def test_labels_may_be_of_any_integer_dtype(name, dtype):
    scores, target = np.random.default_rng(0).normal(size=(4, 3)), np.array([2, 0, 1, 2])
    weights = (np.array([0.5, 1.0, 2.0]),) if name in {"cross_entropy", "nll_loss", "multi_margin_loss"} else ()
    y, pullback = vjp(getattr(lc, name), scores, target.astype(dtype), *weights)
    z, expected = vjp(getattr(lc, name), scores, target, *weights)
    assert y == z
    for mine, want in zip(pullback(ONE), expected(ONE), strict=True):
        np.testing.assert_array_equal(mine, want)


# ---------------------------------------------------------------- numbers large, small, single


@given(batches(), st.sampled_from((1.0, 20.0, 34.0, 36.0, 90.0, 1e4)), st.sampled_from((np.float32, np.float64)))
def test_cross_entropy_without_its_shift_equals_the_shifted_one(drawn, size, dtype):
    scores, target = drawn
    x = (scores / max(1.0, np.abs(scores).max()) * size).astype(dtype)
    y, pullback = vjp(lc.cross_entropy, x, target, reduction="none")
    z = x.astype(np.float64) - x.astype(np.float64).max(axis=1, keepdims=True)
    exps = np.exp(z)
    n, sums = np.arange(len(x)), exps.sum(axis=1)
    digits = 8 * np.finfo(dtype).eps
    np.testing.assert_allclose(y, np.log(sums) - z[n, target], rtol=digits, atol=digits)
    p = exps / sums[:, None]
    p[n, target] -= 1
    np.testing.assert_allclose(pullback(np.ones_like(y))[0], p, rtol=digits, atol=digits)


def test_one_wild_row_does_not_touch_the_others():
    scores = np.random.default_rng(0).normal(size=(5, 4))
    target = np.array([0, 1, 2, 3, 0])
    calm = lc.cross_entropy(scores, target, reduction="none")
    scores[2] *= 1e4
    kept = [0, 1, 3, 4]
    np.testing.assert_array_equal(lc.cross_entropy(scores, target, reduction="none")[kept], calm[kept])


def test_a_class_that_is_masked_out_has_no_probability_and_no_gradient():
    scores, target = np.array([[1.0, -np.inf, 2.0]]), np.array([2])
    assert lc.softmax(scores)[0, 1] == 0
    y, pullback = vjp(lc.cross_entropy, scores, target)
    same(y, np.log1p(np.exp(-1.0)))
    same(pullback(ONE)[0], [[lc.sigmoid(np.array([-1.0]))[0], 0, -lc.sigmoid(np.array([-1.0]))[0]]])


def test_double_precision_options_do_not_leak_into_single_precision():
    half = np.float64(0.5)
    x, target, signs = np.ones((3, 2), np.float32), np.array([0, 1, 1]), np.array([[0, 1]] * 3)
    one = np.float32(1)
    for f, args, options in (
        (lc.cross_entropy, (x, target), {"label_smoothing": half}),
        (lc.multi_margin_loss, (x, target), {"margin": half}),
        (lc.crammer_singer_loss, (x, target), {"margin": half}),
        (lc.focal_loss, (x, signs), {"gamma": half, "alpha": half}),
        (lc.huber_loss, (x, 2 * x), {"delta": half}),
        (lc.smooth_l1_loss, (x, 2 * x), {"beta": half}),
        (lc.l2_penalty, (x,), {"strength": half}),
        (lc.l1_penalty, (x,), {"strength": half}),
        (lc.elastic_net_penalty, (x,), {"strength": half, "l1_ratio": half}),
    ):
        y, pullback = vjp(f, *args, **options)
        assert y.dtype == np.float32, f.__name__
        assert pullback(one)[0].dtype == np.float32, f.__name__


def test_the_sum_over_an_empty_batch_is_zero_and_has_an_empty_gradient():
    scores, target = np.zeros((0, 3)), np.zeros(0, int)
    for f in (lc.cross_entropy, lc.nll_loss, lc.multi_margin_loss, lc.crammer_singer_loss, lc.multi_bce):
        y, pullback = vjp(f, scores, target, reduction="sum")
        assert y == 0
        assert pullback(ONE)[0].shape == (0, 3)


def test_a_difference_of_two_numbers_has_a_loss_too():
    for f, want in ((lc.mse_loss, 4.0), (lc.l1_loss, 2.0), (lc.huber_loss, 1.5), (lc.smooth_l1_loss, 1.5)):
        assert f(np.array(3.0), np.array(1.0)) == want


def test_a_penalty_s_gradient_is_nested_as_the_weights_are():
    weights = {"layers": [(np.ones((2, 3)), None), (np.full((1, 2), -2.0), np.zeros(1))], "scale": np.array(3.0)}
    y, pullback = vjp(lc.l2_penalty, weights, strength=0.5)
    assert y == 0.5 * (6 + 8 + 9)
    (gradient,) = pullback(ONE)
    assert list(gradient) == ["layers", "scale"]
    assert [type(layer) for layer in gradient["layers"]] == [tuple, tuple]
    assert gradient["layers"][0][1] is None
    np.testing.assert_array_equal(gradient["layers"][1][0], [[-2.0, -2.0]])
    assert gradient["scale"] == 3.0


# ---------------------------------------------------------------- one clear line


X, T = np.zeros((2, 3)), np.array([0, 2])
SIGNS = np.array([1, 0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: lc.cross_entropy(X, T + 1), "cross_entropy: target has the label 3, expected 0 to 2 as there are 3"),
        (lambda: lc.cross_entropy(X, T - 1), "cross_entropy: target has the label -1, expected 0 to 2"),
        (lambda: lc.cross_entropy(X, T - 100, ignore_index=-98), "cross_entropy: target has the label -100"),
        (lambda: lc.cross_entropy(X, 0 * T - 100), "cross_entropy: the weights of the 2 labels sum to 0"),
        (lambda: lc.cross_entropy(X, T, np.zeros(3)), "cross_entropy: the weights of the 2 labels sum to 0"),
        (lambda: lc.cross_entropy(X[:0], T[:0]), "cross_entropy: the weights of the 0 labels sum to 0"),
        (
            lambda: lc.cross_entropy(X, T, label_smoothing=1.1),
            "cross_entropy: label_smoothing is 1.1, expected a number from 0 to 1",
        ),
        (lambda: lc.cross_entropy(X, T, label_smoothing=np.nan), "cross_entropy: label_smoothing is nan"),
        (lambda: lc.nll_loss(X, T + 7), "nll_loss: target has the label 7"),
        (lambda: lc.multi_margin_loss(X, T, margin=0.0), "multi_margin_loss: margin is 0.0, expected a finite number"),
        (lambda: lc.crammer_singer_loss(X[:, :1], 0 * T), "crammer_singer_loss: scores has 1 classes, expected at"),
        (lambda: lc.hinge_loss(X[:, 0], SIGNS), "hinge_loss: target has the label 0, expected -1 or 1"),
        (lambda: lc.focal_loss(X[:, 0], -SIGNS), "focal_loss: target has the label -1, expected 0 or 1"),
        (lambda: lc.huber_loss(X, X, delta=-1.0), "huber_loss: delta is -1.0, expected a finite number above 0"),
        (lambda: lc.mse_loss(X[:0], X[:0]), "mse_loss: there is no loss to take the mean of"),
        (lambda: lc.softmax(X, axis=2), r"softmax: axis is 2 and x has shape \(2, 3\)"),
        (lambda: lc.l2_penalty(X, strength=-1.0), "l2_penalty: strength is -1.0, expected a finite number"),
        (lambda: lc.l2_penalty({"a": [T]}, strength=1.0), r"l2_penalty: weights\['a'\]\[0\] is int64 of shape \(2,\)"),
        (lambda: lc.l2_penalty((), strength=1.0), "l2_penalty: weights is a tuple of 0"),
    ],
)
def test_what_does_not_fit_is_refused_with_one_line_that_names_it(call, message):
    for _ in range(2):  # values are looked at on every call, not only on the first with these shapes
        with pytest.raises(ValueError, match=message) as caught:
            call()
        assert "\n" not in str(caught.value)


def test_a_wrong_label_is_refused_after_right_ones_of_the_same_shape():
    lc.cross_entropy(X, T)
    with pytest.raises(ValueError, match="label 3"):
        lc.cross_entropy(X, T + 1)


# ---------------------------------------------------------------- the twins are PyTorch's own functions


@given(batches(least_classes=2), positive(5), st.sampled_from(("mean", "sum", "none")), st.sampled_from((0.0, 0.3)))
def test_with_class_weights_the_twins_are_the_functions_of_pytorch(drawn, weight, reduction, smoothing):
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    twins = pytest.importorskip("dlbook.torch.linear_classifiers")
    scores, target, weight = (torch.tensor(a) for a in (*drawn, weight[: drawn[0].shape[1]]))
    marked = torch.where(torch.arange(len(target)) % 3 == 2, -100, target)
    for ours, theirs, labels_, options in (
        (twins.cross_entropy, functional.cross_entropy, marked, {"label_smoothing": smoothing}),
        (twins.nll_loss, functional.nll_loss, marked, {}),
        (twins.multi_margin_loss, functional.multi_margin_loss, target, {"p": 2, "margin": 0.5}),
    ):
        leaf = scores.clone().requires_grad_()
        mine = ours(leaf, labels_, weight, reduction=reduction, **options)
        want = theirs(leaf, labels_, weight=weight, reduction=reduction, **options)
        torch.testing.assert_close(mine, want, rtol=1e-9, atol=1e-12)
        torch.testing.assert_close(
            torch.autograd.grad(mine.sum(), leaf)[0], torch.autograd.grad(want.sum(), leaf)[0], rtol=1e-9, atol=1e-12
        )


def test_what_is_refused_here_is_nan_in_pytorch():
    torch = pytest.importorskip("torch")
    twins = pytest.importorskip("dlbook.torch.linear_classifiers")
    ignored = torch.full((2,), -100)
    assert torch.isnan(twins.cross_entropy(torch.zeros(2, 3), ignored))
    assert torch.isnan(twins.nll_loss(torch.zeros(2, 3), ignored))
