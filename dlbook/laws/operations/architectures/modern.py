"""The catalogue's entries for squeeze and excitation, and for the ConvNeXt block."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import SEEDS, array
from dlbook.laws.operation import Bug, Example, operation
from dlbook.laws.operations.architectures.drawing import INTEGERS, KINDS, bound, sizes
from dlbook.numpy.architectures import convnext_block, se_block


@st.composite
def gated(draw):
    n, channels, units = draw(sizes()), draw(sizes(1, 3)), draw(sizes())
    rng = np.random.default_rng(draw(SEEDS))
    shapes = (units, channels), (units,), (channels, units), (channels,)
    x = draw(array(n, channels, draw(sizes(1, 3)), draw(sizes(1, 3)), kinds=KINDS))
    return Example((x, *(rng.normal(size=shape) for shape in shapes)))


def with_zero_gate_weights_it_halves(f, example):
    x, w1, b1, w2, b2 = example.args
    np.testing.assert_allclose(f(x, w1, b1, 0 * w2, 0 * b2), x / 2, rtol=1e-14)


def gates_lie_between_nothing_and_all(f, example):
    x, y = example.args[0], f(*example.args)
    assert (np.abs(y) <= np.abs(x)).all()
    assert (x * y >= 0).all()


def a_large_bias_opens_every_gate(f, example):
    x, w1, b1, w2, b2 = example.args
    np.testing.assert_allclose(f(x, w1, 0 * b1, 0 * w2, b2 * 0 + 50), x, rtol=1e-14)


def one_factor_for_each_channel(f, example):
    """All places of a channel are weighed alike: places may be shuffled before or after."""
    x, *rest = example.args
    order = example.rng().permutation(x.shape[2] * x.shape[3])
    moved = x.reshape(*x.shape[:2], -1)[..., order].reshape(x.shape)
    y = f(x, *rest).reshape(*x.shape[:2], -1)[..., order].reshape(x.shape)
    np.testing.assert_allclose(f(moved, *rest), y, rtol=1e-10, atol=1e-13 * bound(example))


operation(
    se_block,
    examples=gated(),
    kinks=True,
    rows=(0,),
    scale=bound,
    finite=(1e2, 1e-8),
    refuses={
        **INTEGERS,
        "gates for other channels": lambda e: e.with_arg(4, np.ones(len(e.args[4]) + 1)),
        "units for other channels": lambda e: e.with_arg(1, np.ones((len(e.args[1]), e.args[1].shape[1] + 1))),
        "biases for other units": lambda e: e.with_arg(2, np.ones(len(e.args[2]) + 1)),
    },
    invariants=(
        with_zero_gate_weights_it_halves,
        gates_lie_between_nothing_and_all,
        a_large_bias_opens_every_gate,
        one_factor_for_each_channel,
    ),
    exact=(
        ((np.array([[[[2.0, 4.0]]]]), np.ones((1, 1)), np.zeros(1), np.zeros((1, 1)), np.zeros(1)), {}, [[[[1, 2]]]],
         ([[[[0.5, 0.5]]]], [[0]], [0], [[4.5]], [1.5])),
    ),
    bugs=(
        Bug("the gate taken for a constant", "return dy * gate + dz[:, :, None, None] / places,",
            "return dy * gate,", "x decides on the gate as well: a part of its gradient comes through the means."),
        Bug("the mean's gradient not divided", "dz[:, :, None, None] / places", "dz[:, :, None, None]",
            "A mean of all places sends each of them its share."),
        Bug("x's own gradient forgotten", "return dy * gate + dz", "return 0 * dy * gate + dz",
            "x passes the gate: dy times the gate reaches it."),
        Bug("the gate's gradient without x", "(dy * x).sum(axis=(2, 3))", "dy.sum(axis=(2, 3))",
            "The slope of gate times x with respect to the gate is x."),
        Bug("no rectifier between the two layers", "h, relu_pullback = vjp(relu, h)",
            "_, relu_pullback = vjp(relu, h * 0 + 1)", "Between the two layers of the gate stands a rectifier."),
        Bug("a sum in the place of the mean", "x.mean(axis=(2, 3)), w1", "x.sum(axis=(2, 3)), w1",
            "The squeeze is a mean: its size must not depend on the size of the image."),
    ),
)  # fmt: skip


@st.composite
def convnext(draw):
    n, channels, width = draw(sizes()), draw(sizes(2, 3)), draw(sizes(1, 3))
    kernel = draw(st.sampled_from((1, 3, 7)))
    rng = np.random.default_rng(draw(SEEDS))
    params = (
        (rng.normal(size=(channels, 1, kernel, kernel)) / kernel, rng.normal(size=channels)),
        (rng.uniform(0.5, 1.5, channels), rng.normal(size=channels)),
        (rng.normal(size=(width, channels)), rng.normal(size=width)),
        (rng.normal(size=(channels, width)), rng.normal(size=channels)),
        rng.normal(size=channels),
    )
    x = draw(array(n, channels, draw(sizes(1, 3)), draw(sizes(2, 3)), kinds=KINDS))
    return Example((x, params), {"eps": 0.1})


def changed(example, place, value):
    """Return the example's arguments with one part of the parameters replaced."""
    x, params = example.args
    return x, (*params[:place], value, *params[place + 1 :])


