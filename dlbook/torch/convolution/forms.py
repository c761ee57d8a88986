"""The same convolution, computed in other ways: by its definition, as a matrix product, by the Fourier transform."""

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from dlbook.numpy.convolution.conv import Both, Named, check_channels, two_axes
from dlbook.numpy.convolution.geometry import pair
from dlbook.torch.convolution.conv import conv2d

__all__ = ["conv2d_fft", "conv2d_im2col", "conv2d_loops", "filter_matrix", "input_matrix"]


def conv2d_loops(
    x: Float[Tensor, "N C H W"], weight: Float[Tensor, "F I R S"], bias: Float[Tensor, " F"] | None = None, *,
    stride: Both = 1, padding: Both | Named = 0, dilation: Both = 1, groups: int = 1,
) -> Float[Tensor, "N F P Q"]:
    """Compute a convolution as it is defined: a sum over the channels and taps, for each output."""
    groups = check_channels("conv2d_loops", x, weight, groups)
    rows, columns = two_axes("conv2d_loops", x, weight, stride, padding, dilation)
    wide = F.pad(x, (columns.before, columns.after, rows.before, rows.after))
    y = x.new_zeros(len(x), len(weight), rows.windows, columns.windows)
    for n, f, p, q in np.ndindex(tuple(y.shape)):
        first = f // (len(weight) // groups) * weight.shape[1]
        for c, r, s in np.ndindex(tuple(weight.shape[1:])):
            i, j = p * rows.stride + r * rows.dilation, q * columns.stride + s * columns.dilation
            y[n, f, p, q] += weight[f, c, r, s] * wide[n, first + c, i, j]
    return y if bias is None else y + bias[:, None, None]


def conv2d_im2col(
    x: Float[Tensor, "N C H W"], weight: Float[Tensor, "F I R S"], bias: Float[Tensor, " F"] | None = None, *,
    stride: Both = 1, padding: Both | Named = 0, dilation: Both = 1, groups: int = 1,
) -> Float[Tensor, "N F P Q"]:
    """Compute a convolution as one matrix product: kernels as rows times windows as columns."""
    groups = check_channels("conv2d_im2col", x, weight, groups)
    rows, columns = two_axes("conv2d_im2col", x, weight, stride, padding, dilation)
    wide = F.pad(x, (columns.before, columns.after, rows.before, rows.after))
    windows = F.unfold(wide, tuple(weight.shape[2:]), dilation, 0, stride).unflatten(1, (groups, -1))
    y = weight.reshape(groups, len(weight) // groups, -1) @ windows
    y = y.reshape(len(x), len(weight), rows.windows, columns.windows)
    return y if bias is None else y + bias[:, None, None]


def conv2d_fft(
    x: Float[Tensor, "N C H W"], weight: Float[Tensor, "F I R S"], bias: Float[Tensor, " F"] | None = None, *,
    stride: Both = 1, padding: Both | Named = 0, dilation: Both = 1, groups: int = 1,
) -> Float[Tensor, "N F P Q"]:
    """Compute a convolution frequency by frequency, where it is a product of numbers."""
    groups = check_channels("conv2d_fft", x, weight, groups)
    rows, columns = two_axes("conv2d_fft", x, weight, stride, padding, dilation)
    image = F.pad(x, (columns.before, columns.after, rows.before, rows.after))
    wide = weight.new_zeros(*weight.shape[:2], *image.shape[2:])
    wide[..., : rows.dilation * rows.kernel : rows.dilation, : columns.dilation * columns.kernel : columns.dilation] = (
        weight
    )
    spectrum = torch.fft.rfft2(image).unflatten(1, (groups, -1))
    kernels = torch.fft.rfft2(wide).conj().unflatten(0, (groups, -1))
    product = torch.einsum("gfcuv,ngcuv->ngfuv", kernels, spectrum).flatten(1, 2)
    y = torch.fft.irfft2(product, s=image.shape[2:])[..., rows.tap(0), columns.tap(0)]
    return y if bias is None else y + bias[:, None, None]


def filter_matrix(
    weight: Float[Tensor, "F C R S"], *, size: Both, stride: Both = 1, padding: Both = 0, dilation: Both = 1
) -> Float[Tensor, "M D"]:
    """Write a convolution as the matrix that multiplies the image: its columns are the answers to single pixels."""
    height, width = pair("filter_matrix", "size", size, 1)
    entries = weight.shape[1] * height * width
    pixels = torch.eye(entries, dtype=weight.dtype, device=weight.device)
    images = pixels.reshape(entries, weight.shape[1], height, width)
    return conv2d(images, weight, stride=stride, padding=padding, dilation=dilation).flatten(1).T


def input_matrix(
    x: Float[Tensor, "C H W"], *, filters: int, kernel_size: Both, stride: Both = 1, padding: Both = 0,
    dilation: Both = 1,
) -> Float[Tensor, "M E"]:
    """Write a convolution as the matrix that multiplies the kernels."""
    windows = F.unfold(x[None], kernel_size, dilation, padding, stride)[0]
    return torch.kron(torch.eye(filters, dtype=x.dtype, device=x.device), windows.T.contiguous())
