"""How good a map of classes is: pixels, regions, borders."""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Integer
from torch import Tensor

from dlbook.numpy.dense_prediction.regions import check_images, check_labels, check_maps
from dlbook.numpy.linear_classifiers.arguments import whole_number
from dlbook.torch.linear_classifiers.metrics import confusion_matrix

__all__ = ["boundary_band", "boundary_error", "boundary_f_score", "class_iou", "mean_iou", "pixel_accuracy"]


def _counts(function: str, scores: Tensor, target: Tensor, ignore_index: int) -> Tensor:
    check_maps(function, scores, target, ignore_index)
    kept = target.flatten() != ignore_index
    return confusion_matrix(scores.movedim(1, -1).flatten(0, -2)[kept], target.flatten()[kept])


def pixel_accuracy(
    scores: Float[Tensor, "N K *S"], target: Integer[Tensor, "N *S"], *, ignore_index: int = -100
) -> float:
    """Count how many pixels get the right class."""
    counts = _counts("pixel_accuracy", scores, target, ignore_index).double()
    return (counts.trace() / counts.sum()).item()


def class_iou(
    scores: Float[Tensor, "N K *S"], target: Integer[Tensor, "N *S"], *, ignore_index: int = -100
) -> Float[Tensor, " K"]:
    """Compare the predicted region of each class with the true one: intersection over union."""
    counts = _counts("class_iou", scores, target, ignore_index).double()
    return counts.diagonal() / (counts.sum(dim=0) + counts.sum(dim=1) - counts.diagonal())  # 0 / 0 is nan


def mean_iou(scores: Float[Tensor, "N K *S"], target: Integer[Tensor, "N *S"], *, ignore_index: int = -100) -> float:
    """Average the intersection over union of the classes, each weighing the same."""
    return torch.nanmean(class_iou(scores, target, ignore_index=ignore_index)).item()


def boundary_band(labels: Integer[Tensor, "N H W"], *, width: int = 1) -> Bool[Tensor, "N H W"]:
    """Mark the pixels near a border between classes: those whose window is not of one class."""
    w = whole_number("boundary_band", "width", width, 1)
    check_images("boundary_band", "labels", labels)
    return _differs(labels, w, torch.ones_like(labels, dtype=torch.bool))


def _differs(labels: Tensor, width: int, kept: Tensor) -> Tensor:
    """Mark the pixels in whose window the labels that are kept are not of one class."""
    largest, smallest = (
        sign * F.max_pool2d((sign * labels.double()).where(kept, -torch.inf), 2 * width + 1, stride=1, padding=width)
        for sign in (1, -1)
    )
    return largest > smallest


def boundary_error(
    scores: Float[Tensor, "N K H W"], target: Integer[Tensor, "N H W"], *, width: int = 1, ignore_index: int = -100
) -> float:
    """Count how many of the pixels near a true border get a wrong class."""
    check_maps("boundary_error", scores, target)
    check_images("boundary_error", "target", target)
    kept = target != ignore_index
    band = _differs(target, whole_number("boundary_error", "width", width, 1), kept) & kept
    if not band.any():
        raise ValueError("boundary_error: target has no border between classes, expected at least one")
    return (scores.argmax(dim=1) != target)[band].double().mean().item()


def boundary_f_score(
    scores: Float[Tensor, "N K H W"], target: Integer[Tensor, "N H W"], *, tolerance: int = 1
) -> float:
    """Match the drawn borders with the true ones, class by class: the mean of their F-scores."""
    check_maps("boundary_f_score", scores, target)
    check_images("boundary_f_score", "target", target)
    check_labels("boundary_f_score", target, scores.shape[1])
    reach = whole_number("boundary_f_score", "tolerance", tolerance, 0)
    found = []
    for k in range(scores.shape[1]):
        drawn, true = (boundary_band((m == k).long()) & (m == k) for m in (scores.argmax(dim=1), target))
        near_drawn, near_true = (
            F.max_pool2d(b.double()[:, None], 2 * reach + 1, stride=1, padding=reach)[:, 0] > 0 for b in (drawn, true)
        )
        if drawn.any() or true.any():
            precision = (drawn & near_true).sum() / drawn.sum().clamp(min=1).double()
            recall = (true & near_drawn).sum() / true.sum().clamp(min=1).double()
            found.append(torch.nan_to_num(2 * precision * recall / (precision + recall)))
    if not found:
        raise ValueError("boundary_f_score: there is no border in target or prediction, expected at least one")
    return torch.stack(found).mean().item()
