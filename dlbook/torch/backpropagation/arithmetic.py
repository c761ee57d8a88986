"""The twins of the primitives of arithmetic."""

import torch
from jaxtyping import Float
from torch import Tensor

from dlbook.torch import twin

__all__ = ["add", "div", "mul", "neg", "pow", "scale", "sub"]


@twin
def add(a: Float[Tensor, "*#S"], b: Float[Tensor, "*#S"]) -> Float[Tensor, "..."]:
    """Add entry by entry: the gate that hands its gradient to both sides."""
    return a + b


@twin
def sub(a: Float[Tensor, "*#S"], b: Float[Tensor, "*#S"]) -> Float[Tensor, "..."]:
    """Subtract entry by entry."""
    return a - b


@twin
def neg(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Change the sign."""
    return -x


@twin
def scale(x: Float[Tensor, "..."], *, by: float) -> Float[Tensor, "..."]:
    """Multiply with a constant that has no gradient."""
    return x * by


@twin
def mul(a: Float[Tensor, "*#S"], b: Float[Tensor, "*#S"]) -> Float[Tensor, "..."]:
    """Multiply entry by entry: the gate that swaps its inputs."""
    return a * b


@twin
def div(a: Float[Tensor, "*#S"], b: Float[Tensor, "*#S"]) -> Float[Tensor, "..."]:
    """Divide entry by entry."""
    return a / b


@twin
def pow(x: Float[Tensor, "..."], *, exponent: float) -> Float[Tensor, "..."]:
    """Raise to a constant power."""
    return torch.pow(x, exponent)
