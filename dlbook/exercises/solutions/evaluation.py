"""Solutions of the exercises of `evaluation`."""

import numpy as np

from dlbook.shapes import Array

__all__ = ["copying_majority", "leaderboard_attack", "rank_auroc"]


def rank_auroc(scores: Array, target: Array) -> float:
    """Compute the area under the ROC curve from ranks: how many places above the lowest possible the positives are.

    >>> rank_auroc(np.array([0.9, 0.4, 0.4, 0.1]), np.array([1, 1, 0, 0]))
    0.875
    """
    _, which, count = np.unique(scores, return_inverse=True, return_counts=True)
    middle = np.cumsum(count) - (count - 1) / 2  # equal scores share the mean of their ranks
    positives = target == 1
    n_plus, n_minus = positives.sum(), (~positives).sum()
    lowest = n_plus * (n_plus + 1) / 2
    return float((middle[which][positives].sum() - lowest) / (n_plus * n_minus))


def leaderboard_attack(answers: Array, score) -> Array:
    """Combine guesses, knowing nothing but the score of each: vote, turning those around that did worse than half.

    answers is (G, N), zeros and ones; `score(answer)` is the accuracy that the leaderboard tells.

    >>> truth = np.array([0, 1, 1, 0])
    >>> leaderboard_attack(np.array([[0, 1, 1, 1], [1, 0, 0, 1], [0, 0, 1, 0]]), lambda y: (y == truth).mean())
    array([0, 1, 1, 0])
    """
    useful = np.array([score(answer) > 0.5 for answer in answers])
    turned = np.where(useful[:, None], answers, 1 - answers)
    return (turned.mean(axis=0) > 0.5).astype(int)


def copying_majority(
    p: float, copying: float, voters: int, rng: np.random.Generator, *, trials: int = 100_000
) -> float:
    """Simulate how often a majority is right when, with probability `copying`, all voters repeat the first one.

    >>> copying_majority(1.0, 0.5, 3, np.random.default_rng(0), trials=10)
    1.0
    """
    right = rng.random((trials, voters)) < p
    copied = rng.random(trials) < copying
    right[copied] = right[copied, :1]
    return float((right.sum(axis=1) > voters / 2).mean())
