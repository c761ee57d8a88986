"""Losses of yes-or-no questions: the sigmoid and the binary cross-entropies built on it."""

import numpy as np

from dlbook.differentiable import differentiable
from dlbook.numpy.linear_classifiers.arguments import as_classes, at_least_zero, between, check_two_values
from dlbook.numpy.linear_classifiers.reduction import Reduction, column, reduced, sum_to
from dlbook.shapes import Array, Float, Int, Scalar

__all__ = ["binary_cross_entropy_with_logits", "focal_loss", "multi_bce", "sigmoid"]


def _sigmoid(x):
    """Compute 1 / (1 + exp(-x)) without an exponential of a positive number, which would overflow."""
    # exp(min(x, 0)) / (1 + exp(-|x|)); |x| as a maximum, which complex steps pass through, unlike np.abs.
    return np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.maximum(x, -x)))


def _softplus(x):
    """Compute log(1 + exp(x)) = -log sigmoid(-x), as max(x, 0) + log(1 + exp(-|x|)), which cannot overflow."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.maximum(x, -x)))


@differentiable
def sigmoid(x: Float[Array, "*S"]) -> Scalar | Float[Array, "*S"]:
    r"""Squash a score into a probability.

    $$\sigma(x) = \frac{1}{1 + e^{-x}}, \qquad \sigma'(x) = \sigma(x) \, (1 - \sigma(x))$$

    Parameters
    ----------
    x : scores of any shape, in log-odds.

    Returns
    -------
    y : x's shape, from 0 to 1.

    **Source** Goodfellow, Bengio and Courville (2016), eq. 3.30.
    **Book** eq-sigmoid
    """
    y = _sigmoid(x)

    def pullback(dy):
        return (dy * y * (1 - y),)

    return y, pullback


@differentiable
def binary_cross_entropy_with_logits(
    scores: Float[Array, "*S"],
    target: Float[Array, "*S"],
    weight: Float[Array, "*#S"] | None = None,
    pos_weight: Float[Array, "*#S"] | None = None,
    *,
    reduction: Reduction = "mean",
) -> Scalar | Float[Array, "*S"]:
    r"""Measure how badly the sigmoid of each score predicts its target probability.

    $$\ell = -w \, \big( c\, t \log \sigma(s) + (1 - t) \log \sigma(-s) \big), \qquad
    \frac{\partial \ell}{\partial s} = w \, \big( (1 - t)\, \sigma(s) - c\, t\, \sigma(-s) \big)$$

    which is $\sigma(s) - t$ without weights.

    Parameters
    ----------
    scores : any shape, in log-odds.
    target : the same shape, probabilities from 0 to 1 (not refused outside, where the formula goes on as in PyTorch).
    weight : w, of a shape that broadcasts to the scores', or None for 1.
    pos_weight : c, what a positive counts, of a shape that broadcasts to the scores', or None for 1.
    reduction : "mean" over all elements (weights do not enter the count), "sum", or "none".

    Returns
    -------
    loss : nats.

    Raises
    ------
    ValueError : for the mean of no elements.

    **Source** Goodfellow, Bengio and Courville (2016), section 6.2.2.2.
    **Book** eq-binary-cross-entropy-with-logits
    """
    w = 1.0 if weight is None else weight
    c = 1.0 if pos_weight is None else pos_weight
    miss, alarm = _softplus(-scores), _softplus(scores)  # -log sigmoid(s) and -log sigmoid(-s)
    plain = c * target * miss + (1 - target) * alarm
    y, share = reduced("binary_cross_entropy_with_logits", w * plain, reduction)

    def pullback(dy):
        g = dy * share
        gw = g * w
        dscores = gw * ((1 - target) * _sigmoid(scores) - c * target * _sigmoid(-scores))
        dtarget = gw * (c * miss - alarm)
        dweight = None if weight is None else sum_to(g * plain, weight.shape)
        dpos_weight = None if pos_weight is None else sum_to(gw * target * miss, pos_weight.shape)
        return dscores, dtarget, dweight, dpos_weight

    return y, pullback


@differentiable
def multi_bce(
    scores: Float[Array, "N K"], target: Int[Array, " N"], *, reduction: Reduction = "mean"
) -> Scalar | Float[Array, " N"]:
    r"""Ask K yes-or-no questions, "is it class k?", and average their binary cross-entropies.

    $$\ell_n = -\frac{1}{K} \Big( \log \sigma(s_{n t_n}) + \sum_{k \neq t_n} \log \sigma(-s_{nk}) \Big), \qquad
    \frac{\partial \ell_n}{\partial s_{nk}} = \frac{\sigma(s_{nk}) - [k = t_n]}{K}$$

    Parameters
    ----------
    scores : (N, K) log-odds of each class against all others.
    target : (N,) labels 0..K-1.
    reduction : "mean" over the N examples, "sum", or "none"; the mean over the K questions stays.

    Returns
    -------
    loss : nats per question; ln 2 when all scores are 0.

    Raises
    ------
    ValueError : for a label outside 0..K-1, or the mean of no examples.

    **Source** KTH DD2424, assignment 1, bonus part: training with K binary cross-entropy losses.
    **Book** eq-multi-bce
    """
    classes = scores.shape[1]
    labels = as_classes("multi_bce", target, classes)
    n = np.arange(len(scores))
    asked = scores.copy()
    asked[n, labels] *= -1  # log sigmoid(-asked) is the log-probability of the right answer to each question
    losses = _softplus(asked).sum(axis=1) / classes
    y, share = reduced("multi_bce", losses, reduction)

    def pullback(dy):
        dscores = _sigmoid(asked)
        dscores *= column(dy * share / classes)
        dscores[n, labels] *= -1
        return dscores, None

    return y, pullback


@differentiable
def focal_loss(
    scores: Float[Array, "*S"], target: Int[Array, "*S"],
    *, gamma: float = 2.0, alpha: float | None = 0.25, reduction: Reduction = "mean",
) -> Scalar | Float[Array, "*S"]:
    r"""Measure a binary cross-entropy that cares little about what is already right.

    With $z = s$ for a positive and $z = -s$ for a negative, so that $p = \sigma(z)$ is the probability of the truth,

    $$\ell = -\alpha_t \, (1 - p)^\gamma \log p, \qquad
    \frac{\partial \ell}{\partial z} = \alpha_t \, (1 - p)^\gamma \, (\gamma\, p \log p + p - 1)$$

    Parameters
    ----------
    scores : any shape, in log-odds.
    target : the same shape, 0 or 1.
    gamma : how fast the weight of an easy example falls, at least 0; 0 is the binary cross-entropy.
    alpha : the weight of positives, 0 to 1; negatives weigh 1 - alpha; None weighs neither.
    reduction : "mean" over all elements, "sum", or "none".

    Returns
    -------
    loss : nats.

    Raises
    ------
    ValueError : for a target that is neither 0 nor 1, a negative gamma, an alpha outside [0, 1], or the mean of
        no elements.

    **Source** Lin, Goyal, Girshick, He and Dollar (2017), eq. 5 and appendix B.
    **Book** eq-focal-loss
    """
    check_two_values("focal_loss", target, 0, 1)
    gamma = at_least_zero("focal_loss", "gamma", gamma)
    sign = (2 * (target == 1) - 1).astype(scores.dtype)
    balance = 1.0
    if alpha is not None:
        alpha = between("focal_loss", "alpha", alpha, 0, 1)
        balance = 0.5 + (alpha - 0.5) * sign  # alpha for a positive, 1 - alpha for a negative
    z = sign * scores
    surprise = _softplus(-z)  # -log p
    care = balance * np.exp(-gamma * _softplus(z))  # (1-p)**gamma; as a power its slope at p = 1 would be 0 * inf
    y, share = reduced("focal_loss", care * surprise, reduction)

    def pullback(dy):
        dz = -care * (gamma * _sigmoid(z) * surprise + _sigmoid(-z))
        return dy * share * sign * dz, None

    return y, pullback
