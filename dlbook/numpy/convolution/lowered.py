"""Convolution at the speed of matrix products: windows that share their memory.

Write an image down row after row, and each row once for every tap of the kernel along the width, moved so that
this tap stands where the corner of its window is:

    low[i, s, c, n, q] = padded x[n, c, i, q s_w + s d_w]

Then all that the windows of output row p see lies in one piece, in the rows p to p + R - 1, and this piece is a
matrix already: a row for each (r, s, c), a column for each window. The matrix of the next row of windows begins
one row of the image further. So the matrices overlap in memory, and an entry is copied S times where im2col
copies it R S times (Cho and Brand, 2017). `correlate` multiplies each of them by the kernels, and `spread` is the
same product with the kernel turned. `collect` sums over the places of an image: there the places are the rows.

Blocks of few images keep all this in a core's second-level cache, and products stay below a million
multiplications where they can, since OpenBLAS multiplies these without repacking its arguments. Everything is
plain NumPy. `shifts` has the same three functions in the form in which one reads them.
"""

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


def correlate(x: np.ndarray, w: np.ndarray, rows: Axis, columns: Axis, groups: int) -> np.ndarray:
    """Slide the kernel over the image: (N, C, H, W) and (F, C / G, R, S) to (N, F, P, Q)."""
    n, channels, part = len(x), w.shape[1], len(w) // groups
    # Where many channels make few results, not x is moved but the results, one for each s, before they are added.
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
    y = np.empty((n, groups, part, rows.windows, columns.windows), x.dtype)
    for start in range(0, n, block):
        some = slice(start, min(start + block, n))
        windows = layout.fill(x[some])
        np.matmul(kernels[0], windows[0], out=product)
        for cut in range(1, cuts):
            product += np.matmul(kernels[cut], windows[cut], out=summand)
        found = sum(results[:, :, s, ..., columns.tap(s)] for s in range(columns.kernel)) if few else results[:, :, 0]
        y[some] = found[..., : some.stop - start, :].transpose(3, 0, 2, 1, 4)
    return y.reshape(n, len(w), rows.windows, columns.windows)


def spread(dy: np.ndarray, w: np.ndarray, rows: Axis, columns: Axis, groups: int) -> np.ndarray:
    """Send each output back to the entries that it saw: (N, F, P, Q) to (N, C, H, W).

    Without a stride it is a convolution again, of dy with the kernel turned by half a turn. With strides, every
    s_h-th row and s_w-th column make an image of their own, reached by taps of its own, and all s_h s_w images
    are the channels of one convolution without stride.
    """
    n, channels, part = len(dy), w.shape[1], len(w) // groups
    (up, r, i), (left, s, j) = _back(rows), _back(columns)
    spaced = np.zeros((groups, part, channels, up.kernel * rows.stride, left.kernel * columns.stride), w.dtype)
    spaced[..., r, s] = w.reshape(groups, part, *w.shape[1:])
    kernels = spaced.reshape(groups, part, channels, up.kernel, rows.stride, left.kernel, columns.stride)
    kernels = kernels[:, :, :, ::-1, :, ::-1].transpose(0, 4, 6, 2, 1, 3, 5).reshape(-1, part, up.kernel, left.kernel)
    images = correlate(dy, kernels, up, left, groups)
    if rows.stride == columns.stride == 1:
        return images
    images = images.reshape(n, groups, rows.stride, columns.stride, channels, up.windows, left.windows)
    dx = np.empty((n, groups, channels, up.windows, rows.stride, left.windows, columns.stride), dy.dtype)
    for a, b in np.ndindex(rows.stride, columns.stride):
        dx[:, :, :, :, a, :, b] = images[:, :, a, b]
    dx = dx.reshape(n, groups * channels, up.windows * rows.stride, left.windows * columns.stride)
    return np.ascontiguousarray(dx[..., i, j])


