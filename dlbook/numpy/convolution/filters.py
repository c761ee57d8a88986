"""Kernels that people designed before anybody learnt them."""

import numpy as np

from dlbook.numpy.linear_classifiers.arguments import above_zero, whole_number
from dlbook.shapes import Array, Float

__all__ = ["gabor_kernel", "gaussian_kernel"]


def _grid(function: str, size: int) -> tuple[Array, Array]:
    size = whole_number(function, "size", size, 1)
    if size % 2 == 0:
        raise ValueError(f"{function}: size is {size}, expected an odd number: a kernel with a middle")
    axis = np.arange(size) - size // 2
    return axis[:, None], axis[None, :]


def gaussian_kernel(size: int, *, sigma: float) -> Float[Array, "R R"]:
    r"""Return the weights of a blur: a bell that sums to one.

    $$g_{ij} \propto \exp\Big( -\frac{i^2 + j^2}{2 \sigma^2} \Big)$$

    Parameters
    ----------
    size : R, odd.
    sigma : width of the bell in pixels, above 0.

    Returns
    -------
    kernel : (R, R), an outer product of two vectors.

    Raises
    ------
    ValueError : for an even size, or a width that is not positive.

    **Source** definition.
    **Book** eq-gaussian
    """
    i, j = _grid("gaussian_kernel", size)
    bell = np.exp(-(i**2 + j**2) / (2 * above_zero("gaussian_kernel", "sigma", sigma) ** 2))
    return bell / bell.sum()


def gabor_kernel(size: int, *, wavelength: float, angle: float = 0.0, phase: float = 0.0, sigma: float) -> Array:
    r"""Return a wave under a bell: a detector of edges and stripes of one direction and width.

    $$g_{ij} = \exp\Big( -\frac{i^2 + j^2}{2 \sigma^2} \Big)\,
    \cos\Big( \frac{2 \pi}{\lambda} (j \cos\theta + i \sin\theta) + \phi \Big)$$

    Parameters
    ----------
    size : R, odd.
    wavelength : lambda in pixels, above 0.
    angle : theta in radians, the direction in which the wave runs; 0 is along a row.
    phase : phi in radians; 0 gives a stripe, pi / 2 an edge.
    sigma : width of the bell in pixels, above 0.

    Returns
    -------
    kernel : (R, R).

    Raises
    ------
    ValueError : for an even size, or a wavelength or width that is not positive.

    **Source** Daugman (1985), for images.
    **Book** eq-gabor
    """
    i, j = _grid("gabor_kernel", size)
    wavelength = above_zero("gabor_kernel", "wavelength", wavelength)
    bell = np.exp(-(i**2 + j**2) / (2 * above_zero("gabor_kernel", "sigma", sigma) ** 2))
    return bell * np.cos(2 * np.pi / wavelength * (j * np.cos(angle) + i * np.sin(angle)) + phase)
