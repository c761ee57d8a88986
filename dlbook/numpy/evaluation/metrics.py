"""More than one number for one classifier: precision and recall, and what is said when nearly right counts."""

from typing import Literal

import numpy as np

from dlbook.numpy.linear_classifiers.arguments import whole_number
from dlbook.numpy.linear_classifiers.metrics import _check, confusion_matrix
from dlbook.shapes import Array, Float, Int

__all__ = ["balanced_accuracy", "f1_score", "precision", "recall", "top_k_accuracy"]

Average = Literal["macro", "micro", "none"]


def _ratio(over: Array, under: Array) -> Array:
    """Divide, with 0 where there is nothing to divide by: no answer of this class was given, or none was asked for."""
    return np.where(under > 0, over / np.where(under > 0, under, 1), 0.0)


def _averaged(function: str, over: Array, under: Array, average: Average) -> float | Array:
    if average not in ("macro", "micro", "none"):
        raise ValueError(f"{function}: average is {average!r}, expected 'macro', 'micro' or 'none'")
    if average == "micro":
        return float(_ratio(over.sum(), under.sum()))
    each = _ratio(over, under)
    return each if average == "none" else float(each.mean())


def precision(
    scores: Float[Array, "N K"], target: Int[Array, " N"], *, average: Average = "macro"
) -> float | Float[Array, " K"]:
    r"""Compute how pure the predictions of a class are.

    $$P_k = \frac{C_{kk}}{\sum_j C_{jk}}$$

    with the confusion matrix C, rows the truth. A class that is never predicted has the precision 0.

    Parameters
    ----------
    scores : (N, K) scores or probabilities.
    target : (N,) labels 0..K-1.
    average : "macro" for the mean over the classes, "micro" for the ratio of the sums, "none" for all K numbers.

    Returns
    -------
    precision : from 0 to 1; (K,) for "none".

    Raises
    ------
    ValueError : for no examples, a label outside 0..K-1, or an unknown average.

    **Source** van Rijsbergen (1979), "Information Retrieval", chapter 7.
    **Book** eq-precision-recall
    """
    counts = confusion_matrix(scores, target)
    return _averaged("precision", np.diag(counts), counts.sum(axis=0), average)


def recall(
    scores: Float[Array, "N K"], target: Int[Array, " N"], *, average: Average = "macro"
) -> float | Float[Array, " K"]:
    r"""Compute how many of a class's examples are found.

    $$R_k = \frac{C_{kk}}{\sum_j C_{kj}}$$

    with the confusion matrix C, rows the truth. A class without examples has the recall 0.

    Parameters
    ----------
    scores : (N, K) scores or probabilities.
    target : (N,) labels 0..K-1.
    average : as for `precision`.

    Returns
    -------
    recall : from 0 to 1; (K,) for "none".

    Raises
    ------
    ValueError : as for `precision`.

    **Source** van Rijsbergen (1979), "Information Retrieval", chapter 7.
    **Book** eq-precision-recall
    """
    counts = confusion_matrix(scores, target)
    return _averaged("recall", np.diag(counts), counts.sum(axis=1), average)


def f1_score(
    scores: Float[Array, "N K"], target: Int[Array, " N"], *, average: Average = "macro"
) -> float | Float[Array, " K"]:
    r"""Compute the harmonic mean of precision and recall, which the smaller of the two dominates.

    $$F_k = \frac{2 P_k R_k}{P_k + R_k} = \frac{2\, C_{kk}}{\sum_j C_{jk} + \sum_j C_{kj}}$$

    The second form has a value where one of the two has none.

    Parameters
    ----------
    scores : (N, K) scores or probabilities.
    target : (N,) labels 0..K-1.
    average : as for `precision`; "macro" is the mean of the classes' F, not the F of mean precision and mean recall.

    Returns
    -------
    f1 : from 0 to 1; (K,) for "none".

    Raises
    ------
    ValueError : as for `precision`.

    **Source** van Rijsbergen (1979), "Information Retrieval", chapter 7.
    **Book** eq-f1
    """
    counts = confusion_matrix(scores, target)
    return _averaged("f1_score", 2 * np.diag(counts), counts.sum(axis=0) + counts.sum(axis=1), average)


def balanced_accuracy(scores: Float[Array, "N K"], target: Int[Array, " N"]) -> float:
    r"""Compute the accuracy as if every class were equally frequent: the mean recall of the classes that occur.

    $$\frac{1}{|\{k : N_k > 0\}|} \sum_{k :\, N_k > 0} R_k$$

    Parameters
    ----------
    scores : (N, K) scores or probabilities.
    target : (N,) labels 0..K-1.

    Returns
    -------
    accuracy : from 0 to 1; who always gives the same answer gets 1 over the number of classes.

    Raises
    ------
    ValueError : for no examples, or a label outside 0..K-1.

    **Source** Brodersen and others (2010).
    **Book** eq-balanced-accuracy
    """
    counts = confusion_matrix(scores, target)
    there = counts.sum(axis=1) > 0
    return float((np.diag(counts)[there] / counts.sum(axis=1)[there]).mean())


def top_k_accuracy(scores: Float[Array, "N K"], target: Int[Array, " N"], *, k: int) -> float:
    r"""Count how often the label is among the k classes with the largest scores.

    $$\frac1N \sum_n \big[\, r_n < k \,\big], \qquad
    r_n = \#\{ j : s_{nj} > s_{nt_n} \text{ or } (s_{nj} = s_{nt_n} \text{ and } j < t_n) \}$$

    Of equal scores the smaller class comes first, so that k = 1 gives `accuracy`.

    Parameters
    ----------
    scores : (N, K) scores or probabilities.
    target : (N,) labels 0..K-1.
    k : 1 to K.

    Returns
    -------
    accuracy : from 0 to 1.

    Raises
    ------
    ValueError : for no examples, a label outside 0..K-1, or a k that is not 1 to K.

    **Source** Russakovsky and others (2015).
    **Book** eq-top-k
    """
    labels = _check("top_k_accuracy", "scores", scores, target)
    classes = scores.shape[1]
    if whole_number("top_k_accuracy", "k", k, 1) > classes:
        raise ValueError(f"top_k_accuracy: k is {k}, expected at most {classes} as there are {classes} classes")
    own = np.take_along_axis(scores, labels[:, None], axis=1)
    before = (scores > own) | ((scores == own) & (np.arange(classes) < labels[:, None]))
    return float((before.sum(axis=1) < k).mean())
