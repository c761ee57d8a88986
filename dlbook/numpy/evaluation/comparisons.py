"""Is one network better than another, or only luckier: paired tests, many tests, and where a scatter comes from."""

import math
from typing import NamedTuple

import numpy as np

from dlbook.numpy.evaluation.intervals import binomial_pmf
from dlbook.numpy.linear_classifiers.arguments import check_generator, check_rows, whole_number
from dlbook.shapes import Array, Bool, Float, describe

__all__ = ["McNemar", "VarianceComponents", "holm", "mcnemar", "permutation_test", "variance_components"]


class McNemar(NamedTuple):
    """A comparison of two classifiers on the same examples.

    Parameters
    ----------
    only_a, only_b : how many examples the first alone, and the second alone, gets right.
    statistic : chi-square with continuity correction, or the smaller of the two counts for the exact test.
    p_value : how often two equally good classifiers would differ at least so much.
    """

    only_a: int
    only_b: int
    statistic: float
    p_value: float


class VarianceComponents(NamedTuple):
    """Where the scatter of a measured mean comes from.

    Parameters
    ----------
    seed : variance of what a seed would reach on infinitely many examples; an estimate may come out below 0.
    example : variance, from example to example, of how easy it is.
    residual : variance of what is left: this seed on this example.
    """

    seed: float
    example: float
    residual: float

    def of_mean(self, seeds: int, examples: int) -> float:
        """Return the variance of a mean over so many seeds, all measured on the same so many examples."""
        return self.seed / seeds + self.example / examples + self.residual / (seeds * examples)


def mcnemar(right_a: Bool[Array, " N"], right_b: Bool[Array, " N"], *, exact: bool = True) -> McNemar:
    r"""Test whether two classifiers err equally often, on the examples about which they disagree.

    If both err equally often, each of the $d = b + c$ examples that only one gets right is a fair coin. Exactly, and
    for large d approximately by chi-square with one degree of freedom,

    $$p = \min\Big(1,\; 2 \sum_{k \le \min(b, c)} \binom dk 2^{-d}\Big), \qquad
    \chi^2 = \frac{(|b - c| - 1)^2}{b + c}, \quad p = \mathrm{erfc}\big(\sqrt{\chi^2 / 2}\big)$$

    Parameters
    ----------
    right_a, right_b : (N,) which examples each classifier gets right.
    exact : the binomial test, or chi-square (0 where b = c).

    Returns
    -------
    McNemar : with p_value 1 when they never disagree.

    Raises
    ------
    ValueError : for no examples, or arrays that are not boolean and of one length.

    **Source** McNemar (1947); Dietterich (1998).
    **Book** eq-mcnemar
    """
    check_rows("mcnemar", right_a=right_a, right_b=right_b)
    if right_a.ndim != 1 or right_b.ndim != 1 or right_a.dtype.kind != "b" or right_b.dtype.kind != "b":
        raise ValueError(
            f"mcnemar: right_a is {describe(right_a)} and right_b {describe(right_b)}, expected boolean arrays (N,)"
        )
    b, c = int((right_a & ~right_b).sum()), int((right_b & ~right_a).sum())
    if exact:
        tail = math.fsum(binomial_pmf(b + c, 0.5)[: min(b, c) + 1])
        return McNemar(b, c, float(min(b, c)), min(1.0, 2 * tail))
    # |b - c| moves in steps of two, so that half a step, 1, belongs to the value below.
    statistic = max(0, abs(b - c) - 1) ** 2 / (b + c) if b + c else 0.0
    return McNemar(b, c, statistic, math.erfc(math.sqrt(statistic / 2)))


