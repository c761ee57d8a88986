"""Several networks asked at once: averages, votes, and why their errors partly cancel."""

import math
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float, Integer
from torch import Tensor

from dlbook.numpy.evaluation.ensembles import AmbiguityDecomposition
from dlbook.torch import twin
from dlbook.torch.evaluation.intervals import binomial_pmf

__all__ = [
    "AmbiguityDecomposition", "ambiguity_decomposition", "ensemble_average", "majority_probability", "majority_vote",
    "member_covariance",
]  # fmt: skip


@twin
def ensemble_average(
    scores: Float[Tensor, "M N K"], *, of: Literal["probabilities", "scores"] = "probabilities"
) -> Float[Tensor, "N K"]:
    """Compute the logarithm of the probabilities that an ensemble gives to each class."""
    if of == "scores":
        return F.log_softmax(scores.mean(dim=0), dim=-1)
    return torch.logsumexp(F.log_softmax(scores, dim=-1), dim=0) - math.log(len(scores))


@twin
def majority_vote(scores: Float[Tensor, "M N K"]) -> Integer[Tensor, " N"]:
    """Let each member name a class, and return the class that was named most often."""
    return F.one_hot(scores.argmax(dim=2), scores.shape[2]).sum(dim=0).argmax(dim=1)


@twin
def ambiguity_decomposition(predictions: Float[Tensor, "M *S"], target: Float[Tensor, "*S"]) -> AmbiguityDecomposition:
    """Split the squared error of an average into what its members do wrong and how much they disagree."""
    mean, target = predictions.mean(dim=0), target.expand_as(predictions)
    return AmbiguityDecomposition(
        F.mse_loss(mean, target[0]).item(),
        F.mse_loss(predictions, target).item(),
        predictions.var(dim=0, correction=0).mean().item(),
    )


def majority_probability(p: float, voters: int) -> float:
    """Compute how often the majority of independent voters is right, when each is right with probability p."""
    chance, right = binomial_pmf(voters, p), 2 * torch.arange(voters + 1)
    return (chance[right > voters].sum() + chance[right == voters].sum() / 2).item()


@twin
def member_covariance(values: Float[Tensor, "M N"]) -> tuple[float, float]:
    """Measure how much members scatter, and how much they do so together."""
    covariance = torch.cov(values, correction=0)
    apart = ~torch.eye(len(values), dtype=torch.bool, device=values.device)
    return covariance.diagonal().mean().item(), covariance[apart].mean().item()
