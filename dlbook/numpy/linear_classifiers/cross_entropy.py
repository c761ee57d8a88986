"""Cross-entropy: the price, in nats, of the probability that a classifier gave to the right label."""

import numpy as np

from dlbook.differentiable import differentiable
from dlbook.numpy.linear_classifiers.arguments import as_classes, between
from dlbook.numpy.linear_classifiers.reduction import Reduction, column
from dlbook.shapes import Array, Float, Int, Scalar

__all__ = ["cross_entropy", "nll_loss"]

_FITS = 1e15  # exponentials between this and its inverse are far from the ends even of float32


def _class_rows(scores):
    """Give every label one row of K scores: a view of (N, K), a copy of the pixels of (N, K, H, W)."""
    return scores if scores.ndim == 2 else np.moveaxis(scores, 1, -1).reshape(-1, scores.shape[1])


def _as_scores(rows, shape: tuple[int, ...]):
    """Undo `_class_rows` for scores of this shape."""
    return rows if len(shape) == 2 else np.moveaxis(rows.reshape(shape[0], *shape[2:], shape[1]), -1, 1)


def _label_weights(function: str, scores, target, weight, reduction: Reduction, ignore_index: int):
    """Return for each label: its class, its weight, whether it counts; and the share of a loss in the result.

    An ignored label becomes class 0 with weight 0. A weighted mean divides by the sum of the weights.
    """
    kept = target.ravel() != ignore_index
    labels = as_classes(function, np.where(kept, target.ravel(), 0), scores.shape[1])
    weights = kept.astype(scores.real.dtype) if weight is None else kept * weight[labels]
    if reduction != "mean":
        return labels, weights, kept, 1.0
    total = weights.sum()
    if total == 0:
        raise ValueError(f"{function}: the weights of the {labels.size} labels sum to 0 (ignored labels, those equal "
                         f"to {ignore_index}, weigh 0), expected at least one that counts in the mean")
    return labels, weights, kept, 1 / total


@differentiable
def nll_loss(
    log_p: Float[Array, "N K *S"], target: Int[Array, "N *S"], weight: Float[Array, " K"] | None = None,
    *, reduction: Reduction = "mean", ignore_index: int = -100,
) -> Scalar | Float[Array, "N *S"]:
    r"""Measure the negative log-likelihood of the labels.

    $$\ell_n = -w_{t_n} \log p_{n t_n}, \qquad L = \frac{1}{W} \sum_n \ell_n, \quad W = \sum_n w_{t_n}$$

    Parameters
    ----------
    log_p : (N, K) log-probabilities, or (N, K, *S) with one label per pixel of an image of shape S.
    target : (N,) or (N, *S) labels 0..K-1.
    weight : (K,) what a label of each class counts, or None for 1.
    reduction : "mean" divides by the sum of the weights of the labels, "sum", or "none" for each loss.
    ignore_index : labels equal to this one count nothing and receive no gradient.

    Returns
    -------
    loss : nats.

    Raises
    ------
    ValueError : for a label outside 0..K-1, or a mean of labels that all weigh 0 (where PyTorch gives nan).

    **Source** Goodfellow, Bengio and Courville (2016), eq. 5.63.
    **Book** eq-nll-loss
    """
    rows = _class_rows(log_p)
    labels, weights, kept, share = _label_weights("nll_loss", log_p, target, weight, reduction, ignore_index)
    n = np.arange(labels.size)
    surprise = -rows[n, labels]
    losses = weights * surprise
    y = losses.reshape(target.shape) if reduction == "none" else losses.sum() * share

    def pullback(dy):
        g = np.ravel(dy) * share
        drows = np.zeros_like(rows)
        drows[n, labels] = -g * weights
        dweight = None
        if weight is not None:
            # A mean has the weights above and below the bar: the loss of a label counts against y.
            excess = g * kept * (surprise - (y if reduction == "mean" else 0))
            dweight = np.bincount(labels, excess, weight.size).astype(weight.dtype)
        return _as_scores(drows, log_p.shape), None, dweight

    return y, pullback