def permutation_test(difference: Float[Array, " N"], *, resamples: int = 2000, rng: np.random.Generator) -> float:
    r"""Test whether paired differences have mean zero, by exchanging the members of each pair at random.

    If the two are equally good, the sign of every difference could as well have been the other one:

    $$p = \frac{1 + \#\{ r : |\sum_n \varepsilon_{rn} d_n| \ge |\sum_n d_n| \}}{1 + R}, \qquad
    \varepsilon_{rn} = \pm 1$$

    The data as they are count as one of the exchanges, so that p is never 0.

    Parameters
    ----------
    difference : (N,) what the first has more than the second on each example, a loss or a hit.
    resamples : R, at least 1.
    rng : draws the signs.

    Returns
    -------
    p : above 0, at most 1.

    Raises
    ------
    ValueError : for no examples, another number of axes, or a difference that is nan or infinite.

    **Source** Fisher (1935), "The Design of Experiments"; Phipson and Smyth (2010) for the one that is added.
    **Book** eq-permutation
    """
    check_generator("permutation_test", rng)
    resamples = whole_number("permutation_test", "resamples", resamples, 1)
    if difference.ndim != 1 or len(difference) == 0:
        raise ValueError(f"permutation_test: difference is {describe(difference)}, expected at least one number (N,)")
    d = difference.astype(np.float64)
    if not np.isfinite(d).all():
        raise ValueError(f"permutation_test: difference[{np.isfinite(d).argmin()}] is {d[~np.isfinite(d)][0]}, "
                         "expected finite numbers")
    seen = abs(d.sum())
    least = seen - 1e-9 * np.abs(d).sum()  # sums in another order differ in the last digits, and a tie is a tie
    # All signs at once would fill the memory where N is large. A generator makes four such small numbers of one word:
    # with multiples of four rows, many blocks are the same signs as one.
    block = max(4, 2**22 // len(d) // 4 * 4)
    extreme = 0
    for start in range(0, resamples, block):
        signs = 2 * rng.integers(0, 2, (min(block, resamples - start), len(d)), dtype=np.int8) - 1
        extreme += int((np.abs(signs @ d) >= least).sum())
    return (1 + extreme) / (1 + resamples)


def holm(p_values: Float[Array, " H"]) -> Float[Array, " H"]:
    r"""Correct the p-values of several tests, so that a false alarm among all of them is rare.

    With the p-values in rising order, $p_{(1)} \le \dots \le p_{(H)}$,

    $$\tilde p_{(i)} = \min\Big(1,\; \max_{j \le i} (H - j + 1)\, p_{(j)}\Big)$$

    Parameters
    ----------
    p_values : (H,) from 0 to 1.

    Returns
    -------
    adjusted : (H,), in the order given; reject what lies below the level.

    Raises
    ------
    ValueError : for numbers outside 0..1.

    Examples
    --------
    >>> import numpy as np
    >>> holm(np.array([0.04, 0.01, 0.03]))
    array([0.06, 0.03, 0.06])

    **Source** Holm (1979).
    **Book** eq-holm
    """
    if p_values.ndim != 1 or not ((p_values >= 0) & (p_values <= 1)).all():
        raise ValueError(f"holm: p_values is {describe(p_values)}, expected an array (H,) of numbers from 0 to 1")
    order = np.argsort(p_values, kind="stable")
    factor = np.arange(len(p_values), 0, -1)
    adjusted = np.empty_like(p_values)
    adjusted[order] = np.minimum(np.maximum.accumulate(factor * p_values[order]), 1)
    return adjusted


def variance_components(values: Float[Array, "M N"]) -> VarianceComponents:
    r"""Split the scatter of a table of seeds and examples into a seed's, an example's, and the rest.

    $$a_{mn} = \mu + \sigma_m + \xi_n + \rho_{mn}$$

    With the mean squares of rows, columns and what is left,

    $$S = \frac{N}{M - 1} \sum_m (\bar a_m - \bar a)^2, \quad X = \frac{M}{N - 1} \sum_n (\bar a_{\cdot n} - \bar a)^2,
    \quad R = \frac{\sum_{mn} (a_{mn} - \bar a_m - \bar a_{\cdot n} + \bar a)^2}{(M - 1)(N - 1)},$$

    $$\mathrm{Var}\,\sigma = (S - R) / N, \qquad \mathrm{Var}\,\xi = (X - R) / M, \qquad \mathrm{Var}\,\rho = R$$

    Parameters
    ----------
    values : (M, N) one number per seed and example, such as 1 where the network is right; M and N at least 2.

    Returns
    -------
    VarianceComponents

    Raises
    ------
    ValueError : for fewer than two seeds or examples.

    **Source** Searle, Casella and McCulloch (1992), "Variance Components".
    **Book** eq-variance-components
    """
    if values.ndim != 2 or min(values.shape) < 2:
        raise ValueError(f"variance_components: values is {describe(values)}, expected (M, N), both at least 2")
    a = values.astype(np.float64)
    m, n = a.shape
    rows, columns, mean = a.mean(axis=1), a.mean(axis=0), a.mean()
    rest = a - rows[:, None] - columns + mean
    residual = float((rest**2).sum()) / ((m - 1) * (n - 1))
    seeds, examples = n * float(rows.var(ddof=1)), m * float(columns.var(ddof=1))
    return VarianceComponents((seeds - residual) / n, (examples - residual) / m, residual)
