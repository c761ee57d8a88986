"""The catalogue's entries for `conv_transpose2d` and `conv_transpose1d`."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import array
from dlbook.laws.operation import Bug, Example, operation
from dlbook.laws.operations.convolution.drawing import INTEGERS, agree, inner, of_one_row, short, taps
from dlbook.numpy.convolution import conv1d, conv2d, conv_transpose1d, conv_transpose2d


@st.composite
def transposed(draw, axes=2):
    """Draw small images or signals, kernels, perhaps a bias, and options that leave something of the result."""
    sizes, columns = [], []
    for _ in range(axes):
        kernel, stride, dilation = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 2))
        extra, size = draw(st.integers(0, max(stride, dilation) - 1)), draw(st.integers(1, 3))
        large = (size - 1) * stride + dilation * (kernel - 1) + 1 + extra
        padding = draw(st.integers(0, min(2, (large - 1) // 2)))
        sizes.append(size)
        columns.append((kernel, stride, padding, extra, dilation))
    kernels, *told = zip(*columns, strict=True)
    names = ("stride", "padding", "output_padding", "dilation")
    options = {name: short(v) for name, v in zip(names, told, strict=True) if set(v) != {int(name[-3:] != "ing")}}
    n, groups, of_input, of_output = (draw(st.integers(1, 2)) for _ in range(4))
    if groups > 1:
        options["groups"] = groups
    kinds = ("iota", "normal", "ties", "large", "small")
    x = draw(array(n, groups * of_input, *sizes))
    weight = draw(array(groups * of_input, of_output, *kernels, kinds=kinds))
    bias = draw(array(groups * of_output)) if draw(st.booleans()) else None
    return Example((x, weight) if bias is None else (x, weight, bias), options)


def it_is_the_way_back_of_a_convolution(f, example):
    """Its value is the gradient of <conv(z, w), x> with respect to z, whatever z."""
    x, weight, *_ = example.args
    y = f(x, weight, **example.options)
    conv = conv1d if x.ndim == 3 else conv2d
    told = {name: value for name, value in example.options.items() if name != "output_padding"}
    z, back = conv.vjp(np.zeros_like(y), weight, **told)
    whole = tuple(slice(size) for size in x.shape[2:])
    # With an output_padding at or above the stride the convolution fits a window more, which x does not fill.
    cotangent = np.zeros_like(z)
    cotangent[(..., *whole)] = x
    agree(back(cotangent)[0], y, example)


def a_convolution_on_one_side_is_a_transposed_one_on_the_other(f, example):
    """<conv_transpose(x, w), z> = <x, conv(z, w)>."""
    x, weight, *_ = example.args
    y = f(x, weight, **example.options)
    z = example.rng().normal(size=y.shape)
    conv = conv1d if x.ndim == 3 else conv2d
    told = {name: value for name, value in example.options.items() if name != "output_padding"}
    seen = conv(z, weight, **told)[(..., *(slice(size) for size in x.shape[2:]))]
    size = inner(abs(y), abs(z)) + 1e-3 * taps(example)
    assert abs(inner(y, z) - inner(x, seen)) <= 1e-12 * size, "<y, z> is not <x, conv(z)>"


def one_entry_paints_its_kernel(f, example):
    x, weight, *_ = example.args
    dot = np.zeros((1, len(weight), *[1] * (x.ndim - 2)))
    dot[0, 0] = 1
    np.testing.assert_array_equal(f(dot, weight)[0], weight[0])


def kernels_as_large_as_the_stride_lie_side_by_side(f, example):
    x, weight, *_ = example.args
    size = weight.shape[2:]
    y = f(x[:1, :1], weight[:1, :1], stride=short(size))
    agree(y[0, 0], np.kron(x[0, 0], weight[0, 0]), example)


def padding_crops_the_result(f, example):
    x, weight, *_ = example.args
    x = np.pad(x, [(0, 0), (0, 0), *[(0, 2)] * (x.ndim - 2)])
    agree(f(x, weight, padding=1), f(x, weight)[(..., *[slice(1, -1)] * (x.ndim - 2))], example)


def groups_do_not_see_one_another(f, example):
    x, weight, *_ = example.args
    twice, both = np.concatenate([x, 3 * x], axis=1), np.concatenate([weight, -weight])
    agree(f(twice, both, groups=2), np.concatenate([f(x, weight), f(3 * x, -weight)], axis=1), example)


REFUSES = {
    **INTEGERS,
    "a channel too many": lambda e: e.with_arg(0, np.concatenate([e.args[0], e.args[0][:, :1]], axis=1)),
    "groups that do not divide the channels": lambda e: e.with_options(groups=7),
    "a stride of zero": lambda e: e.with_options(stride=0),
    "a negative padding": lambda e: e.with_options(padding=-1),
    "an output padding as large as the stride": lambda e: e.with_options(output_padding=5),
    "a padding that leaves nothing": lambda e: e.with_options(padding=40),
    "a bias with an entry too many": lambda e: Example(
        (*e.args[:2], np.ones(e.args[1].shape[1] * e.options.get("groups", 1) + 1)), e.options
    ),
}
INVARIANTS = (
    it_is_the_way_back_of_a_convolution,
    a_convolution_on_one_side_is_a_transposed_one_on_the_other,
    one_entry_paints_its_kernel,
    kernels_as_large_as_the_stride_lie_side_by_side,
    padding_crops_the_result,
    groups_do_not_see_one_another,
)

operation(
    conv_transpose2d,
    examples=transposed(),
    analytic=True,
    rows=(0,),
    scale=taps,
    refuses=REFUSES,
    invariants=INVARIANTS,
    exact=(
        (  # kernels of two that move by one overlap in the middle
            (np.array([[[[1.0, 2.0]]]]), np.array([[[[1.0, 10.0]]]]), np.array([0.5])),
            {},
            [[[[1.5, 12.5, 20.5]]]],
            ([[[[11, 11]]]], [[[[3, 3]]]], [3.0]),
        ),
        (
            (np.array([[[[1.0, 2.0]]]]), np.array([[[[1.0, 10.0]]]])),
            {"stride": (1, 3), "output_padding": (0, 2)},
            [[[[1, 10, 0, 2, 20, 0, 0]]]],
            ([[[[11, 11]]]], [[[[3, 3]]]]),
        ),
    ),
    bugs=(
        Bug("the kernel turned", "y = spread(x, weight, rows", "y = spread(x, weight[..., ::-1, ::-1], rows",
            "A single one paints the kernel as it is, not turned by half a turn."),
        Bug("the output padding forgotten", "padding, output_padding, dilation)\n    y = spread(x, weight",
            "padding, 0, dilation)\n    y = spread(x, weight",
            "output_padding makes the result larger at its end: it says which size the convolution had shrunk."),
        Bug("the strides of the two axes swapped", '_axes("conv_transpose2d", x, weight, stride,',
            '_axes("conv_transpose2d", x, weight, pair("conv_transpose2d", "stride", stride, 1)[::-1],',
            "The first number of a pair belongs to the rows, the second to the columns."),
        Bug("the way back transposed once more", "correlate(dy, weight, rows",
            "correlate(dy, weight[..., ::-1, ::-1], rows",
            "The pullback of a transposed convolution is the convolution, with the kernel as it is."),
        Bug("the bias gradient averaged", "dy.sum(axis=(0, 2, 3))", "dy.mean(axis=(0, 2, 3))",
            "The bias was added at each place of each image, and what they send back adds up."),
        Bug("the dilation forgotten", "output_padding, dilation)\n    y = spread(x, weight",
            "output_padding, 1)\n    y = spread(x, weight",
            "With a dilation d the tap r paints r * d rows below the first."),
        Bug("image and cotangent not exchanged", "collect(dy, x, rows, columns, groups)",
            "collect(dy, x * 0 + x.mean(), rows, columns, groups)",
            "The kernel's gradient correlates dy, which is large, with x, which is small."),
    ),
)  # fmt: skip


def it_is_a_transposed_convolution_of_images_of_one_row(f, example):
    x, weight, *bias = example.args
    low = {"stride": 1, "padding": 0, "output_padding": 0, "dilation": 1}
    told = {name: (low[name], value) if name in low else value for name, value in example.options.items()}
    y = conv_transpose2d(of_one_row(x), of_one_row(weight), *bias, **told)
    np.testing.assert_array_equal(f(*example.args, **example.options), y[:, :, 0])


operation(
    conv_transpose1d,
    examples=transposed(axes=1),
    analytic=True,
    rows=(0,),
    scale=taps,
    refuses=REFUSES,
    invariants=(*INVARIANTS, it_is_a_transposed_convolution_of_images_of_one_row),
    exact=(
        (
            (np.array([[[1.0, 2.0]]]), np.array([[[1.0, 10.0, 100.0]]]), np.array([0.5])),
            {"stride": 2, "padding": 1},
            [[[10.5, 102.5, 20.5]]],
            ([[[110, 11]]], [[[2, 3, 1]]], [3.0]),
        ),
    ),
    bugs=(
        Bug("the kernel turned", "y = spread(small, kernels,", "y = spread(small, kernels[..., ::-1],",
            "A single one paints the kernel as it is, not turned round."),
        Bug("the output padding forgotten", "(0, output_padding),", "(0, 0),",
            "output_padding makes the result longer at its end."),
        Bug("the stride forgotten", "(1, stride),", "(1, 1),",
            "Neighbouring entries paint their kernels stride places apart."),
        Bug("the bias gradient averaged", "dy.sum(axis=(0, 2))", "dy.mean(axis=(0, 2))",
            "The bias was added at each place of each signal, and what they send back adds up."),
        Bug("no gradient for the kernel", "dweight = collect(", "dweight = 0 * collect(",
            "The kernel is a parameter: each tap collects what it painted."),
    ),
)  # fmt: skip
