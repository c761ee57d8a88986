"""What to measure after training: how often a classifier is right, what it confuses, whether it knows."""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Integer
from torch import Tensor

from dlbook.numpy.linear_classifiers.arguments import check_rows, whole_number
from dlbook.numpy.linear_classifiers.metrics import Reliability
from dlbook.torch import twin

__all__ = [
    "Reliability", "accuracy", "confusion_matrix", "expected_calibration_error", "one_hot", "reliability_diagram",
    "temperature_scale",
]  # fmt: skip


def check_labels(function: str, target: Tensor, classes: int, **rows) -> Tensor:
    """Return the labels as int64, after checking that they are classes."""
    if rows:
        check_rows(function, **rows, target=target)
    wrong = (target < 0) | (target >= classes)
    if wrong.any():
        raise ValueError(f"{function}: target has the label {int(target[wrong][0])}, expected 0 to {classes - 1} "
                         f"as there are {classes} classes")
    return target.long()


@twin
def one_hot(target: Integer[Tensor, " N"], num_classes: int, *, dtype: str = "float32") -> Float[Tensor, "N K"]:
    """Write each label as a row with a single 1."""
    classes = whole_number("one_hot", "num_classes", num_classes, 1)
    return F.one_hot(check_labels("one_hot", target, classes), classes).to(getattr(torch, dtype))


@twin
def accuracy(scores: Float[Tensor, "N K"], target: Integer[Tensor, " N"]) -> float:
    """Count how often the largest score is the label's."""
    labels = check_labels("accuracy", target, scores.shape[1], scores=scores)
    return (scores.argmax(dim=1) == labels).double().mean().item()


@twin
def confusion_matrix(scores: Float[Tensor, "N K"], target: Integer[Tensor, " N"]) -> Integer[Tensor, "K K"]:
    """Count for each true class which class was predicted."""
    labels, classes = check_labels("confusion_matrix", target, scores.shape[1], scores=scores), scores.shape[1]
    return torch.bincount(labels * classes + scores.argmax(dim=1), minlength=classes**2).reshape(classes, classes)


@twin
def reliability_diagram(p: Float[Tensor, "N K"], target: Integer[Tensor, " N"], *, bins: int = 15) -> Reliability:
    """Sort the predictions by their confidence, and see how many are right at each level."""
    labels = check_labels("reliability_diagram", target, p.shape[1], p=p)
    bins = whole_number("reliability_diagram", "bins", bins, 1)
    sums = p.sum(dim=1)
    if p.min() < 0 or (sums - 1).abs().max() > 1e-3:
        raise ValueError(
            f"reliability_diagram: p has entries from {p.min():.3g} and row sums from {sums.min():.4g} to "
            f"{sums.max():.4g}, expected probabilities: rows of numbers of at least 0 that sum to 1"
        )
    confidence, predicted = p.double().max(dim=1)
    which = (torch.ceil(confidence * bins).long() - 1).clamp(0, bins - 1)
    count = torch.bincount(which, minlength=bins)
    kept = torch.bincount(which, (predicted == labels).double(), bins)
    return Reliability(
        torch.linspace(0, 1, bins + 1, dtype=torch.float64, device=p.device),
        torch.bincount(which, confidence, bins) / count,  # 0 / 0 is nan: an empty bin
        kept / count,
        count,
    )


@twin
def expected_calibration_error(p: Float[Tensor, "N K"], target: Integer[Tensor, " N"], *, bins: int = 15) -> float:
    """Measure by how much a classifier promises more, or less, than it keeps."""
    diagram = reliability_diagram(p, target, bins=bins)
    gaps = (diagram.accuracy - diagram.confidence).abs()
    return (torch.nansum(gaps * diagram.count) / diagram.count.sum()).item()


@twin
def temperature_scale(scores: Float[Tensor, "N K"], target: Integer[Tensor, " N"]) -> float:
    """Find the one temperature that makes the softmax of scores / T most honest on held-out examples."""
    labels = check_labels("temperature_scale", target, scores.shape[1], scores=scores)
    s = scores.double()
    s = s - s.max(dim=1, keepdim=True).values
    slope = torch.func.grad(lambda beta: F.cross_entropy(beta * s, labels))
    ends = torch.tensor([1e-6, 1e6], dtype=torch.float64, device=s.device)
    if not slope(ends[0]) < 0 < slope(ends[1]):
        raise ValueError(
            f"temperature_scale: no temperature is best: the slope by 1/T runs from {slope(ends[0]):.3g} to "
            f"{slope(ends[1]):.3g}, expected a change of sign; are all predictions right, or none better than chance?"
        )
    low, high = ends
    while high > low * (1 + 1e-12):  # halves the interval on a logarithmic scale
        middle = (low * high).sqrt()
        low, high = (middle, high) if slope(middle) < 0 else (low, middle)
    return (1 / (low * high).sqrt()).item()
