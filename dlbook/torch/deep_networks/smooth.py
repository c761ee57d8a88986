"""Activations without a kink: the hyperbolic tangent, and smooth relatives of the ReLU."""

from typing import Literal

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from dlbook.numpy.linear_classifiers.arguments import above_zero
from dlbook.torch import twin

__all__ = ["gelu", "silu", "softplus"]


@twin
def softplus(x: Float[Tensor, "*S"], *, beta: float = 1.0, threshold: float = 20.0) -> Float[Tensor, "*S"]:
    """Round off the kink of the ReLU."""
    return F.softplus(x, above_zero("softplus", "beta", beta), threshold)


@twin
def gelu(x: Float[Tensor, "*S"], *, approximate: Literal["none", "tanh"] = "none") -> Float[Tensor, "*S"]:
    """Keep a number with the probability that a standard normal variable lies below it, on average."""
    return F.gelu(x, approximate=approximate)


@twin
def silu(x: Float[Tensor, "*S"]) -> Float[Tensor, "*S"]:
    """Multiply a number by its own sigmoid."""
    return F.silu(x)
