"""Losses of a difference: how far a predicted number is from the true one."""

import numpy as np

from dlbook.differentiable import differentiable
from dlbook.numpy.linear_classifiers.arguments import above_zero, at_least_zero
from dlbook.numpy.linear_classifiers.reduction import Reduction, reduced
from dlbook.shapes import Array, Float, Scalar

__all__ = ["huber_loss", "l1_loss", "mse_loss", "smooth_l1_loss"]


@differentiable
def mse_loss(
    prediction: Float[Array, "*S"], target: Float[Array, "*S"], *, reduction: Reduction = "mean"
) -> Scalar | Float[Array, "*S"]:
    r"""Square the difference.

    $$\ell = d^2, \quad d = x - t, \qquad \frac{\partial \ell}{\partial x} = 2 d = -\frac{\partial \ell}{\partial t}$$

    Parameters
    ----------
    prediction : any shape.
    target : the same shape.
    reduction : "mean" over all elements, "sum", or "none".

    Returns
    -------
    loss : in squared units of the target.

    Raises
    ------
    ValueError : for the mean of no elements.

    **Source** Goodfellow, Bengio and Courville (2016), eq. 5.4.
    **Book** eq-mse-loss
    """
    d = prediction - target
    y, share = reduced("mse_loss", d * d, reduction)

    def pullback(dy):
        dprediction = dy * share * 2 * d
        return dprediction, -dprediction

    return y, pullback


@differentiable
def l1_loss(
    prediction: Float[Array, "*S"], target: Float[Array, "*S"], *, reduction: Reduction = "mean"
) -> Scalar | Float[Array, "*S"]:
    r"""Take the size of the difference, which an outlier pulls no harder than anyone else.

    $$\ell = |d|, \quad d = x - t, \qquad \frac{\partial \ell}{\partial x} = \mathrm{sign}(d)$$

    At the kink, $d = 0$, the gradient is 0.

    Parameters
    ----------
    prediction : any shape.
    target : the same shape.
    reduction : "mean" over all elements, "sum", or "none".

    Returns
    -------
    loss : in units of the target.

    Raises
    ------
    ValueError : for the mean of no elements.

    **Source** Huber (1964), on the median as a robust estimate.
    **Book** eq-l1-loss
    """
    d = prediction - target
    y, share = reduced("l1_loss", np.abs(d), reduction)

    def pullback(dy):
        dprediction = dy * share * np.sign(d)
        return dprediction, -dprediction

    return y, pullback


@differentiable
def huber_loss(
    prediction: Float[Array, "*S"], target: Float[Array, "*S"], *, reduction: Reduction = "mean", delta: float = 1.0
) -> Scalar | Float[Array, "*S"]:
    r"""Square a small difference, and go on along the tangent from `delta` on.

    $$\ell = \begin{cases} d^2 / 2 & |d| \le \delta \\ \delta\, (|d| - \delta / 2) & \text{else} \end{cases}
    \; = c \, (d - c / 2), \qquad \frac{\partial \ell}{\partial x} = c = \mathrm{clip}(d, -\delta, \delta)$$

    Parameters
    ----------
    prediction : any shape.
    target : the same shape.
    reduction : "mean" over all elements, "sum", or "none".
    delta : where the square ends, in units of the target, above 0.

    Returns
    -------
    loss : in squared units of the target.

    Raises
    ------
    ValueError : for a delta that is not positive, or the mean of no elements.

    **Source** Huber (1964).
    **Book** eq-huber-loss
    """
    delta = above_zero("huber_loss", "delta", delta)
    d = prediction - target
    c = np.clip(d, -delta, delta)
    y, share = reduced("huber_loss", c * (d - c / 2), reduction)

    def pullback(dy):
        dprediction = dy * share * c
        return dprediction, -dprediction

    return y, pullback


@differentiable
def smooth_l1_loss(
    prediction: Float[Array, "*S"], target: Float[Array, "*S"], *, reduction: Reduction = "mean", beta: float = 1.0
) -> Scalar | Float[Array, "*S"]:
    r"""Round off the kink of the absolute difference: the Huber loss divided by its delta.

    $$\ell = \begin{cases} d^2 / (2 \beta) & |d| < \beta \\ |d| - \beta / 2 & \text{else} \end{cases}
    \; = c \, (d - \beta c / 2), \qquad \frac{\partial \ell}{\partial x} = c = \mathrm{clip}(d / \beta, -1, 1)$$

    Parameters
    ----------
    prediction : any shape.
    target : the same shape.
    reduction : "mean" over all elements, "sum", or "none".
    beta : where the square ends, in units of the target, at least 0; 0 is the l1 loss, with gradient 0 at d = 0.

    Returns
    -------
    loss : in units of the target.

    Raises
    ------
    ValueError : for a negative beta, or the mean of no elements.

    **Source** Girshick (2015), "Fast R-CNN", eq. 3.
    **Book** eq-smooth-l1-loss
    """
    beta = at_least_zero("smooth_l1_loss", "beta", beta)
    d = prediction - target
    # Clip first, divide then: d / beta would overflow for a tiny beta.
    c = np.clip(d, -beta, beta) / beta if beta else np.sign(d)
    y, share = reduced("smooth_l1_loss", c * (d - beta * c / 2), reduction)

    def pullback(dy):
        dprediction = dy * share * c
        return dprediction, -dprediction

    return y, pullback
