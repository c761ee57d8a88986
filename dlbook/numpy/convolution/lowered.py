"""Convolution at the speed of matrix products: windows that share their memory.

Write an image down row after row, and each row once for every tap of the kernel along the width, moved so that
this tap stands where the corner of its window is:

    low[i, s, c, n, q] = padded x[n, c, i, q s_w + s d_w]

Then all that the windows of output row p see lies in one piece, in the rows p to p + R - 1, and this piece is a
matrix already: a row for each (r, s, c), a column for each window. The matrix of the next row of windows begins
one row of the image further. So the matrices overlap in memory, and an entry is copied S times where im2col
copies it R S times. `correlate` multiplies each of them by the kernels, and `spread` is the same product with the
kernel turned. `collect` sums over the places of an image, so there the channels are the columns.

Blocks of few images keep all this in a core's second-level cache, and products stay below a million
multiplications where they can, since OpenBLAS multiplies these without repacking its arguments. Everything is
plain NumPy. `shifts` has the same three functions in the form in which one reads them.
"""

from collections.abc import Iterator
from math import gcd

import numpy as np
from numpy.lib.stride_tricks import as_strided

from dlbook.numpy.convolution.geometry import Axis

__all__ = []

BLOCK = 100_000  # entries that a block lays out and computes: 0.4 MB in float32
PIECE = 1_000_000  # multiplications of one matrix product
COLUMNS = 48  # a product with fewer columns is not quick, however small it is


class Layout:
    """A block of images, each row written once for every tap along the width, and the matrices of its windows.

    Parameters
    ----------
    rows, columns : the geometry.
    groups, channels : G, and C / G.
    block : images.
    cuts : into how many products the one of each row of windows is cut, 1 or R.
    dtype : of the entries.
    """

    def __init__(self, rows: Axis, columns: Axis, groups: int, channels: int, block: int, cuts: int, dtype):
        self.window, self.inside, self.seen = _reached(rows, columns)
        self.padded = np.zeros((block, groups, channels, *self.window), dtype)
        image, group, channel, down, right = self.padded.strides
        # Rows of windows share rows of the image, unless there are gaps between the taps: then each has its own.
        kept, steps, step = (self.window[0], 1), (down, 0), rows.stride
        if rows.dilation > 1:
            kept, steps, step = (rows.windows, rows.kernel), (rows.stride * down, rows.dilation * down), rows.kernel
        shape = groups, *kept, columns.kernel, channels, block, columns.windows
        strides = group, *steps, columns.dilation * right, channel, image, columns.stride * right
        self.moved = as_strided(self.padded, shape, strides)
        self.low = np.empty(shape, dtype)
        length, one = block * columns.windows, self.low.itemsize
        seen = rows.kernel * columns.kernel * channels // cuts
        strides = seen * length * one, self.low.strides[0], step * self.low.strides[2], length * one, one
        self.windows = as_strided(self.low, (cuts, groups, rows.windows, seen, length), strides)

    def fill(self, x: np.ndarray) -> np.ndarray:
        """Lay images out and return their matrices of windows: (cuts, G, P, R S C / (G cuts), N Q)."""
        some = x.reshape(len(x), *self.padded.shape[1:3], *x.shape[2:])
        self.padded[: len(x), ..., *self.inside] = some[..., *self.seen]
        self.low[...] = self.moved
        return self.windows


