"""How far a measured share may be from the truth: intervals for an accuracy, and how often they hold."""

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from dlbook.numpy.linear_classifiers.arguments import between, whole_number
from dlbook.shapes import Array, Float

__all__ = ["Interval", "binomial_pmf", "clopper_pearson_interval", "coverage", "wald_interval", "wilson_interval"]


class Interval(NamedTuple):
    """Two numbers between which the truth is believed to lie.

    Parameters
    ----------
    low, high : low <= high.
    """

    low: float
    high: float


def check_counts(function: str, successes: int, n: int, confidence: float) -> None:
    """Refuse a share that cannot be, or a confidence that is none."""
    whole_number(function, "n", n, 1)
    whole_number(function, "successes", successes, 0)
    if successes > n:
        raise ValueError(f"{function}: successes is {successes}, expected at most n, which is {n}")
    if not 0 < between(function, "confidence", confidence, 0, 1) < 1:
        raise ValueError(f"{function}: confidence is {confidence}, expected a number above 0 and below 1")


def _z(confidence: float) -> float:
    """Return the number that a standard normal variable exceeds in size with probability 1 - confidence."""
    return NormalDist().inv_cdf((1 + confidence) / 2)


def binomial_pmf(n: int, p: float) -> Float[Array, " n+1"]:
    r"""Compute the probabilities of 0, 1, ... n successes in n independent trials.

    $$P(X = k) = \binom nk p^k (1 - p)^{n - k}$$

    Parameters
    ----------
    n : at least 0.
    p : probability of a success, 0 to 1.

    Returns
    -------
    pmf : (n + 1,) float64, sums to 1.

    Raises
    ------
    ValueError : for n or p out of range.

    **Source** Definition.
    **Book** eq-binomial
    """
    n, p = whole_number("binomial_pmf", "n", n, 0), between("binomial_pmf", "p", p, 0, 1)
    if p in (0.0, 1.0):
        return np.eye(n + 1)[n if p else 0]
    k = np.arange(n + 1)
    # C(1000, 500) has 300 digits: add logarithms. The sum of log(n - k + 1) - log(k) is log C(n, k).
    log_choose = np.concatenate([[0.0], np.cumsum(np.log(n - k[1:] + 1) - np.log(k[1:]))])
    return np.exp(log_choose + k * math.log(p) + (n - k) * math.log1p(-p))


def wald_interval(successes: int, n: int, *, confidence: float = 0.95) -> Interval:
    r"""Compute the textbook's interval: the measured share, plus and minus z of its own standard errors.

    $$\hat p \pm z \sqrt{\hat p (1 - \hat p) / n}, \qquad \hat p = k / n$$

    Cut off at 0 and 1. Near the ends it promises far more than it keeps: of 0 in n it makes the interval [0, 0].

    Parameters
    ----------
    successes : k, from 0 to n.
    n : at least 1.
    confidence : the share of samples whose interval should contain the truth.

    Returns
    -------
    Interval

    Raises
    ------
    ValueError : for counts or a confidence out of range.

    **Source** Brown, Cai and DasGupta (2001).
    **Book** eq-wald
    """
    check_counts("wald_interval", successes, n, confidence)
    p = successes / n
    half = _z(confidence) * math.sqrt(p * (1 - p) / n)
    return Interval(max(0.0, p - half), min(1.0, p + half))


def wilson_interval(successes: int, n: int, *, confidence: float = 0.95) -> Interval:
    r"""Compute the set of probabilities that the measured share does not refute.

    The solutions of $(\hat p - p)^2 \le z^2 p (1 - p) / n$, a quadratic inequality in p:

    $$\frac{1}{1 + z^2 / n} \Big( \hat p + \frac{z^2}{2n} \pm
    z \sqrt{\frac{\hat p (1 - \hat p)}{n} + \frac{z^2}{4 n^2}} \Big)$$

    Parameters
    ----------
    successes : k, from 0 to n.
    n : at least 1.
    confidence : the share of samples whose interval should contain the truth.

    Returns
    -------
    Interval

    Raises
    ------
    ValueError : for counts or a confidence out of range.

    Examples
    --------
    >>> wilson_interval(0, 100).high < 0.04
    True

    **Source** Wilson (1927).
    **Book** eq-wilson
    """
    check_counts("wilson_interval", successes, n, confidence)
    p, z2 = successes / n, _z(confidence) ** 2
    middle = p + z2 / (2 * n)
    half = math.sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n * n)))
    low, high = (middle - half) / (1 + z2 / n), (middle + half) / (1 + z2 / n)
    # At the ends one solution is 0 or 1 exactly; rounding must not miss it.
    return Interval(low if successes else 0.0, high if successes < n else 1.0)


def clopper_pearson_interval(successes: int, n: int, *, confidence: float = 0.95) -> Interval:
    r"""Compute the exact interval, which contains the truth at least as often as promised, whatever the truth is.

    $$P_{\text{low}}(X \ge k) = \tfrac{\alpha}{2}, \qquad P_{\text{high}}(X \le k) = \tfrac{\alpha}{2},
    \qquad \alpha = 1 - \text{confidence}$$

    Both tails are monotone in p, so that bisection finds the two ends; low = 0 for k = 0 and high = 1 for k = n.

    Parameters
    ----------
    successes : k, from 0 to n.
    n : at least 1.
    confidence : the least share of samples whose interval contains the truth.

    Returns
    -------
    Interval

    Raises
    ------
    ValueError : for counts or a confidence out of range.

    **Source** Clopper and Pearson (1934).
    **Book** eq-clopper-pearson
    """
    check_counts("clopper_pearson_interval", successes, n, confidence)
    tail = (1 - confidence) / 2
    low = _bisect(lambda p: binomial_pmf(n, p)[successes:].sum() - tail) if successes else 0.0
    high = _bisect(lambda p: tail - binomial_pmf(n, p)[: successes + 1].sum()) if successes < n else 1.0
    return Interval(low, high)


def _bisect(rising: Callable[[float], float]) -> float:
    """Return where a rising function of a probability crosses zero."""
    low, high = 0.0, 1.0
    for _ in range(52):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < 0 else (low, middle)
    return (low + high) / 2


def coverage(
    interval: Callable[..., Interval], n: int, p: float | Float[Array, " P"], *, confidence: float = 0.95
) -> float | Float[Array, " P"]:
    r"""Compute how often an interval contains the truth, when the truth is p: a sum, not a simulation.

    $$\sum_{k=0}^{n} \binom nk p^k (1 - p)^{n-k} \, \big[\, \text{low}(k) \le p \le \text{high}(k) \,\big]$$

    Parameters
    ----------
    interval : a function such as `wilson_interval`.
    n : number of trials, at least 1.
    p : the true probability, 0 to 1, or (P,) of them.
    confidence : what the interval promises.

    Returns
    -------
    coverage : from 0 to 1; (P,) for an array of p.

    Raises
    ------
    ValueError : for n, p or a confidence out of range.

    **Source** Brown, Cai and DasGupta (2001).
    **Book** eq-coverage
    """
    n = whole_number("coverage", "n", n, 1)
    truths = np.ravel(p)
    chance = np.stack([binomial_pmf(n, float(q)) for q in truths])
    likely = np.flatnonzero((chance > 1e-14).any(axis=0))  # the other counts add nothing to fourteen digits
    low, high = np.array([interval(int(k), n, confidence=confidence) for k in likely]).T
    covered = (low <= truths[:, None]) & (truths[:, None] <= high)
    kept = (chance[:, likely] * covered).sum(axis=1)
    return float(kept[0]) if np.ndim(p) == 0 else kept
