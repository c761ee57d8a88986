"""The twins of the primitives that apply a function to every entry."""

import torch
from jaxtyping import Float
from torch import Tensor

from dlbook.torch import twin

__all__ = ["cos", "exp", "log", "maximum", "sin", "sqrt", "tanh"]


@twin
def exp(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Compute the exponential, its own derivative."""
    return torch.exp(x)


@twin
def log(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Compute the natural logarithm."""
    return torch.log(x)


@twin
def sqrt(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Compute the square root."""
    return torch.sqrt(x)


@twin
def sin(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Compute the sine."""
    return torch.sin(x)


@twin
def cos(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Compute the cosine."""
    return torch.cos(x)


@twin
def tanh(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Compute the hyperbolic tangent."""
    return torch.tanh(x)


@twin
def maximum(a: Float[Tensor, "*#S"], b: Float[Tensor, "*#S"]) -> Float[Tensor, "..."]:
    """Take the larger of two entries; in a tie each side receives half of the gradient."""
    return torch.maximum(a, b)