def correlate(
    x: np.ndarray, w: np.ndarray, rows: Axis, columns: Axis, groups: int, y: np.ndarray | None = None
) -> np.ndarray:
    """Slide the kernel over the image: (N, C, H, W) and (F, C / G, R, S) to (N, F, P, Q), into y if it is given."""
    n, channels, part = len(x), w.shape[1], len(w) // groups
    if y is None:
        y = np.empty((n, len(w), rows.windows, columns.windows), x.dtype)
    # Where many channels make few results, it is the results that are formed once for every s, and moved.
    few = channels > 4 * part
    across = _every(columns) if few else columns
    kernels = _matrices(w, groups, few)
    cuts, *_, m, k = kernels.shape
    entries = (x.shape[1] * rows.stride * across.kernel + groups * m) * rows.windows * across.windows
    block = _images(n, entries, across.windows, m * k, 64)
    layout = Layout(rows, across, groups, channels, block, cuts, x.dtype)
    product = np.empty((groups, rows.windows, m, block * across.windows), x.dtype)
    summand = np.empty_like(product) if cuts > 1 else product
    results = product.reshape(groups, rows.windows, -1, part, block, across.windows)
    grouped = y.reshape(n, groups, part, *y.shape[2:])
    for start in range(0, n, block):
        some = slice(start, min(start + block, n))
        windows = layout.fill(x[some])
        np.matmul(kernels[0], windows[0], out=product)
        for cut in range(1, cuts):
            product += np.matmul(kernels[cut], windows[cut], out=summand)
        found = sum(results[:, :, s, ..., columns.tap(s)] for s in range(columns.kernel)) if few else results[:, :, 0]
        grouped[some] = found[..., : some.stop - start, :].transpose(3, 0, 2, 1, 4)
    return y


def spread(dy: np.ndarray, w: np.ndarray, rows: Axis, columns: Axis, groups: int) -> np.ndarray:
    """Send each output back to the entries that it saw: (N, F, P, Q) to (N, C, H, W).

    Without a stride it is a convolution again, of dy with the kernel turned by half a turn. With strides the image
    falls into s_h s_w images, of every s_h-th row and s_w-th column, each reached by taps of its own, without stride.
    """
    part = len(w) // groups
    dx = np.zeros((len(dy), groups * w.shape[1], rows.size, columns.size), dy.dtype)
    exchanged = w.reshape(groups, part, *w.shape[1:]).swapaxes(1, 2).reshape(-1, part, *w.shape[2:])
    for i, r, up in _phases(rows):
        for j, s, left in _phases(columns):
            correlate(dy, exchanged[..., r, s][..., ::-1, ::-1], up, left, groups, dx[..., i, j])
    return dx


def collect(x: np.ndarray, dy: np.ndarray, rows: Axis, columns: Axis, groups: int) -> np.ndarray:
    """Correlate the image with the cotangent: (N, C, H, W) and (N, F, P, Q) to (F, C / G, R, S)."""
    n, channels, part = len(x), x.shape[1] // groups, dy.shape[1] // groups
    seen, places = columns.kernel * channels, rows.windows * columns.windows
    # All places that the tap r meets are one slice, and the slices share rows. With a stride they would not be whole,
    # and all taps stand side by side.
    slices = rows.kernel if rows.stride == 1 else 1
    beside = rows.kernel // slices
    seen *= beside
    block = _images(n, (groups * seen + dy.shape[1]) * places, places, seen * part, 256)
    pixels = np.zeros((groups, rows.padded, block, columns.padded, channels), x.dtype)
    group, down, image, right, one = pixels.strides
    shape = rows.padded if rows.stride == 1 else rows.windows, block, columns.windows, beside
    strides = rows.stride * down, image, columns.stride * right, rows.dilation * down
    moved = as_strided(
        pixels, (groups, *shape, columns.kernel, channels), (group, *strides, columns.dilation * right, one)
    )
    low = np.empty(moved.shape, x.dtype)  # a row for each place
    every = [(slice(None), slice(None))]
    taps = every if channels > 1 else list(np.ndindex(beside, columns.kernel))  # whichever copies longer runs
    lines = _lines(rows.windows, block * columns.windows, seen * part)
    pieces, piece = rows.windows // lines, lines * block * columns.windows
    line = one * seen * block * columns.windows
    strides = low.strides[0], lines * line, rows.dilation * line, seen * one, one
    windows = as_strided(low, (groups, pieces, slices, piece, seen), strides)
    cotangent = np.zeros((groups, part, rows.windows, block, columns.windows), dy.dtype)
    cotangents = cotangent.reshape(groups, part, pieces, 1, piece).transpose(0, 2, 3, 1, 4)
    dw = np.zeros((groups, slices, part, seen), x.dtype)
    x, dy = x.reshape(n, groups, channels, *x.shape[2:]), dy.reshape(n, groups, part, *dy.shape[2:])
    for start in range(0, n, block):
        count = min(block, n - start)
        if count < block:
            cotangent[...] = 0  # the last block has fewer images than the one before it
        cotangent[:, :, :, :count] = dy[start : start + count].transpose(1, 2, 3, 0, 4)
        # In two steps, at first by whole rows: a cache dislikes the distances between the entries of a pixel.
        upright = np.ascontiguousarray(x[start : start + count].transpose(1, 3, 0, 2, 4))
        pixels[:, rows.inside, :count, columns.inside] = upright.swapaxes(3, 4)
        for r, s in taps:
            low[..., r, s, :] = moved[..., r, s, :]
        for share in np.matmul(cotangents, windows).swapaxes(0, 1):
            dw += share
    dw = dw.reshape(groups, slices, part, beside, columns.kernel, channels).transpose(0, 2, 5, 1, 3, 4)
    return dw.reshape(-1, channels, rows.kernel, columns.kernel)