class Places:
    """A block of images of which every place makes a row: what its window sees, or one row of that.

    Parameters
    ----------
    rows, columns : the geometry.
    groups, channels : G, and C / G.
    block : images.
    lines : rows of windows that make one product.
    dtype : of the entries.
    """

    def __init__(self, rows: Axis, columns: Axis, groups: int, channels: int, block: int, lines: int, dtype):
        self.padded = np.zeros((groups, rows.padded, block, columns.padded, channels), dtype)
        self.inside = self.padded[:, rows.inside, :, columns.inside]
        group, down, image, right, one = self.padded.strides
        # What all places meet with the tap r is one slice, and the slices share rows. With a stride they would have
        # gaps, and so all taps stand side by side.
        beside = 1 if rows.stride == 1 else rows.kernel
        shape = rows.padded if rows.stride == 1 else rows.windows, block, columns.windows, beside
        strides = rows.stride * down, image, columns.stride * right, rows.dilation * down
        shape, strides = (groups, *shape, columns.kernel), (group, *strides, columns.dilation * right)
        self.moved = as_strided(self.padded, (*shape, channels), (*strides, one))
        self.low = np.empty(self.moved.shape, dtype)
        whole = (slice(None), slice(None))
        self.taps = list(np.ndindex(beside, columns.kernel)) if channels == 1 else [whole]  # to copy long runs
        seen, line = beside * columns.kernel * channels, block * columns.windows
        shape = groups, rows.windows // lines, rows.kernel // beside, lines * line, seen
        strides = self.low.strides[0], lines * line * seen * one, rows.dilation * line * seen * one, seen * one, one
        self.windows = as_strided(self.low, shape, strides)

    def fill(self, x: np.ndarray) -> np.ndarray:
        """Lay images out and return their matrices: (G, pieces, R, places, S C / G), or (G, pieces, 1, places, ...)."""
        x = x.reshape(len(x), len(self.inside), -1, *x.shape[2:])
        # In two steps, at first by whole rows: a cache dislikes the distances between the entries of a pixel.
        self.inside[:, :, : len(x)] = np.ascontiguousarray(x.transpose(1, 3, 0, 2, 4)).swapaxes(3, 4)
        for r, s in self.taps:
            self.low[..., r, s, :] = self.moved[..., r, s, :]
        return self.windows


def collect(x: np.ndarray, dy: np.ndarray, rows: Axis, columns: Axis, groups: int) -> np.ndarray:
    """Correlate the image with the cotangent: (N, C, H, W) and (N, F, P, Q) to (F, C / G, R, S)."""
    n, channels, part = len(x), x.shape[1] // groups, dy.shape[1] // groups
    seen, places = columns.kernel * channels * (1 if rows.stride == 1 else rows.kernel), rows.windows * columns.windows
    block = _images(n, (groups * seen + dy.shape[1]) * places, places, seen * part, 256)
    lines = _lines(rows.windows, block * columns.windows, seen * part)
    layout = Places(rows, columns, groups, channels, block, lines, x.dtype)
    cotangent = np.zeros((groups, part, rows.windows, block, columns.windows), dy.dtype)
    pieces = cotangent.reshape(groups, part, -1, 1, lines * block * columns.windows).transpose(0, 2, 3, 1, 4)
    dy = dy.reshape(n, groups, part, *dy.shape[2:])
    dw = np.zeros((groups, *layout.windows.shape[2:3], part, seen), x.dtype)
    for start in range(0, n, block):
        some = slice(start, min(start + block, n))
        if some.stop - start < block:
            cotangent[...] = 0  # the last block has fewer images than the one before it
        cotangent[:, :, :, : some.stop - start] = dy[some].transpose(1, 2, 3, 0, 4)
        for share in np.matmul(pieces, layout.fill(x[some])).swapaxes(0, 1):
            dw += share
    dw = dw.reshape(groups, -1, part, rows.kernel // dw.shape[1], columns.kernel, channels)
    return dw.transpose(0, 2, 5, 1, 3, 4).reshape(-1, channels, rows.kernel, columns.kernel)


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
    block = least // columns
    if PIECE // multiplications >= COLUMNS:
        block = min(BLOCK // entries, PIECE // multiplications // columns)
    blocks = -(-n // max(1, block))
    return -(-n // max(1, blocks)) or 1  # blocks of one size: a last one with few images costs no less


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


def _back(axis: Axis) -> tuple[Axis, slice, slice]:
    """Return the geometry of the way back, where its kernel has the taps, and where its result has the input.

    The tap r of window p meets the padded entry p s + r d. Counted from a place a little before the padding, let
    this be the entry u of image a, u s + a, and the tap r d = m s + a of a kernel with its gaps: then p = u - m.
    """
    taps, step, lead = axis.kernel, 1, 0
    if axis.stride > 1:
        step, reach = axis.dilation, axis.dilation * (axis.kernel - 1)
        lead = -axis.before % axis.stride  # so that the input begins with image 0,
        if (reach + lead) // axis.stride > reach // axis.stride:
            lead = 0  # unless that takes a tap more
        taps = (reach + lead) // axis.stride + 1
    gap = axis.dilation if axis.stride == 1 else 1
    first, start = divmod(axis.before + lead, axis.stride)
    last = -((axis.before + lead + axis.size) // -axis.stride)
    back = Axis(axis.windows, last - first, taps, 1, gap, gap * (taps - 1) - first, 0)
    return back, slice(lead, lead + step * (axis.kernel - 1) + 1, step), slice(start, start + axis.size)
