"""The catalogue's entries for the networks that answer at every pixel."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import SEEDS, array
from dlbook.laws.operation import Bug, Example, operation
from dlbook.laws.operations.convolution.drawing import INTEGERS
from dlbook.numpy.convolution import conv2d, interpolate
from dlbook.numpy.deep_networks import relu
from dlbook.numpy.dense_prediction import fcn, init_fcn, init_unet, unet
from dlbook.numpy.gradient_descent.trees import tree_map

KINDS = ("iota", "normal", "large", "small", "ties")


# Channels and size of the image, widths of the levels, channels of the answer, size of the kernels. A few shapes, since
# a shape that is new costs more time than the network itself; even and odd sizes, one to three levels.
SHAPES = (
    ((1, 1, 1), (1,), 1, 1),
    ((2, 3, 2), (2,), 2, 3),
    ((1, 2, 2), (1, 1), 1, 1),
    ((1, 4, 3), (2, 1), 2, 3),
    ((2, 3, 5), (1, 2), 1, 2),
    ((1, 5, 4), (2, 1, 2), 1, 3),
)


@st.composite
def networks(draw, init, option):
    shape, widths, k, kernel_size = draw(st.sampled_from(SHAPES))
    rng = np.random.default_rng(draw(SEEDS))
    told = {"kernel_size": kernel_size, "dtype": "float64"}
    if option == "skip":
        told["skip"] = draw(st.booleans())
    else:
        told["heads"] = draw(st.integers(1, len(widths)))
    params = tree_map(lambda a: a if a.ndim > 1 else rng.normal(size=a.shape), init(shape[0], widths, k, rng, **told))
    options = {"skip": False} if told.get("skip") is False else {}
    return Example((draw(array(draw(st.integers(1, 2)), *shape, kinds=KINDS)), params), options)


def size(example) -> float:
    """Bound the values inside: a layer enlarges by at most the sum of a kernel's absolute weights."""
    bound = max(1.0, float(abs(example.args[0]).max()))

    def through(a):
        nonlocal bound
        bound = bound + abs(a).max() if a.ndim == 1 else bound * max(1.0, abs(a).sum())
        return a

    tree_map(through, example.args[1])
    return 10 * bound


def the_image_keeps_its_size(f, example):
    x, params = example.args
    y = f(x, params, **example.options)
    last = params[-1] if hasattr(params[-1][0], "ndim") else params[-1][0]
    assert y.shape == (len(x), len(last[1]), *x.shape[2:]), f"an answer of shape {y.shape} for images {x.shape}"


def without_biases_a_factor_at_the_input_comes_out_again(f, example):
    x, params = example.args
    bare = tree_map(lambda a: a if a.ndim > 1 else 0 * a, params)
    y = f(x, bare, **example.options)
    np.testing.assert_allclose(f(4 * x, bare, **example.options), 4 * y, rtol=1e-12, atol=1e-12 * size(example))


def of_one_level_it_is_two_convolutions(f, example):
    """With one level nothing is halved: a convolution, a rectifier and the head."""
    x = example.args[0]
    rng = example.rng()
    layer = rng.normal(size=(3, x.shape[1], 3, 3)), rng.normal(size=3)
    head = rng.normal(size=(2, 3, 1, 1)), rng.normal(size=2)
    y = f(x, ((layer,), (), head) if f.__name__ == "unet" else ((layer,), (head,)))
    h = relu(conv2d(x, *layer, padding="same"))
    np.testing.assert_allclose(y, conv2d(h, *head), rtol=1e-9, atol=1e-11 * max(1, abs(x).max()))


def a_shift_by_the_coarsest_step_shifts_the_answer(f, example):
    """Away from the border an image that is moved by two pixels gives an answer moved by two, with one halving."""
    rng = example.rng()
    image = rng.normal(size=(1, 1, 20, 20))
    init, told = (init_unet, example.options) if f.__name__ == "unet" else (init_fcn, {})
    params = init(1, (2, 2), 1, rng, dtype="float64", **told)
    y = f(image, params, **told)
    moved = f(np.roll(image, 2, axis=3), params, **told)
    inside = (..., slice(7, -7), slice(7, -7))
    np.testing.assert_allclose(moved[inside], np.roll(y, 2, axis=3)[inside], rtol=1e-9, atol=1e-10)