def _matrices(w: np.ndarray, groups: int, few: bool) -> np.ndarray:
    """Return the kernels as (cuts, G, 1, M, K): rows (f) and columns (r, s, c), or rows (s, f) and columns (r, c)."""
    filters, channels, r, s = w.shape
    w = w.reshape(groups, filters // groups, channels, r, s).transpose((0, 4, 1, 3, 2) if few else (0, 1, 3, 4, 2))
    m, k = (s * filters // groups, r * channels) if few else (filters // groups, r * s * channels)
    # A product that is too large for the small kernels of a BLAS may be the sum of R that are not.
    cuts = r if PIECE // COLUMNS < m * k <= r * (PIECE // COLUMNS) else 1
    return np.moveaxis(w.reshape(groups, 1, m, cuts, k // cuts), 3, 0).copy()


def _images(n: int, entries: int, columns: int, multiplications: int, least: int) -> int:
    """Return how many images make a block, of so many entries and columns each, and multiplications per column."""
    if PIECE // multiplications < COLUMNS:
        return max(1, min(n, least // columns))
    return max(1, min(n, BLOCK // entries, PIECE // multiplications // columns))


def _lines(rows: int, length: int, multiplications: int) -> int:
    """Return how many of the rows of windows make one product that is small but not too small, or else all."""
    fitting = (k for k in range(rows, 0, -1) if rows % k == 0 and COLUMNS <= k * length <= PIECE // multiplications)
    return next(fitting, rows)


def _every(axis: Axis) -> Axis:
    """Return the axis whose windows are the single entries that the windows reach, padding included."""
    reach = (axis.windows - 1) * axis.stride + (axis.kernel - 1) * axis.dilation + 1
    return Axis(axis.size, reach, 1, 1, 1, axis.before, reach - axis.before - axis.size)


def _reached(rows: Axis, columns: Axis) -> tuple[tuple, tuple, tuple]:
    """Return how many rows and columns the windows reach over, where in them the input lies, and how much of it."""
    both = [(_every(axis).windows, axis.before, axis.size) for axis in (rows, columns)]
    reached = tuple(reach for reach, *_ in both)
    inside = tuple(slice(max(0, before), max(0, min(reach, before + size))) for reach, before, size in both)
    seen = tuple(slice(max(0, -before), max(0, min(size, reach - before))) for reach, before, size in both)
    return reached, inside, seen


def _phases(axis: Axis) -> Iterator[tuple[slice, slice, Axis]]:
    """Yield the entries of each phase, the taps that meet them, and the geometry of the way back between the two.

    The tap r of window p meets the padded entry p s + r d. Those of phase a are u s + a, so r d = a + m s for some m,
    and p = u - m: from one such tap to the next r grows by s / gcd(s, d), and m by d / gcd(s, d).
    """
    common = gcd(axis.stride, axis.dilation)
    every, gap = axis.stride // common, axis.dilation // common
    for first in range(min(every, axis.kernel)):
        ahead, phase = divmod(first * axis.dilation, axis.stride)
        start = max(0, -((phase - axis.before) // axis.stride))  # the first u that is no padding
        entry = start * axis.stride + phase - axis.before
        count, taps = -((entry - axis.size) // axis.stride), -((first - axis.kernel) // every)
        if count > 0:
            back = Axis(axis.windows, count, taps, 1, gap, gap * (taps - 1) + ahead - start, 0)
            yield slice(entry, None, axis.stride), slice(first, None, every), back
