"""Softmax and its logarithm: from scores to probabilities."""

import numpy as np

from dlbook.differentiable import differentiable
from dlbook.shapes import Array, Float, Scalar

__all__ = ["log_softmax", "logsumexp", "softmax"]


def _shifted_exp(function: str, x, axis: int):
    """Return the largest entry along the axis, exp(x - largest) and the sum of that.

    exp(1000) overflows. A shift of the whole row cancels between numerator and denominator, so that the
    largest entry can be made 0: then no exponential is above 1 and no sum below 1.
    """
    if not -x.ndim <= axis < x.ndim or x.shape[axis] == 0:
        raise ValueError(f"{function}: axis is {axis} and x has shape {x.shape}, expected a non-empty axis of x")
    peak = x.real.max(axis=axis, keepdims=True)
    exps = x - peak
    np.exp(exps, out=exps)
    return peak, exps, exps.sum(axis=axis, keepdims=True)


@differentiable
def logsumexp(x: Float[Array, "*S"], *, axis: int = -1) -> Scalar | Float[Array, "..."]:
    r"""Compute the logarithm of the sum of exponentials, a smooth maximum.

    $$y = \log \sum_k e^{x_k} = m + \log \sum_k e^{x_k - m}, \quad m = \max_k x_k, \qquad
    \frac{\partial y}{\partial x_k} = \mathrm{softmax}(x)_k$$

    Parameters
    ----------
    x : any shape with at least one axis; -inf stands for a term of 0, and no row is all -inf.
    axis : the axis that is summed, and that y lacks.

    Returns
    -------
    y : x's shape without the axis.

    Raises
    ------
    ValueError : when x has no such axis, or nothing along it.

    **Source** Goodfellow, Bengio and Courville (2016), section 4.1.
    **Book** eq-logsumexp
    """
    peak, exps, sums = _shifted_exp("logsumexp", x, axis)
    y = (peak + np.log(sums)).squeeze(axis)

    def pullback(dy):
        return (exps * (np.expand_dims(dy, axis) / sums),)

    return y, pullback


@differentiable
def softmax(x: Float[Array, "*S"], *, axis: int = -1) -> Float[Array, "*S"]:
    r"""Turn scores into probabilities: positive numbers that sum to 1 along the axis.

    $$p_k = \frac{e^{x_k}}{\sum_j e^{x_j}}, \qquad
    \bar x_k = p_k \Big( \bar p_k - \sum_j p_j \bar p_j \Big)$$

    Parameters
    ----------
    x : scores of any shape with at least one axis; -inf stands for probability 0, and no row is all -inf.
    axis : the axis along which the probabilities sum to 1.

    Returns
    -------
    p : x's shape.

    Raises
    ------
    ValueError : when x has no such axis, or nothing along it.

    **Source** Bridle (1990), "Probabilistic interpretation of feedforward classification network outputs".
    **Book** eq-softmax
    """
    _, p, sums = _shifted_exp("softmax", x, axis)
    p *= 1 / sums  # one division a row, not one an entry

    def pullback(dp):
        # p cannot leave the plane sum(p) = 1: what dp says in common to all classes goes nowhere.
        dx = dp - np.expand_dims(np.vecdot(p, dp, axis=axis), axis)
        dx *= p
        return (dx,)

    return p, pullback


@differentiable
def log_softmax(x: Float[Array, "*S"], *, axis: int = -1) -> Float[Array, "*S"]:
    r"""Compute the logarithm of the softmax, finite where the probability itself rounds to 0.

    $$y_k = x_k - \log \sum_j e^{x_j}, \qquad \bar x_k = \bar y_k - p_k \sum_j \bar y_j$$

    Parameters
    ----------
    x : scores of any shape with at least one axis.
    axis : the axis along which exp(y) sums to 1.

    Returns
    -------
    y : x's shape, at most 0.

    Raises
    ------
    ValueError : when x has no such axis, or nothing along it.

    **Source** Goodfellow, Bengio and Courville (2016), section 6.2.2.3.
    **Book** eq-log-softmax
    """
    peak, exps, sums = _shifted_exp("log_softmax", x, axis)
    y = x - peak  # first the shift, then the small logarithm: peak + log(sums) would round it away
    y -= np.log(sums)

    def pullback(dy):
        dx = exps * (-dy.sum(axis=axis, keepdims=True) / sums)
        dx += dy
        return (dx,)

    return y, pullback
