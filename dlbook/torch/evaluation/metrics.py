"""More than one number for one classifier: precision and recall, and what is said when nearly right counts."""

import torch
from jaxtyping import Float, Integer
from torch import Tensor

from dlbook.numpy.evaluation.metrics import Average
from dlbook.torch import twin
from dlbook.torch.linear_classifiers.metrics import check_labels, confusion_matrix

__all__ = ["balanced_accuracy", "f1_score", "precision", "recall", "top_k_accuracy"]


def _averaged(over: Tensor, under: Tensor, average: Average) -> float | Tensor:
    if average == "micro":
        over, under = over.sum(), under.sum()
    each = torch.nan_to_num(over.double() / under)  # 0 / 0 is 0: nothing was answered, or nothing asked
    return each if average == "none" else each.mean().item()


@twin
def precision(
    scores: Float[Tensor, "N K"], target: Integer[Tensor, " N"], *, average: Average = "macro"
) -> float | Float[Tensor, " K"]:
    """Compute how pure the predictions of a class are."""
    counts = confusion_matrix(scores, target)
    return _averaged(counts.diagonal(), counts.sum(dim=0), average)


@twin
def recall(
    scores: Float[Tensor, "N K"], target: Integer[Tensor, " N"], *, average: Average = "macro"
) -> float | Float[Tensor, " K"]:
    """Compute how many of a class's examples are found."""
    counts = confusion_matrix(scores, target)
    return _averaged(counts.diagonal(), counts.sum(dim=1), average)


@twin
def f1_score(
    scores: Float[Tensor, "N K"], target: Integer[Tensor, " N"], *, average: Average = "macro"
) -> float | Float[Tensor, " K"]:
    """Compute the harmonic mean of precision and recall, which the smaller of the two dominates."""
    counts = confusion_matrix(scores, target)
    return _averaged(2 * counts.diagonal(), counts.sum(dim=0) + counts.sum(dim=1), average)


@twin
def balanced_accuracy(scores: Float[Tensor, "N K"], target: Integer[Tensor, " N"]) -> float:
    """Compute the accuracy as if every class were equally frequent: the mean recall of the classes that occur."""
    counts = confusion_matrix(scores, target)
    return (counts.diagonal().double() / counts.sum(dim=1)).nanmean().item()


@twin
def top_k_accuracy(scores: Float[Tensor, "N K"], target: Integer[Tensor, " N"], *, k: int) -> float:
    """Count how often the label is among the k classes with the largest scores."""
    labels = check_labels("top_k_accuracy", target, scores.shape[1], scores=scores)
    best = scores.argsort(dim=1, descending=True, stable=True)[:, :k]
    return (best == labels[:, None]).any(dim=1).double().mean().item()
