"""The arithmetic of sliding windows: how many fit, and which entries of the input each of them covers."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from dlbook.numpy.linear_classifiers.arguments import whole_number
from dlbook.shapes import ShapeError

__all__ = ["conv_output_size", "conv_transpose_output_size"]


def conv_output_size(size: int, kernel_size: int, *, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    r"""Count the places at which a kernel fits along one axis.

    $$P = \left\lfloor \frac{H + 2p - d\,(R - 1) - 1}{s} \right\rfloor + 1$$

    Parameters
    ----------
    size : H, entries of the input along this axis.
    kernel_size : R.
    stride, padding, dilation : s, p and d; p zeros stand on either side.

    Returns
    -------
    P, at least 1.

    Raises
    ------
    ValueError : when the kernel fits nowhere, or a number is out of range.

    Examples
    --------
    >>> conv_output_size(32, 3, padding=1), conv_output_size(7, 3, stride=2), conv_output_size(7, 3, dilation=3)
    (32, 3, 1)

    **Source** Dumoulin and Visin (2016), relationships 6 and 15.
    **Book** eq-conv-size
    """
    name = "conv_output_size"
    size, kernel = whole_number(name, "size", size, 1), whole_number(name, "kernel_size", kernel_size, 1)
    stride, padding = whole_number(name, "stride", stride, 1), whole_number(name, "padding", padding, 0)
    return _count(name, size, kernel, stride, padding, padding, whole_number(name, "dilation", dilation, 1))


def _count(name: str, size: int, kernel: int, stride: int, before: int, after: int, dilation: int) -> int:
    reach = dilation * (kernel - 1) + 1
    if size + before + after < reach:
        raise ShapeError(
            f"{name}: a kernel of {kernel} entries, {reach} with its gaps, fits nowhere on {size} entries "
            f"with {before} + {after} of padding"
        )
    return (size + before + after - reach) // stride + 1


def conv_transpose_output_size(
    size: int, kernel_size: int, *, stride: int = 1, padding: int = 0, output_padding: int = 0, dilation: int = 1
) -> int:
    r"""Count the entries of a transposed convolution's result along one axis: the size that a convolution shrank.

    $$H = (P - 1)\, s - 2p + d\,(R - 1) + 1 + e$$

    Parameters
    ----------
    size : P, entries of the input along this axis.
    kernel_size, stride, padding, dilation : of the convolution that is transposed.
    output_padding : e, which of the s sizes that convolution would have shrunk to P.

    Returns
    -------
    H.

    Raises
    ------
    ValueError : when H would be below 1, or a number is out of range.

    Examples
    --------
    >>> conv_transpose_output_size(16, 4, stride=2, padding=1)
    32

    **Source** Dumoulin and Visin (2016), relationship 14.
    **Book** eq-conv-transpose-size
    """
    name = "conv_transpose_output_size"
    low = {"size": 1, "kernel_size": 1, "stride": 1, "padding": 0, "output_padding": 0, "dilation": 1}
    given = (size, kernel_size, stride, padding, output_padding, dilation)
    p, r, s, pad, e, d = (whole_number(name, option, v, low[option]) for option, v in zip(low, given, strict=True))
    h = (p - 1) * s - 2 * pad + d * (r - 1) + 1 + e
    if h < 1:
        raise ShapeError(f"{name}: {p} entries with padding {pad} would give {h}, expected at least 1")
    return h


def pair(function: str, option: str, value, low: int) -> tuple[int, int]:
    """Return an option that may be one number for both axes or a pair, as a pair of integers of at least `low`."""
    both = value if isinstance(value, tuple) else (value, value)
    return tuple(whole_number(function, option, v, low) for v in both)


@dataclass(frozen=True)
class Axis:
    """One axis of a sliding window: sizes, and where each window begins.

    Parameters
    ----------
    size, windows : entries of the input, and windows on it.
    kernel, stride, dilation : R, s and d.
    before, after : entries of padding on either side that windows reach into.
    """

    size: int
    windows: int
    kernel: int
    stride: int
    dilation: int
    before: int
    after: int

    @property
    def padded(self) -> int:
        """Entries with padding."""
        return self.before + self.size + self.after

    def tap(self, r: int) -> slice:
        """Return which padded entries the tap r of all windows falls on: one for each window."""
        start = r * self.dilation
        return slice(start, start + self.stride * (self.windows - 1) + 1, self.stride)

    @cached_property
    def all_see(self) -> bool:
        """Say whether each window meets an entry of the input, and not its padding alone."""
        corners = self.stride * np.arange(self.windows)[:, None] - self.before
        places = corners + self.dilation * np.arange(self.kernel)
        return bool(((places >= 0) & (places < self.size)).any(axis=1).all())

    @property
    def inside(self) -> slice:
        """Return where the input lies in its padded axis."""
        return slice(self.before, self.before + self.size)


@lru_cache(4096)
def axis(function: str, size: int, kernel: int, stride: int, padding, dilation: int, ceil_mode: bool = False) -> Axis:
    """Return the geometry of one axis; padding may be "same" or "valid".

    With `ceil_mode` a last window may hang over the end, as long as it begins on the input or in the padding before it.
    """
    before = after = 0 if padding == "valid" else padding
    if padding == "same":
        total = dilation * (kernel - 1)
        before, after = total // 2, total - total // 2
    if ceil_mode:
        windows = -(-(size + before + after - dilation * (kernel - 1) - 1) // stride) + 1
        if (windows - 1) * stride >= size + before:  # it would begin in the padding behind the input
            windows -= 1
    if not ceil_mode or windows < 1:
        windows = _count(function, size, kernel, stride, before, after, dilation)
    end = stride * (windows - 1) + dilation * (kernel - 1) + 1
    return Axis(size, windows, kernel, stride, dilation, before, max(after, end - before - size))


def taps(rows: Axis, columns: Axis) -> Iterator[tuple[int, int, tuple]]:
    """Yield `(r, s, where)` for each tap of the kernel: x_padded[where] holds what it meets, one entry per window."""
    for r in range(rows.kernel):
        for s in range(columns.kernel):
            yield r, s, (..., rows.tap(r), columns.tap(s))


def padded(x: np.ndarray, rows: Axis, columns: Axis, value: float = 0.0) -> np.ndarray:
    """Return x with its padding, or x itself where there is none."""
    if (rows.padded, columns.padded) == x.shape[-2:]:
        return x
    wide = np.full((*x.shape[:-2], rows.padded, columns.padded), value, x.dtype)
    wide[..., rows.inside, columns.inside] = x
    return wide
