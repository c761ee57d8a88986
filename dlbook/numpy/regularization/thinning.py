"""The networks that dropout trains, all of them: masks one by one, and the mean of what they say."""

import numpy as np

from dlbook.numpy.linear_classifiers.arguments import between, whole_number
from dlbook.numpy.linear_classifiers.softmax import softmax
from dlbook.shapes import Array, Bool, Float, describe

__all__ = ["all_masks", "mask_probability", "normalized_geometric_mean"]


def all_masks(n: int) -> Bool[Array, "M n"]:
    r"""List every way to keep some of n units and drop the others.

    $$\{0, 1\}^n, \qquad M = 2^n$$

    Parameters
    ----------
    n : units, 0 to 16.

    Returns
    -------
    masks : (2^n, n), the first drops everything and the last keeps everything.

    Raises
    ------
    ValueError : for n below 0 or above 16, where the list would be too long.

    Examples
    --------
    >>> all_masks(2).astype(int)
    array([[0, 0],
           [0, 1],
           [1, 0],
           [1, 1]])

    **Source** definition.
    **Book** eq-thinned
    """
    n = whole_number("all_masks", "n", n, 0)
    if n > 16:
        raise ValueError(f"all_masks: n is {n}, expected at most 16: there are 2^n masks")
    places = np.arange(n)[::-1]
    return (np.arange(2**n)[:, None] >> places & 1).astype(bool)


def mask_probability(masks: Bool[Array, "M n"], *, p: float = 0.5) -> Float[Array, " M"]:
    r"""Compute how probable each mask is when units are dropped independently.

    $$P(m) = \prod_i (1 - p)^{m_i}\, p^{1 - m_i}$$

    Parameters
    ----------
    masks : (M, n), True where a unit is kept.
    p : the probability of being dropped, 0 to 1.

    Returns
    -------
    probability : (M,); over `all_masks(n)` they sum to 1.

    Raises
    ------
    ValueError : for a probability outside [0, 1].

    **Source** definition.
    **Book** eq-thinned
    """
    p = between("mask_probability", "p", p, 0, 1)
    return np.where(masks, 1 - p, p).prod(axis=1)


def normalized_geometric_mean(p: Float[Array, "M N K"], weight: Float[Array, " M"]) -> Float[Array, "N K"]:
    r"""Average the predictions of M classifiers by multiplying them, and make the result sum to 1 again.

    $$\bar p_{nk} = \frac{\prod_j p_{jnk}^{w_j}}{\sum_{k'} \prod_j p_{jnk'}^{w_j}}
    = \mathrm{softmax}_k \sum_j w_j \log p_{jnk}$$

    Parameters
    ----------
    p : (M, N, K) positive probabilities.
    weight : (M,) what each classifier counts, summing to 1.

    Returns
    -------
    mean : (N, K), rows that sum to 1.

    Raises
    ------
    ValueError : for shapes that do not fit, or a probability that is not positive.

    **Source** Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov (2014); Baldi and Sadowski (2013).
    **Book** eq-geometric-mean
    """
    if p.ndim != 3 or weight.shape != p.shape[:1]:
        raise ValueError(f"normalized_geometric_mean: p is {describe(p)} and weight {describe(weight)}, "
                         "expected shapes (M, N, K) and (M,)")
    if not p.min(initial=1.0) > 0:
        raise ValueError(f"normalized_geometric_mean: p has the entry {p.min()}, expected positive probabilities")
    return softmax(np.tensordot(weight, np.log(p), 1), axis=1)
