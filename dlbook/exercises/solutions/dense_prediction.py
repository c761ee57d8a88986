"""Solutions of the exercises of `dense_prediction`, written as a reader would write them."""

import numpy as np

from dlbook.differentiable import differentiable
from dlbook.numpy.dense_prediction import overlap_counts
from dlbook.shapes import Array, Float, ShapeError

__all__ = ["aligned_log_depth", "even_pairs", "icnr_kernel", "pixel_shuffle"]


@differentiable
def pixel_shuffle(x: Float[Array, "N G P Q"], *, upscale_factor: int) -> Float[Array, "N C H W"]:
    """Lay groups of channels out as blocks of pixels, one place of the block after the other."""
    u = upscale_factor
    if u < 1 or x.shape[1] % u**2:
        raise ShapeError(f"pixel_shuffle: x has {x.shape[1]} channels and the factor is {u}, expected C u^2 channels")
    n, c, p, q = x.shape[0], x.shape[1] // u**2, *x.shape[2:]
    y = np.empty((n, c, p * u, q * u), x.dtype)
    for a, b in np.ndindex(u, u):
        y[:, :, a::u, b::u] = x[:, a * u + b :: u**2]

    def pullback(dy):
        dx = np.empty_like(x)
        for a, b in np.ndindex(u, u):
            dx[:, a * u + b :: u**2] = dy[:, :, a::u, b::u]
        return (dx,)

    return y, pullback


def even_pairs(kernels, strides):
    """List the kernels and strides with which a transposed convolution paints every inner entry equally often.

    Parameters
    ----------
    kernels, strides : numbers to be combined, at least 1.

    Returns
    -------
    pairs : a list of (kernel, stride), found by counting.

    Examples
    --------
    >>> even_pairs([2, 3, 4], [2, 3])
    [(2, 2), (3, 3), (4, 2)]
    """

    def is_even(k, s):
        inner = overlap_counts(4 * k, k, stride=s)[k * s : -k * s]
        return len(set(inner.tolist())) == 1

    return [(k, s) for k in kernels for s in strides if is_even(k, s)]


def icnr_kernel(weight, *, upscale_factor):
    """Return kernels that make a convolution with pixel shuffle begin as a convolution enlarged to the nearest.

    Parameters
    ----------
    weight : (F, C, R, S), kernels for the small image.
    upscale_factor : u.

    Returns
    -------
    weight : (F u^2, C, R, S): each kernel u^2 times.

    Examples
    --------
    >>> icnr_kernel(np.array([1.0, 2.0]).reshape(2, 1, 1, 1), upscale_factor=2).ravel()
    array([1., 1., 1., 1., 2., 2., 2., 2.])
    """
    return np.repeat(weight, upscale_factor**2, axis=0)


def aligned_log_depth(log_depth, depth):
    """Shift each predicted image of logarithms so that it fits the true depths best, in the mean square.

    Parameters
    ----------
    log_depth : (N, ...) predicted logarithms.
    depth : (N, ...) true depths.

    Returns
    -------
    log_depth : (N, ...), each image with the best constant added.

    Examples
    --------
    >>> aligned_log_depth(np.array([[0.0, 1.0]]), np.exp([[5.0, 6.0]]))
    array([[5., 6.]])
    """
    gap = np.log(depth) - log_depth
    return log_depth + gap.reshape(len(gap), -1).mean(axis=1).reshape(-1, *[1] * (gap.ndim - 1))
