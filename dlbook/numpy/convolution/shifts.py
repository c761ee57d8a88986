"""Convolution as a sum over the taps of the kernel: one product with a shifted image for each.

With a cotangent y, the three functions below are the three ways to leave one factor out of the sum

    T(x, w, y) = sum of  y[n, f, p, q] w[f, c, r, s] x[n, c, p s_h + r d_h, q s_w + s d_w]

over everything. They are the readable form of what `lowered` does fast; a test holds the two equal.
"""

import numpy as np

from dlbook.numpy.convolution.geometry import Axis, padded, taps

__all__ = []


def grouped(a: np.ndarray, groups: int, axis: int) -> np.ndarray:
    """Split the axis of the channels into groups: (..., C, ...) to (..., G, C / G, ...)."""
    return a.reshape(*a.shape[:axis], groups, -1, *a.shape[axis + 1 :])


def correlate(x: np.ndarray, w: np.ndarray, rows: Axis, columns: Axis, groups: int) -> np.ndarray:
    """Leave y out: slide the kernel over the image, (N, C, H, W) and (F, C / G, R, S) to (N, F, P, Q)."""
    x, w = grouped(padded(x, rows, columns), groups, 1), grouped(w, groups, 0)
    y = 0
    for r, s, where in taps(rows, columns):
        y = y + np.einsum("gfc,ngcpq->ngfpq", w[..., r, s], x[where])
    return y.reshape(len(x), -1, rows.windows, columns.windows)


def spread(dy: np.ndarray, w: np.ndarray, rows: Axis, columns: Axis, groups: int) -> np.ndarray:
    """Leave x out: send each output back to the entries that it saw, (N, F, P, Q) to (N, C, H, W)."""
    dy, w = grouped(dy, groups, 1), grouped(w, groups, 0)
    dx = np.zeros((len(dy), groups, w.shape[2], rows.padded, columns.padded), dy.dtype)
    for r, s, where in taps(rows, columns):
        dx[where] += np.einsum("gfc,ngfpq->ngcpq", w[..., r, s], dy)  # windows overlap: their shares add up
    return dx[..., rows.inside, columns.inside].reshape(len(dy), -1, rows.size, columns.size)


def collect(x: np.ndarray, dy: np.ndarray, rows: Axis, columns: Axis, groups: int) -> np.ndarray:
    """Leave w out: correlate the image with the cotangent, (N, C, H, W) and (N, F, P, Q) to (F, C / G, R, S)."""
    x, dy = grouped(padded(x, rows, columns), groups, 1), grouped(dy, groups, 1)
    dw = np.empty((*dy.shape[1:3], x.shape[2], rows.kernel, columns.kernel), dy.dtype)
    for r, s, where in taps(rows, columns):
        dw[..., r, s] = np.einsum("ngfpq,ngcpq->gfc", dy, x[where])
    return dw.reshape(-1, *dw.shape[2:])
