"""The same convolution, computed in other ways: by its definition, as a matrix product, by the Fourier transform."""

from math import prod

import numpy as np

from dlbook.numpy.convolution.conv import Both, Named, check_channels, two_axes
from dlbook.numpy.convolution.geometry import padded, pair
from dlbook.numpy.convolution.windows import unfold
from dlbook.numpy.linear_classifiers.arguments import whole_number
from dlbook.shapes import Array, Float

__all__ = ["conv2d_fft", "conv2d_im2col", "conv2d_loops", "filter_matrix", "input_matrix"]


def conv2d_loops(
    x: Float[Array, "N C H W"], weight: Float[Array, "F I R S"], bias: Float[Array, " F"] | None = None, *,
    stride: Both = 1, padding: Both | Named = 0, dilation: Both = 1, groups: int = 1,
) -> Float[Array, "N F P Q"]:
    r"""Compute a convolution as it is defined: a sum over the channels and taps, for each output.

    $$y_{nfpq} = b_f + \sum_{c,r,s} w_{fcrs}\; \tilde x_{n,\,c,\,p s_h + r d_h,\,q s_w + s d_w}$$

    Parameters
    ----------
    x, weight, bias, stride, padding, dilation, groups : as in `conv2d`.

    Returns
    -------
    y : (N, F, P, Q).

    Raises
    ------
    ShapeError : as `conv2d`.

    **Source** Dumoulin and Visin (2016), chapter 2.
    **Book** eq-conv2d
    """
    groups = check_channels("conv2d_loops", x, weight, groups)
    rows, columns = two_axes("conv2d_loops", x, weight, stride, padding, dilation)
    y = np.zeros((len(x), len(weight), rows.windows, columns.windows), x.dtype)
    for n, f, p, q in np.ndindex(y.shape):
        first = f // (len(weight) // groups) * weight.shape[1]  # the first channel of f's group
        for c, r, s in np.ndindex(weight.shape[1:]):
            i = p * rows.stride + r * rows.dilation - rows.before
            j = q * columns.stride + s * columns.dilation - columns.before
            if 0 <= i < rows.size and 0 <= j < columns.size:  # outside there are zeros
                y[n, f, p, q] += weight[f, c, r, s] * x[n, first + c, i, j]
        if bias is not None:
            y[n, f, p, q] += bias[f]
    return y


