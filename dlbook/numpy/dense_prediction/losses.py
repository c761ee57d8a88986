"""Losses of a whole image: overlap of regions, and depths up to a factor."""

import numpy as np

from dlbook.differentiable import differentiable, vjp
from dlbook.numpy.linear_classifiers.arguments import above_zero, as_classes, between
from dlbook.numpy.linear_classifiers.reduction import Reduction, reduced
from dlbook.numpy.linear_classifiers.softmax import softmax
from dlbook.shapes import Array, Bool, Float, Int, Scalar, ShapeError

__all__ = ["berhu_loss", "dice_loss", "scale_invariant_log_loss"]


@differentiable
def dice_loss(
    scores: Float[Array, "N K *S"], target: Int[Array, "N *S"], *, smooth: float = 1.0, ignore_index: int = -100
) -> Scalar:
    r"""Measure how badly the regions of the softmax overlap the true ones: one minus the mean Dice coefficient.

    With $p = \mathrm{softmax}(s)$, $t$ the labels as zeros and ones, and sums over all pixels of the batch,

    $$I_k = \sum_n p_{nk} t_{nk}, \quad U_k = \sum_n (p_{nk} + t_{nk}), \qquad
    L = 1 - \frac1K \sum_k D_k, \quad D_k = \frac{2 I_k + \varepsilon}{U_k + \varepsilon}, \qquad
    \frac{\partial L}{\partial p_{nk}} = - \frac{2 t_{nk} - D_k}{K\, (U_k + \varepsilon)}$$

    Parameters
    ----------
    scores : (N, K, *S) logits, one set for each pixel of an image of shape S.
    target : (N, *S) labels 0..K-1.
    smooth : epsilon, above 0, in pixels; a class that is nowhere and predicted nowhere has the coefficient 1.
    ignore_index : pixels with this label count nowhere and receive no gradient.

    Returns
    -------
    loss : from 0 to below 1, each class weighing the same however few pixels it has.

    Raises
    ------
    ValueError : for a label outside 0..K-1, or a smooth that is not above 0.

    **Source** Milletari, Navab and Ahmadi (2016), whose denominator has squares.
    **Book** eq-dice-loss
    """
    eps = above_zero("dice_loss", "smooth", smooth)
    kept = target != ignore_index
    labels = as_classes("dice_loss", np.where(kept, target, 0), scores.shape[1])
    p, softmax_pullback = vjp(softmax, scores, axis=1)
    t = np.zeros_like(p)
    np.put_along_axis(t, labels[:, None], kept[:, None].astype(p.dtype), axis=1)
    counted = p * kept[:, None]
    places = (0, *range(2, p.ndim))
    column = (1, -1, *[1] * (p.ndim - 2))
    total = (counted + t).sum(axis=places) + eps
    overlap = (2 * (p * t).sum(axis=places) + eps) / total  # D

    def pullback(dy):
        dp = (overlap.reshape(column) - 2 * t) * kept[:, None] / (len(total) * total.reshape(column))
        return *softmax_pullback(dy * dp), None

    return 1 - overlap.mean(), pullback


@differentiable
def scale_invariant_log_loss(
    log_depth: Float[Array, "N *S"], depth: Float[Array, "N *S"], mask: Bool[Array, "N *S"] | None = None, *,
    lam: float = 0.5,
) -> Scalar:
    r"""Compare depths by the logarithm of their ratio, and forgive a factor that all pixels of an image share.

    With $d_i = y_i - \log z_i$ and sums over the $n$ pixels of one image,

    $$\ell = \frac1n \sum_i d_i^2 - \frac{\lambda}{n^2} \Big( \sum_i d_i \Big)^2, \qquad
    \frac{\partial \ell}{\partial y_i} = \frac2n \Big( d_i - \frac{\lambda}{n} \sum_j d_j \Big)$$

    and the loss is the mean over the images.

    Parameters
    ----------
    log_depth : (N, *S) predicted logarithms of depths.
    depth : (N, *S) true depths, above 0.
    mask : (N, *S) which pixels count, or None for all; depths elsewhere are not looked at.
    lam : lambda, 0 to 1: 0 is the mean square, 1 does not see a common factor at all.

    Returns
    -------
    loss : at least 0.

    Raises
    ------
    ValueError : for a depth that is not above 0, an image of which no pixel counts, or a lambda outside [0, 1].

    **Source** Eigen, Puhrsch and Fergus (2014), section 3.2 and 3.3.
    **Book** eq-scale-invariant-loss
    """
    lam = between("scale_invariant_log_loss", "lam", lam, 0, 1)
    d, counts = log_ratio("scale_invariant_log_loss", log_depth, depth, mask)
    axes = tuple(range(1, d.ndim))
    mean = d.sum(axis=axes, keepdims=True) / counts
    y = ((d * d).sum(axis=axes, keepdims=True) / counts - lam * mean * mean).mean()

    def pullback(dy):
        of_mean = lam * mean if mask is None else lam * mean * mask
        dlog = dy * 2 / len(d) * (d - of_mean) / counts
        return dlog, -dlog / (depth if mask is None else np.where(mask, depth, 1)), None

    return y, pullback


