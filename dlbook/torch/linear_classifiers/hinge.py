"""Margin losses: support vector machines without a constraint in sight."""

from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float, Integer
from torch import Tensor

from dlbook.torch import twin
from dlbook.torch.linear_classifiers.reduction import Reduction, reduced

__all__ = ["crammer_singer_loss", "hinge_loss", "multi_margin_loss", "squared_hinge_loss"]


@twin
def hinge_loss(
    scores: Float[Tensor, "*S"], target: Integer[Tensor, "*S"], *, reduction: Reduction = "mean"
) -> Float[Tensor, ""] | Float[Tensor, "*S"]:
    """Ask each score to be on its label's side of zero by a margin of 1."""
    return reduced(F.relu(1 - target * scores), reduction)


@twin
def squared_hinge_loss(
    scores: Float[Tensor, "*S"], target: Integer[Tensor, "*S"], *, reduction: Reduction = "mean"
) -> Float[Tensor, ""] | Float[Tensor, "*S"]:
    """Square the hinge: a missed margin costs more the more it is missed."""
    return reduced(F.relu(1 - target * scores).square(), reduction)


@twin
def multi_margin_loss(
    scores: Float[Tensor, "N K"], target: Integer[Tensor, " N"], weight: Float[Tensor, " K"] | None = None,
    *, p: Literal[1, 2] = 1, margin: float = 1.0, reduction: Reduction = "mean",
) -> Float[Tensor, ""] | Float[Tensor, " N"]:
    """Ask the label's score to beat each other score by a margin (Weston and Watkins)."""
    target = target.long()
    if weight is None:
        return F.multi_margin_loss(scores, target, p=p, margin=margin, reduction=reduction)
    # PyTorch's kernel has no derivative for its class weights; a product that autograd follows does.
    losses = weight[target] * F.multi_margin_loss(scores, target, p=p, margin=margin, reduction="none")
    return reduced(losses, reduction)


@twin
def crammer_singer_loss(
    scores: Float[Tensor, "N K"], target: Integer[Tensor, " N"], *, margin: float = 1.0, reduction: Reduction = "mean"
) -> Float[Tensor, ""] | Float[Tensor, " N"]:
    """Ask the label's score to beat its strongest rival by a margin (Crammer and Singer)."""
    index = target.long().unsqueeze(1)
    rival = scores.scatter(1, index, -torch.inf).max(dim=1).values
    return reduced(F.relu(margin + rival - scores.gather(1, index).squeeze(1)), reduction)
