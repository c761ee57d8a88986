"""The networks that dropout trains, all of them: masks one by one, and the mean of what they say."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from dlbook.numpy import regularization as reference
from dlbook.numpy.linear_classifiers.arguments import between
from dlbook.shapes import describe

__all__ = ["all_masks", "mask_probability", "normalized_geometric_mean"]


def all_masks(n: int) -> Bool[Tensor, "M n"]:
    """List every way to keep some of n units and drop the others."""
    return torch.from_numpy(reference.all_masks(n))


def mask_probability(masks: Bool[Tensor, "M n"], *, p: float = 0.5) -> Float[Tensor, " M"]:
    """Compute how probable each mask is when units are dropped independently."""
    p = between("mask_probability", "p", p, 0, 1)
    kept = masks.double()
    return (kept * (1 - p) + (1 - kept) * p).prod(dim=1)


def normalized_geometric_mean(p: Float[Tensor, "M N K"], weight: Float[Tensor, " M"]) -> Float[Tensor, "N K"]:
    """Average the predictions of M classifiers by multiplying them, and make the result sum to 1 again."""
    if p.ndim != 3 or weight.shape != p.shape[:1]:
        raise ValueError(f"normalized_geometric_mean: p is {describe(p)} and weight {describe(weight)}, "
                         "expected shapes (M, N, K) and (M,)")
    if not (p > 0).all():
        raise ValueError(f"normalized_geometric_mean: p has the entry {p.min()}, expected positive probabilities")
    return torch.tensordot(weight, p.log(), 1).softmax(dim=1)
