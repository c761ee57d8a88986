"""The twins of sum, mean and the largest."""

import torch
from jaxtyping import Float
from torch import Tensor

from dlbook.numpy.backpropagation.primitive import Axis
from dlbook.torch import twin

__all__ = ["amax", "mean", "sum"]


@twin
def sum(x: Float[Tensor, "..."], *, axis: Axis = None, keepdims: bool = False) -> Float[Tensor, "..."]:
    """Sum over some axes, or over all."""
    return torch.sum(x, dim=_dims(x, axis), keepdim=keepdims) if x.ndim else x.clone()


@twin
def mean(x: Float[Tensor, "..."], *, axis: Axis = None, keepdims: bool = False) -> Float[Tensor, "..."]:
    """Average over some axes, or over all."""
    return torch.mean(x, dim=_dims(x, axis), keepdim=keepdims) if x.ndim else x.clone()


@twin
def amax(x: Float[Tensor, "..."], *, axis: Axis = None, keepdims: bool = False) -> Float[Tensor, "..."]:
    """Take the largest entry; entries that share the maximum share its gradient equally."""
    return torch.amax(x, dim=_dims(x, axis), keepdim=keepdims) if x.ndim else x.clone()


def _dims(x: Tensor, axis: Axis) -> tuple[int, ...]:
    if axis is None:
        return tuple(range(x.ndim))
    return axis if isinstance(axis, tuple) else (axis,)
