"""Taking an image apart into windows and putting windows together again: im2col, its adjoint, patches, borders."""

from typing import Literal

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from dlbook.numpy.convolution.conv import Both
from dlbook.numpy.convolution.geometry import pair
from dlbook.shapes import ShapeError
from dlbook.torch import twin

__all__ = ["fold", "pad", "patchify", "unfold"]


@twin
def unfold(
    x: Float[Tensor, "N C H W"], *, kernel_size: Both, dilation: Both = 1, padding: Both = 0, stride: Both = 1
) -> Float[Tensor, "N D L"]:
    """Write every window of an image as a column of a matrix: im2col."""
    return F.unfold(x, kernel_size, dilation, padding, stride)


@twin
def fold(
    x: Float[Tensor, "N D L"], *, output_size: Both, kernel_size: Both, dilation: Both = 1, padding: Both = 0,
    stride: Both = 1,
) -> Float[Tensor, "N C H W"]:
    """Add windows up where they lie in an image: the adjoint of `unfold`."""
    return F.fold(x, pair("fold", "output_size", output_size, 1), kernel_size, dilation, padding, stride)


@twin
def patchify(x: Float[Tensor, "N C H W"], *, patch_size: Both) -> Float[Tensor, "N L D"]:
    """Cut an image into patches side by side and write each as a row."""
    size = pair("patchify", "patch_size", patch_size, 1)
    if any(length % part for length, part in zip(x.shape[2:], size, strict=True)):
        raise ShapeError(f"patchify: x has images of {tuple(x.shape[2:])}, expected multiples of {size}")
    return F.unfold(x, size, stride=size).transpose(1, 2)


@twin
def pad(
    x: Float[Tensor, "N C *S"], *, pad: tuple[int, ...],
    mode: Literal["constant", "reflect", "replicate", "circular"] = "constant", value: float = 0.0,
) -> Float[Tensor, "N C *T"]:
    """Put a border around signals or images: a constant, a mirror image, the outermost entry, or the other end."""
    if len(pad) != 2 * (x.ndim - 2):
        raise ValueError(f"pad: pad is {pad}, expected {2 * (x.ndim - 2)} numbers, two for each axis behind N and C")
    return F.pad(x, pad, mode, value if mode == "constant" else None)
