"""Losses of yes-or-no questions: the sigmoid and the binary cross-entropies built on it."""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Integer
from torch import Tensor

from dlbook.torch import twin
from dlbook.torch.linear_classifiers.reduction import Reduction, reduced

__all__ = ["binary_cross_entropy_with_logits", "focal_loss", "multi_bce", "sigmoid"]


@twin
def sigmoid(x: Float[Tensor, "*S"]) -> Float[Tensor, "*S"]:
    """Squash a score into a probability."""
    return torch.sigmoid(x)


@twin
def binary_cross_entropy_with_logits(
    scores: Float[Tensor, "*S"],
    target: Float[Tensor, "*S"],
    weight: Float[Tensor, "*#S"] | None = None,
    pos_weight: Float[Tensor, "*#S"] | None = None,
    *,
    reduction: Reduction = "mean",
) -> Float[Tensor, "*S"] | Float[Tensor, ""]:
    """Measure how badly the sigmoid of each score predicts its target probability."""
    return F.binary_cross_entropy_with_logits(scores, target, weight, reduction=reduction, pos_weight=pos_weight)


@twin
def multi_bce(
    scores: Float[Tensor, "N K"], target: Integer[Tensor, " N"], *, reduction: Reduction = "mean"
) -> Float[Tensor, ""] | Float[Tensor, " N"]:
    """Ask K yes-or-no questions, "is it class k?", and average their binary cross-entropies."""
    one_hot = F.one_hot(target.long(), scores.shape[1]).to(scores.dtype)
    losses = F.binary_cross_entropy_with_logits(scores, one_hot, reduction="none").mean(dim=1)
    return reduced(losses, reduction)


@twin
def focal_loss(
    scores: Float[Tensor, "*S"], target: Integer[Tensor, "*S"],
    *, gamma: float = 2.0, alpha: float | None = 0.25, reduction: Reduction = "mean",
) -> Float[Tensor, ""] | Float[Tensor, "*S"]:
    """Measure a binary cross-entropy that cares little about what is already right."""
    positive = target == 1
    z = torch.where(positive, scores, -scores)
    # (1 - p)**gamma through the logarithm: autograd of the power gives 0 * inf where 1 - p underflows.
    losses = -torch.exp(gamma * F.logsigmoid(-z)) * F.logsigmoid(z)
    if alpha is not None:
        losses = losses * torch.where(positive, alpha, 1 - alpha).to(scores.dtype)
    return reduced(losses, reduction)
