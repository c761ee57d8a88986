"""One score, every threshold: hits against false alarms, and purity against completeness."""

import torch
from jaxtyping import Float, Integer
from torch import Tensor

from dlbook.numpy.evaluation.curves import PrecisionRecallCurve, RocCurve
from dlbook.torch import twin

__all__ = ["PrecisionRecallCurve", "RocCurve", "auroc", "average_precision", "precision_recall_curve", "roc_curve"]


def _counts(scores: Tensor, target: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the distinct scores, falling, and how many negatives and positives have at least that score."""
    rising, which = torch.unique(scores, return_inverse=True)
    each = torch.stack([torch.bincount(which, (target == c).double(), len(rising)) for c in (0, 1)])
    negatives, positives = each.flip(1).cumsum(dim=1)
    return rising.flip(0), negatives, positives


@twin
def roc_curve(scores: Float[Tensor, " N"], target: Integer[Tensor, " N"]) -> RocCurve:
    """Compute the rates of hits and of false alarms for every threshold."""
    thresholds, negatives, positives = _counts(scores, target)
    if not negatives[-1] or not positives[-1]:
        raise ValueError(
            f"roc_curve: target has {int(negatives[-1])} zeros and {int(positives[-1])} ones, "
            "expected at least one of each"
        )
    zero, infinite = negatives.new_zeros(1), thresholds.new_full((1,), torch.inf)
    return RocCurve(
        torch.cat([zero, negatives / negatives[-1]]),
        torch.cat([zero, positives / positives[-1]]),
        torch.cat([infinite, thresholds]),
    )


@twin
def auroc(scores: Float[Tensor, " N"], target: Integer[Tensor, " N"]) -> float:
    """Compute the area under the ROC curve: how often a positive scores higher than a negative."""
    curve = roc_curve(scores, target)
    return torch.trapezoid(curve.tpr, curve.fpr).item()


@twin
def precision_recall_curve(scores: Float[Tensor, " N"], target: Integer[Tensor, " N"]) -> PrecisionRecallCurve:
    """Compute precision and recall of the positive class for every threshold."""
    thresholds, negatives, positives = _counts(scores, target)
    if not positives[-1]:
        raise ValueError("precision_recall_curve: target has no 1, expected at least one positive example")
    return PrecisionRecallCurve(positives / (positives + negatives), positives / positives[-1], thresholds)


@twin
def average_precision(scores: Float[Tensor, " N"], target: Integer[Tensor, " N"]) -> float:
    """Compute the mean precision at the places where a positive example is found."""
    curve = precision_recall_curve(scores, target)
    return (curve.recall.diff(prepend=curve.recall.new_zeros(1)) @ curve.precision).item()
