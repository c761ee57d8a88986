"""Margin losses: support vector machines without a constraint in sight."""

from typing import Literal

import numpy as np

from dlbook.differentiable import differentiable
from dlbook.numpy.linear_classifiers.arguments import above_zero, as_classes, check_two_values
from dlbook.numpy.linear_classifiers.reduction import Reduction, column, reduced
from dlbook.shapes import Array, Float, Int, Scalar

__all__ = ["crammer_singer_loss", "hinge_loss", "multi_margin_loss", "squared_hinge_loss"]


@differentiable
def hinge_loss(
    scores: Float[Array, "*S"], target: Int[Array, "*S"], *, reduction: Reduction = "mean"
) -> Scalar | Float[Array, "*S"]:
    r"""Ask each score to be on its label's side of zero by a margin of 1.

    $$\ell = \max(0,\, 1 - t s), \qquad \frac{\partial \ell}{\partial s} = -t \; [\, t s < 1 \,]$$

    At the kink, $t s = 1$, the gradient is 0, as it is for PyTorch's relu.

    Parameters
    ----------
    scores : any shape; the sign decides the class.
    target : the same shape, -1 or +1.
    reduction : "mean" over all elements, "sum", or "none".

    Returns
    -------
    loss : in units of the margin.

    Raises
    ------
    ValueError : for a target that is neither -1 nor +1, or the mean of no elements.

    **Source** Cortes and Vapnik (1995), the soft margin as an unconstrained problem.
    **Book** eq-hinge-loss
    """
    check_two_values("hinge_loss", target, -1, 1)
    t = target.astype(scores.dtype)  # int64 times float32 would be float64
    short = np.maximum(1 - t * scores, 0)  # what each score lacks
    y, share = reduced("hinge_loss", short, reduction)

    def pullback(dy):
        return dy * share * -t * (short > 0), None

    return y, pullback


@differentiable
def squared_hinge_loss(
    scores: Float[Array, "*S"], target: Int[Array, "*S"], *, reduction: Reduction = "mean"
) -> Scalar | Float[Array, "*S"]:
    r"""Square the hinge: a missed margin costs more the more it is missed, and no kink is left.

    $$\ell = \max(0,\, 1 - t s)^2, \qquad \frac{\partial \ell}{\partial s} = -2 t \max(0,\, 1 - t s)$$

    Parameters
    ----------
    scores : any shape; the sign decides the class.
    target : the same shape, -1 or +1.
    reduction : "mean" over all elements, "sum", or "none".

    Returns
    -------
    loss : in units of the squared margin.

    Raises
    ------
    ValueError : for a target that is neither -1 nor +1, or the mean of no elements.

    **Source** Tang (2013), "Deep learning using linear support vector machines".
    **Book** eq-squared-hinge-loss
    """
    check_two_values("squared_hinge_loss", target, -1, 1)
    t = target.astype(scores.dtype)
    short = np.maximum(1 - t * scores, 0)
    y, share = reduced("squared_hinge_loss", short * short, reduction)

    def pullback(dy):
        return dy * share * -2 * t * short, None

    return y, pullback


@differentiable
def multi_margin_loss(
    scores: Float[Array, "N K"], target: Int[Array, " N"], weight: Float[Array, " K"] | None = None,
    *, p: Literal[1, 2] = 1, margin: float = 1.0, reduction: Reduction = "mean",
) -> Scalar | Float[Array, " N"]:
    r"""Ask the label's score to beat each other score by a margin (Weston and Watkins).

    $$z_{nk} = \max(0,\, \Delta + s_{nk} - s_{n t_n}) \ (k \neq t_n), \qquad
    \ell_n = \frac{w_{t_n}}{K} \sum_{k \neq t_n} z_{nk}^p$$

    The mean over the K classes is PyTorch's; the sum over the rivals that CS231n writes is K times this.
    At the kink, $z = 0$, the gradient is 0.

    Parameters
    ----------
    scores : (N, K) one score per class.
    target : (N,) labels 0..K-1.
    weight : (K,) what an example of each class counts, or None for 1; it does not enter the mean's count.
    p : 1, or 2 for squared margins.
    margin : Delta, in units of the scores, above 0.
    reduction : "mean" over the N examples, "sum", or "none".

    Returns
    -------
    loss : in units of the margin to the p.

    Raises
    ------
    ValueError : for a label outside 0..K-1, a margin that is not positive, or the mean of no examples.

    **Source** Weston and Watkins (1999).
    **Book** eq-multi-margin-loss
    """
    labels = as_classes("multi_margin_loss", target, scores.shape[1])
    margin = above_zero("multi_margin_loss", "margin", margin)
    n = np.arange(len(scores))
    short = scores - column(scores[n, labels] - margin)  # z, of which one matrix serves both directions
    np.maximum(short, 0, out=short)
    short[n, labels] = 0  # the label is no rival of its own
    plain = (short if p == 1 else short * short).sum(axis=1) / scores.shape[1]
    y, share = reduced("multi_margin_loss", plain if weight is None else weight[labels] * plain, reduction)

    def pullback(dy):
        g = dy * share
        per_rival = (g if weight is None else g * weight[labels]) * p / scores.shape[1]
        dscores = (short > 0 if p == 1 else short) * column(per_rival)
        dscores[n, labels] = -dscores.sum(axis=1)  # each rival pushes the label's score up as it is pushed down
        dweight = None
        if weight is not None:
            dweight = np.bincount(labels, g * plain, weight.size).astype(weight.dtype)
        return dscores, None, dweight

    return y, pullback


@differentiable
def crammer_singer_loss(
    scores: Float[Array, "N K"], target: Int[Array, " N"], *, margin: float = 1.0, reduction: Reduction = "mean"
) -> Scalar | Float[Array, " N"]:
    r"""Ask the label's score to beat its strongest rival by a margin (Crammer and Singer).

    $$\ell_n = \max\big(0,\, \Delta + \max_{k \neq t_n} s_{nk} - s_{n t_n}\big)$$

    The gradient goes to the label and to the strongest rival only: to the first of equals, and to none at the
    kink, where the margin is just met.

    Parameters
    ----------
    scores : (N, K) one score per class, K at least 2.
    target : (N,) labels 0..K-1.
    margin : Delta, in units of the scores, above 0.
    reduction : "mean" over the N examples, "sum", or "none".

    Returns
    -------
    loss : in units of the margin.

    Raises
    ------
    ValueError : for a label outside 0..K-1, a single class, a margin that is not positive, or the mean of no examples.

    **Source** Crammer and Singer (2001), eq. 2.
    **Book** eq-crammer-singer-loss
    """
    classes = scores.shape[1]
    if classes < 2:
        raise ValueError(f"crammer_singer_loss: scores has {classes} classes, expected at least 2: a rival is needed")
    labels = as_classes("crammer_singer_loss", target, classes)
    margin = above_zero("crammer_singer_loss", "margin", margin)
    n = np.arange(len(scores))
    rivals = scores.real.copy()
    rivals[n, labels] = -np.inf
    rival = rivals.argmax(axis=1)
    short = np.maximum(margin + scores[n, rival] - scores[n, labels], 0)
    y, share = reduced("crammer_singer_loss", short, reduction)

    def pullback(dy):
        push = dy * share * (short > 0)
        dscores = np.zeros_like(scores)
        dscores[n, rival] = push
        dscores[n, labels] = -push
        return dscores, None

    return y, pullback
