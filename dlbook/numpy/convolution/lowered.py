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
        # Rows of windows share rows of the image, unless there are gaps between the taps.
        kept, step = (_every(rows), rows.stride) if rows.dilation == 1 else (rows, rows.kernel)
        self.shifts = [
            (r, s, *_meets(kept, r), *_meets(columns, s)) for r in range(kept.kernel) for s in range(columns.kernel)
        ]
        self.near = np.empty((block, groups, channels, rows.size, columns.size), dtype)
        shape = groups, kept.windows, kept.kernel, columns.kernel, channels, block, columns.windows
        self.low = np.zeros(shape, dtype)
        length, one = block * columns.windows, self.low.itemsize
        seen = rows.kernel * columns.kernel * channels // cuts
        strides = seen * length * one, self.low.strides[0], step * self.low.strides[2], length * one, one
        self.windows = as_strided(self.low, (cuts, groups, rows.windows, seen, length), strides)

    def fill(self, x: np.ndarray) -> np.ndarray:
        """Lay images out and return their matrices of windows: (cuts, G, P, R S C / (G cuts), N Q)."""
        near = self.near[: len(x)]
        near[...] = x.reshape(near.shape)  # memory is read in its own order, the cache in any other
        for r, s, p, i, q, j in self.shifts:
            self.low[:, p, r, s, :, : len(x), q] = near[..., i, j].transpose(1, 3, 2, 0, 4)
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
    block = _images(n, (x.shape[1] * columns.kernel + dy.shape[1]) * places, places, seen * part, 256)
    pixels = np.zeros((groups, rows.padded, block, columns.padded, channels), x.dtype)
    moved, step = _moved(pixels, rows, columns)
    low = np.empty(moved.shape, x.dtype)  # a row of S C / G entries for each place
    taps = range(columns.kernel) if channels == 1 else [slice(None)]  # whichever copies longer runs
    lines = _lines(rows.windows, block * columns.windows, seen * part)
    pieces, piece = rows.windows // lines, lines * block * columns.windows
    line = low.itemsize * seen * block * columns.windows
    strides = low.strides[0], lines * line, step * line, seen * low.itemsize, low.itemsize
    windows = as_strided(low, (groups, pieces, rows.kernel, piece, seen), strides)
    cotangent = np.zeros((groups, part, rows.windows, block, columns.windows), dy.dtype)
    cotangents = cotangent.reshape(groups, part, pieces, 1, piece).transpose(0, 2, 3, 1, 4)
    dw = np.zeros((groups, rows.kernel, part, seen), x.dtype)
    x, dy = x.reshape(n, groups, channels, *x.shape[2:]), dy.reshape(n, groups, part, *dy.shape[2:])
    for start in range(0, n, block):
        count = min(block, n - start)
        if count < block:
            cotangent[...] = 0  # the last block has fewer images than the one before it
        cotangent[:, :, :, :count] = dy[start : start + count].transpose(1, 2, 3, 0, 4)
        # In two steps, at first by whole rows: a cache dislikes the distances between the entries of a pixel.
        upright = np.ascontiguousarray(x[start : start + count].transpose(1, 3, 0, 2, 4))
        pixels[:, rows.inside, :count, columns.inside] = upright.swapaxes(3, 4)
        for s in taps:
            low[..., s, :] = moved[..., s, :]
        for share in np.matmul(cotangents, windows).swapaxes(0, 1):
            dw += share
    dw = dw.reshape(groups, rows.kernel, part, columns.kernel, channels).transpose(0, 2, 4, 1, 3)
    return dw.reshape(-1, channels, rows.kernel, columns.kernel)


def _moved(pixels: np.ndarray, rows: Axis, columns: Axis) -> tuple[np.ndarray, int]:
    """Return the view (G, rows, N, Q, S, C / G) of (G, H, N, W, C / G), and the rows between two taps r."""
    group, down, image, right, one = pixels.strides
    # All places of a tap r are to be one slice. With a stride each r has its own copy of them.
    kept, strides, step = (rows.padded,), (down,), rows.dilation
    if rows.stride > 1:
        kept, strides, step = (rows.kernel, rows.windows), (rows.dilation * down, rows.stride * down), rows.windows
    shape = len(pixels), *kept, pixels.shape[2], columns.windows, columns.kernel, pixels.shape[4]
    strides = group, *strides, image, columns.stride * right, columns.dilation * right, one
    return as_strided(pixels, shape, strides), step


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


def _meets(axis: Axis, tap: int) -> tuple[slice, slice]:
    """Return which windows meet an entry of the input with this tap, and which entries they meet."""
    first = tap * axis.dilation - axis.before
    start = max(0, -(first // axis.stride))
    stop = max(start, min(axis.windows, -((first - axis.size) // axis.stride)))
    entries = range(first + start * axis.stride, first + stop * axis.stride, axis.stride)
    return slice(start, stop), slice(entries.start, max(entries.start, entries.stop), axis.stride)


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
