"""Weights that are drawn anew, and two ways to say how much a map has changed."""

import numpy as np
import torch
from torch import Tensor
from torch.utils._pytree import tree_map

from dlbook.numpy import visualization as reference
from dlbook.numpy.linear_classifiers.arguments import above_zero
from dlbook.shapes import ShapeError

__all__ = ["inside_share", "randomize", "rank_correlation"]


def randomize(params: tuple, layers: int, rng: np.random.Generator) -> tuple:
    """Forget the last layers of a network: the reference's own draw, as tensors."""
    drawn = reference.randomize(tree_map(lambda leaf: leaf.detach().cpu().numpy(), params), layers, rng)
    return tree_map(lambda new, old: torch.as_tensor(new, device=old.device), drawn, params)


def _centred_ranks(values: Tensor) -> Tensor:
    """Return each number's place in the order of all: those below, plus half of those that are equal to it."""
    below = (values[:, None, :] < values[:, :, None]).sum(dim=2)
    equal = (values[:, None, :] == values[:, :, None]).sum(dim=2)
    return below + (equal - values.shape[1]) / 2.0


def rank_correlation(a: Tensor, b: Tensor) -> Tensor:
    """Correlate the order of the numbers of two maps."""
    if a.shape != b.shape or a.ndim < 2:
        raise ShapeError(
            f"rank_correlation: a has shape {tuple(a.shape)} and b {tuple(b.shape)}, expected the same, (N, ...)"
        )
    r, q = (_centred_ranks(maps.flatten(1)).double() for maps in (a, b))
    size = torch.linalg.vector_norm(r, dim=1) * torch.linalg.vector_norm(q, dim=1)
    return torch.where(size > 0, (r * q).sum(dim=1) / size.clamp(min=1e-300), 0.0)


def inside_share(maps: Tensor, mask: Tensor, *, top: float = 0.1) -> Tensor:
    """Say which share of the strongest pixels of a map lies inside an object."""
    if maps.shape != mask.shape or maps.ndim != 3:
        raise ShapeError(
            f"inside_share: maps has shape {tuple(maps.shape)} and mask {tuple(mask.shape)}, "
            "expected the same, (N, H, W)"
        )
    if mask.dtype != torch.bool:
        raise TypeError(f"inside_share: mask is {mask.dtype}, expected bool")
    if above_zero("inside_share", "top", top) > 1:
        raise ValueError(f"inside_share: top is {top}, expected a number above 0 and at most 1")
    flat = maps.flatten(1)
    count = int(np.ceil(top * flat.shape[1] - 1e-9))
    strongest = flat.argsort(dim=1, descending=True, stable=True)[:, :count]
    return mask.flatten(1).gather(1, strongest).double().mean(dim=1)
