"""The catalogue's entries for `conv2d` and `conv1d`."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import array
from dlbook.laws.operation import Bug, Example, operation
from dlbook.laws.operations.convolution.drawing import INTEGERS, agree, inner, of_one_row, options, taps, windows
from dlbook.numpy.convolution import conv1d, conv2d, conv2d_loops


@st.composite
def layers(draw, axes=2):
    """Draw images or signals, kernels, perhaps a bias, and all options."""
    drawn = draw(windows(axes))
    n, groups, of_input, of_output = (draw(st.integers(1, 2)) for _ in range(4))
    told = options(drawn, **({"groups": groups} if groups > 1 else {}))
    named = draw(st.sampled_from((None, None, None, "same", "valid")))
    size = drawn.size
    if named:
        told["padding"] = named
        if named == "same":
            told.pop("stride", None)
        else:
            size = tuple(s + 2 * p for s, p in zip(size, drawn.padding, strict=True))
    kinds = ("iota", "normal", "ties", "large", "small")
    x = draw(array(n, groups * of_input, *size))
    weight = draw(array(groups * of_output, of_input, *drawn.kernel, kinds=kinds))
    bias = draw(array(groups * of_output)) if draw(st.booleans()) else None
    return Example((x, weight) if bias is None else (x, weight, bias), told)


def plain(example) -> tuple[np.ndarray, np.ndarray]:
    """Return an example's images and kernels without what its options cut away: for laws that set options themselves.

    Groups become whole kernels, and images grow until the kernels fit.
    """
    x, weight = example.args[:2]
    weight = np.concatenate([weight] * (x.shape[1] // weight.shape[1]), axis=1)
    grown = [(0, 0), (0, 0), *((0, 2 * k) for k in weight.shape[2:])]
    return np.pad(x, grown, mode="wrap"), weight


def tight(f, example) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return images, kernels and value without padding and groups, where nothing else is going on."""
    x, weight = plain(example)
    return x, weight, f(x, weight)


def sums_of_images_and_of_kernels_may_be_taken_before_or_after(f, example):
    x, weight, *_ = example.args
    rng = example.rng()
    other, kernels = rng.normal(size=x.shape), rng.normal(size=weight.shape)

    def of(image, kernel):
        return f(image, kernel, **example.options)

    agree(of(x + 2 * other, weight), of(x, weight) + 2 * of(other, weight), example)
    agree(of(x, weight - kernels), of(x, weight) - of(x, kernels), example)


def the_three_inner_products_are_one(f, example):
    """<conv(x, w), dy> = <x, dx> = <w, dw>: the sum over everything, with one factor left out at a time."""
    x, weight, *_ = example.args
    y, pullback = f.vjp(x, weight, **example.options)
    dy = example.rng().normal(size=y.shape)
    dx, dweight = pullback(dy)[:2]
    size = inner(abs(y), abs(dy)) + 1e-3 * taps(example)
    assert abs(inner(y, dy) - inner(x, dx)) <= 1e-12 * size, "<y, dy> is not <x, dx>"
    assert abs(inner(y, dy) - inner(weight, dweight)) <= 1e-12 * size, "<y, dy> is not <w, dw>"


def a_stride_takes_every_so_many_th_of_the_results(f, example):
    x, weight, y = tight(f, example)
    steps = (2, 3)[: x.ndim - 2]
    every = (..., *(slice(None, None, step) for step in steps))
    agree(f(x, weight, stride=steps if len(steps) > 1 else steps[0]), y[every], example)


def dilation_is_a_kernel_with_zeros_in_its_gaps(f, example):
    x, weight = plain(example)
    steps = (2, 1)[: x.ndim - 2]
    stuffed = np.zeros((*weight.shape[:2], *(s * (k - 1) + 1 for s, k in zip(steps, weight.shape[2:], strict=True))))
    stuffed[(..., *(slice(None, None, step) for step in steps))] = weight
    agree(f(x, weight, dilation=steps if len(steps) > 1 else steps[0]), f(x, stuffed), example)


def padding_is_a_border_of_zeros(f, example):
    x, weight = plain(example)
    border = (2, 1)[: x.ndim - 2]
    bordered = np.pad(x, [(0, 0), (0, 0), *((b, b) for b in border)])
    agree(f(x, weight, padding=border if len(border) > 1 else border[0]), f(bordered, weight), example)


