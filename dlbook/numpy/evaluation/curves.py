"""One score, every threshold: hits against false alarms, and purity against completeness."""

from typing import NamedTuple

import numpy as np

from dlbook.numpy.linear_classifiers.arguments import check_rows, check_two_values
from dlbook.shapes import Array, Float, Int, describe

__all__ = ["PrecisionRecallCurve", "RocCurve", "auroc", "average_precision", "precision_recall_curve", "roc_curve"]


class RocCurve(NamedTuple):
    """What a threshold on a score costs and brings, for every threshold that makes a difference.

    Parameters
    ----------
    fpr : (T,) share of the negatives that are called positive, rising from 0 to 1.
    tpr : (T,) share of the positives that are called positive, rising from 0 to 1.
    thresholds : (T,) called positive is a score of at least this; falling, the first one infinite.
    """

    fpr: Array
    tpr: Array
    thresholds: Array


class PrecisionRecallCurve(NamedTuple):
    """How pure and how complete the examples above a threshold are.

    Parameters
    ----------
    precision : (T,) share of true positives among the examples called positive.
    recall : (T,) share of the positives that are called positive, rising to 1.
    thresholds : (T,) called positive is a score of at least this; falling.
    """

    precision: Array
    recall: Array
    thresholds: Array


def _sorted_counts(function: str, scores: Array, target: Array) -> tuple[Array, Array, Array]:
    """Return the distinct scores, falling, and how many negatives and positives have at least that score."""
    check_rows(function, scores=scores, target=target)
    if scores.ndim != 1 or target.ndim != 1 or scores.dtype.kind != "f" or target.dtype.kind not in "iub":
        raise ValueError(
            f"{function}: scores is {describe(scores)} and target {describe(target)}, "
            "expected one float and one label 0 or 1 per example"
        )
    check_two_values(function, target, 0, 1)
    if np.isnan(scores).any():
        raise ValueError(f"{function}: scores[{np.isnan(scores).argmax()}] is nan, expected scores that can be ordered")
    order = np.argsort(-scores, kind="stable")
    sorted_scores = scores[order]
    # A threshold cannot part equal scores: only the last of each run is a point of the curve.
    last = np.append(np.flatnonzero(sorted_scores[1:] != sorted_scores[:-1]), len(scores) - 1)
    positives = np.cumsum(target[order])[last]
    return sorted_scores[last], last + 1 - positives, positives


def roc_curve(scores: Float[Array, " N"], target: Int[Array, " N"]) -> RocCurve:
    r"""Compute the rates of hits and of false alarms for every threshold.

    $$\mathrm{TPR}(\tau) = \frac{\#\{n : s_n \ge \tau, t_n = 1\}}{\#\{n : t_n = 1\}}, \qquad
    \mathrm{FPR}(\tau) = \frac{\#\{n : s_n \ge \tau, t_n = 0\}}{\#\{n : t_n = 0\}}$$

    Parameters
    ----------
    scores : (N,) the larger, the more positive.
    target : (N,) labels 0 and 1; both occur.

    Returns
    -------
    RocCurve

    Raises
    ------
    ValueError : for no example of one of the classes, other labels, or shapes that do not fit.

    **Source** Fawcett (2006).
    **Book** eq-roc
    """
    thresholds, negatives, positives = _sorted_counts("roc_curve", scores, target)
    if 0 in (negatives[-1], positives[-1]):
        raise ValueError(
            f"roc_curve: target has {negatives[-1]} zeros and {positives[-1]} ones, expected at least one of each"
        )
    return RocCurve(
        np.append(0, negatives) / negatives[-1],
        np.append(0, positives) / positives[-1],
        np.append(np.inf, thresholds),
    )


def auroc(scores: Float[Array, " N"], target: Int[Array, " N"]) -> float:
    r"""Compute the area under the ROC curve: how often a positive scores higher than a negative.

    $$\mathrm{AUC} = \int \mathrm{TPR}\, d\,\mathrm{FPR} =
    P(s_+ > s_-) + \tfrac12 P(s_+ = s_-)$$

    The area is that of the polygon through the curve's points, which gives every tie one half.

    Parameters
    ----------
    scores : (N,) the larger, the more positive.
    target : (N,) labels 0 and 1; both occur.

    Returns
    -------
    area : from 0 to 1; one half for scores that say nothing.

    Raises
    ------
    ValueError : as for `roc_curve`.

    Examples
    --------
    >>> import numpy as np
    >>> auroc(np.array([0.9, 0.4, 0.4, 0.1]), np.array([1, 1, 0, 0]))
    0.875

    **Source** Hanley and McNeil (1982).
    **Book** eq-auc
    """
    curve = roc_curve(scores, target)
    return float((np.diff(curve.fpr) * (curve.tpr[1:] + curve.tpr[:-1]) / 2).sum())


def precision_recall_curve(scores: Float[Array, " N"], target: Int[Array, " N"]) -> PrecisionRecallCurve:
    r"""Compute precision and recall of the positive class for every threshold.

    $$P(\tau) = \frac{\#\{n : s_n \ge \tau, t_n = 1\}}{\#\{n : s_n \ge \tau\}}, \qquad R(\tau) = \mathrm{TPR}(\tau)$$

    Parameters
    ----------
    scores : (N,) the larger, the more positive.
    target : (N,) labels 0 and 1; 1 occurs.

    Returns
    -------
    PrecisionRecallCurve

    Raises
    ------
    ValueError : for no positive example, other labels, or shapes that do not fit.

    **Source** Davis and Goadrich (2006).
    **Book** eq-precision-recall-curve
    """
    thresholds, negatives, positives = _sorted_counts("precision_recall_curve", scores, target)
    if positives[-1] == 0:
        raise ValueError("precision_recall_curve: target has no 1, expected at least one positive example")
    return PrecisionRecallCurve(positives / (positives + negatives), positives / positives[-1], thresholds)


def average_precision(scores: Float[Array, " N"], target: Int[Array, " N"]) -> float:
    r"""Compute the mean precision at the places where a positive example is found.

    $$\mathrm{AP} = \sum_i (R_i - R_{i-1})\, P_i$$

    A sum of rectangles: to join the points by straight lines would promise precisions that no threshold reaches.

    Parameters
    ----------
    scores : (N,) the larger, the more positive.
    target : (N,) labels 0 and 1; 1 occurs.

    Returns
    -------
    average : above 0, at most 1; about the share of positives for scores that say nothing.

    Raises
    ------
    ValueError : as for `precision_recall_curve`.

    **Source** Davis and Goadrich (2006).
    **Book** eq-average-precision
    """
    curve = precision_recall_curve(scores, target)
    return float((np.diff(curve.recall, prepend=0) * curve.precision).sum())
