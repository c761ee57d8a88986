"""Solutions of the exercises of `normalization`, written as a reader would write them."""

import numpy as np

from dlbook.differentiable import differentiable
from dlbook.shapes import Array, Float

__all__ = ["batch_norm", "debiased", "fold_batch_norm", "merge_statistics"]


@differentiable
def batch_norm(
    x: Float[Array, "N C *S"], weight: Float[Array, " C"] | None = None, bias: Float[Array, " C"] | None = None, *,
    eps: float = 1e-5,
) -> Float[Array, "N C *S"]:
    """Normalize each channel over the batch, for (N, C) and for images alike."""
    axes, n = (0, *range(2, x.ndim)), x.size // x.shape[1]
    if n < 2 or eps <= 0:
        raise ValueError(f"batch_norm: {n} values per channel and eps = {eps}, expected at least 2 and more than 0")
    wide = (-1, *[1] * (x.ndim - 2))
    centred = x - x.mean(axis=axes, keepdims=True)
    r = 1 / np.sqrt((centred**2).mean(axis=axes, keepdims=True) + eps)
    x_hat = centred * r
    y = x_hat.copy() if weight is None else x_hat * weight.reshape(wide)
    y = y if bias is None else y + bias.reshape(wide)

    def pullback(dy):
        g = dy if weight is None else dy * weight.reshape(wide)
        along = (g * x_hat).mean(axis=axes, keepdims=True)
        dx = r * (g - g.mean(axis=axes, keepdims=True) - x_hat * along)
        dweight = None if weight is None else (dy * x_hat).sum(axis=axes)
        return dx, dweight, None if bias is None else dy.sum(axis=axes)

    return y, pullback


def debiased(stats, batches, *, momentum=0.1):
    """Take the start, mean 0 and variance 1, out of running statistics that have seen some batches.

    Parameters
    ----------
    stats : (mean, var) after that many calls of `update_running`.
    batches : how many, at least 1.
    momentum : as it was there.

    Examples
    --------
    >>> debiased((np.array([0.2]), np.array([1.3])), 1)
    (array([2.]), array([4.]))
    """
    if batches < 1:
        raise ValueError(f"debiased: batches is {batches}, expected at least 1: nothing has been seen yet")
    left = (1 - momentum) ** batches
    mean, var = stats
    return mean / (1 - left), (var - left) / (1 - left)


def fold_batch_norm(params, running, *, eps=1e-5):
    """Turn a network with batch norm, in evaluation, into a plain one: parameters for `mlp`.

    Parameters
    ----------
    params, running : as in `normalized_mlp`.
    eps : of its norms.

    Examples
    --------
    >>> hidden = np.array([[2.0]]), np.array([3.0]), np.array([1.0])
    >>> fold_batch_norm((hidden, (np.ones((1, 1)), np.zeros(1))), ((np.array([4.0]), np.array([8.0])),), eps=1.0)[0]
    (array([[2.]]), array([-3.]))
    """
    layers = []
    for (weight, gamma, beta), (mean, var) in zip(params[:-1], running, strict=True):
        scale = gamma / np.sqrt(var + eps)
        layers.append((scale[:, None] * weight, beta - scale * mean))
    return (*layers, params[-1])


def merge_statistics(a, b):
    """Combine count, mean and variance (with 1/n) of two parts of a batch into those of the whole.

    Parameters
    ----------
    a, b : (count, mean, var) of each part.

    Examples
    --------
    >>> merge_statistics((1, np.array([1.0]), np.array([0.0])), (2, np.array([4.0]), np.array([4.0])))
    (3, array([3.]), array([4.66666667]))
    """
    (na, mean_a, var_a), (nb, mean_b, var_b) = a, b
    n = na + nb
    gap = mean_b - mean_a
    return n, mean_a + gap * (nb / n), (na * var_a + nb * var_b) / n + gap**2 * (na * nb / n**2)
