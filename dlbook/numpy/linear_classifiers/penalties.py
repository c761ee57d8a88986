"""Penalties: the second half of "loss + regularization", a price on large weights."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from dlbook.differentiable import differentiable
from dlbook.numpy.linear_classifiers.arguments import at_least_zero, between
from dlbook.shapes import Scalar, ShapeError, describe, leaves

__all__ = ["elastic_net_penalty", "l1_penalty", "l2_penalty"]


def _arrays(function: str, weights) -> list:
    """List the arrays of nested tuples, lists and dicts, without the Nones; refuse what is no float array."""
    found = [(path, leaf) for path, leaf in leaves(weights, "weights") if leaf is not None]
    for path, leaf in found:
        if not isinstance(leaf, np.ndarray) or leaf.dtype.kind not in "fc":
            raise ShapeError(f"{function}: {path} is {describe(leaf)}, expected a float array of any shape")
    if not found:
        raise ShapeError(f"{function}: weights is {describe(weights)}, expected at least one float array")
    return [leaf for _, leaf in found]


def _like(weights, gradient: Callable):
    """Apply `gradient` to each array, and return the results nested as the weights are."""
    if not isinstance(weights, np.ndarray) and isinstance(weights, Mapping):  # a question to Mapping takes its time
        return {name: _like(branch, gradient) for name, branch in weights.items()}
    if isinstance(weights, tuple | list):
        return type(weights)(_like(branch, gradient) for branch in weights)
    return None if weights is None else gradient(weights)


def _squares(w):
    flat = w.ravel()
    return flat @ flat  # one pass, no array of squares


@differentiable
def l2_penalty(weights: Any, *, strength: float) -> Scalar:
    r"""Price weights by their squares.

    $$R(W) = \lambda \sum_i w_i^2, \qquad \frac{\partial R}{\partial w_i} = 2 \lambda w_i$$

    There is no factor 1/2: PyTorch's `weight_decay` is $2\lambda$.

    Parameters
    ----------
    weights : an array of any shape, or nested tuples, lists and dicts of arrays; None counts nothing.
    strength : lambda, in units of the loss per squared weight, at least 0.

    Returns
    -------
    penalty : in units of the loss.

    Raises
    ------
    ValueError : for a strength that is negative or not finite, or anything that is no float array.

    **Source** Hoerl and Kennard (1970); Goodfellow, Bengio and Courville (2016), section 7.1.1.
    **Book** eq-l2-penalty
    """
    strength = at_least_zero("l2_penalty", "strength", strength)
    y = strength * sum(_squares(w) for w in _arrays("l2_penalty", weights))

    def pullback(dy):
        return (_like(weights, lambda w: dy * (2 * strength) * w),)

    return y, pullback


@differentiable
def l1_penalty(weights: Any, *, strength: float) -> Scalar:
    r"""Price weights by their size, which drives the useless ones to exactly 0.

    $$R(W) = \lambda \sum_i |w_i|, \qquad \frac{\partial R}{\partial w_i} = \lambda \,\mathrm{sign}(w_i)$$

    At the kink, $w = 0$, the gradient is 0.

    Parameters
    ----------
    weights : an array of any shape, or nested tuples, lists and dicts of arrays; None counts nothing.
    strength : lambda, in units of the loss per unit of weight, at least 0.

    Returns
    -------
    penalty : in units of the loss.

    Raises
    ------
    ValueError : for a strength that is negative or not finite, or anything that is no float array.

    **Source** Tibshirani (1996).
    **Book** eq-l1-penalty
    """
    strength = at_least_zero("l1_penalty", "strength", strength)
    y = strength * sum(np.abs(w).sum() for w in _arrays("l1_penalty", weights))

    def pullback(dy):
        return (_like(weights, lambda w: dy * strength * np.sign(w)),)

    return y, pullback


@differentiable
def elastic_net_penalty(weights: Any, *, strength: float, l1_ratio: float = 0.5) -> Scalar:
    r"""Mix the two: sparse as l1, and even-handed among correlated inputs as l2.

    $$R(W) = \lambda \Big( \rho \sum_i |w_i| + (1 - \rho) \sum_i w_i^2 \Big), \qquad
    \frac{\partial R}{\partial w_i} = \lambda \, \big( \rho \,\mathrm{sign}(w_i) + 2 (1 - \rho)\, w_i \big)$$

    Without a factor 1/2 on the squares, so that the ends of the mix are `l1_penalty` and `l2_penalty`. At the kink,
    $w = 0$, the gradient is 0.

    Parameters
    ----------
    weights : an array of any shape, or nested tuples, lists and dicts of arrays; None counts nothing.
    strength : lambda, at least 0.
    l1_ratio : rho, 0 to 1: 1 is `l1_penalty`, 0 is `l2_penalty`.

    Returns
    -------
    penalty : in units of the loss.

    Raises
    ------
    ValueError : for a strength that is negative or not finite, a ratio outside [0, 1], or anything that is no float
        array.

    **Source** Zou and Hastie (2005), there the naive elastic net.
    **Book** eq-elastic-net-penalty
    """
    strength = at_least_zero("elastic_net_penalty", "strength", strength)
    l1_ratio = between("elastic_net_penalty", "l1_ratio", l1_ratio, 0, 1)
    first, second = strength * l1_ratio, strength * (1 - l1_ratio)
    y = sum(first * np.abs(w).sum() + second * _squares(w) for w in _arrays("elastic_net_penalty", weights))

    def pullback(dy):
        return (_like(weights, lambda w: dy * (first * np.sign(w) + 2 * second * w)),)

    return y, pullback
