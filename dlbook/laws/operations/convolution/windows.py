"""The catalogue's entries for `unfold`, `fold`, `patchify` and `pad`."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import array
from dlbook.laws.operation import Bug, Example, operation
from dlbook.laws.operations.convolution.drawing import INTEGERS, agree, inner, options, short, taps, windows
from dlbook.numpy.convolution import conv2d, conv_output_size, fold, pad, patchify, unfold


@st.composite
def taken_apart(draw):
    drawn = draw(windows())
    x = draw(array(draw(st.integers(1, 2)), draw(st.integers(1, 2)), *drawn.size))
    return Example((x,), options(drawn, kernel_size=short(drawn.kernel)))


@st.composite
def put_together(draw):
    drawn = draw(windows())
    columns = zip(drawn.size, drawn.kernel, drawn.stride, drawn.padding, drawn.dilation, strict=True)
    count = [conv_output_size(h, r, stride=s, padding=p, dilation=d) for h, r, s, p, d in columns]
    x = draw(array(draw(st.integers(1, 2)), draw(st.integers(1, 2)) * int(np.prod(drawn.kernel)), int(np.prod(count))))
    return Example((x,), options(drawn, kernel_size=short(drawn.kernel), output_size=short(drawn.size)))


REFUSES = {
    **INTEGERS,
    "a window of no entry": lambda e: e.with_options(kernel_size=0),
    "a stride of zero": lambda e: e.with_options(stride=0),
    "a negative padding": lambda e: e.with_options(padding=-1),
    "a dilation of zero": lambda e: e.with_options(dilation=0),
    "a window that fits nowhere": lambda e: e.with_options(kernel_size=40, padding=0),
}


def a_product_with_kernels_is_a_convolution(f, example):
    (x,) = example.args
    told = {**example.options}
    size = told.pop("kernel_size")
    kernel = example.rng().normal(size=(3, x.shape[1], *(size if isinstance(size, tuple) else (size, size))))
    y = conv2d(x, kernel, **told)
    agree(kernel.reshape(3, -1) @ f(x, **example.options), y.reshape(len(x), 3, -1), example)


def every_entry_is_one_of_the_image_or_zero(f, example):
    (x,) = example.args
    assert np.isin(f(x, **example.options), np.append(x, 0)).all()


def putting_together_is_its_adjoint(f, example):
    (x,) = example.args
    u = f(x, **example.options)
    dy = example.rng().normal(size=u.shape)
    back = fold(dy, output_size=x.shape[2:], **example.options)
    assert abs(inner(u, dy) - inner(x, back)) <= 1e-12 * (inner(abs(u), abs(dy)) + taps(example) * 1e-3)


def apart_and_together_counts_how_many_windows_saw_each_entry(f, example):
    """fold(unfold(x)) = x * fold(unfold(1))."""
    (x,) = example.args
    told = {**example.options, "output_size": x.shape[2:]}
    count = fold(f(np.ones_like(x), **example.options), **told)
    agree(fold(f(x, **example.options), **told), x * count, example)


operation(
    unfold,
    examples=taken_apart(),
    analytic=True,
    rows=(0,),
    refuses=REFUSES,
    invariants=(
        a_product_with_kernels_is_a_convolution,
        every_entry_is_one_of_the_image_or_zero,
        putting_together_is_its_adjoint,
        apart_and_together_counts_how_many_windows_saw_each_entry,
    ),
    exact=(
        (
            (np.arange(1.0, 7.0).reshape(1, 1, 2, 3),),
            {"kernel_size": 2},
            [[[1, 2], [2, 3], [4, 5], [5, 6]]],
            ([[[[1, 2, 1], [1, 2, 1]]]],),
        ),
    ),
    bugs=(
        Bug("windows that overlap overwrite one another", "wide[where] += windows[:, :, r, s]",
            "wide[where] = windows[:, :, r, s]",
            "An entry that several windows saw receives the sum of what they send."),
        Bug("channels after taps", "return windows.reshape(len(x), -1, shape[4] * shape[5])",
            "return windows.transpose(0, 2, 3, 1, 4, 5).reshape(len(x), -1, shape[4] * shape[5])",
            "The rows are ordered channel first, then tap: as weight.reshape(F, -1) has them."),
        Bug("the padding forgotten", "wide = padded(x, rows, columns)\n    shape", "wide = np.pad(x, [(0, 0), (0, 0), "
            "(0, rows.padded - rows.size), (0, columns.padded - columns.size)])\n    shape",
            "The border of zeros stands on all four sides."),
        Bug("windows written column by column", "windows.reshape(len(x), -1, shape[4] * shape[5])",
            "windows.swapaxes(4, 5).reshape(len(x), -1, shape[4] * shape[5])",
            "Windows are numbered row by row of the image: p Q + q."),
    ),
)  # fmt: skip


def taking_apart_is_its_adjoint(f, example):
    (x,) = example.args
    told = {**example.options}
    told.pop("output_size")
    y = f(x, **example.options)
    z = example.rng().normal(size=y.shape)
    assert abs(inner(y, z) - inner(x, unfold(z, **told))) <= 1e-12 * (inner(abs(y), abs(z)) + taps(example) * 1e-3)


def sums_may_be_taken_before_or_after(f, example):
    (x,) = example.args
    other = example.rng().normal(size=x.shape)
    agree(f(x - 3 * other, **example.options), f(x, **example.options) - 3 * f(other, **example.options), example)


def windows_of_one_entry_are_the_image(f, example):
    image = example.rng().normal(size=(2, 3, 4, 5))
    np.testing.assert_array_equal(f(image.reshape(2, 3, 20), output_size=(4, 5), kernel_size=1), image)


operation(
    fold,
    examples=put_together(),
    analytic=True,
    rows=(0,),
    refuses={
        **REFUSES,
        "a column too many": lambda e: e.with_arg(0, np.concatenate([e.args[0], e.args[0][..., :1]], axis=2)),
        "an image of no pixel": lambda e: e.with_options(output_size=0),
    },
    invariants=(taking_apart_is_its_adjoint, sums_may_be_taken_before_or_after, windows_of_one_entry_are_the_image),
    exact=(
        (
            (np.ones((1, 4, 2)),),
            {"output_size": (2, 3), "kernel_size": 2},
            [[[[1, 2, 1], [1, 2, 1]]]],
            (np.ones((1, 4, 2)).tolist(),),
        ),
    ),
    bugs=(
        Bug("windows that overlap overwrite one another", "wide[where] += windows[:, :, r, s]",
            "wide[where] = windows[:, :, r, s]", "Where windows overlap their entries add up."),
        Bug("taps before channels", "windows = windows.reshape(len(windows), -1, rows.kernel, columns.kernel, "
            "rows.windows, columns.windows)",
            "windows = windows.reshape(len(windows), rows.kernel, columns.kernel, -1, rows.windows, columns.windows)"
            ".transpose(0, 3, 1, 2, 4, 5)", "The rows are ordered channel first, then tap."),
        Bug("the border kept", "wide[..., rows.inside, columns.inside].copy()",
            "wide[..., : rows.size, : columns.size].copy()",
            "What falls on the padding is dropped: the image begins `padding` rows and columns inside."),
    ),
)  # fmt: skip


@st.composite
def patches(draw):
    r, s, p, q, n, c = (draw(st.integers(1, 3)) for _ in range(6))
    return Example((draw(array(n, c, p * r, q * s)),), {"patch_size": short((r, s))})


def it_is_a_convolution_with_the_stride_of_its_size(f, example):
    (x,) = example.args
    size = example.options["patch_size"]
    size = size if isinstance(size, tuple) else (size, size)
    kernel = example.rng().normal(size=(4, x.shape[1], *size))
    y = f(x, **example.options) @ kernel.reshape(4, -1).T
    agree(y.swapaxes(1, 2), conv2d(x, kernel, stride=size).reshape(len(x), 4, -1), example)


def it_is_what_unfold_gives_without_overlap(f, example):
    (x,) = example.args
    size = example.options["patch_size"]
    u = unfold(x, kernel_size=size, stride=size)
    np.testing.assert_array_equal(f(x, **example.options), u.swapaxes(1, 2))


def nothing_is_lost_and_nothing_doubled(f, example):
    (x,) = example.args
    np.testing.assert_array_equal(np.sort(f(x, **example.options), axis=None), np.sort(x, axis=None))


operation(
    patchify,
    examples=patches(),
    analytic=True,
    rows=(0,),
    refuses={
        **INTEGERS,
        "patches that do not tile": lambda e: e.with_options(patch_size=40),
        "patches of no pixel": lambda e: e.with_options(patch_size=0),
    },
    invariants=(
        it_is_a_convolution_with_the_stride_of_its_size,
        it_is_what_unfold_gives_without_overlap,
        nothing_is_lost_and_nothing_doubled,
    ),
    exact=(
        (
            (np.arange(8.0).reshape(1, 1, 2, 4),),
            {"patch_size": 2},
            [[[0, 1, 4, 5], [2, 3, 6, 7]]],
            (np.ones((1, 1, 2, 4)).tolist(),),
        ),
    ),
    bugs=(
        Bug("cut without regard to rows", "x.reshape(tiles).transpose(0, 2, 4, 1, 3, 5)", "x",
            "Reshaping alone cuts the image into strips: the axes of the tiles have to change places first."),
        Bug("channels last", "transpose(0, 2, 4, 1, 3, 5)", "transpose(0, 2, 4, 3, 5, 1)",
            "The entries of a patch are ordered channel first, as weight.reshape(F, -1) has them."),
        Bug("not put back", "back = dy.reshape(n, h // r, w // s, c, r, s).transpose(0, 3, 1, 4, 2, 5)", "back = dy",
            "The way back puts every axis where it was before."),
    ),
)  # fmt: skip


@st.composite
def bordered(draw):
    size = [draw(st.integers(1, 4)) for _ in range(draw(st.integers(1, 2)))]
    mode = draw(st.sampled_from(("constant", "reflect", "replicate", "circular")))
    most = {"reflect": lambda n: n - 1, "circular": lambda n: n}.get(mode, lambda n: 3)
    widths = tuple(draw(st.integers(0, min(3, most(n)))) for n in reversed(size) for _ in range(2))
    told = {"pad": widths}
    if mode != "constant" or draw(st.booleans()):
        told["mode"] = mode
    if mode == "constant" and draw(st.booleans()):
        told["value"] = draw(st.sampled_from((1.5, -2.0)))
    return Example((draw(array(draw(st.integers(1, 2)), draw(st.integers(1, 2)), *size)),), told)


def the_middle_is_the_image(f, example):
    (x,) = example.args
    widths = example.options["pad"]
    before = widths[::2][::-1]
    inside = (..., *(slice(b, b + n) for b, n in zip(before, x.shape[2:], strict=True)))
    np.testing.assert_array_equal(f(x, **example.options)[inside], x)


def numpy_pads_alike(f, example):
    (x,) = example.args
    widths = example.options["pad"]
    sides = [(0, 0), (0, 0), *list(zip(widths[::2], widths[1::2], strict=True))[::-1]]
    name = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
    mode = name[example.options.get("mode", "constant")]
    more = {"constant_values": example.options.get("value", 0.0)} if mode == "constant" else {}
    np.testing.assert_array_equal(f(x, **example.options), np.pad(x, sides, mode=mode, **more))


def no_border_changes_nothing(f, example):
    (x,) = example.args
    np.testing.assert_array_equal(f(x, **{**example.options, "pad": (0,) * 2 * (x.ndim - 2)}), x)


def what_the_copies_of_an_entry_receive_adds_up(f, example):
    """The sum of dx is the sum of dy over all entries that copy something."""
    (x,) = example.args
    y, pullback = f.vjp(x, **example.options)
    dy = example.rng().normal(size=y.shape)
    mode = example.options.get("mode", "constant")
    if mode != "constant":
        assert abs(pullback(dy)[0].sum() - dy.sum()) <= 1e-12 * abs(dy).sum()


operation(
    pad,
    examples=bordered(),
    analytic=True,
    rows=(0,),
    refuses={
        **INTEGERS,
        "too few numbers": lambda e: e.with_options(pad=(1,)),
        "a negative number": lambda e: e.with_options(pad=(-1,) * 2 * (e.args[0].ndim - 2)),
        "a mirror behind the last entry": lambda e: e.with_options(
            mode="reflect", pad=(e.args[0].shape[-1], *[0] * (2 * (e.args[0].ndim - 2) - 1))
        ),
        "a mode that does not exist": lambda e: e.with_options(mode="symmetric"),
    },
    invariants=(
        the_middle_is_the_image,
        numpy_pads_alike,
        no_border_changes_nothing,
        what_the_copies_of_an_entry_receive_adds_up,
    ),
    exact=(
        ((np.array([[[1.0, 2.0, 3.0]]]),), {"pad": (2, 1), "mode": "reflect"}, [[[3, 2, 1, 2, 3, 2]]],
         ([[[1, 3, 2]]],)),
        ((np.array([[[1.0, 2.0, 3.0]]]),), {"pad": (2, 1), "mode": "replicate"}, [[[1, 1, 1, 2, 3, 3]]],
         ([[[3, 1, 2]]],)),
        ((np.array([[[1.0, 2.0, 3.0]]]),), {"pad": (2, 1), "mode": "circular"}, [[[2, 3, 1, 2, 3, 1]]],
         ([[[2, 2, 2]]],)),
        ((np.array([[[[1.0, 2.0]]]]),), {"pad": (0, 1, 1, 0), "value": 7.0}, [[[[7, 7, 7], [1, 2, 7]]]],
         ([[[[1, 1]]]],)),
    ),
    bugs=(
        Bug("the first axis first", "strict=True))[::-1]  # in the order of the axes", "strict=True))  # as given",
            "The numbers begin with the last axis: left, right, top, bottom."),
        Bug("the mirror between the entries", "(size - 1) - abs((size - 1) - abs(index))",
            "np.where(index < 0, -1 - index, np.where(index >= size, 2 * size - 1 - index, index))",
            "The mirrors stand on the first and on the last entry, which are not repeated."),
        Bug("copies send nothing back", "copies.append(sources[:, None] == np.arange(x.shape[place]))",
            "copies.append((np.arange(-before, x.shape[place] + after)[:, None] == np.arange(x.shape[place])))",
            "An entry of the border is a copy, and what it receives belongs to the entry that it copies."),
        Bug("the constant on the inside too", "y[inside] = x", "y[inside] = x + value",
            "The constant stands in the border alone."),
    ),
)  # fmt: skip
