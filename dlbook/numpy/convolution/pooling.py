"""Pooling: windows that keep their largest entry, or their mean."""

from collections.abc import Iterator

import numpy as np

from dlbook.differentiable import differentiable
from dlbook.numpy.convolution.conv import Both
from dlbook.numpy.convolution.geometry import Axis, axis, padded, pair, taps
from dlbook.shapes import Array, Float

__all__ = ["avg_pool1d", "avg_pool2d", "max_pool1d", "max_pool2d"]


def pool_axes(function: str, x: Array, kernel_size, stride, padding, dilation, ceil_mode: bool) -> tuple[Axis, Axis]:
    kernels = pair(function, "kernel_size", kernel_size, 1)
    strides = kernels if stride is None else pair(function, "stride", stride, 1)
    sides, gaps = pair(function, "padding", padding, 0), pair(function, "dilation", dilation, 1)
    for p, kernel in zip(sides, kernels, strict=True):
        if 2 * p > kernel:
            raise ValueError(
                f"{function}: padding is {padding}, expected at most half of kernel_size = {kernel_size}, "
                "or a window could lie in the padding altogether"
            )
    rows, columns = (
        axis(function, size, kernel, s, p, d, ceil_mode)
        for size, kernel, s, p, d in zip(x.shape[2:], kernels, strides, sides, gaps, strict=True)
    )
    if not (rows.all_see and columns.all_see):
        raise ValueError(
            f"{function}: dilation is {dilation} with padding {padding}, and a window meets no entry of {x.shape[2:]}"
        )
    return rows, columns