def check_depths(function: str, log_depth, depth, mask) -> None:
    """Refuse depths and masks of other pixels than the prediction's, and a mask that is not True or False."""
    shapes = [tuple(a.shape) for a in (log_depth, depth, log_depth if mask is None else mask)]
    if len(set(shapes)) > 1 or not shapes[0]:
        raise ShapeError(f"{function}: log_depth, depth and mask have the shapes {shapes}, expected one shape (N, ...)")
    if mask is not None and mask.dtype != bool:
        raise ShapeError(f"{function}: mask has the type {mask.dtype}, expected True or False for each pixel")


def log_ratio(function: str, log_depth: Array, depth: Array, mask: Array | None) -> tuple[Array, Array]:
    """Return the logarithms of predicted over true depth, 0 where the mask is False, and how many count per image."""
    check_depths(function, log_depth, depth, mask)
    kept = np.ones(depth.shape, bool) if mask is None else mask
    counts = kept.sum(axis=tuple(range(1, kept.ndim)), keepdims=True)
    if kept.size == 0 or counts.min() == 0:
        raise ValueError(f"{function}: an image of depth {depth.shape} has no pixel that counts, expected at least one")
    if not (depth[kept] > 0).all():
        raise ValueError(f"{function}: depth has the value {depth[kept].min()}, expected depths above 0")
    d = np.where(kept, log_depth - np.log(np.where(kept, depth, 1)), 0)
    return d, counts.astype(d.dtype)


@differentiable
def berhu_loss(
    prediction: Float[Array, "*S"], target: Float[Array, "*S"], *, reduction: Reduction = "mean", delta: float = 1.0
) -> Scalar | Float[Array, "*S"]:
    r"""Take small differences as they are and square large ones: the Huber loss the other way round.

    $$\ell = \begin{cases} |d| & |d| \le \delta \\ \dfrac{d^2 + \delta^2}{2 \delta} & \text{else,} \end{cases}
    \qquad \frac{\partial \ell}{\partial x} = \mathrm{sign}(d)\, \max\Big(1, \frac{|d|}{\delta}\Big)$$

    Value and slope agree at $|d| = \delta$; at the kink, $d = 0$, the gradient is 0.

    Parameters
    ----------
    prediction : any shape.
    target : the same shape.
    reduction : "mean" over all elements, "sum", or "none".
    delta : where the square begins, in units of the target, above 0.

    Returns
    -------
    loss : in units of the target.

    Raises
    ------
    ValueError : for a delta that is not above 0, or the mean of no elements.

    **Source** Laina and others (2016), who take for delta a fifth of the largest difference in the batch.
    **Book** eq-berhu-loss
    """
    delta = above_zero("berhu_loss", "delta", delta)
    d = prediction - target
    size = abs(d)
    far = np.maximum(size / delta, 1)  # slope of the loss
    # For |d| above delta (d^2 + delta^2) / (2 delta) = delta (far^2 + 1) / 2
    y, share = reduced("berhu_loss", np.where(size > delta, delta * (far * far + 1) / 2, size), reduction)

    def pullback(dy):
        dprediction = dy * share * np.sign(d) * far
        return dprediction, -dprediction

    return y, pullback
