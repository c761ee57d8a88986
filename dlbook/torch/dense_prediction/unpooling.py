"""Unpooling: put the largest entries back where they stood."""

import torch.nn.functional as F
from jaxtyping import Float, Integer
from torch import Tensor

from dlbook.numpy.convolution.conv import Both
from dlbook.numpy.convolution.pooling import pool_axes
from dlbook.numpy.dense_prediction.unpooling import check_places, unpooled_size
from dlbook.torch import twin

__all__ = ["max_pool2d_indices", "max_unpool2d"]


@twin
def max_pool2d_indices(
    x: Float[Tensor, "N C H W"], *, kernel_size: Both, stride: Both | None = None, padding: Both = 0,
    dilation: Both = 1, ceil_mode: bool = False,
) -> Integer[Tensor, "N C P Q"]:
    """Find where in its image the largest entry of each window stands."""
    pool_axes("max_pool2d_indices", x, kernel_size, stride, padding, dilation, ceil_mode)
    return F.max_pool2d(x, kernel_size, stride, padding, dilation, ceil_mode, return_indices=True)[1]


@twin
def max_unpool2d(
    x: Float[Tensor, "N C P Q"], indices: Integer[Tensor, "N C P Q"], *, kernel_size: Both, stride: Both | None = None,
    padding: Both = 0, output_size: Both | None = None,
) -> Float[Tensor, "N C H W"]:
    """Put each entry at the place that its index names, and zeros everywhere else."""
    h, w = unpooled_size("max_unpool2d", x, kernel_size, stride, padding, output_size)
    places = indices.flatten(2).sort(dim=2).values
    check_places("max_unpool2d", indices, h * w, bool((places[..., 1:] == places[..., :-1]).any()))
    # F.max_unpool2d calls a kernel that autograd follows, but functorch does not on every version: scatter does.
    flat = x.new_zeros(*x.shape[:2], h * w).scatter(2, indices.flatten(2).long(), x.flatten(2))
    return flat.unflatten(2, (h, w))
