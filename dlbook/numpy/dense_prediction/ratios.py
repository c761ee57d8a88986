"""How good a map of depths is: ratios of predicted to true depths."""

import numpy as np

from dlbook.numpy.dense_prediction.losses import log_ratio
from dlbook.numpy.linear_classifiers.arguments import above_zero
from dlbook.shapes import Array, Bool, Float

__all__ = ["delta_accuracy", "rmse_log", "scale_invariant_error"]


def rmse_log(
    log_depth: Float[Array, "N *S"], depth: Float[Array, "N *S"], mask: Bool[Array, "N *S"] | None = None
) -> float:
    r"""Take the root of the mean squared logarithm of predicted over true depth.

    $$\sqrt{ \frac1M \sum_i (y_i - \log z_i)^2 }$$

    Parameters
    ----------
    log_depth : (N, *S) predicted logarithms of depths.
    depth : (N, *S) true depths, above 0.
    mask : (N, *S) which pixels count, or None for all.

    Returns
    -------
    error : 0.1 is about ten per cent.

    Raises
    ------
    ValueError : for a depth that is not above 0, or an image of which no pixel counts.

    **Source** Eigen, Puhrsch and Fergus (2014).
    **Book** eq-rmse-log
    """
    d, counts = log_ratio("rmse_log", log_depth, depth, mask)
    return float(np.sqrt((d * d).sum() / counts.sum()))


def scale_invariant_error(
    log_depth: Float[Array, "N *S"], depth: Float[Array, "N *S"], mask: Bool[Array, "N *S"] | None = None
) -> float:
    r"""Take the same root after the best common factor for each image has been taken out.

    $$\sqrt{ \frac1N \sum_n \Big( \overline{d^2} - \overline{d}^{\,2} \Big)_n }, \qquad d_i = y_i - \log z_i$$

    Parameters
    ----------
    log_depth, depth, mask : as in `rmse_log`.

    Returns
    -------
    error : unchanged when all depths of an image, true or predicted, are multiplied by one number.

    Raises
    ------
    ValueError : as `rmse_log`.

    **Source** Eigen, Puhrsch and Fergus (2014), section 3.2.
    **Book** eq-scale-invariant-error
    """
    d, counts = log_ratio("scale_invariant_error", log_depth, depth, mask)
    axes = tuple(range(1, d.ndim))
    centred = d - d.sum(axis=axes, keepdims=True) / counts
    if mask is not None:
        centred = centred * mask
    return float(np.sqrt(((centred**2).sum(axis=axes, keepdims=True) / counts).mean()))


def delta_accuracy(
    log_depth: Float[Array, "N *S"], depth: Float[Array, "N *S"], mask: Bool[Array, "N *S"] | None = None, *,
    threshold: float = 1.25,
) -> float:
    r"""Count the pixels whose depth is right up to a factor.

    $$\frac1M \#\big\{ i : |y_i - \log z_i| < \log \vartheta \big\}$$

    Parameters
    ----------
    log_depth, depth, mask : as in `rmse_log`.
    threshold : the factor, above 1.

    Returns
    -------
    accuracy : from 0 to 1.

    Raises
    ------
    ValueError : as `rmse_log`, and for a threshold that is not above 1.

    **Source** Eigen, Puhrsch and Fergus (2014).
    **Book** eq-delta-accuracy
    """
    factor = above_zero("delta_accuracy", "threshold", threshold)
    if factor <= 1:
        raise ValueError(f"delta_accuracy: threshold is {threshold}, expected a factor above 1")
    d, counts = log_ratio("delta_accuracy", log_depth, depth, mask)
    near = abs(d) < np.log(factor)
    return float((near if mask is None else near & mask).sum() / counts.sum())
