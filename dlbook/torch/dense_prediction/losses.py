"""Losses of a whole image: overlap of regions, and depths up to a factor."""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Integer
from torch import Tensor

from dlbook.numpy.linear_classifiers.arguments import above_zero, between
from dlbook.torch import twin
from dlbook.torch.linear_classifiers.metrics import check_labels
from dlbook.torch.linear_classifiers.reduction import Reduction, reduced

__all__ = ["berhu_loss", "dice_loss", "scale_invariant_log_loss"]


@twin
def dice_loss(
    scores: Float[Tensor, "N K *S"], target: Integer[Tensor, "N *S"], *, smooth: float = 1.0, ignore_index: int = -100
) -> Float[Tensor, ""]:
    """Measure how badly the regions of the softmax overlap the true ones: one minus the mean Dice coefficient."""
    eps, classes = above_zero("dice_loss", "smooth", smooth), scores.shape[1]
    kept = target.flatten() != ignore_index
    p = scores.softmax(dim=1).movedim(1, -1).reshape(-1, classes)[kept]
    t = F.one_hot(check_labels("dice_loss", target.flatten()[kept], classes), classes).to(p)
    coefficient = (2 * (p * t).sum(dim=0) + eps) / (p.sum(dim=0) + t.sum(dim=0) + eps)
    return 1 - coefficient.mean()


def log_ratio(function: str, log_depth: Tensor, depth: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
    """Return the logarithms of predicted over true depth image by image, 0 where they do not count, and what counts."""
    kept = (torch.ones_like(depth, dtype=torch.bool) if mask is None else mask).flatten(1)
    if kept.numel() == 0 or not kept.any(dim=1).all():
        raise ValueError(f"{function}: an image of depth {tuple(depth.shape)} has no pixel that counts")
    z = torch.where(kept, depth.flatten(1), 1)
    if not (z > 0).all():
        raise ValueError(f"{function}: depth has the value {z.min()}, expected depths above 0")
    return torch.where(kept, log_depth.flatten(1) - z.log(), 0), kept.sum(dim=1).to(depth), kept


@twin
def scale_invariant_log_loss(
    log_depth: Float[Tensor, "N *S"], depth: Float[Tensor, "N *S"], mask: Bool[Tensor, "N *S"] | None = None, *,
    lam: float = 0.5,
) -> Float[Tensor, ""]:
    """Compare depths by the logarithm of their ratio, and forgive a factor that all pixels of an image share."""
    lam = between("scale_invariant_log_loss", "lam", lam, 0, 1)
    d, counts, _ = log_ratio("scale_invariant_log_loss", log_depth, depth, mask)
    return (d.square().sum(dim=1) / counts - lam * (d.sum(dim=1) / counts).square()).mean()


@twin
def berhu_loss(
    prediction: Float[Tensor, "*S"], target: Float[Tensor, "*S"], *, reduction: Reduction = "mean", delta: float = 1.0
) -> Float[Tensor, ""] | Float[Tensor, "*S"]:
    """Take small differences as they are and square large ones: the Huber loss the other way round."""
    delta = above_zero("berhu_loss", "delta", delta)
    size = (prediction - target).abs()
    if reduction == "mean" and size.numel() == 0:
        raise ValueError("berhu_loss: there is no loss to take the mean of, expected at least one example")
    far = torch.clamp(size / delta, min=1)
    return reduced(torch.where(size > delta, delta * (far.square() + 1) / 2, size), reduction)
