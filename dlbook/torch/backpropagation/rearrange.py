"""The twins of the primitives that move numbers about."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from dlbook.shapes import Int
from dlbook.torch import twin

__all__ = ["broadcast_to", "cat", "index_add", "index_select", "reshape", "sum_to", "transpose", "where"]


@twin
def reshape(x: Float[Tensor, "..."], *, shape: tuple[int, ...]) -> Float[Tensor, "..."]:
    """Give x another shape with as many entries, read row by row."""
    return torch.reshape(x, shape)


@twin
def transpose(x: Float[Tensor, "..."], *, axes: tuple[int, ...] | None = None) -> Float[Tensor, "..."]:
    """Reorder the axes: axis i of y is axis `axes[i]` of x."""
    return x.permute(tuple(reversed(range(x.ndim))) if axes is None else axes)


@twin
def broadcast_to(x: Float[Tensor, "..."], *, shape: tuple[int, ...]) -> Float[Tensor, "..."]:
    """Repeat x along new leading axes and along axes of length 1."""
    return torch.broadcast_to(x, shape)


@twin
def sum_to(x: Float[Tensor, "..."], *, shape: tuple[int, ...]) -> Float[Tensor, "..."]:
    """Sum over the axes along which `shape` was repeated."""
    return x.sum_to_size(shape)


@twin
def index_select(x: Float[Tensor, "..."], index: Int[Tensor, " M"], *, axis: int = 0) -> Float[Tensor, "..."]:
    """Take rows by their numbers; a row may be taken several times, or never."""
    return torch.index_select(x, axis, index)


@twin
def index_add(
    x: Float[Tensor, "..."], index: Int[Tensor, " M"], *, size: int, axis: int = 0
) -> Float[Tensor, "..."]:
    """Add rows into a table of zeros at their numbers. Repeated numbers add up."""
    axis %= x.ndim
    return x.new_zeros(*x.shape[:axis], size, *x.shape[axis + 1 :]).index_add(axis, index, x)


@twin
def cat(xs: Sequence[Float[Tensor, "..."]], *, axis: int = 0) -> Float[Tensor, "..."]:
    """Lay arrays end to end along an axis."""
    return torch.cat(tuple(xs), axis)


@twin
def where(
    condition: Bool[Tensor, "*S"], a: Float[Tensor, "*S"], b: Float[Tensor, "*S"]
) -> Float[Tensor, "*S"]:
    """Take the entries of a where the condition is true, those of b elsewhere."""
    return torch.where(condition, a, b)
