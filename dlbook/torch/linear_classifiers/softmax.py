"""Softmax and its logarithm: from scores to probabilities."""

import torch
from jaxtyping import Float
from torch import Tensor

from dlbook.torch import twin

__all__ = ["log_softmax", "logsumexp", "softmax"]


@twin
def logsumexp(x: Float[Tensor, "*S"], *, axis: int = -1) -> Float[Tensor, "..."]:
    """Compute the logarithm of the sum of exponentials along the axis."""
    return torch.logsumexp(x, dim=axis)


@twin
def softmax(x: Float[Tensor, "*S"], *, axis: int = -1) -> Float[Tensor, "*S"]:
    """Turn scores into probabilities that sum to 1 along the axis."""
    return torch.softmax(x, dim=axis)


@twin
def log_softmax(x: Float[Tensor, "*S"], *, axis: int = -1) -> Float[Tensor, "*S"]:
    """Compute the logarithm of the softmax."""
    return torch.log_softmax(x, dim=axis)
