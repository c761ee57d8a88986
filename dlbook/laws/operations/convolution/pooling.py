"""The catalogue's entries for the poolings."""

from functools import partial

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import array
from dlbook.laws.operation import Bug, Example, operation
from dlbook.laws.operations.convolution.drawing import INTEGERS, half_padded, of_one_row, short
from dlbook.numpy.convolution import avg_pool1d, avg_pool2d, max_pool1d, max_pool2d, unfold


@st.composite
def pooled(draw, axes=2, dilations=(1,), **more):
    """Draw images or signals on which the windows fit, and all options."""
    drawn = draw(half_padded(axes, dilations))
    options = {"kernel_size": short(drawn.kernel)}
    if draw(st.booleans()) or drawn.stride == drawn.kernel:
        options["stride"] = short(drawn.stride)
    for name, value, default in (("padding", drawn.padding, 0), ("dilation", drawn.dilation, 1)):
        if set(value) != {default}:
            options[name] = short(value)
    for name in ("ceil_mode", *more):
        if draw(st.booleans()):
            options[name] = draw(st.booleans())
    return Example((draw(array(draw(st.integers(1, 2)), draw(st.integers(1, 2)), *drawn.size)),), options)


def whole(f, x, size=2, **options):
    """Pool without options, windows side by side."""
    return f(x, kernel_size=size, **options)


def large_enough(example) -> np.ndarray:
    """Return the example's image, grown until windows of three fit."""
    x = example.args[0]
    return np.pad(x, [(0, 0), (0, 0), *[(0, 3)] * (x.ndim - 2)], mode="wrap")


def windows_of_one_entry_change_nothing(f, example):
    x = example.args[0]
    np.testing.assert_array_equal(f(x, kernel_size=1), x)


def the_gradient_goes_somewhere_and_nothing_is_lost(f, example):
    """Without padding the sum of dx is the sum of dy: each window hands all of it on."""
    x = large_enough(example)
    y, pullback = f.vjp(x, kernel_size=3, stride=2)
    dy = example.rng().normal(size=y.shape)
    assert abs(pullback(dy)[0].sum() - dy.sum()) <= 1e-12 * abs(dy).sum()


def a_shift_by_the_stride_shifts_the_result_by_one(f, example):
    x = large_enough(example)
    moved = (..., *[slice(2, None)] * (x.ndim - 2))
    y = f(x, kernel_size=2, stride=2)[(..., *[slice(1, None)] * (x.ndim - 2))]
    if y.size:
        np.testing.assert_allclose(f(x[moved], kernel_size=2, stride=2), y, rtol=1e-14)


def the_largest_is_at_least_the_mean(f, example):
    x = large_enough(example)
    mean = avg_pool1d if x.ndim == 3 else avg_pool2d
    assert (f(x, kernel_size=3) >= mean(x, kernel_size=3) - 1e-12 * abs(x).max()).all()


def a_growing_function_may_be_applied_before_or_after(f, example):
    x = example.args[0] / max(1.0, abs(example.args[0]).max())
    for grow in (np.exp, np.tanh, partial(np.multiply, 3.0)):
        np.testing.assert_allclose(f(grow(x), **example.options), grow(f(x, **example.options)), rtol=1e-14)


def every_result_is_an_entry(f, example):
    x = example.args[0]
    assert np.isin(f(x, **example.options), x).all(), "a result that stands nowhere in x"


def overlapping_windows_with_the_same_maximum_add_up(f, example):
    size = (1, 1, *[5] * (example.args[0].ndim - 2))
    x = np.zeros(size)
    x[(0, 0, *[2] * (x.ndim - 2))] = 1  # every window of three sees the middle
    y, pullback = f.vjp(x, kernel_size=3, stride=1)
    np.testing.assert_array_equal(pullback(np.ones_like(y))[0], x * y.size)


