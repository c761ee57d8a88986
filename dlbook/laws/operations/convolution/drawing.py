"""Strategies shared by the entries of `convolution`: windows that fit, and images for them."""

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.operation import Example, magnitude

INTEGERS = {"integers for floats": lambda e: e.with_arg(0, e.args[0].astype(int))}


@dataclass(frozen=True)
class Windows:
    """Sizes of an image along each axis, and the windows that slide over it."""

    size: tuple[int, ...]
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]


@st.composite
def windows(draw, axes=2, most_padding=2, dilations=(1, 2)) -> Windows:
    """Draw windows of 1 to 3 taps along each axis and an image on which they fit, by construction."""
    columns = []
    for _ in range(axes):
        kernel = draw(st.integers(1, 3))
        dilation = draw(st.sampled_from(dilations))
        padding = draw(st.integers(0, min(most_padding, 2 if most_padding > 1 else kernel // 2)))
        reach = dilation * (kernel - 1) + 1
        least = 2 if most_padding == 1 and padding and dilation > 1 else 1  # every window meets an entry
        size = max(least, reach - 2 * padding) + draw(st.integers(0, 3))
        columns.append((size, kernel, draw(st.integers(1, 3)), padding, dilation))
    return Windows(*zip(*columns, strict=True))


def half_padded(axes=2, dilations=(1,)) -> st.SearchStrategy[Windows]:
    """Draw windows whose padding is at most half of the kernel, as pooling wants it."""
    return windows(axes, most_padding=1, dilations=dilations)


def short(pair: tuple[int, ...]):
    """Write a pair of equal numbers as one number, and the only number of a tuple as itself."""
    return pair[0] if len(set(pair)) == 1 else pair


def options(drawn: Windows, **more) -> dict:
    """Return the options of a window operation, without those that have their default value."""
    given = {"stride": short(drawn.stride), "padding": short(drawn.padding), "dilation": short(drawn.dilation)}
    defaults = {"stride": 1, "padding": 0, "dilation": 1}
    return {**{name: value for name, value in given.items() if value != defaults[name]}, **more}


def of_one_row(x: np.ndarray) -> np.ndarray:
    """Return a signal as an image of one row."""
    return x[:, :, None]


def taps(example: Example) -> float:
    """Bound the intermediates of an operation that adds up to 36 products."""
    return 36 * magnitude(example)


def agree(a, b, example: Example, what: str = "") -> None:
    """Require two arrays to be equal up to the rounding of their sums."""
    np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-14 * taps(example), err_msg=what)


def inner(a: np.ndarray, b: np.ndarray) -> float:
    """Return the inner product of two arrays."""
    return float(np.vdot(a, b))
