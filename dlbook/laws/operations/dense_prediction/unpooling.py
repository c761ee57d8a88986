"""The catalogue's entry for `max_unpool2d`."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import SEEDS, array, fill
from dlbook.laws.operation import Bug, Example, operation
from dlbook.laws.operations.convolution.drawing import INTEGERS, short
from dlbook.numpy.convolution import max_pool2d
from dlbook.numpy.dense_prediction import max_pool2d_indices, max_unpool2d


@st.composite
def unpooled(draw):
    """Pool an image that is drawn, side by side, and perhaps forget a remainder of it."""
    n, c = (draw(st.integers(1, 2)) for _ in range(2))
    kernel = tuple(draw(st.integers(1, 3)) for _ in range(2))
    padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
    gaps = tuple(draw(st.integers(0, 1)) for _ in range(2))  # windows that leave out an entry between them
    windows = tuple(draw(st.integers(1, 3)) for _ in range(2))
    stride = tuple(k + g for k, g in zip(kernel, gaps, strict=True))
    rest = tuple(draw(st.integers(0, s - 1)) for s in stride)
    sides = list(zip(windows, kernel, stride, padding, rest, strict=True))
    size = tuple(max(1, (m - 1) * s + k - 2 * p) + e for m, k, s, p, e in sides)
    image = fill((n, c, *size), "normal", draw(SEEDS))
    told = {"kernel_size": short(kernel)} | ({"padding": short(padding)} if any(padding) else {})
    told |= {"stride": short(stride)} if any(gaps) else {}
    indices = max_pool2d_indices(image, **told)
    smallest = tuple((m - 1) * s + k - 2 * p for m, (_, k, s, p, _) in zip(indices.shape[2:], sides, strict=True))
    if size != smallest or draw(st.booleans()):
        told["output_size"] = short(size)
    return Example((draw(array(*indices.shape)), indices), told)


def what_was_largest_stands_where_it_stood(f, example):
    """unpool(pool(x)) keeps the largest entries of x at their places and has zeros elsewhere."""
    x = example.rng().normal(size=(2, 1, 4, 6))
    y, indices = max_pool2d(x, kernel_size=2), max_pool2d_indices(x, kernel_size=2)
    back = f(y, indices, kernel_size=2)
    assert ((back == x) | (back == 0)).all(), "an entry that is neither x's nor zero"
    assert np.count_nonzero(back) == y.size, "as many entries as windows must stay"
    np.testing.assert_array_equal(np.sort(back[back != 0]), np.sort(y, axis=None))


def pooling_undoes_it_where_nothing_is_negative(f, example):
    x, indices = example.args
    if set(example.options) != {"kernel_size"}:
        return
    y = f(abs(x), indices, **example.options)
    np.testing.assert_array_equal(max_pool2d(y, kernel_size=example.options["kernel_size"]), abs(x))


def all_of_x_arrives_and_nothing_else(f, example):
    y = f(*example.args, **example.options)
    np.testing.assert_array_equal(np.sort(y[y != 0], axis=None), np.sort(example.args[0][example.args[0] != 0]))


def it_is_the_way_back_of_pooling(f, example):
    """Where windows do not overlap, the pullback of max_pool2d puts dy where the maxima were."""
    x = example.rng().normal(size=(1, 2, 6, 4))
    y, pullback = max_pool2d.vjp(x, kernel_size=(3, 2))
    indices = max_pool2d_indices(x, kernel_size=(3, 2))
    np.testing.assert_array_equal(f(2 * y, indices, kernel_size=(3, 2)), pullback(2 * y)[0])


def twice(example):
    """Return the example with two entries of a channel at the same place."""
    x, indices = np.zeros((1, 1, 1, 2)), np.zeros((1, 1, 1, 2), int)
    return Example((x, indices), {"kernel_size": 2})


operation(
    max_unpool2d,
    examples=unpooled(),
    rows=(0, 1),
    refuses={
        **INTEGERS,
        "a place outside the image": lambda e: e.with_arg(1, e.args[1] + 1000),
        "a negative place": lambda e: e.with_arg(1, e.args[1] - 1000),
        "a place that two entries claim": twice,
        "an index too few": lambda e: e.with_arg(1, e.args[1][..., :-1]),
        "places that are floats": lambda e: e.with_arg(1, e.args[1].astype(float)),
        "a window of no entry": lambda e: e.with_options(kernel_size=0),
        "a size that pooling cannot come from": lambda e: e.with_options(output_size=40),
    },
    invariants=(
        what_was_largest_stands_where_it_stood,
        pooling_undoes_it_where_nothing_is_negative,
        all_of_x_arrives_and_nothing_else,
        it_is_the_way_back_of_pooling,
    ),
    exact=(
        (
            (np.array([[[[5.0, -2.0]]]]), np.array([[[[4, 3]]]])),
            {"kernel_size": 2},
            [[[[0, 0, 0, -2], [5, 0, 0, 0]]]],
            ([[[[1, 1]]]], None),
        ),
        (  # a remainder that pooling forgot: the width counts in the index
            (np.array([[[[5.0, -2.0]]]]), np.array([[[[5, 3]]]])),
            {"kernel_size": 2, "output_size": (2, 5)},
            [[[[0, 0, 0, -2, 0], [5, 0, 0, 0, 0]]]],
            ([[[[1, 1]]]], None),
        ),
    ),
    bugs=(
        Bug("one channel's places used for all", "+ h * w * np.arange(maps)[:, None]", "+ 0 * np.arange(maps)[:, None]",
            "A place counts within its own channel: add the channel's offset before writing into one long array."),
        Bug("every entry repeated over its window", "y[flat] = x.reshape(maps, -1)",
            "y[flat] = x.reshape(maps, -1)\n    if h * w == 4 * x[0, 0].size:\n"
            "        y = np.repeat(np.repeat(x, 2, axis=2), 2, axis=3)[..., :h, :w].ravel()",
            "Unpooling leaves zeros around each entry; repeating them is nearest-neighbour interpolation."),
        Bug("the gradient averaged over the window", "(dy.ravel()[flat].reshape(x.shape), None)",
            "(dy.ravel()[flat].reshape(x.shape) / (h * w / x[0, 0].size), None)",
            "Only the place that was written to sends a gradient back, and all of it."),
        Bug("the given size forgotten", "    told = pair(function, \"output_size\", output_size, 1)",
            "    told = tuple(sizes) if pair(function, \"output_size\", output_size, 1) else ()",
            "With output_size the result has that size: pooling forgets a remainder."),
        Bug("the padding forgotten", "(n - 1) * s - 2 * p + k for", "(n - 1) * s + k for",
            "H = (P - 1) stride - 2 padding + kernel_size: what lay in the padding is not part of the image."),
    ),
)  # fmt: skip
