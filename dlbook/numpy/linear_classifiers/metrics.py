"""What to measure after training: how often a classifier is right, what it confuses, whether it knows."""

from typing import NamedTuple

import numpy as np

from dlbook.numpy.linear_classifiers.arguments import as_classes, check_rows, whole_number
from dlbook.numpy.linear_classifiers.softmax import softmax
from dlbook.shapes import Array, Float, Int, describe

__all__ = [
    "Reliability", "accuracy", "confusion_matrix", "expected_calibration_error", "one_hot", "reliability_diagram",
    "temperature_scale",
]  # fmt: skip


class Reliability(NamedTuple):
    """A reliability diagram: what a classifier promised against what it kept, bin by bin.

    Parameters
    ----------
    edges : (B + 1,) borders of the bins of confidence, from 0 to 1.
    confidence : (B,) mean probability of the predicted class of the examples in each bin, nan for an empty bin.
    accuracy : (B,) part of them that is predicted right, nan for an empty bin.
    count : (B,) how many they are.
    """

    edges: Array
    confidence: Array
    accuracy: Array
    count: Array


def _check(function: str, name: str, scores, target) -> Array:
    """Return the labels as indices, after checking that there is a row of `scores` for each."""
    check_rows(function, **{name: scores, "target": target})
    if scores.ndim != 2 or target.ndim != 1 or target.dtype.kind not in "iu":
        raise ValueError(
            f"{function}: {name} is {describe(scores)} and target {describe(target)}, "
            "expected one row of numbers per example and an integer array of labels"
        )
    return as_classes(function, target, scores.shape[1])


def one_hot(target: Int[Array, " N"], num_classes: int, *, dtype: str = "float32") -> Float[Array, "N K"]:
    r"""Write each label as a row with a single 1: the unit vectors that `argmax` turns back into labels.

    $$y_{nk} = [\, k = t_n \,]$$

    Parameters
    ----------
    target : (N,) labels 0..K-1.
    num_classes : K, at least 1.
    dtype : of the result.

    Returns
    -------
    y : (N, K) zeros and ones.

    Raises
    ------
    ValueError : for a label outside 0..K-1.

    Examples
    --------
    >>> import numpy as np
    >>> one_hot(np.array([2, 0]), 3)
    array([[0., 0., 1.],
           [1., 0., 0.]], dtype=float32)

    **Source** Definition.
    **Book** eq-one-hot
    """
    classes = whole_number("one_hot", "num_classes", num_classes, 1)
    if np.ndim(target) != 1 or target.dtype.kind not in "iu":
        raise ValueError(f"one_hot: target is {describe(target)}, expected an integer array of shape (N,)")
    y = np.zeros((len(target), classes), dtype)
    y[np.arange(len(target)), as_classes("one_hot", target, classes)] = 1
    return y


def accuracy(scores: Float[Array, "N K"], target: Int[Array, " N"]) -> float:
    r"""Count how often the largest score is the label's.

    $$\frac1N \sum_n \big[\, \arg\max_k s_{nk} = t_n \,\big]$$

    Of equal largest scores the first counts, as in `argmax`.

    Parameters
    ----------
    scores : (N, K) scores or probabilities.
    target : (N,) labels 0..K-1.

    Returns
    -------
    accuracy : from 0 to 1.

    Raises
    ------
    ValueError : for no examples, or a label outside 0..K-1.

    **Source** Goodfellow, Bengio and Courville (2016), section 5.1.2.
    **Book** eq-accuracy
    """
    labels = _check("accuracy", "scores", scores, target)
    return float((scores.argmax(axis=1) == labels).mean())


def confusion_matrix(scores: Float[Array, "N K"], target: Int[Array, " N"]) -> Int[Array, "K K"]:
    r"""Count for each true class which class was predicted.

    $$C_{jk} = \#\{ n : t_n = j,\ \arg\max_i s_{ni} = k \}$$

    Rows are the truth, as in scikit-learn: row j sums to the number of examples of class j, and the trace is
    N times the accuracy.

    Parameters
    ----------
    scores : (N, K) scores or probabilities.
    target : (N,) labels 0..K-1.

    Returns
    -------
    counts : (K, K).

    Raises
    ------
    ValueError : for no examples, or a label outside 0..K-1.

    **Source** Definition.
    **Book** eq-confusion-matrix
    """
    labels = _check("confusion_matrix", "scores", scores, target)
    classes = scores.shape[1]
    cells = np.bincount(labels * classes + scores.argmax(axis=1), minlength=classes**2)
    return cells.reshape(classes, classes)


