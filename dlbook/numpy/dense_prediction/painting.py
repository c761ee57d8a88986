"""Enlarging by painting: how often each entry is painted, and kernels that paint evenly."""

import numpy as np

from dlbook.numpy.convolution.geometry import conv_transpose_output_size, pair
from dlbook.numpy.linear_classifiers.arguments import float_dtype, whole_number
from dlbook.shapes import Array, Float, Int, ShapeError

__all__ = ["bilinear_kernel", "overlap_counts", "phase_sums", "sub_pixel_kernel"]


def overlap_counts(size: int, kernel_size: int, *, stride: int, padding: int = 0) -> Int[Array, " H"]:
    r"""Count by how many kernels each entry of a transposed convolution's result is painted, along one axis.

    $$c_i = \#\big\{ (p, r) : p\, s + r = i + P,\ 0 \le p < n,\ 0 \le r < k \big\}$$

    Parameters
    ----------
    size : n, entries of the input.
    kernel_size, stride, padding : k, s and P of the transposed convolution.

    Returns
    -------
    counts : one for each entry of the result.

    Raises
    ------
    ValueError : for a number out of range, or when nothing would be left.

    Examples
    --------
    >>> overlap_counts(4, 3, stride=2)
    array([1, 1, 2, 1, 2, 1, 2, 1, 1])
    >>> overlap_counts(4, 4, stride=2, padding=1)
    array([1, 2, 2, 2, 2, 2, 2, 1])

    **Source** Odena, Dumoulin and Olah (2016).
    **Book** eq-overlap-counts
    """
    whole = conv_transpose_output_size(size, kernel_size, stride=stride, padding=padding)
    place = np.arange(whole)[:, None] + padding - stride * np.arange(size)  # the tap by which p paints entry i
    return ((place >= 0) & (place < kernel_size)).sum(axis=1)


def phase_sums(weight: Float[Array, "C J R S"], *, stride: int | tuple[int, int]) -> Float[Array, "C J s t"]:
    r"""Add up the taps of a kernel that meet in the same place: one sum for each phase of the stride.

    $$\sigma_{cf\rho\tau} = \sum_{r \equiv \rho} \; \sum_{q \equiv \tau} w_{cfrq} \qquad (\text{modulo the stride})$$

    A transposed convolution turns a constant image into a constant image, away from the border, if and only if
    these sums do not depend on the phase.

    Parameters
    ----------
    weight : (C, F, R, S), the kernels of a transposed convolution.
    stride : s, one number or a pair.

    Returns
    -------
    sums : (C, F, s, s).

    Raises
    ------
    ValueError : for a stride below 1, or weights of another number of axes.

    Examples
    --------
    >>> phase_sums(np.ones((1, 1, 3, 3)), stride=2)[0, 0]
    array([[4., 2.],
           [2., 1.]])

    **Source** multirate filter theory; Aitken and others (2017) for networks.
    **Book** eq-phase-sums
    """
    s, t = pair("phase_sums", "stride", stride, 1)
    if np.ndim(weight) != 4:
        raise ShapeError(f"phase_sums: weight has shape {np.shape(weight)}, expected (C, F, R, S)")
    sums = np.zeros((*weight.shape[:2], s, t), weight.dtype)
    for rho, tau in np.ndindex(s, t):
        sums[:, :, rho, tau] = weight[:, :, rho::s, tau::t].sum(axis=(2, 3))
    return sums


def bilinear_kernel(factor: int, *, channels: int = 1, dtype: str = "float64") -> Float[Array, "C 1 R R"]:
    r"""Return the kernels by which a transposed convolution interpolates between the entries.

    $$w_{rq} = b_r\, b_q, \qquad b_r = 1 - \frac{|r - c|}{f}, \qquad c = \frac{k - 1}{2}, \qquad k = 2 f - (f \bmod 2)$$

    Use it with `stride=factor`, `padding=(k - factor) // 2` and `groups=channels`; away from the border the result
    is `interpolate(..., mode="bilinear")`.

    Parameters
    ----------
    factor : f, by how much the image grows, at least 1.
    channels : C, each of which is enlarged by itself.
    dtype : of the weights.

    Returns
    -------
    weight : (C, 1, k, k).

    Raises
    ------
    ValueError : for a number below 1, or a dtype that holds no fractions.

    Examples
    --------
    >>> bilinear_kernel(2)[0, 0, 1]
    array([0.1875, 0.5625, 0.5625, 0.1875])

    **Source** Long, Shelhamer and Darrell (2015), section 3.3: the start of their layers that enlarge.
    **Book** eq-bilinear-kernel
    """
    f = whole_number("bilinear_kernel", "factor", factor, 1)
    channels = whole_number("bilinear_kernel", "channels", channels, 1)
    k = 2 * f - f % 2
    row = 1 - np.abs(np.arange(k) - (k - 1) / 2) / f
    return np.tile(np.outer(row, row).astype(float_dtype("bilinear_kernel", dtype)), (channels, 1, 1, 1))


def sub_pixel_kernel(weight: Float[Array, "G C R S"], *, upscale_factor: int) -> Float[Array, "C F K L"]:
    r"""Write a convolution followed by `pixel_shuffle` as one transposed convolution: return its kernels.

    $$w'_{c,\,f,\;a + u(R-1-r),\;b + u(S-1-q)} = w_{(f,a,b),\,c,\,r,\,q}, \qquad 0 \le a, b < u$$

    Parameters
    ----------
    weight : (F u^2, C, R, S), the kernels of the convolution, as `conv2d` takes them.
    upscale_factor : u.

    Returns
    -------
    weight : (C, F, u R, u S), as `conv_transpose2d` takes them, with stride u; a padding p of the convolution
        becomes u (R - 1 - p).

    Raises
    ------
    ShapeError : when the number of kernels is no multiple of u^2.

    **Source** Shi and others (2016), "Is the deconvolution layer the same as a convolutional layer?".
    **Book** eq-sub-pixel-kernel
    """
    u = whole_number("sub_pixel_kernel", "upscale_factor", upscale_factor, 1)
    if np.ndim(weight) != 4 or len(weight) % u**2:
        raise ShapeError(
            f"sub_pixel_kernel: weight has shape {np.shape(weight)}, expected (F u^2, C, R, S) with u^2 = {u**2}"
        )
    f, (c, r, s) = len(weight) // u**2, weight.shape[1:]
    turned = weight[..., ::-1, ::-1].reshape(f, u, u, c, r, s)
    return turned.transpose(3, 0, 4, 1, 5, 2).reshape(c, f, u * r, u * s)