REFUSES = {
    **INTEGERS,
    "a window of no entry": lambda e: e.with_options(kernel_size=0),
    "a stride of zero": lambda e: e.with_options(stride=0),
    "a padding of more than half the window": lambda e: e.with_options(kernel_size=2, padding=2),
    "a window that fits nowhere": lambda e: e.with_options(kernel_size=40, padding=0, ceil_mode=False),
}
BOTH = (
    windows_of_one_entry_change_nothing,
    the_gradient_goes_somewhere_and_nothing_is_lost,
    a_shift_by_the_stride_shifts_the_result_by_one,
)
LARGEST = (
    *BOTH,
    the_largest_is_at_least_the_mean,
    a_growing_function_may_be_applied_before_or_after,
    every_result_is_an_entry,
    overlapping_windows_with_the_same_maximum_add_up,
)
LARGEST_BUGS = (
    Bug("equal entries all take the gradient", "hit &= free  # of several",
        "pass  # of several", "Of several equal entries one gets the gradient, the first in reading order."),
    Bug("the last of equal entries takes the gradient", "for _, _, where in taps(rows, columns):\n                hit",
        "for _, _, where in reversed(list(taps(rows, columns))):\n                hit",
        "Among equal entries the first in reading order gets the gradient, as in PyTorch."),
    Bug("windows that overlap overwrite one another", "dx[some][where] += dy[some] * hit",
        "dx[some][where] = np.where(hit, dy[some], dx[some][where])",
        "An entry that is the largest of several windows receives the sum of their gradients."),
    Bug("zeros in the padding", "padded(x, rows, columns, -np.inf)", "padded(x, rows, columns)",
        "Where all entries are negative, a zero in the padding would win: nothing counts there, not even zero."),
    Bug("windows side by side only", "kernels if stride is None else", "kernels if stride != 0 else",
        "The stride says how far the next window lies; only without one is it the window's own size."),
)  # fmt: skip

operation(
    max_pool2d,
    examples=pooled(dilations=(1, 2)),
    kinks=True,
    rows=(0,),
    refuses={**REFUSES, "a dilation of zero": lambda e: e.with_options(dilation=0)},
    invariants=LARGEST,
    exact=(
        (
            (np.array([[[[1.0, 2.0, 2.0], [0.0, 2.0, 1.0]]]]),),
            {"kernel_size": 2, "stride": 1},
            [[[[2, 2]]]],
            ([[[[0, 2, 0], [0, 0, 0]]]],),
        ),
        (
            (np.array([[[[-1.0, -2.0, -3.0, -4.0, -5.0]]]]),),
            {"kernel_size": (1, 2), "padding": (0, 1), "ceil_mode": True},
            [[[[-1, -2, -4]]]],
            ([[[[1, 1, 0, 1, 0]]]],),
        ),
        (  # the last window would begin in the padding behind the input: there is none
            (np.array([[[[1.0, 2.0]]]]),),
            {"kernel_size": (1, 2), "stride": (1, 3), "padding": (0, 1), "ceil_mode": True},
            [[[[1]]]],
            ([[[[1, 0]]]],),
        ),
    ),
    bugs=(
        *LARGEST_BUGS,
        Bug("the last window forgotten", 'padding, dilation, ceil_mode)\n    y, back = _max(x, *axes)',
            'padding, dilation, False)\n    y, back = _max(x, *axes)',
            "With ceil_mode a last window may hang over the end, as long as it begins on the input."),
    ),
)  # fmt: skip

operation(
    max_pool1d,
    examples=pooled(axes=1, dilations=(1, 2)),
    kinks=True,
    rows=(0,),
    refuses={**REFUSES, "a dilation of zero": lambda e: e.with_options(dilation=0)},
    invariants=LARGEST,
    exact=(
        (
            (np.array([[[1.0, 3.0, 3.0, 2.0, 5.0]]]),),
            {"kernel_size": 3, "stride": 2},
            [[[3, 5]]],
            ([[[0, 1, 0, 0, 1]]],),
        ),
    ),
    bugs=(
        *LARGEST_BUGS[:4],
        Bug("a stride of one by default", "step = kernel_size if stride is None", "step = 1 if stride is None",
            "Without a stride windows lie side by side."),
    ),
)  # fmt: skip