def same_padding_keeps_the_size(f, example):
    x, weight = plain(example)
    y = f(x, weight, padding="same")
    assert y.shape[2:] == x.shape[2:], f"y is {y.shape} for x of {x.shape}"


def groups_do_not_see_one_another(f, example):
    x, weight = plain(example)
    twice, both = np.concatenate([x, 3 * x], axis=1), np.concatenate([weight, -weight])
    agree(f(twice, both, groups=2), np.concatenate([f(x, weight), f(3 * x, -weight)], axis=1), example)


def one_by_one_kernels_are_a_linear_layer_at_each_place(f, example):
    x, weight = plain(example)
    matrix = weight[(..., *[0] * (x.ndim - 2))]
    point = matrix[(..., *[None] * (x.ndim - 2))]
    agree(f(x, point), np.moveaxis(np.moveaxis(x, 1, -1) @ matrix.T, -1, 1), example)


def a_kernel_as_large_as_the_image_is_a_linear_layer(f, example):
    x, weight = plain(example)
    size = x.shape[2:]
    kernel = example.rng().normal(size=(len(weight), x.shape[1], *size))
    agree(f(x, kernel).reshape(len(x), -1), x.reshape(len(x), -1) @ kernel.reshape(len(kernel), -1).T, example)


def a_kernel_with_a_single_one_changes_nothing(f, example):
    x, _ = plain(example)
    kernel = np.zeros((x.shape[1], x.shape[1], *[3] * (x.ndim - 2)))
    kernel[(range(x.shape[1]), range(x.shape[1]), *[1] * (x.ndim - 2))] = 1
    np.testing.assert_array_equal(f(x, kernel, padding=1), x)


def shifted_images_give_shifted_results(f, example):
    x, weight, y = tight(f, example)
    moved = (..., *[slice(1, None)] * (x.ndim - 2))
    agree(f(x[moved], weight), y[moved], example)


def it_is_its_definition(f, example):
    agree(f(*example.args, **example.options), conv2d_loops(*example.args, **example.options), example)


def too_large(example):
    """Return the example with a kernel that fits nowhere."""
    weight = example.args[1]
    return example.with_arg(1, np.ones((*weight.shape[:2], *[40] * (weight.ndim - 2)))).with_options(padding=0)


REFUSES = {
    **INTEGERS,
    "a channel too many": lambda e: e.with_arg(0, np.concatenate([e.args[0], e.args[0][:, :1]], axis=1)),
    "groups that do not divide the filters": lambda e: e.with_options(groups=7),
    "a stride of zero": lambda e: e.with_options(stride=0),
    "a negative padding": lambda e: e.with_options(padding=-1),
    "a dilation of zero": lambda e: e.with_options(dilation=0),
    "a kernel that fits nowhere": too_large,
    "padding same with a stride": lambda e: e.with_options(padding="same", stride=2),
}
LINEAR = (
    sums_of_images_and_of_kernels_may_be_taken_before_or_after,
    the_three_inner_products_are_one,
    a_stride_takes_every_so_many_th_of_the_results,
    dilation_is_a_kernel_with_zeros_in_its_gaps,
    padding_is_a_border_of_zeros,
    same_padding_keeps_the_size,
    groups_do_not_see_one_another,
    one_by_one_kernels_are_a_linear_layer_at_each_place,
    a_kernel_as_large_as_the_image_is_a_linear_layer,
    a_kernel_with_a_single_one_changes_nothing,
    shifted_images_give_shifted_results,
)

