"""Squared distances of probabilities from what happened, and what they are made of."""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Integer
from torch import Tensor

from dlbook.numpy.evaluation.brier import BrierDecomposition
from dlbook.torch import twin
from dlbook.torch.linear_classifiers.metrics import check_labels

__all__ = ["BrierDecomposition", "brier_decomposition", "brier_score"]


@twin
def brier_score(p: Float[Tensor, "N K"], target: Integer[Tensor, " N"]) -> float:
    """Compute the mean squared distance of the probabilities from what happened."""
    labels = check_labels("brier_score", target, p.shape[1], p=p)
    return (p - F.one_hot(labels, p.shape[1])).square().sum(dim=1).mean().item()


@twin
def brier_decomposition(p: Float[Tensor, " N"], outcome: Integer[Tensor, " N"]) -> BrierDecomposition:
    """Split the mean squared error of probabilities of one event into three parts."""
    forecast, group, count = torch.unique(p, return_inverse=True, return_counts=True)
    came = torch.bincount(group, outcome.double()) / count  # float64 over integers
    overall, share = outcome.double().mean(), count.double() / len(p)
    return BrierDecomposition(
        (share * (forecast - came).square()).sum().item(),
        (share * (came - overall).square()).sum().item(),
        (overall * (1 - overall)).item(),
    )
