"""Convolution at the speed of matrix products: images laid out flat, so that every shift is one slice of memory.

Lay the padded images of a batch side by side and write the picture down row after row, as one long line of
length H N W for each channel. In this line the tap (r, s) of every window lies at one and the same distance,
r N W + s, from the window's corner. So the matrix of all windows (im2col) consists of slices of the line: it is
copied at the speed of memory and needs no gathering. Between the images stand a few places that are no window's
corner; they are computed and thrown away. A stride s first sorts each image into s * s images, each made of
every s-th row and column, in which the taps are slices again.

The batch goes in blocks whose window matrix fits in a core's second-level cache, and products that are small go
in pieces of at most a million multiplications, below which OpenBLAS multiplies without repacking its arguments.
Everything is plain NumPy. `shifts` has the same three functions in the form in which one reads them.
"""

import numpy as np
from numpy.lib.stride_tricks import as_strided

from dlbook.numpy.convolution.geometry import Axis

__all__ = []

BLOCK = 150_000  # entries of a block's window matrix: 0.6 MB in float32
PIECE = 1_000_000  # multiplications of one matrix product


class Layout:
    """A block of images laid out flat, and where in it the taps of all windows lie.

    Parameters
    ----------
    rows, columns : the geometry.
    channels : C, all groups together.
    images : N; the block holds as many as fit.
    dtype : of the arrays.
    """

    def __init__(self, rows: Axis, columns: Axis, channels: int, images: int, dtype):
        self.rows, self.columns, self.channels = rows, columns, channels
        self.height, self.width = (max(-(-a.padded // a.stride), a.windows) for a in (rows, columns))
        if columns.stride == 1:
            # The padding to the right of one image may serve as the padding to the left of the next.
            self.width = max(columns.padded - min(columns.before, columns.after), columns.windows)
        count = rows.kernel * columns.kernel
        self.block = max(1, min(images, BLOCK // (rows.windows * self.width * count * channels)))
        blocks = max(1, -(-images // self.block))
        self.block = max(1, -(-images // blocks))  # blocks of one size: a last one with few images costs no less
        line = self.block * self.width
        self.length = rows.windows * line
        self.taps = []  # of each tap: its sorted image, and its distance there
        for r in range(rows.kernel):
            for s in range(columns.kernel):
                (down, i), (right, j) = (divmod(t * a.dilation, a.stride) for t, a in ((r, rows), (s, columns)))
                self.taps.append((i, j, down * line + right))
        tail = max(self.length + distance for *_, distance in self.taps)
        self.lines = np.zeros((channels, rows.stride, columns.stride, max(tail, self.height * line)), dtype)
        # Rows that lie a multiple of 4 KB apart would share the same few places of the cache.
        spare = 16 if self.length % 512 == 0 else 0
        self.windows = np.empty((channels, count, self.length + spare), dtype)[..., : self.length]

    def phases(self, count: int):
        """Yield the view of each sorted image, (C, H, N, W), and the rows and columns of x that it holds."""
        shape = self.channels, self.height, self.block, self.width
        for i in range(self.rows.stride):
            for j in range(self.columns.stride):
                (up, own_rows), (left, own_columns) = _phase(self.rows, i), _phase(self.columns, j)
                sorted_image = self.lines[:, i, j, : self.height * self.block * self.width].reshape(shape)
                yield sorted_image[:, up, :count, left], (..., own_rows, own_columns)

    def fill(self, x: np.ndarray) -> np.ndarray:
        """Lay some images out and return the matrix of their windows: (C, R S, length)."""
        for view, where in self.phases(len(x)):
            view[...] = x[where].transpose(1, 2, 0, 3)
        if self.rows.stride == self.columns.stride == 1:  # then the distances grow evenly: one copy does it all
            one, rows, columns = self.lines.itemsize, self.rows, self.columns
            down, right = one * rows.dilation * self.block * self.width, one * columns.dilation
            shape = self.channels, rows.kernel, columns.kernel, self.length
            slices = as_strided(self.lines, shape, (self.lines.strides[0], down, right, one))
            self.windows.reshape(shape)[...] = slices
            return self.windows
        for t, (i, j, distance) in enumerate(self.taps):
            self.windows[:, t] = self.lines[:, i, j, distance : distance + self.length]
        return self.windows

    def add_up(self, dx: np.ndarray) -> None:
        """Add the entries of the window matrix up where they came from, and write the sums to dx."""
        self.lines[...] = 0
        for t, (i, j, distance) in enumerate(self.taps):
            self.lines[:, i, j, distance : distance + self.length] += self.windows[:, t]
        for view, where in self.phases(len(dx)):
            dx[where] = view.transpose(2, 0, 1, 3)

    def corners(self, y: np.ndarray, count: int) -> np.ndarray:
        """Return the view of (F, length) that holds what belongs to a window: (count, F, P, Q)."""
        grid = y.reshape(len(y), self.rows.windows, self.block, self.width)
        return grid[:, :, :count, : self.columns.windows].transpose(2, 0, 1, 3)


def _phase(axis: Axis, phase: int) -> tuple[slice, slice]:
    """Return where the entries of one phase lie in its sorted image, and which entries of x they are."""
    first = (phase - axis.before) % axis.stride
    place = (first + axis.before) // axis.stride
    return slice(place, place + max(0, -(-(axis.size - first) // axis.stride))), slice(first, None, axis.stride)


def _pieces(length: int, multiplications: int):
    """Cut the columns of a product into pieces for the small kernels of a BLAS, or leave it whole if it is large."""
    piece = PIECE // multiplications
    if piece < 96:
        piece = length
    return (slice(start, start + piece) for start in range(0, length, piece))


def _product(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
    """Write a @ b to out: (G, M, K) and (G, K, L)."""
    if a.shape[2] == 1:
        np.multiply(a, b, out=out)
        return
    for some in _pieces(b.shape[2], a.shape[1] * a.shape[2]):
        np.matmul(a, b[..., some], out=out[..., some])


def correlate(x: np.ndarray, w: np.ndarray, rows: Axis, columns: Axis, groups: int) -> np.ndarray:
    """Slide the kernel over the image: (N, C, H, W) and (F, C / G, R, S) to (N, F, P, Q)."""
    n, filters = len(x), len(w)
    y = np.empty((n, filters, rows.windows, columns.windows), x.dtype)
    layout = Layout(rows, columns, x.shape[1], n, x.dtype)
    product = np.empty((filters, layout.length), x.dtype)
    kernels = w.reshape(groups, filters // groups, -1)
    for start in range(0, n, layout.block):
        some = slice(start, min(start + layout.block, n))
        windows = layout.fill(x[some])
        _product(kernels, _by_group(windows, groups), _by_group(product, groups))
        y[some] = layout.corners(product, some.stop - start)
    return y


def spread(dy: np.ndarray, w: np.ndarray, rows: Axis, columns: Axis, groups: int) -> np.ndarray:
    """Send each output back to the entries that it saw: (N, F, P, Q) to (N, C, H, W)."""
    n, filters, channels = len(dy), len(w), groups * w.shape[1]
    within = all(a.stride == 1 and max(a.before, a.after) <= a.dilation * (a.kernel - 1) for a in (rows, columns))
    if within and filters <= 2 * channels:
        # Without a stride it is a convolution again, of dy with the kernel turned by half a turn: no sums to collect.
        turned = w.reshape(groups, filters // groups, *w.shape[1:]).swapaxes(1, 2)[..., ::-1, ::-1]
        turned = turned.reshape(channels, filters // groups, *w.shape[2:])
        return correlate(dy, turned, _turned(rows), _turned(columns), groups)
    dx = np.empty((n, channels, rows.size, columns.size), dy.dtype)
    layout = Layout(rows, columns, channels, n, dy.dtype)
    cotangent = np.zeros((filters, layout.length), dy.dtype)  # stays zero where no window is
    kernels = np.ascontiguousarray(w.reshape(groups, filters // groups, -1).transpose(0, 2, 1))
    for start in range(0, n, layout.block):
        some = slice(start, min(start + layout.block, n))
        layout.corners(cotangent, some.stop - start)[...] = dy[some]
        _product(kernels, _by_group(cotangent, groups), _by_group(layout.windows, groups))
        layout.add_up(dx[some])
    return dx


def collect(x: np.ndarray, dy: np.ndarray, rows: Axis, columns: Axis, groups: int) -> np.ndarray:
    """Correlate the image with the cotangent: (N, C, H, W) and (N, F, P, Q) to (F, C / G, R, S)."""
    n, channels, filters = len(x), x.shape[1], dy.shape[1]
    layout = Layout(rows, columns, channels, n, x.dtype)
    cotangent = np.zeros((filters, layout.length), x.dtype)
    # A product along the rows of both factors runs at half the speed: the smaller one is transposed first.
    upright = np.empty((groups, layout.length, filters // groups), x.dtype)
    taps = channels // groups * rows.kernel * columns.kernel
    dw = np.zeros((groups, taps, filters // groups), x.dtype)
    for start in range(0, n, layout.block):
        some = slice(start, min(start + layout.block, n))
        windows = _by_group(layout.fill(x[some]), groups)
        if some.stop - start < layout.block:
            cotangent[...] = 0  # the last block has fewer images than the one before it
        layout.corners(cotangent, some.stop - start)[...] = dy[some]
        upright[...] = _by_group(cotangent, groups).transpose(0, 2, 1)
        for part in _pieces(layout.length, max(dw[0].size, 1)):
            dw += windows[..., part] @ upright[:, part]
    return dw.transpose(0, 2, 1).reshape(filters, channels // groups, rows.kernel, columns.kernel)


def _turned(axis: Axis) -> Axis:
    """Return the geometry of the way back along an axis without stride."""
    reach = axis.dilation * (axis.kernel - 1)
    after = axis.size + axis.before - axis.windows  # reach - axis.after, and what output_padding adds
    return Axis(axis.windows, axis.size, axis.kernel, 1, axis.dilation, reach - axis.before, after)


def _by_group(a: np.ndarray, groups: int) -> np.ndarray:
    """Return (C, ..., L) as a view of shape (G, C / G ..., L)."""
    return a.reshape(groups, -1, a.shape[-1])