def conv2d_im2col(
    x: Float[Array, "N C H W"], weight: Float[Array, "F I R S"], bias: Float[Array, " F"] | None = None, *,
    stride: Both = 1, padding: Both | Named = 0, dilation: Both = 1, groups: int = 1,
) -> Float[Array, "N F P Q"]:
    r"""Compute a convolution as one matrix product: kernels as rows times windows as columns.

    $$Y_n = W\, U_n + b\, 1^\top, \qquad W : (F,\, C R S), \quad U_n = \operatorname{unfold}(x_n) : (C R S,\, P Q)$$

    Parameters
    ----------
    x, weight, bias, stride, padding, dilation, groups : as in `conv2d`.

    Returns
    -------
    y : (N, F, P, Q).

    Raises
    ------
    ShapeError : as `conv2d`.

    **Source** Chellapilla, Puri and Simard (2006); KTH DD2424, assignment 3 (option).
    **Book** eq-im2col
    """
    groups = check_channels("conv2d_im2col", x, weight, groups)
    rows, columns = two_axes("conv2d_im2col", x, weight, stride, padding, dilation)
    windows = unfold(padded(x, rows, columns), kernel_size=weight.shape[2:], stride=stride, dilation=dilation)
    of_groups = windows.reshape(len(x), groups, -1, windows.shape[2])
    y = weight.reshape(groups, len(weight) // groups, -1) @ of_groups
    y = y.reshape(len(x), len(weight), rows.windows, columns.windows)
    return y if bias is None else y + bias[:, None, None]


def conv2d_fft(
    x: Float[Array, "N C H W"], weight: Float[Array, "F I R S"], bias: Float[Array, " F"] | None = None, *,
    stride: Both = 1, padding: Both | Named = 0, dilation: Both = 1, groups: int = 1,
) -> Float[Array, "N F P Q"]:
    r"""Compute a convolution frequency by frequency, where it is a product of numbers.

    $$y_{nf} = b_f + \mathcal F^{-1} \Big[ \sum_c \overline{\mathcal F[w_{fc}]}\; \mathcal F[\tilde x_{nc}] \Big]$$

    Kernels are padded with zeros to the size of the padded image (a dilated kernel with zeros in its gaps); of the
    result, which wraps around, the places that saw no wrapping are kept, every s-th of them.

    Parameters
    ----------
    x, weight, bias, stride, padding, dilation, groups : as in `conv2d`.

    Returns
    -------
    y : (N, F, P, Q).

    Raises
    ------
    ShapeError : as `conv2d`.

    **Source** Mathieu, Henaff and LeCun (2014).
    **Book** eq-conv-fft
    """
    groups = check_channels("conv2d_fft", x, weight, groups)
    rows, columns = two_axes("conv2d_fft", x, weight, stride, padding, dilation)
    image, (up, across) = padded(x, rows, columns), (rows.dilation, columns.dilation)
    wide = np.zeros((*weight.shape[:2], *image.shape[2:]), weight.dtype)
    wide[..., : up * rows.kernel : up, : across * columns.kernel : across] = weight
    spectrum = np.fft.rfft2(image).reshape(len(x), groups, weight.shape[1], rows.padded, -1)
    kernels = np.fft.rfft2(wide).conj().reshape(groups, -1, weight.shape[1], *spectrum.shape[3:])
    product = np.einsum("gfcuv,ngcuv->ngfuv", kernels, spectrum).reshape(len(x), len(weight), *spectrum.shape[3:])
    y = np.fft.irfft2(product, s=image.shape[2:])[..., rows.tap(0), columns.tap(0)].astype(x.dtype)
    return y if bias is None else y + bias[:, None, None]


def filter_matrix(
    weight: Float[Array, "F C R S"], *, size: Both, stride: Both = 1, padding: Both = 0, dilation: Both = 1
) -> Float[Array, "M D"]:
    r"""Write a convolution as the matrix that multiplies the image.

    $$\operatorname{vec} y = M_F \operatorname{vec} x$$

    Parameters
    ----------
    weight : (F, C, R, S).
    size : (H, W) of the image, or one number for both.
    stride, padding, dilation : as in `conv2d`.

    Returns
    -------
    M_F : (F P Q, C H W), for vectors in the order of `ravel`. Each row holds one kernel and otherwise zeros.

    Raises
    ------
    ValueError : for an option out of range, or a kernel that nowhere fits.

    **Source** KTH DD2424, assignment 3 (option); Goodfellow, Bengio and Courville (2016), section 9.1.
    **Book** eq-filter-matrix
    """
    height, width = pair("filter_matrix", "size", size, 1)
    channels = weight.shape[1]
    rows, columns = two_axes(
        "filter_matrix", np.empty((1, channels, height, width)), weight, stride, padding, dilation
    )
    matrix = np.zeros((len(weight), rows.windows, columns.windows, channels, rows.padded, columns.padded), weight.dtype)
    for p, q, r, s in np.ndindex(rows.windows, columns.windows, rows.kernel, columns.kernel):
        i, j = p * rows.stride + r * rows.dilation, q * columns.stride + s * columns.dilation
        matrix[:, p, q, :, i, j] = weight[:, :, r, s]
    inner = matrix[..., rows.inside, columns.inside]  # what multiplies the padding multiplies zeros
    return inner.reshape(prod(matrix.shape[:3]), -1)


def input_matrix(
    x: Float[Array, "C H W"], *, filters: int, kernel_size: Both, stride: Both = 1, padding: Both = 0,
    dilation: Both = 1,
) -> Float[Array, "M E"]:
    r"""Write a convolution as the matrix that multiplies the kernels.

    $$\operatorname{vec} y = M_X \operatorname{vec} w, \qquad M_X = I_F \otimes U^\top, \quad
    U = \operatorname{unfold}(x)$$

    Parameters
    ----------
    x : (C, H, W), one image.
    filters : F.
    kernel_size, stride, padding, dilation : as in `unfold`.

    Returns
    -------
    M_X : (F P Q, F C R S), for vectors in the order of `ravel`.

    Raises
    ------
    ValueError : for an option out of range, or a kernel that nowhere fits.

    **Source** KTH DD2424, assignment 3 (option).
    **Book** eq-input-matrix
    """
    filters = whole_number("input_matrix", "filters", filters, 1)
    windows = unfold(x[None], kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation)[0]
    return np.kron(np.eye(filters, dtype=x.dtype), windows.T)
