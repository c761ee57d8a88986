"""Every example is held out once: folds, cross-validation, and a second round inside for what is chosen."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from dlbook.numpy.linear_classifiers.arguments import check_generator, check_rows, whole_number
from dlbook.shapes import Array, Int, describe

__all__ = ["Nested", "cross_validate", "k_fold", "nested_cross_validate"]

Split = tuple[Array, Array]
Measure = Callable[..., float]


class Nested(NamedTuple):
    """What a whole procedure of training and choosing reaches on data that it has not seen.

    Parameters
    ----------
    scores : (F,) per outer fold, of the candidate that the inner folds chose.
    chosen : the chosen candidate's name, per outer fold.
    inner : (F,) the inner score of the chosen candidate: the number that flatters.
    """

    scores: Array
    chosen: tuple
    inner: Array


def k_fold(
    n: int, k: int, rng: np.random.Generator, *, stratify: Int[Array, " N"] | None = None
) -> list[tuple[Int[Array, " R"], Int[Array, " H"]]]:
    r"""Deal n examples into k parts, each of which is held out once.

    The parts are disjoint, together they are all examples, and their sizes differ by at most one. With `stratify` the
    examples of each class are dealt one after another, so that the parts hold each class equally often, up to one.

    Parameters
    ----------
    n : number of examples.
    k : number of parts, 2 to n.
    rng : shuffles.
    stratify : (n,) labels, or None.

    Returns
    -------
    folds : k pairs (train, held) of indices, each in rising order.

    Raises
    ------
    ValueError : for fewer than two parts, more parts than examples, or labels that do not fit.

    **Source** Stone (1974); Kohavi (1995).
    **Book** eq-k-fold
    """
    check_generator("k_fold", rng)
    n, k = whole_number("k_fold", "n", n, 2), whole_number("k_fold", "k", k, 2)
    if k > n:
        raise ValueError(f"k_fold: k is {k}, expected at most {n} as there are {n} examples")
    order = rng.permutation(n)
    if stratify is not None:
        if stratify.shape != (n,) or stratify.dtype.kind not in "iu":
            raise ValueError(f"k_fold: stratify is {describe(stratify)}, expected an integer array of shape ({n},)")
        order = order[np.argsort(stratify[order], kind="stable")]
    part = np.empty(n, dtype=np.intp)
    part[order] = np.arange(n) % k  # like cards: neighbours in the order go to different parts
    return [(np.flatnonzero(part != i), np.flatnonzero(part == i)) for i in range(k)]


def cross_validate(measure: Measure, data: Split, folds: Sequence[tuple[Array, Array]], **options) -> Array:
    r"""Train on the rest, measure on the part, for each part in turn.

    $$\hat A = \frac1k \sum_{i=1}^k A\big(f_{-i},\, D_i\big)$$

    Parameters
    ----------
    measure : maps `((x, target), (x_held, target_held))` to a number: trains on the first, judges on the second.
    data : (x, target), with one row per example.
    folds : pairs of indices, of `k_fold` say.
    **options : options of the measure.

    Returns
    -------
    scores : (k,); their mean is the estimate.

    Raises
    ------
    ValueError : for unequal data, or no fold.

    **Source** Stone (1974).
    **Book** eq-cross-validation
    """
    x, target = data
    check_rows("cross_validate", x=x, target=target)
    if not folds:
        raise ValueError("cross_validate: folds is empty, expected at least one pair of indices")
    return np.array(
        [measure((x[rest], target[rest]), (x[held], target[held]), **options) for rest, held in folds], dtype=float
    )


def nested_cross_validate(
    measure: Measure, candidates: Mapping[str, Mapping], data: Split, folds: Sequence[tuple[Array, Array]], *,
    inner: int, rng: np.random.Generator,
) -> Nested:
    """Judge a procedure that chooses: inside each training part, choose by cross-validation; outside, measure.

    The held-out part of an outer fold takes part neither in training nor in the choice.

    Parameters
    ----------
    measure : as in `cross_validate`; the larger, the better.
    candidates : `candidates[name]` are options of the measure; of equally good ones the first is chosen.
    data : (x, target).
    folds : the outer folds.
    inner : number of inner parts, at least 2.
    rng : deals the inner parts, stratified where the targets are labels.

    Returns
    -------
    Nested

    Raises
    ------
    ValueError : for no candidate, unequal data, or no fold.

    **Source** Varma and Simon (2006); Cawley and Talbot (2010).
    **Book** eq-cross-validation
    """
    x, target = data
    check_rows("nested_cross_validate", x=x, target=target)
    if not candidates or not folds:
        raise ValueError(
            f"nested_cross_validate: got {len(candidates)} candidates, {len(folds)} folds, expected at least one"
        )
    scores, chosen, flattering = [], [], []
    for rest, held in folds:
        train = x[rest], target[rest]
        labels = train[1] if target.ndim == 1 and target.dtype.kind in "iu" else None
        parts = k_fold(len(rest), inner, rng, stratify=labels)
        means = {name: cross_validate(measure, train, parts, **options).mean() for name, options in candidates.items()}
        best = max(means, key=means.__getitem__)
        scores.append(measure(train, (x[held], target[held]), **candidates[best]))
        chosen.append(best)
        flattering.append(means[best])
    return Nested(np.array(scores), tuple(chosen), np.array(flattering))
