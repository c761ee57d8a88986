"""The catalogue's entry for the network of patches."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import SEEDS, array
from dlbook.laws.operation import Bug, Example, operation
from dlbook.laws.operations.convolution.drawing import INTEGERS
from dlbook.laws.operations.convolution.network import size
from dlbook.numpy.convolution import conv2d, init_patch_convnet, patch_convnet, patchify
from dlbook.numpy.deep_networks import mlp


@st.composite
def networks(draw):
    n, c, r, s, p, q, filters, classes = (draw(st.integers(1, 2)) for _ in range(8))
    hidden = draw(st.lists(st.integers(1, 3), max_size=1))
    rng = np.random.default_rng(draw(SEEDS))
    drawn = init_patch_convnet((c, p * r, q * s), filters, hidden, classes, rng, patch_size=(r, s), dtype="float64")
    params = tuple((weight, rng.normal(size=bias.shape)) for weight, bias in drawn)
    kinds = ("iota", "normal", "large", "small", "ties")
    return Example((draw(array(n, p * q, c * r * s, kinds=kinds)), params))


def close(a, b, example) -> None:
    np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12 * size(example))


def the_filters_are_a_convolution_whose_windows_lie_side_by_side(f, example):
    rng, (n, c, h, w) = example.rng(), (2, 3, 4, 6)
    images, weight, bias = rng.normal(size=(n, c, h, w)), rng.normal(size=(5, c, 2, 3)), rng.normal(size=5)
    layers = ((rng.normal(size=(4, 20)), rng.normal(size=4)), (rng.normal(size=(2, 4)), rng.normal(size=2)))
    y = f(patchify(images, patch_size=(2, 3)), ((weight.reshape(5, -1), bias), *layers))
    maps = np.maximum(conv2d(images, weight, bias, stride=(2, 3)), 0)  # (N, F, P, Q): filters before places
    np.testing.assert_allclose(y, mlp(maps.reshape(n, 5, -1).swapaxes(1, 2).reshape(n, -1), layers), rtol=1e-9)


def filters_may_change_places(f, example):
    x, ((weight, bias), (after, b), *rest) = example.args
    order = example.rng().permutation(len(bias))
    moved = after.reshape(len(after), -1, len(order))[:, :, order].reshape(after.shape)
    close(f(x, ((weight[order], bias[order]), (moved, b), *rest)), f(*example.args), example)


def patches_may_change_places_if_the_next_layer_does(f, example):
    x, ((weight, bias), (after, b), *rest) = example.args
    order = example.rng().permutation(x.shape[1])
    moved = after.reshape(len(after), len(order), -1)[:, order].reshape(after.shape)
    close(f(x[:, order], ((weight, bias), (moved, b), *rest)), f(*example.args), example)


def without_biases_a_factor_at_the_input_comes_out_again(f, example):
    x, params = example.args
    bare = tuple((weight, 0 * bias) for weight, bias in params)
    np.testing.assert_allclose(f(4 * x, bare), 4 * f(x, bare), rtol=1e-12, atol=1e-12 * size(example))


def another_patch(example):
    x, ((weight, bias), *rest) = example.args
    return example.with_args(x, ((np.ones((len(weight), weight.shape[1] + 1)), bias), *rest))


def another_layer(example):
    x, (first, (weight, bias), *rest) = example.args
    return example.with_args(x, (first, (np.ones((len(weight), weight.shape[1] + 1)), bias), *rest))


operation(
    patch_convnet,
    examples=networks(),
    kinks=True,
    rows=(0,),
    scale=size,
    finite=(1e3, 1e-8),
    refuses={
        **INTEGERS,
        "no example": lambda e: e.with_arg(0, e.args[0][:0]),
        "nothing behind the filters": lambda e: e.with_arg(1, e.args[1][:1]),
        "filters that do not fit the patches": another_patch,
        "a layer that does not fit the filters": another_layer,
    },
    invariants=(
        the_filters_are_a_convolution_whose_windows_lie_side_by_side,
        filters_may_change_places,
        patches_may_change_places_if_the_next_layer_does,
        without_biases_a_factor_at_the_input_comes_out_again,
    ),
    exact=(
        (
            (
                np.array([[[1.0, -2.0], [3.0, 4.0]]]),  # two patches of two numbers
                (
                    (np.array([[1.0, 0.0], [0.0, -1.0]]), np.zeros(2)),
                    (np.array([[1.0, 10.0, 100.0, 1000.0]]), np.ones(1)),
                ),
            ),
            {},
            [[322.0]],  # the filters answer 1 and 2 to the first patch, 3 and nothing to the second
            None,
        ),
    ),
    bugs=(
        Bug("no rectifier", "h, relu_pullback = vjp(relu, s)", "h, (_, relu_pullback) = s, vjp(relu, 0 * s + 1)",
            "Between the filters and the next layer negative numbers become zero."),
        Bug("the rectifier forgotten on the way back", "(ds,) = relu_pullback(dh.reshape(h.shape))",
            "ds = dh.reshape(h.shape)", "What was off passes no gradient."),
        Bug("filters before places", "h.reshape(len(x), -1)",
            "h.reshape(*x.shape[:2], -1).swapaxes(1, 2).reshape(len(x), -1)",
            "The answers of all filters to one patch stand side by side: (L, F) is laid out row by row."),
        Bug("the filters' gradients averaged over the patches", "((dweight, dbias), *grads)",
            "((dweight / x.shape[1], dbias / x.shape[1]), *grads)",
            "A filter is used for each patch, and what is used several times collects all its gradients: add."),
        Bug("only the first image counts", "(ds.swapaxes(1, 2) @ x).sum(axis=0)",
            "(ds.swapaxes(1, 2) @ x)[:1].sum(axis=0)",
            "A filter hears from all patches of all images: sum over n and l."),
        Bug("the filters' gradient last", "((dweight, dbias), *grads)", "(*grads, (dweight, dbias))",
            "The filters come first in params, and so do their gradients."),
        Bug("the input's gradient forgotten", "return ds @ weight", "return 0 * x",
            "x has a gradient too: each patch hears from all filters."),
    ),
)  # fmt: skip
