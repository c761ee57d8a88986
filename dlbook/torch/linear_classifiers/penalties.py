"""Penalties: the second half of "loss + regularization", a price on large weights."""

from typing import Any

from jaxtyping import Float
from torch import Tensor

from dlbook.shapes import leaves
from dlbook.torch import twin

__all__ = ["elastic_net_penalty", "l1_penalty", "l2_penalty"]


@twin
def l2_penalty(weights: Any, *, strength: float) -> Float[Tensor, ""]:
    """Price weights by their squares, without a factor 1/2."""
    return strength * sum(w.square().sum() for _, w in leaves(weights) if w is not None)


@twin
def l1_penalty(weights: Any, *, strength: float) -> Float[Tensor, ""]:
    """Price weights by their size."""
    return strength * sum(w.abs().sum() for _, w in leaves(weights) if w is not None)


@twin
def elastic_net_penalty(weights: Any, *, strength: float, l1_ratio: float = 0.5) -> Float[Tensor, ""]:
    """Mix the two: `l1_ratio` of the l1 penalty and the rest of the l2 penalty."""
    return l1_ratio * l1_penalty(weights, strength=strength) + (1 - l1_ratio) * l2_penalty(weights, strength=strength)
