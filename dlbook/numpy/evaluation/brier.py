"""Squared distances of probabilities from what happened, and what they are made of."""

from typing import NamedTuple

import numpy as np

from dlbook.numpy.linear_classifiers.arguments import check_rows, check_two_values
from dlbook.numpy.linear_classifiers.metrics import _check, one_hot
from dlbook.shapes import Array, Float, Int, describe

__all__ = ["BrierDecomposition", "brier_decomposition", "brier_score"]


class BrierDecomposition(NamedTuple):
    """The three parts of a Brier score: score = reliability - resolution + uncertainty.

    Parameters
    ----------
    reliability : mean squared distance of a forecast from what came true when it was given; 0 if calibrated.
    resolution : mean squared distance of what came true, forecast by forecast, from the overall frequency.
    uncertainty : variance of the outcome itself, which no forecaster can change.
    """

    reliability: float
    resolution: float
    uncertainty: float


def brier_score(p: Float[Array, "N K"], target: Int[Array, " N"]) -> float:
    r"""Compute the mean squared distance of the probabilities from what happened.

    $$\frac1N \sum_n \sum_k \big( p_{nk} - [\,k = t_n\,] \big)^2$$

    As Brier defined it, summed over the classes; for two classes many programs report half of it.

    Parameters
    ----------
    p : (N, K) probabilities.
    target : (N,) labels 0..K-1.

    Returns
    -------
    score : from 0 to 2, the smaller the better.

    Raises
    ------
    ValueError : for no examples, or a label outside 0..K-1.

    **Source** Brier (1950).
    **Book** eq-brier
    """
    labels = _check("brier_score", "p", p, target)
    return float(((p - one_hot(labels, p.shape[1], dtype="float64")) ** 2).sum(axis=1).mean())


def brier_decomposition(p: Float[Array, " N"], outcome: Int[Array, " N"]) -> BrierDecomposition:
    r"""Split the mean squared error of probabilities of one event into three parts.

    Group the examples by the probability that was forecast. With $N_g$ examples, forecast $p_g$ and frequency
    $\bar o_g$ in group g, and the overall frequency $\bar o$,

    $$\frac1N \sum_n (p_n - o_n)^2 = \underbrace{\frac1N \sum_g N_g (p_g - \bar o_g)^2}_{\text{reliability}}
    - \underbrace{\frac1N \sum_g N_g (\bar o_g - \bar o)^2}_{\text{resolution}}
    + \underbrace{\bar o (1 - \bar o)}_{\text{uncertainty}}$$

    Only equal numbers form a group: round the forecasts first where no two are equal.

    Parameters
    ----------
    p : (N,) forecasts, from 0 to 1.
    outcome : (N,) 1 where the event came, else 0.

    Returns
    -------
    BrierDecomposition

    Raises
    ------
    ValueError : for no examples, other outcomes, forecasts that are no probabilities, or shapes that do not fit.

    **Source** Murphy (1973).
    **Book** eq-brier-decomposition
    """
    check_rows("brier_decomposition", p=p, outcome=outcome)
    if p.ndim != 1 or outcome.ndim != 1 or not 0 <= p.min() <= p.max() <= 1:
        raise ValueError(
            f"brier_decomposition: p is {describe(p)} from {p.min():.3g} to {p.max():.3g} and outcome "
            f"{describe(outcome)}, expected one probability and one outcome per example"
        )
    check_two_values("brier_decomposition", outcome, 0, 1)
    forecast, group = np.unique(p, return_inverse=True)
    share = np.bincount(group) / len(p)
    came = np.bincount(group, outcome) / np.bincount(group)
    overall = float(outcome.mean())
    return BrierDecomposition(
        float((share * (forecast - came) ** 2).sum()),
        float((share * (came - overall) ** 2).sum()),
        overall * (1 - overall),
    )