def _exponentials(rows, labels):
    """Return exp(rows - peaks), its sum over each row, the peaks, and -log p of the labels.

    A shift by each row's maximum, its peak, keeps exp from overflowing, but costs two passes over memory as long
    as the exponential's own. Scores of usual size need none (peak 0), so it is tried without; rows that did
    over- or underflow are done again with it.
    """
    peaks = np.zeros(len(rows), rows.real.dtype)
    with np.errstate(all="ignore"):
        exps = np.exp(rows)
        sums = exps @ np.ones(rows.shape[1], rows.dtype)  # BLAS adds up a row faster than sum(axis=1)
        own = exps[np.arange(len(rows)), labels]
        surprise = np.log(sums / own)  # not below 0, since no rounded sum is smaller than one of its terms
    wild = ~((own.real > 1 / _FITS) & (sums.real < _FITS))  # true for nan as well
    if wild.any():
        z = rows[wild]
        peaks[wild] = z.real.max(axis=1)
        z = z - column(peaks[wild])
        exps[wild] = np.exp(z)
        sums[wild] = exps[wild].sum(axis=1)
        surprise[wild] = np.log(sums[wild]) - z[np.arange(len(z)), labels[wild]]
    return exps, sums, peaks, surprise


@differentiable
def cross_entropy(
    scores: Float[Array, "N K *S"], target: Int[Array, "N *S"], weight: Float[Array, " K"] | None = None,
    *, reduction: Reduction = "mean", label_smoothing: float = 0.0, ignore_index: int = -100,
) -> Scalar | Float[Array, "N *S"]:
    r"""Measure how badly the softmax of the scores predicts the labels.

    With the smoothed label $q_{nk} = w_k \big((1-\varepsilon)[k = t_n] + \varepsilon / K\big)$ and
    $p_n = \mathrm{softmax}(s_n)$,

    $$\ell_n = -\sum_k q_{nk} \log p_{nk}, \qquad L = \frac{1}{W} \sum_n \ell_n, \quad W = \sum_n w_{t_n}, \qquad
    \frac{\partial \ell_n}{\partial s_{nk}} = p_{nk} \sum_j q_{nj} - q_{nk}$$

    Without weights and smoothing that is $\ell_n = -\log p_{n t_n}$, with the gradient $p_n$ minus one-hot.

    Parameters
    ----------
    scores : (N, K) logits, or (N, K, *S) with one label per pixel of an image of shape S.
    target : (N,) or (N, *S) labels 0..K-1.
    weight : (K,) what a label of each class counts, or None for 1.
    reduction : "mean" divides by the sum of the weights of the labels, "sum", or "none" for each loss.
    label_smoothing : epsilon, the part of the label that is spread over all classes, 0 to 1.
    ignore_index : labels equal to this one count nothing and receive no gradient.

    Returns
    -------
    loss : nats; ln K when all scores are equal.

    Raises
    ------
    ValueError : for a label outside 0..K-1, a smoothing outside [0, 1], or a mean of labels that all weigh 0
        (where PyTorch gives nan).

    **Source** Bridle (1990); Szegedy et al. (2016), section 7, for label smoothing.
    **Book** eq-cross-entropy
    """
    eps = between("cross_entropy", "label_smoothing", label_smoothing, 0, 1)
    rows = _class_rows(scores)
    labels, weights, kept, share = _label_weights("cross_entropy", scores, target, weight, reduction, ignore_index)
    n = np.arange(labels.size)
    exps, sums, peaks, surprise = _exponentials(rows, labels)
    hit = (1 - eps) * weights  # q of the label, before its part of the smoothing
    losses, mass = hit * surprise, hit  # mass: the sum of q over the classes
    if eps:
        spread = eps / rows.shape[1] * (np.ones(rows.shape[1], rows.dtype) if weight is None else weight)
        # -log p of every class; without a shift, rounding can leave a little less than 0
        surprises = np.maximum(column(np.log(sums)) - (rows - column(peaks)), 0)
        losses = losses + kept * (surprises @ spread)
        mass = mass + kept * spread.sum()
    y = losses.reshape(target.shape) if reduction == "none" else losses.sum() * share

    def pullback(dy):
        g = np.ravel(dy) * share
        drows = exps * column(g * mass / sums)
        drows[n, labels] -= g * hit
        if eps:
            drows -= column(g * kept) * spread
        dweight = None
        if weight is not None:
            # A mean has the weights above and below the bar: the loss of a label counts against y.
            excess = g * kept * ((1 - eps) * surprise - (y if reduction == "mean" else 0))
            dweight = np.bincount(labels, excess, weight.size).astype(weight.dtype)
            if eps:
                dweight += eps / rows.shape[1] * ((g * kept) @ surprises)
        return _as_scores(drows, scores.shape), None, dweight

    return y, pullback
