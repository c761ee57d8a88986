"""Two rows of results from four products instead of six: Winograd's minimal filtering, where products are large.

Two neighbouring rows of results see four rows of the image, x_0 to x_3, through three rows of taps, w_0 to w_2:

    y_0 = w_0 x_0 + w_1 x_1 + w_2 x_2
    y_1 = w_0 x_1 + w_1 x_2 + w_2 x_3

Each of the six products is one of matrices, with all channels and all taps of a row. Four are enough (Winograd,
1980; Lavin and Gray, 2016):

    m_1 = w_0 (x_0 - x_2)       m_2 = (w_0 + w_1 + w_2) / 2 (x_1 + x_2)
    m_4 = w_2 (x_3 - x_1)       m_3 = (w_0 - w_1 + w_2) / 2 (x_2 - x_1)

    y_0 = m_1 + m_2 + m_3
    y_1 = m_2 - m_3 + m_4

The sums take some operations per entry, the products some per entry and channel: with many channels a fifth of the
time is saved. Each result depends on the same entries as before, but terms are added that cancel: rounding errors
grow a little, and an infinite entry gives NaN.
"""

from dataclasses import replace

import numpy as np

from dlbook.numpy.convolution.geometry import Axis
from dlbook.numpy.convolution.layouts import Layout

__all__ = []


def fits(rows: Axis) -> bool:
    """Say whether windows are three neighbouring rows high and begin at every row."""
    return (rows.kernel, rows.stride, rows.dilation) == (3, 1, 1)


def even(rows: Axis) -> Axis:
    """Return the geometry with one more row of windows, on zeros below the image, if the rows do not make pairs."""
    more = rows.windows % 2
    return replace(rows, windows=rows.windows + more, after=rows.after + more)


class Pairs:
    """The four products of two rows of windows with the kernels.

    Parameters
    ----------
    w : (F, C / G, 3, S).
    groups : G.
    """

    def __init__(self, w: np.ndarray, groups: int):
        self.m = len(w) // groups
        w = w.reshape(groups, 1, self.m, *w.shape[1:]).transpose(4, 0, 1, 2, 5, 3)
        w_0, w_1, w_2 = w.reshape(3, groups, 1, self.m, -1)  # a copy, in which entries that are added lie together
        self.kernels = w_0, (w_0 + w_1 + w_2) / 2, (w_0 - w_1 + w_2) / 2, w_2
        self.largest = w_0[0].size
        self.seen = self.found = None

    def multiply(self, layout: Layout, product: np.ndarray) -> None:
        """Fill the product, (G, P, M, N Q), with the results for the images that are laid out."""
        low = layout.low.reshape(len(product), product.shape[1] + 2, -1, product.shape[3])
        x_0, x_1, x_2, x_3 = (low[:, k : k + product.shape[1] : 2] for k in range(4))
        y_0, y_1 = product[:, ::2], product[:, 1::2]
        if self.seen is None:
            self.seen, self.found = np.empty(x_0.shape, low.dtype), np.empty(y_0.shape, low.dtype)
        first, half_sum, half_difference, last = self.kernels
        np.matmul(half_sum, np.add(x_1, x_2, out=self.seen), out=y_1)
        np.matmul(first, np.subtract(x_0, x_2, out=self.seen), out=y_0)
        y_0 += y_1
        np.matmul(half_difference, np.subtract(x_2, x_1, out=self.seen), out=self.found)
        y_0 += self.found
        y_1 -= self.found
        np.matmul(last, np.subtract(x_3, x_1, out=self.seen), out=self.found)
        y_1 += self.found
