"""Solutions of the exercises of `convolution`, written as a reader would write them."""

import numpy as np

from dlbook.differentiable import differentiable, vjp
from dlbook.numpy.convolution import conv2d as reference
from dlbook.numpy.convolution import conv_transpose1d, unfold
from dlbook.numpy.convolution.conv import Both, Named, check_channels, two_axes
from dlbook.numpy.convolution.geometry import padded
from dlbook.shapes import Array, Float

__all__ = ["conv2d", "covering_kernels", "separable_conv2d", "winograd_conv1d"]


@differentiable
def conv2d(
    x: Float[Array, "N C H W"], weight: Float[Array, "F I R S"], bias: Float[Array, " F"] | None = None, *,
    stride: Both = 1, padding: Both | Named = 0, dilation: Both = 1, groups: int = 1,
) -> Float[Array, "N F P Q"]:
    """Convolve by one matrix product for each image and group, and go back by two more."""
    groups = check_channels("conv2d", x, weight, groups)
    rows, columns = two_axes("conv2d", x, weight, stride, padding, dilation)
    options = {"kernel_size": weight.shape[2:], "stride": stride, "dilation": dilation}
    u, fold_back = vjp(unfold, padded(x, rows, columns), **options)
    w = weight.reshape(groups, len(weight) // groups, -1)
    u = u.reshape(len(x), groups, w.shape[2], -1)
    y = (w @ u).reshape(len(x), len(weight), rows.windows, columns.windows)
    if bias is not None:
        y = y + bias[:, None, None]

    def pullback(dy):
        g = dy.reshape(len(x), groups, w.shape[1], -1)
        du = w.swapaxes(1, 2) @ g  # Y = W U sends W^T dY to U,
        dw = (g @ u.swapaxes(2, 3)).sum(axis=0)  # and dY U^T to W, from each image
        (dx,) = fold_back(du.reshape(len(x), -1, u.shape[3]))
        dx = np.ascontiguousarray(dx[..., rows.inside, columns.inside])
        return dx, dw.reshape(weight.shape), None if bias is None else dy.sum(axis=(0, 2, 3))

    return y, pullback


def winograd_conv1d(x, w):
    """Convolve a signal with a kernel of three taps by four multiplications for each pair of outputs.

    Parameters
    ----------
    x : (W,) a signal of an even length, at least 4.
    w : (3,) a kernel.

    Returns
    -------
    y : (W - 2,).

    Examples
    --------
    >>> winograd_conv1d(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 0.0, -1.0]))
    array([-2., -2.])
    """
    x0, x1, x2, x3 = (x[k : len(x) - 3 + k : 2] for k in range(4))
    plus, minus = (w[0] + w[1] + w[2]) / 2, (w[0] - w[1] + w[2]) / 2  # once for all places
    m1, m2, m3, m4 = (x0 - x2) * w[0], (x1 + x2) * plus, (x2 - x1) * minus, (x1 - x3) * w[2]
    return np.stack([m1 + m2 + m3, m2 - m3 - m4], axis=1).ravel()


def separable_conv2d(x, depthwise, pointwise, *, padding=0):
    """Convolve each channel with a kernel of its own, then mix the channels at each place.

    Parameters
    ----------
    x : (N, C, H, W).
    depthwise : (C, 1, R, S), a kernel for each channel.
    pointwise : (F, C, 1, 1), the mixture.
    padding : of the first step.

    Returns
    -------
    y : (N, F, P, Q).

    Examples
    --------
    >>> separable_conv2d(np.ones((1, 2, 3, 3)), np.ones((2, 1, 3, 3)), np.ones((4, 2, 1, 1))).ravel()
    array([18., 18., 18., 18.])
    """
    return reference(reference(x, depthwise, padding=padding, groups=x.shape[1]), pointwise)


def covering_kernels(size, kernel_size, stride):
    """Count by how many kernels each entry of a transposed convolution's result is painted.

    Parameters
    ----------
    size : entries of the input.
    kernel_size, stride : of the transposed convolution, along one axis.

    Returns
    -------
    counts : one integer for each entry of the result.

    Examples
    --------
    >>> covering_kernels(4, 3, 2)
    array([1, 1, 2, 1, 2, 1, 2, 1, 1])
    >>> covering_kernels(4, 4, 2)
    array([1, 1, 2, 2, 2, 2, 2, 2, 1, 1])
    """
    ones = np.ones((1, 1, size)), np.ones((1, 1, kernel_size))
    return conv_transpose1d(*ones, stride=stride)[0, 0].astype(int)