def a_constant_stays_and_a_sum_may_be_taken_before_or_after(f, example):
    x = example.args[0]
    other = example.rng().normal(size=x.shape)
    y = f(x, **example.options)
    np.testing.assert_allclose(
        f(x + 2 * other, **example.options), y + 2 * f(other, **example.options),
        rtol=1e-11, atol=1e-13 * max(1, abs(x).max()),
    )  # fmt: skip
    free = {**example.options, "count_include_pad": False}
    np.testing.assert_allclose(f(np.full_like(x, 0.7), **free), 0.7, rtol=1e-14)


def it_is_the_mean_of_the_windows(f, example):
    x = large_enough(example)
    image = of_one_row(x) if x.ndim == 3 else x
    size = (1, 3) if x.ndim == 3 else (3, 3)
    n, c, h, w = image.shape
    windows = unfold(image.reshape(n * c, 1, h, w), kernel_size=size, stride=2)
    y = f(x, kernel_size=3, stride=2)
    np.testing.assert_allclose(y.ravel(), windows.mean(axis=1).ravel(), rtol=1e-12, atol=1e-14 * abs(x).max())


def windows_side_by_side_keep_the_mean_of_all(f, example):
    x = large_enough(example)
    x = x[(..., *(slice(2 * (size // 2)) for size in x.shape[2:]))]
    np.testing.assert_allclose(f(x, kernel_size=2).mean(), x.mean(), rtol=1e-12, atol=1e-14 * abs(x).max())


MEAN = (
    *BOTH,
    a_constant_stays_and_a_sum_may_be_taken_before_or_after,
    it_is_the_mean_of_the_windows,
    windows_side_by_side_keep_the_mean_of_all,
)
MEAN_BUGS = (
    Bug("windows that overlap overwrite one another", "dx[where] += share", "dx[where] = share",
        "An entry that lies in several windows receives the sum of their shares."),
    Bug("dy handed on whole", "share = dy / count", "share = dy",
        "A mean of k entries sends each of them one k-th of dy."),
    Bug("always divided by the whole window", "return end - start if include else",
        "return np.full(a.windows, a.kernel) if include else",
        "A window that hangs over the end in ceil_mode is divided by what lies on the input and its padding."),
    Bug("the padding counted in any case", "end - start if include else", "end - start if True else",
        "With count_include_pad=False the zeros of the padding are not counted."),
    Bug("the sum for the mean", "return total / count, back", "return total, back",
        "The mean is the sum divided by the number of entries."),
)  # fmt: skip

operation(
    avg_pool2d,
    examples=pooled(count_include_pad=True),
    analytic=True,
    rows=(0,),
    refuses=REFUSES,
    invariants=MEAN,
    exact=(
        (
            (np.array([[[[1.0, 2.0, 4.0], [3.0, 6.0, 8.0]]]]),),
            {"kernel_size": 2, "stride": 1},
            [[[[3, 5]]]],
            ([[[[0.25, 0.5, 0.25], [0.25, 0.5, 0.25]]]],),
        ),
        (
            (np.array([[[[4.0, 8.0, 2.0]]]]),),
            {"kernel_size": (1, 2), "padding": (0, 1), "count_include_pad": False},
            [[[[4, 5]]]],
            ([[[[1, 0.5, 0.5]]]],),
        ),
        (
            (np.array([[[[4.0, 8.0, 2.0]]]]),),
            {"kernel_size": (1, 2), "ceil_mode": True},
            [[[[6, 2]]]],
            ([[[[0.5, 0.5, 1]]]],),
        ),
    ),
    bugs=MEAN_BUGS,
)

operation(
    avg_pool1d,
    examples=pooled(axes=1, count_include_pad=True),
    analytic=True,
    rows=(0,),
    refuses=REFUSES,
    invariants=MEAN,
    exact=(
        (
            (np.array([[[4.0, 8.0, 2.0]]]),),
            {"kernel_size": 2, "padding": 1},
            [[[2, 5]]],
            ([[[0.5, 0.5, 0.5]]],),
        ),
        ((np.array([[[4.0, 8.0, 2.0]]]),), {"kernel_size": 2, "ceil_mode": True}, [[[6, 2]]], ([[[0.5, 0.5, 1]]],)),
    ),
    bugs=MEAN_BUGS,
)
