"""The catalogue's entries for the small convolutional network and for its feature maps."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import SEEDS, array
from dlbook.laws.operation import Bug, Example, operation
from dlbook.laws.operations.convolution.drawing import INTEGERS
from dlbook.numpy.convolution import convnet, feature_maps, init_convnet


@st.composite
def networks(draw):
    axes, n, classes = (draw(st.integers(1, 2)) for _ in range(3))
    pool = draw(st.integers(1, 2))
    channels = draw(st.lists(st.integers(1, 2), min_size=0, max_size=2))
    shape = (draw(st.integers(1, 2)), *(draw(st.integers(pool ** len(channels), 5)) for _ in range(axes)))
    rng = np.random.default_rng(draw(SEEDS))
    average = draw(st.booleans())
    options = {"kernel_size": draw(st.integers(1, 3)), "pool": pool, "average": average, "dtype": "float64"}
    params = init_convnet(shape, channels, classes, rng, **options)
    params = tuple((weight, rng.normal(size=bias.shape)) for weight, bias in params)
    kinds = ("iota", "normal", "large", "small", "ties")
    told = {**({"pool": pool} if pool != 2 else {}), **({"average": True} if average else {})}
    return Example((draw(array(n, *shape, kinds=kinds)), params), told)


def size(example) -> float:
    """Bound the values inside: each layer enlarges by at most the sum of a kernel's absolute weights."""
    x, params = example.args
    bound = max(1.0, float(np.abs(x).max()))
    for weight, bias in params:
        bound = bound * max(1.0, float(np.abs(weight).reshape(len(weight), -1).sum(axis=1).max())) + abs(bias).max()
    return 10 * bound


def agree(a, b, example) -> None:
    """Require two arrays to be equal up to the rounding of their sums."""
    np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-13 * size(example))


@st.composite
def first_layers(draw):
    example = draw(networks())
    x, params = example.args
    return Example((x, params[:-1]), {"pool": example.options["pool"]} if "pool" in example.options else {})


def maps_of_a_layer_are_never_negative(f, example):
    assert not example.args[1] or (f(*example.args, **example.options) >= 0).all()


def the_rest_of_the_network_is_a_convnet_that_begins_with_these_maps(f, example):
    x, params = example.args
    h = f(x, params, **example.options)
    weight = example.rng().normal(size=(3, h[0].size))
    top = ((weight, np.zeros(3)),)
    np.testing.assert_allclose(
        convnet(h, top), convnet(x, (*params, *top), **example.options), rtol=1e-9, atol=1e-11 * size(example)
    )


def the_maps_of_two_layers_are_the_maps_of_the_maps(f, example):
    x, params = example.args
    below = f(x, params[:1], **example.options)
    agree(f(below, params[1:], **example.options), f(x, params, **example.options), example)


def maps_may_change_places(f, example):
    if not example.args[1]:
        return
    x, (*first, (weight, bias)) = example.args
    order = example.rng().permutation(len(bias))
    y = f(x, (*first, (weight[order], bias[order])), **example.options)
    agree(y, f(x, (*first, (weight, bias)), **example.options)[:, order], example)


def another_channel(example):
    """Return the example with a first layer whose kernels expect a channel too many."""
    x, params = example.args
    return example.with_args(x, ((np.ones((1, x.shape[1] + 1, *[1] * (x.ndim - 2))), np.ones(1)), *params))


def another_axis(example):
    """Return the example with a first layer whose kernels have an axis too many."""
    x, params = example.args
    return example.with_args(x, ((np.ones((1, x.shape[1], *[1] * (x.ndim - 1))), np.ones(1)), *params))


operation(
    feature_maps,
    examples=first_layers(),
    kinks=True,
    rows=(0,),
    scale=size,
    refuses={**INTEGERS, "kernels of another depth": another_channel, "kernels with another axis": another_axis},
    invariants=(
        maps_of_a_layer_are_never_negative,
        the_rest_of_the_network_is_a_convnet_that_begins_with_these_maps,
        the_maps_of_two_layers_are_the_maps_of_the_maps,
        maps_may_change_places,
    ),
    exact=(
        (
            (np.array([[[[1.0, -2.0], [3.0, 4.0]]]]), ((np.array([[[[1.0]]], [[[-1.0]]]]), np.array([0.0, 1.0])),)),
            {},
            [[[[4.0]], [[3.0]]]],
            ([[[[0, -1], [0, 1]]]], (([[[[4.0]]], [[[-2.0]]]], [1.0, 1.0]),)),
        ),
    ),
    bugs=(
        Bug("no rectifier", "x, relu_pullback = vjp(relu, x)", "_, relu_pullback = vjp(relu, x * 0 + 1)",
            "A map is what has passed the rectifier: it is never negative."),
        Bug("no pooling", "vjp(shrink, x, kernel_size=pool)", "vjp(shrink, x, kernel_size=1)",
            "Each layer ends with the maximum of windows of size pool."),
        Bug("the gradients in the order of the way back", "tuple(reversed(grads))", "tuple(grads)",
            "The way back meets the last layer first: put the gradients back into the order of params."),
        Bug("the rectifier forgotten on the way back", "(dx,) = relu_pullback(dx)", "relu_pullback(dx)",
            "What was off passes no gradient."),
        Bug("kernels that lose the border", 'padding="same")', 'padding="valid")',
            "With padding same a convolution keeps the size of the image."),
        Bug("without a layer the image itself", "return x.copy(), lambda dy: (dy.copy(), ())",
            "return x, lambda dy: (dy, ())", "What comes out is never the array that went in: copy it."),
    ),
)  # fmt: skip


