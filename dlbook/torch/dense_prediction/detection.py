"""Detection on one page: boxes, their overlap, one box for each thing, and how good a list of boxes is."""

import torch
from jaxtyping import Bool, Float, Integer
from torch import Tensor

from dlbook.numpy.dense_prediction.detection import check_boxes, check_hits, check_scores
from dlbook.numpy.linear_classifiers.arguments import between, whole_number

__all__ = ["box_iou", "detection_average_precision", "match_boxes", "nms"]


def box_iou(boxes1: Float[Tensor, "M 4"], boxes2: Float[Tensor, "N 4"]) -> Float[Tensor, "M N"]:
    """Compare all boxes of one list with all of another: intersection over union."""
    check_boxes("box_iou", boxes1=boxes1, boxes2=boxes2)
    sides = torch.minimum(boxes1[:, None, 2:], boxes2[:, 2:]) - torch.maximum(boxes1[:, None, :2], boxes2[:, :2])
    shared = sides.clamp(min=0).prod(dim=2)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(dim=1) for boxes in (boxes1, boxes2)]
    return torch.nan_to_num(shared / (areas[0][:, None] + areas[1] - shared))


def nms(boxes: Float[Tensor, "N 4"], scores: Float[Tensor, " N"], *, iou_threshold: float) -> Integer[Tensor, " M"]:
    """Keep the best box, drop all that overlap it too much, and go on with the rest: non-maximum suppression."""
    threshold = between("nms", "iou_threshold", iou_threshold, 0, 1)
    check_boxes("nms", boxes=boxes)
    check_scores("nms", boxes, scores)
    left, kept = torch.argsort(scores, descending=True, stable=True), []
    while len(left):
        best, left = left[0], left[1:]
        kept.append(best)
        left = left[box_iou(boxes[best][None], boxes[left])[0] <= threshold]
    return torch.stack(kept) if kept else left


def match_boxes(
    boxes: Float[Tensor, "N 4"], scores: Float[Tensor, " N"], truth: Float[Tensor, "M 4"], *,
    iou_threshold: float = 0.5,
) -> Bool[Tensor, " N"]:
    """Say which detections of one image are right: the best first, each true box can be found once."""
    threshold = between("match_boxes", "iou_threshold", iou_threshold, 0, 1)
    overlap = box_iou(boxes, truth)
    check_scores("match_boxes", boxes, scores)
    hits, found = torch.zeros(len(boxes), dtype=torch.bool), set()
    for i in torch.argsort(scores, descending=True, stable=True).tolist() if len(truth) else ():
        best = int(overlap[i].argmax())
        hits[i] = bool(overlap[i, best] >= threshold) and bool(overlap[i, best] > 0) and best not in found
        found |= {best} if hits[i] else set()
    return hits


def detection_average_precision(scores: Float[Tensor, " N"], hits: Bool[Tensor, " N"], truths: int) -> float:
    """Walk down the list of detections of all images and average the precision over the things to be found."""
    truths = whole_number("detection_average_precision", "truths", truths, 1)
    check_hits("detection_average_precision", scores, hits)
    ranked = hits[torch.argsort(scores, descending=True, stable=True)]
    if ranked.sum() > truths:
        raise ValueError(f"detection_average_precision: truths is {truths}, expected at least the {ranked.sum()} hits")
    precision = ranked.cumsum(0).double() / torch.arange(1, len(ranked) + 1, device=ranked.device)
    return (precision[ranked].sum() / truths).item()
