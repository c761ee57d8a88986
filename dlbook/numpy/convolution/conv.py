"""The convolution layer, for signals and for images, and its gradients."""

from typing import Literal

import numpy as np

from dlbook.differentiable import differentiable
from dlbook.numpy.convolution.geometry import axis, pair
from dlbook.numpy.convolution.lowered import collect, correlate, spread
from dlbook.numpy.linear_classifiers.arguments import whole_number
from dlbook.shapes import Array, Float, ShapeError

__all__ = ["conv1d", "conv2d"]

Both = int | tuple[int, int]  # one number for both axes, or a pair
Named = Literal["same", "valid"]


def check_channels(function: str, x: Array, weight: Array, groups: int) -> int:
    """Return groups; refuse channels or filters that do not split into so many equal parts."""
    groups = whole_number(function, "groups", groups, 1)
    if x.shape[1] != groups * weight.shape[1] or len(weight) % groups:
        raise ShapeError(
            f"{function}: x has {x.shape[1]} channels and weight shape {weight.shape} with groups = {groups}, "
            f"expected {x.shape[1]} = groups * {weight.shape[1]} and {len(weight)} a multiple of groups"
        )
    return groups


def two_axes(function: str, x: Array, weight: Array, stride: Both, padding: Both | Named, dilation: Both):
    """Return the geometry of rows and columns."""
    strides, gaps = pair(function, "stride", stride, 1), pair(function, "dilation", dilation, 1)
    if padding == "same" and strides != (1, 1):
        raise ValueError(f"{function}: padding is 'same' with stride {stride}, expected a stride of 1")
    sides = (padding, padding) if isinstance(padding, str) else pair(function, "padding", padding, 0)
    return tuple(
        axis(function, size, kernel, s, p, d)
        for size, kernel, s, p, d in zip(x.shape[2:], weight.shape[2:], strides, sides, gaps, strict=True)
    )


@differentiable
def conv2d(
    x: Float[Array, "N C H W"], weight: Float[Array, "F I R S"], bias: Float[Array, " F"] | None = None, *,
    stride: Both = 1, padding: Both | Named = 0, dilation: Both = 1, groups: int = 1,
) -> Float[Array, "N F P Q"]:
    r"""Slide F small kernels over an image and note at every place how much each of them agrees with it.

    $$y_{nfpq} = b_f + \sum_{c,r,s} w_{fcrs}\; \tilde x_{n,\,c,\,p s_h + r d_h,\,q s_w + s d_w}$$

    $\tilde x$ is x with a border of zeros. With groups the channels c are those of f's own group.

    Parameters
    ----------
    x : (N, C, H, W) images.
    weight : (F, C / groups, R, S), one kernel per output channel. It is not flipped.
    bias : (F,) or None.
    stride : step from window to window, one number or (vertical, horizontal).
    padding : width of the border of zeros, one number or a pair; "valid" is 0, and "same" keeps H and W (stride 1).
    dilation : step from tap to tap within the kernel, one number or a pair.
    groups : how many parts the channels are split into, each seen by its own F / groups kernels; C gives a
        depthwise convolution.

    Returns
    -------
    y : (N, F, P, Q), with P and Q as `conv_output_size` says.

    Raises
    ------
    ShapeError : when the channels do not fit the kernels and groups, or the kernel nowhere fits.
    ValueError : for an option out of range.

    **Source** LeCun, Bottou, Bengio and Haffner (1998), section II; Dumoulin and Visin (2016).
    **Book** eq-conv2d, eq-conv-dx, eq-conv-dw, eq-conv-db
    """
    groups = check_channels("conv2d", x, weight, groups)
    rows, columns = two_axes("conv2d", x, weight, stride, padding, dilation)
    y = correlate(x, weight, rows, columns, groups)
    if bias is not None:
        y += bias[:, None, None]

    def pullback(dy):
        dx = spread(dy, weight, rows, columns, groups)  # each output goes back to the entries that it saw
        dweight = collect(x, dy, rows, columns, groups)  # each tap collects what it met, wherever it was used
        dbias = None if bias is None else dy.sum(axis=(0, 2, 3))
        return dx, dweight, dbias

    return y, pullback


@differentiable
def conv1d(
    x: Float[Array, "N C W"], weight: Float[Array, "F I S"], bias: Float[Array, " F"] | None = None, *,
    stride: int = 1, padding: int | Named = 0, dilation: int = 1, groups: int = 1,
) -> Float[Array, "N F Q"]:
    r"""Slide F kernels along a signal: a convolution of images that have one row.

    $$y_{nfq} = b_f + \sum_{c,s} w_{fcs}\; \tilde x_{n,\,c,\,q t + s d}$$

    Parameters
    ----------
    x : (N, C, W) signals of C channels.
    weight : (F, C / groups, S), one kernel per output channel.
    bias : (F,) or None.
    stride, padding, dilation, groups : t, zeros on either side, d, and parts of the channels, as in `conv2d`.

    Returns
    -------
    y : (N, F, Q), with Q as `conv_output_size` says.

    Raises
    ------
    ShapeError : when the channels do not fit the kernels and groups, or the kernel nowhere fits.
    ValueError : for an option out of range.

    **Source** LeCun, Bottou, Bengio and Haffner (1998), section II; KTH DD2424, assignment 3 (option).
    **Book** eq-conv1d
    """
    groups = check_channels("conv1d", x, weight, groups)
    images, kernels = x[:, :, None], weight[:, :, None]
    sides = padding if isinstance(padding, str) else (0, whole_number("conv1d", "padding", padding, 0))
    rows, columns = two_axes("conv1d", images, kernels, (1, stride), sides, (1, dilation))
    y = correlate(images, kernels, rows, columns, groups)[:, :, 0]
    if bias is not None:
        y += bias[:, None]

    def pullback(dy):
        rows_of_dy = np.expand_dims(dy, 2)
        dx = spread(rows_of_dy, kernels, rows, columns, groups)[:, :, 0]
        dweight = collect(images, rows_of_dy, rows, columns, groups)[:, :, 0]
        dbias = None if bias is None else dy.sum(axis=(0, 2))
        return dx, dweight, dbias

    return y, pullback


def kernel_gradients(x: Array, weight: Array, dy: Array) -> tuple[Array, Array]:
    """Return the gradients of the kernels and biases of a convolution with padding "same", and none of x."""
    images, kernels, cotangent = (np.expand_dims(a, 2) if x.ndim == 3 else a for a in (x, weight, dy))
    rows, columns = two_axes("conv", images, kernels, 1, "same", 1)
    dweight = collect(images, cotangent, rows, columns, 1).reshape(weight.shape)
    return dweight, dy.sum(axis=(0, *range(2, dy.ndim)))
