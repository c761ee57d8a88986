"""The twins of the matrix product and of its generalization."""

import torch
from jaxtyping import Float
from torch import Tensor

from dlbook.torch import twin

__all__ = ["einsum", "matmul"]


@twin
def matmul(a: Float[Tensor, "*B N D"], b: Float[Tensor, "*B D K"]) -> Float[Tensor, "*B N K"]:
    """Multiply matrices, or stacks of them."""
    return a @ b


@twin
def einsum(*operands: Float[Tensor, "..."], equation: str) -> Float[Tensor, "..."]:
    """Multiply arrays along named axes and sum over the names that the result lacks."""
    return torch.einsum(equation, *operands)
