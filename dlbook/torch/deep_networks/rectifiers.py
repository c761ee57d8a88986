"""Activations with a kink: functions that pass what is positive and treat the rest in some other way."""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from dlbook.numpy.linear_classifiers.arguments import whole_number
from dlbook.shapes import ShapeError
from dlbook.torch import twin

__all__ = ["elu", "leaky_relu", "maxout", "prelu", "relu", "selu"]


@twin
def relu(x: Float[Tensor, "*S"]) -> Float[Tensor, "*S"]:
    """Let positive numbers pass and turn the others into zero."""
    return F.relu(x)


@twin
def leaky_relu(x: Float[Tensor, "*S"], *, negative_slope: float = 0.01) -> Float[Tensor, "*S"]:
    """Let positive numbers pass and let a little of the others through."""
    return F.leaky_relu(x, negative_slope)


@twin
def prelu(x: Float[Tensor, "*S"], weight: Float[Tensor, " C"]) -> Float[Tensor, "*S"]:
    """Let positive numbers pass and multiply the others by a slope that is learnt."""
    channels = x.shape[1] if x.ndim > 1 else 1
    if len(weight) not in (1, channels):
        raise ShapeError(f"prelu: weight has {len(weight)} entries, expected 1 or {channels}, a slope for each channel")
    return F.prelu(x, weight)


@twin
def elu(x: Float[Tensor, "*S"], *, alpha: float = 1.0) -> Float[Tensor, "*S"]:
    """Let positive numbers pass and bend the others towards a floor."""
    return F.elu(x, alpha)


@twin
def selu(x: Float[Tensor, "*S"]) -> Float[Tensor, "*S"]:
    """Apply an ELU that is scaled such that mean 0 and variance 1 reproduce themselves from layer to layer."""
    return F.selu(x)


@twin
def maxout(x: Float[Tensor, "N J"], *, pieces: int = 2) -> Float[Tensor, "N K"]:
    """Let groups of neighbouring columns compete: only the largest of each group passes."""
    pieces = whole_number("maxout", "pieces", pieces, 1)
    if x.shape[1] % pieces:
        raise ValueError(f"maxout: x has {x.shape[1]} columns, expected a multiple of pieces = {pieces}")
    groups = x.unflatten(1, (-1, pieces)) if x.shape[1] else x.reshape(len(x), 0, pieces)
    return groups.max(dim=2).values  # the gradient goes to the index that max reports, not to all that tie
