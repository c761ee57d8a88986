"""Drawing examples again: bootstrap samples, the examples that a sample left out, and how far a statistic scatters."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from dlbook.numpy.evaluation.intervals import Interval, check_counts
from dlbook.numpy.linear_classifiers.arguments import check_generator, check_rows, whole_number
from dlbook.shapes import Array, Float, Int, describe

__all__ = ["OutOfBag", "bootstrap", "bootstrap_interval", "out_of_bag"]


class OutOfBag(NamedTuple):
    """What an ensemble says about its own training data, each example judged by strangers.

    Parameters
    ----------
    p : (N, K) mean probabilities of the members that did not see the example; nan where all members saw it.
    count : (N,) how many members that were.
    """

    p: Array
    count: Array


def bootstrap(n: int, rng: np.random.Generator, *, size: int | None = None) -> Int[Array, " size"]:
    r"""Draw examples with replacement: a sample like the one we have, but not the same.

    An example is missing from n draws with probability $(1 - 1/n)^n \to e^{-1} \approx 0.37$.

    Parameters
    ----------
    n : how many examples there are, at least 1.
    rng : draws.
    size : how many to draw, at least 1; n by default.

    Returns
    -------
    rows : (size,) indices 0..n-1.

    Raises
    ------
    ValueError : for n or size below 1.

    **Source** Efron (1979); Breiman (1996), "Bagging predictors".
    **Book** eq-bootstrap
    """
    check_generator("bootstrap", rng)
    n = whole_number("bootstrap", "n", n, 1)
    return rng.integers(0, n, n if size is None else whole_number("bootstrap", "size", size, 1))


def out_of_bag(p: Float[Array, "M N K"], samples: Int[Array, "M S"]) -> OutOfBag:
    r"""Average for each training example the probabilities of the members that were trained without it.

    $$\hat p_{nk} = \frac{1}{|O_n|} \sum_{m \in O_n} p_{mnk}, \qquad O_n = \{ m : n \notin \text{sample}_m \}$$

    Parameters
    ----------
    p : (M, N, K) probabilities that each member gives to the N training examples.
    samples : (M, S) the rows that each member was trained on, 0..N-1.

    Returns
    -------
    OutOfBag

    Raises
    ------
    ValueError : for shapes that do not fit, or a row that there is not.

    **Source** Breiman (1996), "Out-of-bag estimation".
    **Book** eq-out-of-bag
    """
    if p.ndim != 3 or samples.ndim != 2 or len(p) != len(samples) or samples.dtype.kind not in "iu":
        raise ValueError(
            f"out_of_bag: p is {describe(p)} and samples {describe(samples)}, "
            "expected (M, N, K) and an integer array (M, S)"
        )
    members, n, _ = p.shape
    if samples.size and not 0 <= samples.min() <= samples.max() < n:
        raise ValueError(f"out_of_bag: samples has rows {samples.min()} to {samples.max()}, expected 0 to {n - 1}")
    outside = np.ones((members, n), dtype=bool)
    np.put_along_axis(outside, samples, False, axis=1)
    count = outside.sum(axis=0)
    total = np.where(outside[:, :, None], p, 0).sum(axis=0)
    return OutOfBag(total / np.where(count, count, np.nan)[:, None].astype(p.dtype), count)


def bootstrap_interval(
    values: Float[Array, "N ..."], statistic: Callable = np.mean, *, resamples: int = 2000, confidence: float = 0.95,
    rng: np.random.Generator,
) -> Interval:
    r"""Estimate how far a statistic scatters by resampling the examples that we have.

    With $\theta^\star_b$ the statistic of the b-th resample, the interval runs from the $\alpha/2$ to the
    $1 - \alpha/2$ quantile of the $\theta^\star_b$, where $\alpha = 1 - \text{confidence}$.

    Parameters
    ----------
    values : (N, ...) one row per example; pairs go in one row, so that they stay together.
    statistic : maps rows to a number.
    resamples : B, at least 1.
    confidence : above 0, below 1.
    rng : draws the resamples.

    Returns
    -------
    Interval

    Raises
    ------
    ValueError : for no example, a number out of range, or a statistic that is no number.

    **Source** Efron (1979).
    **Book** eq-bootstrap-interval
    """
    check_generator("bootstrap_interval", rng)
    check_rows("bootstrap_interval", values=values)
    resamples = whole_number("bootstrap_interval", "resamples", resamples, 1)
    check_counts("bootstrap_interval", 0, 1, confidence)
    n, levels = len(values), [(1 - confidence) / 2, (1 + confidence) / 2]
    found = np.array([statistic(values[rng.integers(0, n, n)]) for _ in range(resamples)])
    if found.ndim != 1:
        raise ValueError(f"bootstrap_interval: statistic gives arrays of shape {found.shape[1:]}, expected one number")
    low, high = np.quantile(found, levels)
    return Interval(float(low), float(high))
