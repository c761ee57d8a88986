"""Losses of a difference: how far a predicted number is from the true one."""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from dlbook.torch import twin
from dlbook.torch.linear_classifiers.reduction import Reduction

__all__ = ["huber_loss", "l1_loss", "mse_loss", "smooth_l1_loss"]


@twin
def mse_loss(
    prediction: Float[Tensor, "*S"], target: Float[Tensor, "*S"], *, reduction: Reduction = "mean"
) -> Float[Tensor, ""] | Float[Tensor, "*S"]:
    """Square the difference."""
    return F.mse_loss(prediction, target, reduction=reduction)


@twin
def l1_loss(
    prediction: Float[Tensor, "*S"], target: Float[Tensor, "*S"], *, reduction: Reduction = "mean"
) -> Float[Tensor, ""] | Float[Tensor, "*S"]:
    """Take the size of the difference."""
    return F.l1_loss(prediction, target, reduction=reduction)


@twin
def huber_loss(
    prediction: Float[Tensor, "*S"], target: Float[Tensor, "*S"], *, reduction: Reduction = "mean", delta: float = 1.0
) -> Float[Tensor, ""] | Float[Tensor, "*S"]:
    """Square a small difference, and go on along the tangent from `delta` on."""
    return F.huber_loss(prediction, target, reduction=reduction, delta=delta)


@twin
def smooth_l1_loss(
    prediction: Float[Tensor, "*S"], target: Float[Tensor, "*S"], *, reduction: Reduction = "mean", beta: float = 1.0
) -> Float[Tensor, ""] | Float[Tensor, "*S"]:
    """Round off the kink of the absolute difference: the Huber loss divided by its delta."""
    return F.smooth_l1_loss(prediction, target, reduction=reduction, beta=beta)
