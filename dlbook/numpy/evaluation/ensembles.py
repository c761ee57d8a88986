"""Several networks asked at once: averages, votes, and why their errors partly cancel."""

import math
from typing import Literal, NamedTuple

import numpy as np

from dlbook.differentiable import differentiable
from dlbook.numpy.evaluation.intervals import binomial_pmf
from dlbook.numpy.linear_classifiers.arguments import between, whole_number
from dlbook.shapes import Array, Float, Int, describe

__all__ = [
    "AmbiguityDecomposition", "ambiguity_decomposition", "ensemble_average", "majority_probability", "majority_vote",
    "member_covariance",
]  # fmt: skip


class AmbiguityDecomposition(NamedTuple):
    """The squared error of an average, and what it is made of.

    Parameters
    ----------
    ensemble : mean squared error of the average of the members.
    members : mean of the members' own mean squared errors.
    ambiguity : mean squared distance of a member from the average; ensemble = members - ambiguity.
    """

    ensemble: float
    members: float
    ambiguity: float


@differentiable
def ensemble_average(
    scores: Float[Array, "M N K"], *, of: Literal["probabilities", "scores"] = "probabilities"
) -> Float[Array, "N K"]:
    r"""Compute the logarithm of the probabilities that an ensemble gives to each class.

    The arithmetic mean of the members' probabilities, or their geometric mean, which is the softmax of the mean score:

    $$y_{nk} = \log \frac1M \sum_m e^{\ell_{mnk}}, \qquad \text{or} \qquad
    y_n = \log \mathrm{softmax}\Big(\frac1M \sum_m s_{mn}\Big), \qquad
    \ell_{mn} = \log\mathrm{softmax}(s_{mn})$$

    $$\bar \ell_{mnk} = r_{mnk}\, \bar y_{nk}, \quad r_{mnk} = \frac{e^{\ell_{mnk}}}{\sum_j e^{\ell_{jnk}}}, \quad
    \bar s_{mnk} = \bar \ell_{mnk} - p_{mnk} \sum_i \bar \ell_{mni}; \qquad
    \bar s_{mnk} = \frac1M \Big( \bar y_{nk} - e^{y_{nk}} \sum_i \bar y_{ni} \Big)$$

    Parameters
    ----------
    scores : (M, N, K) what each of M members says about each of N examples; log-probabilities are scores too.
    of : "probabilities" for the arithmetic mean, "scores" for the geometric one.

    Returns
    -------
    y : (N, K) log-probabilities: exp(y) sums to 1 in each row.

    Raises
    ------
    ValueError : for no member or no class.

    **Source** Lakshminarayanan, Pritzel and Blundell (2017).
    **Book** eq-ensemble-average, eq-geometric-average, eq-ensemble-backward
    """
    members, _, classes = scores.shape
    if members == 0 or classes == 0:
        raise ValueError(f"ensemble_average: scores is {describe(scores)}, expected at least one member and one class")
    if of == "scores":
        y = _log_softmax(scores.mean(axis=0))

        def pullback(dy):
            ds = (dy - np.exp(y) * dy.sum(axis=-1, keepdims=True)) / members
            return (np.repeat(ds[None], members, axis=0),)

        return y, pullback

    each = _log_softmax(scores)
    # A probability of exp(-2000) is 0, and so would be a mean of such: shift by the most convinced member.
    peak = each.real.max(axis=0)
    share = np.exp(each - peak)
    total = share.sum(axis=0)
    y = peak + np.log(total / members)

    def pullback(dy):
        # Each member answers for the part of the mean that it contributed.
        deach = share / total * dy
        return (deach - np.exp(each) * deach.sum(axis=-1, keepdims=True),)

    return y, pullback


def _log_softmax(scores):
    shifted = scores - scores.real.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def majority_vote(scores: Float[Array, "M N K"]) -> Int[Array, " N"]:
    r"""Let each member name a class, and return the class that was named most often.

    $$\arg\max_k \#\{ m : \arg\max_j s_{mnj} = k \}$$

    Ties go to the smallest class, twice: a member whose largest scores are equal names the first of them, as `argmax`
    does, and of classes with equally many votes the first is returned.

    Parameters
    ----------
    scores : (M, N, K) scores or probabilities.

    Returns
    -------
    labels : (N,) classes 0..K-1.

    Raises
    ------
    ValueError : for another number of axes, no member or no class.

    Examples
    --------
    >>> import numpy as np
    >>> majority_vote(np.array([[[0.0, 1.0, 0.0]], [[0.0, 3.0, 2.0]], [[0.0, 0.0, 9.0]]]))
    array([1])

    **Source** Dietterich (2000), "Ensemble methods in machine learning".
    **Book** eq-majority-vote
    """
    if scores.ndim != 3 or 0 in (scores.shape[0], scores.shape[2]):
        raise ValueError(f"majority_vote: scores is {describe(scores)}, expected (M, N, K) with M and K at least 1")
    named = scores.argmax(axis=2)
    votes = (named[:, :, None] == np.arange(scores.shape[2])).sum(axis=0)
    return votes.argmax(axis=1)


