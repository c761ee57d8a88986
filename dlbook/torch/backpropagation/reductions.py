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
    dims = _dims(x, axis)
    return torch.sum(x, dim=dims, keepdim=keepdims) if dims else x.clone()  # to PyTorch () means all axes


@twin
def mean(x: Float[Tensor, "..."], *, axis: Axis = None, keepdims: bool = False) -> Float[Tensor, "..."]:
    """Average over some axes, or over all."""
    dims = _dims(x, axis)
    return torch.mean(x, dim=dims, keepdim=keepdims) if dims else x.clone()  # to PyTorch () means all axes


@twin
def amax(x: Float[Tensor, "..."], *, axis: Axis = None, keepdims: bool = False) -> Float[Tensor, "..."]:
    """Take the largest entry; entries that share the maximum share its gradient equally."""
    dims = _dims(x, axis)
    return torch.amax(x, dim=dims, keepdim=keepdims) if dims else x.clone()  # to PyTorch () means all axes


def _dims(x: Tensor, axis: Axis) -> tuple[int, ...]:
    if axis is None:
        return tuple(range(x.ndim))
    return axis if isinstance(axis, tuple) else (axis,)