def with_a_scale_of_zero_it_is_the_identity(f, example):
    x, params = changed(example, 4, 0 * example.args[1][4])
    y, pullback = f.vjp(x, params)
    dy = example.rng().normal(size=y.shape)
    np.testing.assert_array_equal(y, x)
    np.testing.assert_array_equal(pullback(dy)[0], dy)


def a_constant_added_before_the_norm_does_not_count(f, example):
    weight, bias = example.args[1][0]
    moved = changed(example, 0, (weight, bias + 3.0))
    np.testing.assert_allclose(
        f(*moved, **example.options), f(*example.args, **example.options), rtol=1e-8, atol=1e-10 * bound(example)
    )


def the_branch_is_proportional_to_its_scale(f, example):
    x, params = example.args
    once = f(*example.args, **example.options) - x
    twice = f(*changed(example, 4, 2 * params[4]), **example.options) - x
    np.testing.assert_allclose(twice, 2 * once, rtol=1e-9, atol=1e-12 * bound(example))


def hidden_units_may_change_places(f, example):
    x, (depthwise, norm, (w1, b1), (w2, b2), scale) = example.args
    order = example.rng().permutation(len(w1))
    moved = (depthwise, norm, (w1[order], b1[order]), (w2[:, order], b2), scale)
    np.testing.assert_allclose(
        f(x, moved, **example.options), f(*example.args, **example.options), rtol=1e-9, atol=1e-12 * bound(example)
    )


def wrong_part(place, value):
    return lambda e: e.with_args(*changed(e, place, value(e.args[1][place])))


operation(
    convnext_block,
    examples=convnext(),
    rows=(0,),
    scale=bound,
    finite=(1e2, 1e-6),
    refuses={
        **INTEGERS,
        "an even kernel": wrong_part(0, lambda pair: (np.ones((len(pair[1]), 1, 2, 2)), pair[1])),
        "a convolution that mixes channels": wrong_part(
            0, lambda pair: (np.ones((len(pair[1]), len(pair[1]), 3, 3)), pair[1])),
        "a norm for other channels": wrong_part(1, lambda pair: (np.ones(9), np.ones(9))),
        "a scale for other channels": wrong_part(4, lambda scale: np.ones(len(scale) + 1)),
        "an eps of zero": lambda e: e.with_options(eps=0.0),
    },
    invariants=(
        with_a_scale_of_zero_it_is_the_identity,
        a_constant_added_before_the_norm_does_not_count,
        the_branch_is_proportional_to_its_scale,
        hidden_units_may_change_places,
    ),
    bugs=(
        Bug("the shortcut's gradient forgotten", "return dy + dx, own", "return dx, own",
            "x is added to what the branch makes of it: dy reaches it unchanged."),
        Bug("the scale forgotten on the way back", "narrow_pullback(df * scale)", "narrow_pullback(df)",
            "The branch is multiplied by lambda, and so is its gradient."),
        Bug("no shortcut", "return x + (f * scale)", "return (f * scale)",
            "The block adds to x what it has found."),
        Bug("channels and places mixed up", "rows = h.transpose(0, 2, 3, 1)", "rows = h.transpose(0, 3, 2, 1)",
            "A row holds the channels of one place: N, H, W, C in this order."),
        Bug("no activation", "h, gelu_pullback = vjp(gelu, h)", "_, gelu_pullback = vjp(gelu, h)",
            "Between the two pointwise layers stands a GELU."),
        Bug("eps is not handed on", "*norm, eps=eps)", "*norm)", "eps belongs to the layer norm."),
        Bug("the scale's gradient without the branch", "dscale = (df * f).sum(axis=0)", "dscale = df.sum(axis=0)",
            "The slope of lambda times the branch with respect to lambda is the branch."),
    ),
)  # fmt: skip
