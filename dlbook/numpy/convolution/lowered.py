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
plain NumPy. `layouts` has the matrices, `minimal` a way to multiply less where there are many channels, and `shifts`
has the same three functions in the form in which one reads them.
"""

from functools import lru_cache

import numpy as np

from dlbook.numpy.convolution import minimal
from dlbook.numpy.convolution.geometry import Axis
from dlbook.numpy.convolution.layouts import Layout, Places, every

__all__ = []

BLOCK = 100_000  # entries that a block lays out and computes: 0.4 MB in float32
PIECE = 1_000_000  # multiplications of one matrix product
COLUMNS = 48  # a product with fewer columns is not quick, however small it is


def correlate(x: np.ndarray, w: np.ndarray, rows: Axis, columns: Axis, groups: int) -> np.ndarray:
    """Slide the kernel over the image: (N, C, H, W) and (F, C / G, R, S) to (N, F, P, Q)."""
    y = np.empty((len(x), groups, len(w) // groups, rows.windows, columns.windows), x.dtype)
    write([y], x, w, rows, columns, [slice(0, rows.kernel)])
    return y.reshape(len(x), len(w), rows.windows, columns.windows)


def spread(dy: np.ndarray, w: np.ndarray, rows: Axis, columns: Axis, groups: int) -> np.ndarray:
    """Send each output back to the entries that it saw: (N, F, P, Q) to (N, C, H, W).

    Without a stride it is a convolution again, of dy with the kernel turned by half a turn. With strides, every
    s_h-th row and s_w-th column make an image of their own, reached by taps of its own, and all s_h s_w images
    are the channels of one convolution without stride. Each multiplies no more rows of taps than it has.
    """
    n, channels, part = len(dy), w.shape[1], len(w) // groups
    (up, taps, r, i), (left, _, s, j) = _back(rows), _back(columns)
    spaced = np.zeros((groups, part, channels, up.kernel * rows.stride, left.kernel * columns.stride), w.dtype)
    spaced[..., r, s] = w.reshape(groups, part, *w.shape[1:])
    kernels = spaced.reshape(groups, part, channels, up.kernel, rows.stride, left.kernel, columns.stride)
    kernels = kernels[:, :, :, ::-1, :, ::-1].transpose(0, 4, 6, 2, 1, 3, 5).reshape(-1, part, up.kernel, left.kernel)
    dx = np.empty((n, groups, channels, up.windows, rows.stride, left.windows, columns.stride), dy.dtype)
    images = [dx[:, :, :, :, a, :, b] for a, b in np.ndindex(rows.stride, columns.stride)]
    write(images, dy, kernels, up, left, taps)
    dx = dx.reshape(n, groups * channels, up.windows * rows.stride, left.windows * columns.stride)
    return np.ascontiguousarray(dx[..., i, j])


def write(ys: list, x: np.ndarray, w: np.ndarray, rows: Axis, columns: Axis, taps: list[slice]) -> None:
    """Correlate x with the kernels of each group, and write an equal share of the results into each of the ys.

    Parameters
    ----------
    ys : arrays (N, G, share, P, Q), of any strides.
    x, w, rows, columns : (N, C, H, W), (F, C / G, R, S), and the geometry.
    taps : one slice for each of some equal parts of a group's kernels: all other rows of its taps are zero.
    """
    n, channels, groups, part = len(x), w.shape[1], ys[0].shape[1], len(w) // ys[0].shape[1]
    # Where many channels make few results, not x is moved but the results, one for each s, before they are added.
    few = channels > 4 * part
    across, taps = (every(columns), [slice(0, rows.kernel)]) if few else (columns, taps)
    # Where a row of windows takes a large product, two of them share four products with a row of taps each.
    pairs = not few and minimal.fits(rows) and part * w[0].size > PIECE // COLUMNS
    high, rows = rows.windows, minimal.even(rows) if pairs else rows
    products = minimal.Pairs(w, groups) if pairs else Products(w, groups, few, taps)
    laid = x.shape[1] * rows.stride * (1 if pairs else across.kernel)  # pairs are quick with more images in a block
    entries = (laid + groups * products.m) * rows.windows * across.windows
    block = _images(n, entries, across.windows, products.largest, 64, 16 if pairs else COLUMNS)
    layout = Layout(rows, across, groups, channels, block, x.dtype)
    product = np.empty((groups, rows.windows, products.m, block * across.windows), x.dtype)
    results = product[:, :high].reshape(groups, high, -1, len(ys), part // len(ys), block, across.windows)
    for start in range(0, n, block):
        some = slice(start, min(start + block, n))
        layout.fill(x[some])
        products.multiply(layout, product)
        for b, y in enumerate(ys):
            found = results[:, :, 0, b]
            if few:
                found = sum(results[:, :, s, b, ..., columns.tap(s)] for s in range(columns.kernel))
            y[some] = found[..., : some.stop - start, :].transpose(3, 0, 2, 1, 4)


class Products:
    """The kernels as one matrix, or cut into several that give parts of the results or summands of them.

    Its rows are (f) and its columns (r, s, c). With `few`, rows are (s, f) and columns (r, c).

    Parameters
    ----------
    w, groups, few, taps : as in `write`.
    """

    def __init__(self, w: np.ndarray, groups: int, few: bool, taps: list[slice]):
        filters, channels, r, s = w.shape
        w = w.reshape(groups, filters // groups, channels, r, s).transpose((0, 4, 1, 3, 2) if few else (0, 1, 3, 4, 2))
        self.m, row = (s * filters // groups, channels) if few else (filters // groups, s * channels)
        w, part, self.matrices = w.reshape(groups, self.m, r * row), self.m // len(taps), []
        self.summand = None
        for number, own in enumerate(taps):
            results, together = slice(number * part, (number + 1) * part), own.stop - own.start
            # A product that is too large for the small kernels of a BLAS may be the sum of some that are not.
            if part * row <= PIECE // COLUMNS < together * part * row:
                together = 1
            for first in range(own.start, own.stop, together):
                seen = slice(first * row, (first + together) * row)
                self.matrices.append((first > own.start, results, seen, w[:, None, results, seen].copy()))
        self.largest = max(matrix[0].size for *_, matrix in self.matrices)

    def multiply(self, layout: Layout, product: np.ndarray) -> None:
        """Fill the product, (G, P, M, N Q), with the results for the images that are laid out."""
        if self.summand is None and any(more for more, *_ in self.matrices):
            self.summand = np.empty_like(product)
        for more, results, seen, matrix in self.matrices:
            found = (self.summand if more else product)[:, :, results]
            np.matmul(matrix, layout.windows[:, :, seen], out=found)
            if more:
                product[:, :, results] += found


def collect(x: np.ndarray, dy: np.ndarray, rows: Axis, columns: Axis, groups: int) -> np.ndarray:
    """Correlate the image with the cotangent: (N, C, H, W) and (N, F, P, Q) to (F, C / G, R, S)."""
    n, channels, part, places = len(x), x.shape[1] // groups, dy.shape[1] // groups, rows.windows * columns.windows
    taps = columns.kernel * (1 if rows.stride == 1 else rows.kernel)
    # With many channels each tap has a product of its own: it may have more places then, and there is less to add.
    seen, cuts = taps * channels, taps if channels >= COLUMNS else 1
    block = _images(n, (groups * seen + dy.shape[1]) * places, places, seen * part, 256, COLUMNS)
    lines = _lines(rows.windows, block * columns.windows, seen // cuts * part)
    layout = Places(rows, columns, groups, channels, block, lines, cuts, x.dtype)
    cotangent = np.zeros((groups, part, rows.windows, block, columns.windows), dy.dtype)
    pieces = cotangent.reshape(groups, part, -1, 1, 1, lines * block * columns.windows).transpose(0, 2, 3, 4, 1, 5)
    dy = dy.reshape(n, groups, part, *dy.shape[2:])
    dw = np.zeros((groups, *layout.windows.shape[2:4], part, seen // cuts), x.dtype)
    for start in range(0, n, block):
        some = slice(start, min(start + block, n))
        if some.stop - start < block:
            cotangent[...] = 0  # the last block has fewer images than the one before it
        cotangent[:, :, :, : some.stop - start] = dy[some].transpose(1, 2, 3, 0, 4)
        for share in np.matmul(pieces, layout.fill(x[some])).swapaxes(0, 1):
            dw += share
    dw = dw.swapaxes(2, 3).reshape(groups, dw.shape[1], part, rows.kernel // dw.shape[1], columns.kernel, channels)
    return dw.transpose(0, 2, 5, 1, 3, 4).reshape(-1, channels, rows.kernel, columns.kernel)


def _images(n: int, entries: int, columns: int, multiplications: int, least: int, fewest: int) -> int:
    """Return how many images make a block, of so many entries and columns each, and multiplications per column."""
    block, fitting = least // columns, PIECE // multiplications
    if fitting >= fewest:
        block = min(BLOCK // entries, fitting // columns)
    blocks = -(-n // max(1, block))
    return -(-n // max(1, blocks)) or 1  # blocks of one size: a last one with few images costs no less


def _lines(rows: int, length: int, multiplications: int) -> int:
    """Return how many of the rows of windows make one product that is small but not too small, or else all."""
    fitting = (k for k in range(rows, 0, -1) if rows % k == 0 and COLUMNS <= k * length <= PIECE // multiplications)
    return next(fitting, rows)


@lru_cache(4096)
def _back(axis: Axis) -> tuple[Axis, list[slice], slice, slice]:
    """Return the geometry of the way back, its taps of each image, where all lie, and where the result has the input.

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
    places = range(lead, lead + step * (axis.kernel - 1) + 1, step)
    held = [[taps - 1 - m for m in range(taps) if m * axis.stride + a in places] or [0] for a in range(axis.stride)]
    own = [slice(min(one), max(one) + 1) for one in held]
    return back, own, slice(places.start, places.stop, step), slice(start, start + axis.size)
