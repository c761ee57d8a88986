"""Where the numbers lie: an image is written several times, moved, and the matrices of its windows share memory."""

import numpy as np
from numpy.lib.stride_tricks import as_strided

from dlbook.numpy.convolution.geometry import Axis

__all__ = []


class Layout:
    """A block of images, each row written once for every tap along the width, and the matrices of its windows.

    Parameters
    ----------
    rows, columns : the geometry.
    groups, channels : G, and C / G.
    block : images.
    dtype : of the entries.
    """

    def __init__(self, rows: Axis, columns: Axis, groups: int, channels: int, block: int, dtype):
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
        seen = rows.kernel * columns.kernel * channels
        strides = self.low.strides[0], step * self.low.strides[2], length * one, one
        self.windows = as_strided(self.low, (groups, rows.windows, seen, length), strides)

    def fill(self, x: np.ndarray) -> np.ndarray:
        """Lay images out and return their matrices of windows: (G, P, R S C / G, N Q)."""
        some = x.reshape(len(x), *self.padded.shape[1:3], *x.shape[2:])
        self.padded[: len(x), ..., *self.inside] = some[..., *self.seen]
        self.low[...] = self.moved
        return self.windows


class Places:
    """A block of images of which every place makes a row: what its window sees, or one row of that.

    Parameters
    ----------
    rows, columns : the geometry.
    groups, channels : G, and C / G.
    block : images.
    lines : rows of windows that make one product.
    cuts : into how many products, of some taps each, what a place sees is cut.
    dtype : of the entries.
    """

    def __init__(self, rows: Axis, columns: Axis, groups: int, channels: int, block: int, lines: int, cuts: int, dtype):
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
        shape = groups, rows.windows // lines, rows.kernel // beside, cuts, lines * line, seen // cuts
        row = line * seen * one
        strides = self.low.strides[0], lines * row, rows.dilation * row, seen // cuts * one, seen * one, one
        self.windows = as_strided(self.low, shape, strides)

    def fill(self, x: np.ndarray) -> np.ndarray:
        """Lay images out and return their matrices: (G, pieces, R or 1, cuts, places, entries)."""
        x = x.reshape(len(x), len(self.inside), -1, *x.shape[2:])
        # In two steps, at first by whole rows: a cache dislikes the distances between the entries of a pixel.
        self.inside[:, :, : len(x)] = np.ascontiguousarray(x.transpose(1, 3, 0, 2, 4)).swapaxes(3, 4)
        for r, s in self.taps:
            self.low[..., r, s, :] = self.moved[..., r, s, :]
        return self.windows


def every(axis: Axis) -> Axis:
    """Return the axis whose windows are the single entries that the windows reach, padding included."""
    reach = (axis.windows - 1) * axis.stride + (axis.kernel - 1) * axis.dilation + 1
    return Axis(axis.size, reach, 1, 1, 1, axis.before, reach - axis.before - axis.size)


def _reached(rows: Axis, columns: Axis) -> tuple[tuple, tuple, tuple]:
    """Return how many rows and columns the windows reach over, where in them the input lies, and how much of it."""
    both = [(every(axis).windows, axis.before, axis.size) for axis in (rows, columns)]
    reached = tuple(reach for reach, *_ in both)
    inside = tuple(slice(max(0, before), max(0, min(reach, before + size))) for reach, before, size in both)
    seen = tuple(slice(max(0, -before), max(0, min(size, reach - before))) for reach, before, size in both)
    return reached, inside, seen