def ambiguity_decomposition(
    predictions: Float[Array, "M *S"], target: Float[Array, "*S"]
) -> AmbiguityDecomposition:
    r"""Split the squared error of an average into what its members do wrong and how much they disagree.

    $$\underbrace{(\bar y - t)^2}_{\text{ensemble}} = \underbrace{\frac1M \sum_m (y_m - t)^2}_{\text{members}}
    - \underbrace{\frac1M \sum_m (y_m - \bar y)^2}_{\text{ambiguity}}, \qquad \bar y = \frac1M \sum_m y_m$$

    Each term is averaged over the entries of the target.

    Parameters
    ----------
    predictions : (M, ...) numbers that M members predict, such as probabilities.
    target : (...) what they should have been, such as one-hot rows.

    Returns
    -------
    AmbiguityDecomposition

    Raises
    ------
    ValueError : for shapes that do not fit, or nothing to average.

    **Source** Krogh and Vedelsby (1995).
    **Book** eq-ambiguity
    """
    if predictions.shape[1:] != target.shape or predictions.size == 0:
        raise ValueError(
            f"ambiguity_decomposition: predictions is {describe(predictions)} and target {describe(target)}, "
            "expected one array of the target's shape for each member"
        )
    mean = predictions.mean(axis=0)
    return AmbiguityDecomposition(
        float(((mean - target) ** 2).mean()),
        float(((predictions - target) ** 2).mean()),
        float(((predictions - mean) ** 2).mean()),
    )


def majority_probability(p: float, voters: int) -> float:
    r"""Compute how often the majority of independent voters is right, when each is right with probability p.

    $$P = \sum_{k > M/2} \binom Mk p^k (1 - p)^{M - k} + \tfrac12 \Big[ k = \tfrac M2 \Big] \binom Mk p^k (1-p)^{M-k}$$

    There are two answers; a tie is decided by a coin.

    Parameters
    ----------
    p : from 0 to 1.
    voters : M, at least 1.

    Returns
    -------
    P : from 0 to 1.

    Raises
    ------
    ValueError : for p or voters out of range.

    Examples
    --------
    >>> round(majority_probability(0.6, 3), 3)
    0.648

    **Source** Condorcet (1785).
    **Book** eq-condorcet
    """
    p = between("majority_probability", "p", p, 0, 1)
    voters = whole_number("majority_probability", "voters", voters, 1)
    chance, right = binomial_pmf(voters, p), 2 * np.arange(voters + 1)
    return math.fsum(chance[right > voters]) + math.fsum(chance[right == voters]) / 2


def member_covariance(values: Float[Array, "M N"]) -> tuple[float, float]:
    r"""Measure how much members scatter, and how much they do so together.

    $$\bar v = \frac1M \sum_m \mathrm{Var}_n(a_{mn}), \qquad
    \bar c = \frac{1}{M (M - 1)} \sum_{m \ne j} \mathrm{Cov}_n(a_{mn}, a_{jn}), \qquad
    \mathrm{Var}_n\Big(\frac1M \sum_m a_{mn}\Big) = \frac{\bar v}{M} + \Big(1 - \frac1M\Big) \bar c$$

    Parameters
    ----------
    values : (M, N) a number of each member for each example, such as 1 where it errs; M at least 2, N at least 1.

    Returns
    -------
    variance, covariance : the two means. Their ratio is the correlation of members when all vary alike.

    Raises
    ------
    ValueError : for fewer than two members, or no example.

    **Source** Breiman (2001), "Random forests".
    **Book** eq-correlated-mean
    """
    if values.ndim != 2 or values.shape[0] < 2 or values.shape[1] == 0:
        raise ValueError(f"member_covariance: values is {describe(values)}, expected (M, N), M >= 2, N >= 1")
    centred = values - values.mean(axis=1, keepdims=True)
    covariance = centred @ centred.T / values.shape[1]
    members = len(values)
    own = float(np.trace(covariance))
    return own / members, (float(covariance.sum()) - own) / (members * (members - 1))
