"""Enlarging by painting: how often each entry is painted, and kernels that paint evenly."""

import torch
from jaxtyping import Float
from torch import Tensor

from dlbook.numpy import dense_prediction as reference
from dlbook.numpy.convolution.geometry import pair
from dlbook.numpy.linear_classifiers.arguments import whole_number
from dlbook.shapes import ShapeError
from dlbook.torch import twin
from dlbook.torch.convolution.transposed import conv_transpose1d

__all__ = ["bilinear_kernel", "overlap_counts", "phase_sums", "sub_pixel_kernel"]


def overlap_counts(size: int, kernel_size: int, *, stride: int, padding: int = 0) -> Tensor:
    """Count by how many kernels each entry of a transposed convolution's result is painted: paint ones with ones."""
    ones = torch.ones(1, 1, size, dtype=torch.float64), torch.ones(1, 1, kernel_size, dtype=torch.float64)
    return conv_transpose1d(*ones, stride=stride, padding=padding)[0, 0].round().long()


@twin
def phase_sums(weight: Float[Tensor, "C J R S"], *, stride: int | tuple[int, int]) -> Float[Tensor, "C J s t"]:
    """Add up the taps of a kernel that meet in the same place: one sum for each phase of the stride."""
    s, t = pair("phase_sums", "stride", stride, 1)
    rows = torch.arange(weight.shape[2], device=weight.device) % s == torch.arange(s, device=weight.device)[:, None]
    columns = torch.arange(weight.shape[3], device=weight.device) % t == torch.arange(t, device=weight.device)[:, None]
    return torch.einsum("ar,cjrq,bq->cjab", rows.to(weight), weight, columns.to(weight))


def bilinear_kernel(factor: int, *, channels: int = 1, dtype: str = "float64") -> Float[Tensor, "C 1 R R"]:
    """Return the kernels of an interpolating transposed convolution: the reference's, as a tensor."""
    return torch.from_numpy(reference.bilinear_kernel(factor, channels=channels, dtype=dtype))


@twin
def sub_pixel_kernel(weight: Float[Tensor, "G C R S"], *, upscale_factor: int) -> Float[Tensor, "C F K L"]:
    """Write a convolution followed by `pixel_shuffle` as one transposed convolution: shuffle the turned kernels."""
    u = whole_number("sub_pixel_kernel", "upscale_factor", upscale_factor, 1)
    if len(weight) % u**2:
        raise ShapeError(f"sub_pixel_kernel: weight has shape {tuple(weight.shape)}, expected {u**2} F rows")
    return torch.nn.functional.pixel_shuffle(weight.flip(2, 3).transpose(0, 1), u)