def reliability_diagram(p: Float[Array, "N K"], target: Int[Array, " N"], *, bins: int = 15) -> Reliability:
    r"""Sort the predictions by their confidence, and see how many are right at each level.

    Example n has the confidence $c_n = \max_k p_{nk}$ and lies in bin b if $c_n \in (b/B,\ (b+1)/B]$;

    $$\mathrm{conf}(b) = \frac{1}{|b|} \sum_{n \in b} c_n, \qquad
    \mathrm{acc}(b) = \frac{1}{|b|} \sum_{n \in b} \big[\, \arg\max_k p_{nk} = t_n \,\big]$$

    Parameters
    ----------
    p : (N, K) probabilities, rows that sum to 1.
    target : (N,) labels 0..K-1.
    bins : B, at least 1.

    Returns
    -------
    Reliability

    Raises
    ------
    ValueError : for no examples, a label outside 0..K-1, or rows that are no probabilities.

    **Source** Guo, Pleiss, Sun and Weinberger (2017), section 2.
    **Book** eq-ece
    """
    labels = _check("reliability_diagram", "p", p, target)
    bins = whole_number("reliability_diagram", "bins", bins, 1)
    sums = p.sum(axis=1)
    if p.min() < 0 or np.abs(sums - 1).max() > 1e-3:
        raise ValueError(
            f"reliability_diagram: p has entries from {p.min():.3g} and row sums from {sums.min():.4g} to "
            f"{sums.max():.4g}, expected probabilities: rows of numbers of at least 0 that sum to 1"
        )
    confidence = p.max(axis=1).astype(np.float64)
    right = p.argmax(axis=1) == labels
    which = np.clip(np.ceil(confidence * bins).astype(np.intp) - 1, 0, bins - 1)
    count = np.bincount(which, minlength=bins)
    filled = np.where(count > 0, count, np.nan)
    return Reliability(
        np.linspace(0, 1, bins + 1),
        np.bincount(which, confidence, bins) / filled,
        np.bincount(which, right, bins) / filled,
        count,
    )


def expected_calibration_error(p: Float[Array, "N K"], target: Int[Array, " N"], *, bins: int = 15) -> float:
    r"""Measure by how much a classifier promises more, or less, than it keeps.

    $$\mathrm{ECE} = \sum_b \frac{|b|}{N} \, \big| \mathrm{acc}(b) - \mathrm{conf}(b) \big|$$

    with the bins of `reliability_diagram`. Few examples per bin make it larger than it should be: even a
    perfectly calibrated classifier shows about $\sqrt{B / N}$ times a constant.

    Parameters
    ----------
    p : (N, K) probabilities, rows that sum to 1.
    target : (N,) labels 0..K-1.
    bins : B, at least 1.

    Returns
    -------
    error : from 0 to 1.

    Raises
    ------
    ValueError : as `reliability_diagram`.

    **Source** Naeini, Cooper and Hauskrecht (2015); Guo, Pleiss, Sun and Weinberger (2017), section 2.
    **Book** eq-ece
    """
    diagram = reliability_diagram(p, target, bins=bins)
    gaps = np.abs(diagram.accuracy - diagram.confidence)
    return float(np.nansum(gaps * diagram.count) / diagram.count.sum())


def temperature_scale(scores: Float[Array, "N K"], target: Int[Array, " N"]) -> float:
    r"""Find the one temperature that makes the softmax of scores / T most honest on held-out examples.

    $$T = \arg\min_T \frac1N \sum_n -\log \mathrm{softmax}(s_n / T)_{t_n}$$

    With $\beta = 1/T$ the loss is convex, and its slope is a difference of two means,

    $$\frac{\partial}{\partial \beta} = \frac1N \sum_n \Big( \sum_k \mathrm{softmax}(\beta s_n)_k\, s_{nk}
    - s_{n t_n} \Big),$$

    whose zero bisection finds. Dividing by T changes no prediction, so the accuracy stays.

    Parameters
    ----------
    scores : (N, K) scores of examples that were not trained on.
    target : (N,) labels 0..K-1.

    Returns
    -------
    T : above 1 for an overconfident classifier, below 1 for a timid one.

    Raises
    ------
    ValueError : for no examples, a label outside 0..K-1, or when no T between 1e-6 and 1e6 is best: every label
        has the top score (cooler is always better) or the scores say nothing about the labels.

    **Source** Guo, Pleiss, Sun and Weinberger (2017), section 4.2.
    **Book** eq-temperature
    """
    labels = _check("temperature_scale", "scores", scores, target)
    s = scores.astype(np.float64)
    s -= s.max(axis=1, keepdims=True)
    of_labels = s[np.arange(len(s)), labels].mean()

    def slope(beta):
        return (softmax(beta * s) * s).sum(axis=1).mean() - of_labels

    low, high = 1e-6, 1e6
    if not slope(low) < 0 < slope(high):
        raise ValueError(
            "temperature_scale: no temperature is best: the slope by 1/T runs from "
            f"{slope(low):.3g} to {slope(high):.3g}, expected a change of sign; are all predictions right, "
            "or none better than chance?"
        )
    while high > low * (1 + 1e-12):  # halves the interval on a logarithmic scale
        middle = np.sqrt(low * high)
        low, high = (middle, high) if slope(middle) < 0 else (low, middle)
    return float(1 / np.sqrt(low * high))