def _blocks(y: Array) -> Iterator[slice]:
    """Cut a batch into blocks of images whose masks stay in the cache from tap to tap."""
    step = max(1, 50_000 // max(1, y[:1].size))
    return (slice(start, start + step) for start in range(0, len(y), step))


def _max(x: Array, rows: Axis, columns: Axis):
    """Return the largest entry of each window, and the function that sends a cotangent back to where it stood."""
    wide = padded(x, rows, columns, -np.inf)
    y = np.empty((*x.shape[:2], rows.windows, columns.windows), x.dtype)
    (*_, corner), *others = taps(rows, columns)
    for some in _blocks(y):
        y[some] = wide[some][corner]
        for _, _, where in others:
            np.maximum(y[some], wide[some][where], out=y[some])
    apart = all(a.stride >= a.kernel and a.dilation == 1 for a in (rows, columns))

    def back(dy):
        dx = np.zeros_like(wide)
        for some in _blocks(y):
            free = np.ones(y[some].shape, bool)  # windows whose gradient has not found its entry yet
            for _, _, where in taps(rows, columns):
                hit = wide[some][where] == y[some]
                hit &= free  # of several equal entries the first takes it
                free ^= hit
                if apart:  # no entry lies in two windows: there is nothing to add to
                    np.multiply(dy[some], hit, out=dx[some][where])
                else:
                    dx[some][where] += dy[some] * hit
        return np.ascontiguousarray(dx[..., rows.inside, columns.inside])

    return y, back


def _counts(a: Axis, padding: int, include: bool) -> Array:
    """Return by how many entries the sum of each window of an axis is divided.

    What hangs over the end in ceil_mode is never counted, the padding if `include` says so.
    """
    start = a.stride * np.arange(a.windows) - padding
    end = np.minimum(start + a.kernel, a.size + padding)
    return end - start if include else np.minimum(end, a.size) - np.maximum(start, 0)


def _mean(x: Array, rows: Axis, columns: Axis, sides: tuple[int, int], include: bool):
    """Return the mean of each window, and the function that shares a cotangent out among its entries."""
    wide = padded(x, rows, columns)
    count = np.outer(_counts(rows, sides[0], include), _counts(columns, sides[1], include)).astype(x.real.dtype)
    total = np.zeros((*x.shape[:2], rows.windows, columns.windows), x.dtype)
    for _, _, where in taps(rows, columns):
        total += wide[where]

    def back(dy):
        share = dy / count
        dx = np.zeros_like(wide)
        for _, _, where in taps(rows, columns):
            dx[where] += share
        return np.ascontiguousarray(dx[..., rows.inside, columns.inside])

    return total / count, back


@differentiable
def max_pool2d(
    x: Float[Array, "N C H W"], *, kernel_size: Both, stride: Both | None = None, padding: Both = 0,
    dilation: Both = 1, ceil_mode: bool = False,
) -> Float[Array, "N C P Q"]:
    r"""Keep the largest entry of each window, channel by channel.

    $$y_{ncpq} = \max_{r,s}\; x_{n,\,c,\,p s_h + r d_h - p_h,\,q s_w + s d_w - p_w}, \qquad
    \bar x_{ncij} = \sum_{(p,q) \,:\, (i,j) = \operatorname{first\,argmax}(p,q)} \bar y_{ncpq}$$

    Parameters
    ----------
    x : (N, C, H, W).
    kernel_size : of the window, one number or a pair.
    stride : step from window to window; None is kernel_size, windows side by side.
    padding : how far windows may reach over the border, where nothing counts; at most half of kernel_size.
    dilation : step from tap to tap within the window.
    ceil_mode : let a last window hang over the end, if it begins on the input or in the padding before it.

    Returns
    -------
    y : (N, C, P, Q). Among equal entries the first in reading order gets the gradient.

    Raises
    ------
    ValueError : for an option out of range, or a window that nowhere fits.

    **Source** Goodfellow, Bengio and Courville (2016), section 9.3.
    **Book** eq-max-pool
    """
    axes = pool_axes("max_pool2d", x, kernel_size, stride, padding, dilation, ceil_mode)
    y, back = _max(x, *axes)
    return y, lambda dy: (back(dy),)


@differentiable
def max_pool1d(
    x: Float[Array, "N C W"], *, kernel_size: int, stride: int | None = None, padding: int = 0, dilation: int = 1,
    ceil_mode: bool = False,
) -> Float[Array, "N C Q"]:
    r"""Keep the largest entry of each window of a signal, channel by channel.

    $$y_{ncq} = \max_{s}\; x_{n,\,c,\,q t + s d - p}$$

    Parameters
    ----------
    x : (N, C, W).
    kernel_size, stride, padding, dilation, ceil_mode : as in `max_pool2d`, along the one axis.

    Returns
    -------
    y : (N, C, Q). Among equal entries the first gets the gradient.

    Raises
    ------
    ValueError : for an option out of range, or a window that nowhere fits.

    **Source** Goodfellow, Bengio and Courville (2016), section 9.3.
    **Book** eq-max-pool
    """
    step = kernel_size if stride is None else stride
    axes = pool_axes("max_pool1d", x[:, :, None], (1, kernel_size), (1, step), (0, padding), (1, dilation), ceil_mode)
    y, back = _max(x[:, :, None], *axes)
    return y[:, :, 0], lambda dy: (back(dy[:, :, None])[:, :, 0],)


@differentiable
def avg_pool2d(
    x: Float[Array, "N C H W"], *, kernel_size: Both, stride: Both | None = None, padding: Both = 0,
    ceil_mode: bool = False, count_include_pad: bool = True,
) -> Float[Array, "N C P Q"]:
    r"""Take the mean of each window, channel by channel.

    $$y_{ncpq} = \frac{1}{k_{pq}} \sum_{r,s} \tilde x_{n,\,c,\,p s_h + r,\,q s_w + s}, \qquad
    \bar x_{ncij} = \sum_{(p,q) \ni (i,j)} \frac{\bar y_{ncpq}}{k_{pq}}$$

    Parameters
    ----------
    x : (N, C, H, W).
    kernel_size, stride, padding, ceil_mode : as in `max_pool2d`.
    count_include_pad : whether the zeros of the padding count among the k entries of a window.

    Returns
    -------
    y : (N, C, P, Q).

    Raises
    ------
    ValueError : for an option out of range, or a window that nowhere fits.

    **Source** LeCun, Bottou, Bengio and Haffner (1998), section II, whose sub-sampling layers average.
    **Book** eq-avg-pool
    """
    axes = pool_axes("avg_pool2d", x, kernel_size, stride, padding, 1, ceil_mode)
    y, back = _mean(x, *axes, pair("avg_pool2d", "padding", padding, 0), count_include_pad)
    return y, lambda dy: (back(dy),)


@differentiable
def avg_pool1d(
    x: Float[Array, "N C W"], *, kernel_size: int, stride: int | None = None, padding: int = 0,
    ceil_mode: bool = False, count_include_pad: bool = True,
) -> Float[Array, "N C Q"]:
    r"""Take the mean of each window of a signal, channel by channel.

    $$y_{ncq} = \frac{1}{k_q} \sum_{s} \tilde x_{n,\,c,\,q t + s}$$

    Parameters
    ----------
    x : (N, C, W).
    kernel_size, stride, padding, ceil_mode, count_include_pad : as in `avg_pool2d`, along the one axis.

    Returns
    -------
    y : (N, C, Q).

    Raises
    ------
    ValueError : for an option out of range, or a window that nowhere fits.

    **Source** LeCun, Bottou, Bengio and Haffner (1998), section II.
    **Book** eq-avg-pool
    """
    step = kernel_size if stride is None else stride
    axes = pool_axes("avg_pool1d", x[:, :, None], (1, kernel_size), (1, step), (0, padding), 1, ceil_mode)
    y, back = _mean(x[:, :, None], *axes, (0, padding), count_include_pad)
    return y[:, :, 0], lambda dy: (back(dy[:, :, None])[:, :, 0],)
