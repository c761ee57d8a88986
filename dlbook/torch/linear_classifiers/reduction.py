"""From one loss per example to the loss of the batch."""

from typing import Literal

from torch import Tensor

__all__ = []

Reduction = Literal["none", "mean", "sum"]


def reduced(losses: Tensor, reduction: Reduction) -> Tensor:
    """Take the mean or the sum of the losses, or leave them."""
    if reduction == "none":
        return losses
    return losses.mean() if reduction == "mean" else losses.sum()
