"""Detection on one page: boxes, their overlap, one box for each thing, and how good a list of boxes is."""

import numpy as np

from dlbook.numpy.linear_classifiers.arguments import between, whole_number
from dlbook.shapes import Array, Bool, Float, Int, ShapeError

__all__ = ["box_iou", "detection_average_precision", "match_boxes", "nms"]


def check_boxes(function: str, **boxes) -> None:
    """Refuse what are no boxes: rows of left, top, right and bottom with right and bottom not before left and top."""
    for name, rows in boxes.items():
        if rows.ndim != 2 or rows.shape[1] != 4:
            raise ShapeError(f"{function}: {name} has shape {tuple(rows.shape)}, expected rows of (x1, y1, x2, y2)")
        if not (rows[:, 2:] >= rows[:, :2]).all():  # nan is no edge
            raise ValueError(f"{function}: {name} holds a box that ends before it begins, expected x1 <= x2, y1 <= y2")


def check_scores(function: str, boxes, scores) -> None:
    """Refuse scores that are not one for each box."""
    if tuple(scores.shape) != (len(boxes),):
        raise ShapeError(f"{function}: scores has shape {tuple(scores.shape)}, expected one for each of {len(boxes)}")


def check_hits(function: str, scores, hits) -> None:
    """Refuse hits that are not True or False, one for each score: as numbers they would be places in the list."""
    check_scores(function, hits, scores)
    if str(hits.dtype).removeprefix("torch.") != "bool":
        raise TypeError(f"{function}: hits has the type {hits.dtype}, expected True or False for each detection")


def box_iou(boxes1: Float[Array, "M 4"], boxes2: Float[Array, "N 4"]) -> Float[Array, "M N"]:
    r"""Compare all boxes of one list with all of another: the area that both cover over the area that either covers.

    $$J = \frac{|A \cap B|}{|A| + |B| - |A \cap B|}$$

    Parameters
    ----------
    boxes1 : (M, 4) rows of (x1, y1, x2, y2).
    boxes2 : (N, 4).

    Returns
    -------
    iou : (M, N) from 0 to 1; 0 for two boxes without an area.

    Raises
    ------
    ValueError : for rows that are no boxes.

    Examples
    --------
    >>> box_iou(np.array([[0.0, 0, 2, 2]]), np.array([[1.0, 0, 3, 2], [2.0, 0, 3, 1]])).round(3)
    array([[0.333, 0.   ]])

    **Source** Everingham and others (2010).
    **Book** eq-box-iou
    """
    check_boxes("box_iou", boxes1=boxes1, boxes2=boxes2)
    first = np.maximum(boxes1[:, None, :2], boxes2[:, :2])
    last = np.minimum(boxes1[:, None, 2:], boxes2[:, 2:])
    shared = np.clip(last - first, 0, None).prod(axis=2)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(axis=1) for boxes in (boxes1, boxes2)]
    union = areas[0][:, None] + areas[1] - shared
    return np.divide(shared, union, out=np.zeros(union.shape, np.result_type(union, 0.0)), where=union > 0)


def nms(boxes: Float[Array, "N 4"], scores: Float[Array, " N"], *, iou_threshold: float) -> Int[Array, " M"]:
    r"""Keep the best box, drop all that overlap it too much, and go on with the rest: non-maximum suppression.

    Parameters
    ----------
    boxes : (N, 4) rows of (x1, y1, x2, y2).
    scores : (N,).
    iou_threshold : a box whose overlap with a kept one is above it is dropped, 0 to 1.

    Returns
    -------
    kept : indices of the boxes that stay, the best first.

    Raises
    ------
    ValueError : for rows that are no boxes, scores that do not fit, or a threshold outside [0, 1].

    **Source** Girshick, Donahue, Darrell and Malik (2014).
    **Book** eq-nms
    """
    threshold = between("nms", "iou_threshold", iou_threshold, 0, 1)
    check_boxes("nms", boxes=boxes)
    check_scores("nms", boxes, scores)
    overlap, kept = box_iou(boxes, boxes), []
    for i in np.argsort(-scores, kind="stable"):
        if not (overlap[i, kept] > threshold).any():
            kept.append(i)
    return np.array(kept, int)


def match_boxes(
    boxes: Float[Array, "N 4"], scores: Float[Array, " N"], truth: Float[Array, "M 4"], *, iou_threshold: float = 0.5
) -> Bool[Array, " N"]:
    r"""Say which detections of one image are right: the best first, each true box can be found once.

    Parameters
    ----------
    boxes : (N, 4) detections.
    scores : (N,) their confidence.
    truth : (M, 4) the true boxes.
    iou_threshold : how much a detection must overlap a true box, 0 to 1; it must overlap it at all even with 0.

    Returns
    -------
    hits : (N,) True for a right detection, in the order of `boxes`; a second detection of the same thing is wrong.

    Raises
    ------
    ValueError : for rows that are no boxes, scores that do not fit, or a threshold outside [0, 1].

    **Source** Everingham and others (2010).
    **Book** eq-detection-ap
    """
    threshold = between("match_boxes", "iou_threshold", iou_threshold, 0, 1)
    overlap = box_iou(boxes, truth)
    check_scores("match_boxes", boxes, scores)
    hits, free = np.zeros(len(boxes), bool), np.ones(len(truth), bool)
    for i in np.argsort(-scores, kind="stable"):
        if len(truth):
            best = overlap[i].argmax()
            hits[i] = overlap[i, best] > 0 and overlap[i, best] >= threshold and free[best]
            free[best] &= not hits[i]
    return hits


def detection_average_precision(scores: Float[Array, " N"], hits: Bool[Array, " N"], truths: int) -> float:
    r"""Walk down the list of detections of all images and average the precision over the things to be found.

    $$\mathrm{AP} = \frac1M \sum_{i \,:\, \text{hit}} \frac{\#\{\text{hits among the first } i\}}{i}$$

    A thing that is never found contributes nothing: that is why `truths` must be told.

    Parameters
    ----------
    scores : (N,) confidence of all detections of a class, over all images.
    hits : (N,) which of them are right, from `match_boxes`.
    truths : M, how many things there are, at least 1.

    Returns
    -------
    average precision : from 0 to 1; without the interpolation of the benchmarks.

    Raises
    ------
    ValueError : for scores that do not fit, or fewer things than hits.
    TypeError : for hits that are not True or False.

    Examples
    --------
    >>> detection_average_precision(np.array([0.9, 0.8, 0.7]), np.array([True, False, True]), 3)
    0.5555555555555555

    **Source** Everingham and others (2010).
    **Book** eq-detection-ap
    """
    truths = whole_number("detection_average_precision", "truths", truths, 1)
    check_hits("detection_average_precision", scores, hits)
    ranked = hits[np.argsort(-scores, kind="stable")]
    if ranked.sum() > truths:
        raise ValueError(f"detection_average_precision: truths is {truths}, expected at least the {ranked.sum()} hits")
    precision = np.cumsum(ranked) / np.arange(1, len(ranked) + 1)
    return float(precision[ranked].sum() / truths)