COMMON = (
    the_image_keeps_its_size,
    without_biases_a_factor_at_the_input_comes_out_again,
    of_one_level_it_is_two_convolutions,
    a_shift_by_the_coarsest_step_shifts_the_answer,
)


def with_a_bridge_of_zeros_it_is_the_plain_network(f, example):
    """If the mixing layers give no weight to what comes across, skips change nothing."""
    x, (down, up, head) = example.args
    if not up:
        return
    if example.options.get("skip", True):
        cut, bare = [], []
        for (wide, (weight, bias)), (_, b) in zip(up, reversed(down[:-1]), strict=True):
            across = len(b)
            weight = weight.copy()
            weight[:, :across] = 0
            cut.append((wide, (weight, bias)))
            bare.append((wide, (weight[:, across:].copy(), bias)))
        y = f(x, (down, tuple(cut), head))
        np.testing.assert_allclose(
            f(x, (down, tuple(bare), head), skip=False), y, rtol=1e-9, atol=1e-12 * size(example)
        )


def of_two_levels_it_is(across, wide, mix, up):
    """Return params of a tiny network of two levels with given numbers, all kernels of one by one but the wide one."""
    one = np.ones((1, 1, 1, 1)), np.zeros(1)
    weight = np.array([across, up]).reshape(1, 2, 1, 1) * mix
    return (one, one), (((np.full((1, 1, 2, 2), wide), np.zeros(1)), (weight, np.zeros(1))),), one


REFUSES = {
    **INTEGERS,
    "no level": lambda e: e.with_arg(1, ((), *e.args[1][1:])),
    "an image without a row": lambda e: e.with_arg(0, e.args[0][:, :, :0]),
    "a channel too many": lambda e: e.with_arg(0, np.concatenate([e.args[0], e.args[0][:, :1]], axis=1)),
}
DOWN_BUGS = (
    Bug("no rectifier", "y, relu_pullback = vjp(relu, y)", "_, relu_pullback = vjp(relu, y * 0 + 1)",
        "A rectifier follows each convolution but the head."),
    Bug("the rectifier forgotten on the way back", "conv_pullback(*relu_pullback(dy))", "conv_pullback(dy)",
        "What was off passes no gradient."),
    Bug("what comes across overwrites what comes from below", "dx if dmap is None else dx + dmap",
        "dx if dmap is None else dmap", "A map is used twice, by the next level and by the way up: gradients add up."),
    Bug("the gradients in the order of the way back", "return dx, tuple(reversed(grads))", "return dx, tuple(grads)",
        "The way back meets the last layer first: put the gradients back into the order of params."),
)  # fmt: skip

operation(
    unet,
    examples=networks(init_unet, "skip"),
    kinks=True,
    rows=(0,),
    scale=size,
    finite=(1e2, 1e-8),
    refuses={
        **REFUSES,
        "a stage up too many": lambda e: e.with_arg(
            1, (e.args[1][0], e.args[1][1] + of_two_levels_it_is(1.0, 1.0, 1.0, 1.0)[1], e.args[1][2])
        ),
    },
    invariants=(*COMMON, with_a_bridge_of_zeros_it_is_the_plain_network),
    exact=(
        (  # the largest of four, painted on all four, plus the image itself
            (np.array([[[[1.0, 2.0], [3.0, 4.0]]]]), of_two_levels_it_is(1.0, 1.0, 1.0, 10.0)),
            {},
            [[[[41, 42], [43, 44]]]],
            None,
        ),
        (  # an odd image: the column that halving forgot is answered too, from across alone
            (np.array([[[[1.0, 2.0, 5.0], [3.0, 4.0, 6.0]]]]), of_two_levels_it_is(1.0, 1.0, 1.0, 10.0)),
            {},
            [[[[41, 42, 5], [43, 44, 6]]]],
            None,
        ),
    ),
    bugs=(
        *DOWN_BUGS,
        Bug("the enlarged map before the one from across", "np.concatenate([across, h], axis=1)",
            "np.concatenate([h, across], axis=1)",
            "The map of the way down comes first; then the gradient splits there."),
        Bug("the halves of the gradient exchanged", "dh[:, :channels], np.ascontiguousarray(dh[:, channels:])",
            "dh[:, -channels:], np.ascontiguousarray(dh[:, : dh.shape[1] - channels])",
            "The first channels of the gradient belong to the map from across, the others to the enlarged one."),
        Bug("nothing comes across on the way back", "dmaps.append(dacross)", "dmaps.append(None)",
            "The map of the way down has a gradient from the way up."),
        Bug("the stages up in the order of the way back", "(ddown, tuple(reversed(dup)), tuple(dhead))",
            "(ddown, tuple(dup), tuple(dhead))",
            "up is listed coarsest first: reverse what the way back has collected."),
    ),
)  # fmt: skip