operation(
    conv2d,
    examples=layers(),
    analytic=True,
    rows=(0,),
    scale=taps,
    refuses=REFUSES,
    invariants=(*LINEAR, it_is_its_definition),
    exact=(
        (
            (np.arange(9.0).reshape(1, 1, 3, 3), np.array([[[[1.0, 0.0], [0.0, -2.0]]]]), np.array([0.5])),
            {},
            [[[[-7.5, -8.5], [-10.5, -11.5]]]],
            ([[[[1, 1, 0], [1, -1, -2], [0, -2, -2]]]], [[[[8, 12], [20, 24]]]], [4.0]),
        ),
        (  # even kernels have their middle to the left: "same" pads one more on the right and below
            (np.ones((1, 1, 2, 3)), np.ones((1, 1, 2, 2))),
            {"padding": "same"},
            [[[[4, 4, 2], [2, 2, 1]]]],
            ([[[[1, 2, 2], [2, 4, 4]]]], [[[[6, 4], [3, 2]]]]),
        ),
    ),
    bugs=(
        Bug("the kernel flipped", "correlate(x, weight, rows", "correlate(x, weight[..., ::-1, ::-1], rows",
            "What deep learning calls a convolution does not flip the kernel: the tap (r, s) meets x[p + r, q + s]."),
        Bug("the kernel not turned on the way back", "spread(dy, weight, rows",
            "spread(dy, weight[..., ::-1, ::-1], rows",
            "dx[i, j] collects w[r, s] dy[i - r, j - s]: on the way back the kernel is turned by half a turn."),
        Bug("the strides of the two axes swapped", 'two_axes("conv2d", x, weight, stride,',
            'two_axes("conv2d", x, weight, pair("conv2d", "stride", stride, 1)[::-1],',
            "The first number of a pair belongs to the rows, the second to the columns."),
        Bug("the dilation forgotten", "stride, padding, dilation)\n    y =", "stride, padding, 1)\n    y =",
            "With a dilation d the tap r lies r * d rows below the first."),
        Bug("padding on one side only", "rows, columns = two_axes(",
            "from dataclasses import replace\n    "
            "rows, columns = (replace(a, before=a.before + a.after, after=0) for a in "
            'two_axes("conv2d", x, weight, stride, padding, dilation))\n    two_axes(',
            "Zeros stand on both sides, half of them before the first row and half behind the last."),
        Bug("the channels of the groups mixed", "correlate(x, weight,",
            "correlate(x.reshape(len(x), -1, groups, *x.shape[2:]).swapaxes(1, 2).reshape(x.shape), weight,",
            "Group g has the g-th run of neighbouring channels, not every so many-th channel."),
        Bug("the bias gradient averaged", "dy.sum(axis=(0, 2, 3))", "dy.mean(axis=(0, 2, 3))",
            "The bias was added at each place of each image, and what they send back adds up."),
        Bug("windows that overlap share their gradient", "dx = spread(dy, weight, rows, columns, groups)",
            "dx = spread(dy, weight, rows, columns, groups) / np.maximum(1, spread(dy * 0 + 1, weight * 0 + 1, rows, "
            "columns, groups) * weight.shape[0] ** -1)",
            "A pixel that several windows saw receives the sum of what they send, not the mean."),
    ),
)  # fmt: skip


def it_is_a_convolution_of_images_of_one_row(f, example):
    x, weight, *bias = example.args
    told = {
        name: value if name == "groups" or isinstance(value, str) else (1 if name != "padding" else 0, value)
        for name, value in example.options.items()
    }
    y = conv2d(of_one_row(x), of_one_row(weight), *bias, **told)
    np.testing.assert_array_equal(f(*example.args, **example.options), y[:, :, 0])


operation(
    conv1d,
    examples=layers(axes=1),
    analytic=True,
    rows=(0,),
    scale=taps,
    refuses=REFUSES,
    invariants=(*LINEAR, it_is_a_convolution_of_images_of_one_row),
    exact=(
        (
            (np.array([[[1.0, 2.0, 3.0, 4.0]]]), np.array([[[1.0, 0.0, -1.0]]]), np.array([10.0])),
            {"padding": 1},
            [[[8, 8, 8, 13]]],
            ([[[1, 0, 0, -1]]], [[[6, 10, 9]]], [4.0]),
        ),
    ),
    bugs=(
        Bug("the kernel flipped", "correlate(images, kernels,", "correlate(images, kernels[..., ::-1],",
            "The tap s meets x[q + s]; flipping the kernel belongs to the mathematicians' convolution."),
        Bug("the dilation forgotten", "(1, dilation))", "1)",
            "With a dilation d the tap s lies s * d entries further."),
        Bug("the bias gradient averaged", "dy.sum(axis=(0, 2))", "dy.mean(axis=(0, 2))",
            "The bias was added at each place of each signal, and what they send back adds up."),
        Bug("the kernel not turned on the way back", "spread(rows_of_dy, kernels,",
            "spread(rows_of_dy, kernels[..., ::-1],",
            "dx[j] collects w[s] dy[j - s]: on the way back the kernel is turned round."),
        Bug("no gradient from the border", "rows, columns = two_axes(",
            "images = images * (np.arange(images.shape[-1]) > 0)\n    rows, columns = two_axes(",
            "The first entry of a signal is an entry like all others."),
    ),
)  # fmt: skip
