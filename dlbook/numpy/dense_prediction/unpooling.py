"""Unpooling: put the largest entries back where they stood."""

import numpy as np

from dlbook.differentiable import differentiable
from dlbook.numpy.convolution.conv import Both
from dlbook.numpy.convolution.geometry import padded, pair, taps
from dlbook.numpy.convolution.pooling import pool_axes
from dlbook.shapes import Array, Float, Int, ShapeError

__all__ = ["max_pool2d_indices", "max_unpool2d"]


def max_pool2d_indices(
    x: Float[Array, "N C H W"], *, kernel_size: Both, stride: Both | None = None, padding: Both = 0,
    dilation: Both = 1, ceil_mode: bool = False,
) -> Int[Array, "N C P Q"]:
    r"""Find where in its image the largest entry of each window stands.

    $$m_{ncpq} = i W + j \quad \text{with} \quad (i, j) = \operatorname{first\,argmax}(p, q)$$

    Parameters
    ----------
    x : (N, C, H, W).
    kernel_size, stride, padding, dilation, ceil_mode : as in `max_pool2d`.

    Returns
    -------
    indices : (N, C, P, Q), places in the image read row by row, as PyTorch's `return_indices` gives them.

    Raises
    ------
    ValueError : for an option out of range, or a window that nowhere fits.

    Examples
    --------
    >>> max_pool2d_indices(np.array([[[[1.0, 4.0, 2.0, 3.0]]]]), kernel_size=(1, 2))
    array([[[[1, 3]]]])

    **Source** Zeiler and Fergus (2014), section 2.1, who call them switches.
    **Book** eq-switches
    """
    rows, columns = pool_axes("max_pool2d_indices", x, kernel_size, stride, padding, dilation, ceil_mode)
    width = x.shape[3]
    numbers = np.arange(x.shape[2])[:, None] * width + np.arange(width)
    values, places = padded(x, rows, columns, -np.inf), padded(numbers, rows, columns, -1)
    best = np.full((*x.shape[:2], rows.windows, columns.windows), -np.inf, x.dtype)
    indices = np.full(best.shape, -1, np.int64)
    for _, _, where in taps(rows, columns):
        # The first of equal entries stays; an entry of the image comes before the padding, be it -inf.
        better = (values[where] > best) | ((indices < 0) & (places[where] >= 0))
        best = np.where(better, values[where], best)
        indices = np.where(better, places[where], indices)
    return indices


def unpooled_size(function: str, x: Array, kernel_size, stride, padding, output_size) -> tuple[int, int]:
    """Return (H, W): the given size, if pooling could have come from it, or the smallest one that it could."""
    kernels = pair(function, "kernel_size", kernel_size, 1)
    strides = kernels if stride is None else pair(function, "stride", stride, 1)
    sides = pair(function, "padding", padding, 0)
    sizes = [(n - 1) * s - 2 * p + k for n, k, s, p in zip(x.shape[2:], kernels, strides, sides, strict=True)]
    if output_size is None:
        if min(sizes) < 1:
            raise ShapeError(f"{function}: x of shape {tuple(x.shape)} would become {sizes}, expected at least 1 entry")
        return tuple(sizes)
    told = pair(function, "output_size", output_size, 1)
    if any(abs(t - size) >= s for t, size, s in zip(told, sizes, strides, strict=True)):
        raise ValueError(
            f"{function}: output_size is {output_size}, expected less than a stride from {tuple(sizes)}"
        )
    return told


def check_places(function: str, indices: Array, entries: int, repeated: bool) -> None:
    """Refuse places outside the image, and two entries of one channel at the same place."""
    if indices.size and (indices.min() < 0 or indices.max() >= entries):
        raise ValueError(
            f"{function}: indices run from {indices.min()} to {indices.max()}, expected 0 to {entries - 1}"
        )
    if repeated:
        raise ValueError(f"{function}: indices name a place of a channel twice, expected windows that do not overlap")


@differentiable
def max_unpool2d(
    x: Float[Array, "N C P Q"], indices: Int[Array, "N C P Q"], *, kernel_size: Both, stride: Both | None = None,
    padding: Both = 0, output_size: Both | None = None,
) -> Float[Array, "N C H W"]:
    r"""Put each entry at the place that its index names, and zeros everywhere else.

    $$y_{nc, m} = \begin{cases} x_{ncpq} & m = m_{ncpq} \\ 0 & \text{if no index is } m \end{cases} \qquad
    \bar x_{ncpq} = \bar y_{nc,\, m_{ncpq}}$$

    Parameters
    ----------
    x : (N, C, P, Q).
    indices : (N, C, P, Q), places in the image of H x W read row by row; each at most once in a channel.
    kernel_size, stride, padding : of the pooling that is undone; they say how large the result is.
    output_size : (H, W) or one number for both, where pooling has forgotten a remainder.

    Returns
    -------
    y : (N, C, H, W); by default H = (P - 1) stride - 2 padding + kernel_size.

    Raises
    ------
    ValueError : for an option out of range, a place outside the image, or a place that two entries claim, where
        PyTorch keeps one of them without saying which.

    **Source** Zeiler and Fergus (2014), section 2.1; Noh, Hong and Han (2015).
    **Book** eq-unpool
    """
    h, w = unpooled_size("max_unpool2d", x, kernel_size, stride, padding, output_size)
    maps = len(x) * x.shape[1]
    check_places("max_unpool2d", indices, h * w, False)
    flat = indices.reshape(maps, -1).astype(np.intp) + h * w * np.arange(maps)[:, None]
    check_places("max_unpool2d", indices, h * w, bool(flat.size) and np.bincount(flat.ravel()).max() > 1)
    y = np.zeros(maps * h * w, x.dtype)
    y[flat] = x.reshape(maps, -1)
    return y.reshape(*x.shape[:2], h, w), lambda dy: (dy.ravel()[flat].reshape(x.shape), None)
