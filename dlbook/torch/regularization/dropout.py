"""Dropout and its relatives: multiply by chance, and let the mean be right."""

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from dlbook.numpy import regularization as reference
from dlbook.numpy.regularization.dropout import kept_scale
from dlbook.torch import twin

__all__ = ["drop_path", "dropout", "keep_mask", "spatial_dropout"]


def keep_mask(shape: int | tuple[int, ...], rng: np.random.Generator, *, p: float = 0.5) -> Bool[Tensor, "..."]:
    """Draw what stays: the reference's own draw, as a tensor."""
    return torch.from_numpy(reference.keep_mask(shape, rng, p=p))


def spread(mask: Tensor, x: Tensor) -> Tensor:
    """Give a mask of x's first axes an axis of length 1 for each of the others."""
    return mask[(...,) + (None,) * (x.ndim - mask.ndim)]


@twin
def dropout(x: Float[Tensor, "*S"], mask: Bool[Tensor, "*S"], *, p: float = 0.5) -> Float[Tensor, "*S"]:
    """Turn the entries that the mask drops into zero, and stretch the others so that the mean stays."""
    return (x * kept_scale("dropout", p)).masked_fill(~mask, 0)


@twin
def spatial_dropout(
    x: Float[Tensor, "N C *S"], mask: Bool[Tensor, "N C"], *, p: float = 0.5
) -> Float[Tensor, "N C *S"]:
    """Drop whole channels."""
    return (x * kept_scale("spatial_dropout", p)).masked_fill(~spread(mask, x), 0)


@twin
def drop_path(x: Float[Tensor, "N *S"], mask: Bool[Tensor, " N"], *, p: float = 0.5) -> Float[Tensor, "N *S"]:
    """Drop whole examples of a branch."""
    return (x * kept_scale("drop_path", p)).masked_fill(~spread(mask, x), 0)