def without_convolutions_it_is_a_linear_classifier(f, example):
    x, _ = example.args
    weight = example.rng().normal(size=(3, x[0].size))
    np.testing.assert_allclose(
        f(x, ((weight, np.zeros(3)),)), x.reshape(len(x), -1) @ weight.T, rtol=1e-9, atol=1e-12 * size(example)
    )


def channels_may_change_places(f, example):
    x, params = example.args
    if len(params) < 2:
        return
    order = example.rng().permutation(len(params[0][1]))
    (weight, bias), (after, b), *rest = params
    if after.ndim == 2:  # the linear layer sees the channels one after the other
        moved = after.reshape(len(after), len(order), -1)[:, order].reshape(after.shape)
    else:
        moved = after[:, order]
    y = f(x, ((weight[order], bias[order]), (moved, b), *rest), **example.options)
    np.testing.assert_allclose(y, f(x, params, **example.options), rtol=1e-9, atol=1e-12 * size(example))


def without_biases_a_factor_at_the_input_comes_out_again(f, example):
    x, params = example.args
    bare = tuple((weight, 0 * bias) for weight, bias in params)
    y = f(x, bare, **example.options)
    np.testing.assert_allclose(f(4 * x, bare, **example.options), 4 * y, rtol=1e-12, atol=1e-12 * size(example))


def a_constant_added_to_all_biases_of_the_last_layer_is_added_to_all_scores(f, example):
    x, params = example.args
    *first, (weight, bias) = params
    y = f(x, params, **example.options)
    np.testing.assert_allclose(
        f(x, (*first, (weight, bias + 1.5)), **example.options), y + 1.5, rtol=1e-9, atol=1e-12 * size(example)
    )


def another_size(example):
    """Return the example with a last layer that has a column too many."""
    x, (*first, (weight, bias)) = example.args
    return example.with_args(x, (*first, (np.ones((len(weight), weight.shape[1] + 1)), bias)))


operation(
    convnet,
    examples=networks(),
    kinks=True,
    rows=(0,),
    scale=size,
    finite=(1e3, 1e-8),
    refuses={
        **INTEGERS,
        "no example": lambda e: e.with_arg(0, e.args[0][:0]),
        "no layer": lambda e: e.with_arg(1, ()),
        "no linear layer at the end": lambda e: e.with_arg(1, ((np.ones((1, *e.args[0].shape[1:])), np.ones(1)),)),
        "a layer that does not fit": another_size,
    },
    invariants=(
        without_convolutions_it_is_a_linear_classifier,
        channels_may_change_places,
        without_biases_a_factor_at_the_input_comes_out_again,
        a_constant_added_to_all_biases_of_the_last_layer_is_added_to_all_scores,
    ),
    exact=(
        (
            (
                np.array([[[1.0, -2.0, 3.0, 4.0]]]),
                ((np.array([[[1.0]], [[-1.0]]]), np.zeros(2)), (np.array([[1.0, 0.0, 0.0, 10.0]]), np.zeros(1))),
            ),
            {},
            [[1.0]],  # the first channel keeps 1 and 4, the second 2 and 0
            None,
        ),
    ),
    bugs=(
        Bug("no rectifier", "x, relu_pullback = vjp(relu, x)", "_, relu_pullback = vjp(relu, x * 0 + 1)",
            "Between the convolutions negative numbers become zero, or all layers would be one."),
        Bug("the rectifier forgotten on the way back", "(dx,) = relu_pullback(dx)", "relu_pullback(dx)",
            "What was off passes no gradient."),
        Bug("the gradients in the order of the way back", "tuple(reversed(grads))", "tuple(grads)",
            "The way back meets the last layer first: put the gradients back into the order of params."),
        Bug("no pooling", "vjp(shrink, x, kernel_size=pool)", "vjp(shrink, x, kernel_size=1)",
            "Each convolution is followed by the maximum of windows of size pool."),
        Bug("the mean's gradient not divided", "dh[:, :, None] / maps.shape[2]", "dh[:, :, None]",
            "A mean of k entries sends each of them one k-th of dy."),
        Bug("kernels that lose the border", 'padding="same")', 'padding="valid")',
            "With padding same a convolution keeps the size of the image."),
        Bug("the input's gradient forgotten", "return dx, (*grads",
            "return dx * 0, (*grads", "x has a gradient too: what arrives at the first layer goes on."),
    ),
)  # fmt: skip