def one_head_alone_is_a_classifier_of_places_enlarged(f, example):
    x, (down, heads) = example.args
    y = f(x, (down, heads[:1]))
    level = len(down) - 1
    if level == 1:  # by hand
        h = relu(conv2d(x, *down[0], padding="same"))
        h = h[:, :, : h.shape[2] // 2 * 2, : h.shape[3] // 2 * 2]
        n, c, a, b = h.shape
        h = h.reshape(n, c, a // 2, 2, b // 2, 2).max(axis=(3, 5))
        s = conv2d(relu(conv2d(h, *down[1], padding="same")), *heads[0], padding="same")
        np.testing.assert_allclose(
            y, interpolate(s, size=x.shape[2:], mode="bilinear"), rtol=1e-9, atol=1e-12 * size(example)
        )


def a_constant_on_the_bias_of_any_head_is_added_to_all_scores(f, example):
    x, (down, heads) = example.args
    y = f(x, (down, heads))
    for i in range(len(heads)):
        moved = tuple((w, b + 1.5 * (i == j)) for j, (w, b) in enumerate(heads))
        np.testing.assert_allclose(f(x, (down, moved)), y + 1.5, rtol=1e-9, atol=1e-12 * size(example))


operation(
    fcn,
    examples=networks(init_fcn, "heads"),
    kinks=True,
    rows=(0,),
    scale=size,
    finite=(1e2, 1e-8),
    refuses={
        **REFUSES,
        "no head": lambda e: e.with_arg(1, (e.args[1][0], ())),
        "more heads than levels": lambda e: e.with_arg(1, (e.args[1][0], e.args[1][1][:1] * 5)),
    },
    invariants=(
        *COMMON,
        one_head_alone_is_a_classifier_of_places_enlarged,
        a_constant_on_the_bias_of_any_head_is_added_to_all_scores,
    ),
    exact=(
        (
            (np.array([[[[1.0, 2.0, 3.0, 8.0]] * 2]]),
             (((np.ones((1, 1, 1, 1)), np.zeros(1)),) * 2, ((np.ones((1, 1, 1, 1)), np.zeros(1)),))),
            {},
            [[[[2.0, 3.5, 6.5, 8.0]] * 2]],  # the maxima 2 and 8, read off between them
            None,
        ),
    ),
    bugs=(
        *DOWN_BUGS,
        Bug("enlarged to the nearest", 'size=h.shape[2:], mode="bilinear"', "size=h.shape[2:]",
            "Scores are enlarged bilinearly."),
        Bug("finer scores in the place of the coarse ones", "s = own if s is None else s + own", "s = own",
            "The scores of the finer map are added to the enlarged ones."),
        Bug("the heads in the order of the way back", "(ddown, tuple(reversed(dheads)))", "(ddown, tuple(dheads))",
            "heads are listed coarsest first: reverse what the way back has collected."),
        Bug("the coarse scores' gradient not shrunk", "(ds,) = grow_pullback(ds)",
            "(ds,) = grow_pullback(ds / 4)", "The way back of enlarging adds up what arrives; it takes no mean."),
    ),
)  # fmt: skip
