"""Pooling: windows that keep their largest entry, or their mean."""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from dlbook.numpy.convolution.conv import Both
from dlbook.numpy.convolution.pooling import pool_axes
from dlbook.torch import twin

__all__ = ["avg_pool1d", "avg_pool2d", "max_pool1d", "max_pool2d"]


@twin
def max_pool2d(
    x: Float[Tensor, "N C H W"], *, kernel_size: Both, stride: Both | None = None, padding: Both = 0,
    dilation: Both = 1, ceil_mode: bool = False,
) -> Float[Tensor, "N C P Q"]:
    """Keep the largest entry of each window, channel by channel."""
    pool_axes("max_pool2d", x, kernel_size, stride, padding, dilation, ceil_mode)
    return F.max_pool2d(x, kernel_size, stride, padding, dilation, ceil_mode)


@twin
def max_pool1d(
    x: Float[Tensor, "N C W"], *, kernel_size: int, stride: int | None = None, padding: int = 0, dilation: int = 1,
    ceil_mode: bool = False,
) -> Float[Tensor, "N C Q"]:
    """Keep the largest entry of each window of a signal, channel by channel."""
    step = kernel_size if stride is None else stride
    options = (1, kernel_size), (1, step), (0, padding), (1, dilation), ceil_mode
    pool_axes("max_pool1d", x[:, :, None], *options)
    return F.max_pool2d(x[:, :, None], *options)[:, :, 0]


@twin
def avg_pool2d(
    x: Float[Tensor, "N C H W"], *, kernel_size: Both, stride: Both | None = None, padding: Both = 0,
    ceil_mode: bool = False, count_include_pad: bool = True,
) -> Float[Tensor, "N C P Q"]:
    """Take the mean of each window, channel by channel."""
    pool_axes("avg_pool2d", x, kernel_size, stride, padding, 1, ceil_mode)
    return F.avg_pool2d(x, kernel_size, stride, padding, ceil_mode, count_include_pad)


@twin
def avg_pool1d(
    x: Float[Tensor, "N C W"], *, kernel_size: int, stride: int | None = None, padding: int = 0,
    ceil_mode: bool = False, count_include_pad: bool = True,
) -> Float[Tensor, "N C Q"]:
    """Take the mean of each window of a signal, channel by channel."""
    step = kernel_size if stride is None else stride
    pool_axes("avg_pool1d", x[:, :, None], (1, kernel_size), (1, step), (0, padding), 1, ceil_mode)
    return F.avg_pool1d(x, kernel_size, step, padding, ceil_mode, count_include_pad)
