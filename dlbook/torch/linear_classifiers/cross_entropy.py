"""Cross-entropy: the price, in nats, of the probability that a classifier gave to the right label."""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Integer
from torch import Tensor

from dlbook.torch import twin
from dlbook.torch.linear_classifiers.reduction import Reduction

__all__ = ["cross_entropy", "nll_loss"]


def _weighted_losses(
    log_p: Tensor, target: Tensor, weight: Tensor, reduction: Reduction, eps: float, ignore_index: int
) -> Tensor:
    """Compute the losses in pieces that autograd can follow to the class weights, unlike F.cross_entropy's kernel."""
    kept = target != ignore_index
    labels = torch.where(kept, target, 0)
    weights = weight[labels] * kept
    losses = -(1 - eps) * weights * log_p.gather(1, labels.unsqueeze(1)).squeeze(1)
    if eps:
        spread = torch.tensordot(log_p.movedim(1, -1), weight, 1)
        losses = losses - eps / log_p.shape[1] * (kept * spread)  # a float times a boolean alone would be float32
    if reduction == "mean":
        return losses.sum() / weights.sum()
    return losses.sum() if reduction == "sum" else losses


@twin
def nll_loss(
    log_p: Float[Tensor, "N K *S"], target: Integer[Tensor, "N *S"], weight: Float[Tensor, " K"] | None = None,
    *, reduction: Reduction = "mean", ignore_index: int = -100,
) -> Float[Tensor, ""] | Float[Tensor, "N *S"]:
    """Measure the negative log-likelihood of the labels."""
    target = target.long()
    if weight is not None:
        return _weighted_losses(log_p, target, weight, reduction, 0.0, ignore_index)
    return F.nll_loss(log_p, target, reduction=reduction, ignore_index=ignore_index)


@twin
def cross_entropy(
    scores: Float[Tensor, "N K *S"], target: Integer[Tensor, "N *S"], weight: Float[Tensor, " K"] | None = None,
    *, reduction: Reduction = "mean", label_smoothing: float = 0.0, ignore_index: int = -100,
) -> Float[Tensor, ""] | Float[Tensor, "N *S"]:
    """Measure how badly the softmax of the scores predicts the labels."""
    target = target.long()
    if weight is not None:
        log_p = F.log_softmax(scores, dim=1)
        return _weighted_losses(log_p, target, weight, reduction, label_smoothing, ignore_index)
    return F.cross_entropy(
        scores, target, reduction=reduction, label_smoothing=label_smoothing, ignore_index=ignore_index)
