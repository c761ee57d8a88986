"""Solutions of the exercises of `transfer_learning`, written as a reader would write them."""

import numpy as np

from dlbook.numpy.convolution import conv2d, pad

__all__ = ["adjust_sharpness", "flip_index", "sample_by_hats"]


def flip_index(shape):
    """Return the indices that mirror an image which is kept as a row of numbers.

    Parameters
    ----------
    shape : (C, H, W) of the image.

    Returns
    -------
    index : (C H W,) so that `row[index]` is the mirror image.

    Examples
    --------
    >>> flip_index((1, 2, 3))
    array([2, 1, 0, 5, 4, 3])
    """
    return np.arange(np.prod(shape)).reshape(shape)[..., ::-1].ravel()


def sample_by_hats(x, grid):
    """Read images at any places by the definition: every pixel counts by two hats.

    Parameters
    ----------
    x : (N, C, H, W) images.
    grid : (N, P, Q, 2) places, from -1 to 1.

    Returns
    -------
    y : (N, C, P, Q).

    Examples
    --------
    >>> sample_by_hats(np.array([[[[0.0, 4.0, 8.0, 0.0]]]]), np.array([[[[-0.375, 0.0]]]]))
    array([[[[3.]]]])
    """
    height, width = x.shape[2:]
    i = ((grid[..., 1] + 1) * height - 1) / 2
    j = ((grid[..., 0] + 1) * width - 1) / 2
    rows = np.maximum(0, 1 - np.abs(i[..., None] - np.arange(height)))  # (N, P, Q, H)
    columns = np.maximum(0, 1 - np.abs(j[..., None] - np.arange(width)))
    return np.einsum("nchw,npqh,npqw->ncpq", x, rows, columns)


def adjust_sharpness(x, factor):
    """Blend images with blurred ones: factors above 1 sharpen, below 1 blur.

    Parameters
    ----------
    x : (N, C, H, W) from 0 to 1.
    factor : at least 0; 1 changes nothing.

    Returns
    -------
    y : from 0 to 1.

    Examples
    --------
    >>> adjust_sharpness(np.array([[[[0.0, 0.0, 1.0, 1.0]]]]), 0.0).round(3)
    array([[[[0.   , 0.231, 0.769, 1.   ]]]])
    """
    kernel = np.array([[1.0, 1.0, 1.0], [1.0, 5.0, 1.0], [1.0, 1.0, 1.0]], x.dtype) / x.dtype.type(13)
    channels = x.shape[1]
    weight = np.repeat(kernel[None, None], channels, axis=0)
    blurred = conv2d(pad(x, pad=(1, 1, 1, 1), mode="replicate"), weight, groups=channels)
    return np.clip(factor * x + (1 - factor) * blurred, 0, 1)
