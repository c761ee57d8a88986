"""Changing the size of images: interpolation, and pooling to a given size."""

from typing import Literal

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from dlbook.numpy.convolution.conv import Both
from dlbook.numpy.convolution.geometry import pair
from dlbook.shapes import ShapeError
from dlbook.torch import twin

__all__ = ["adaptive_avg_pool2d", "interpolate"]


@twin
def adaptive_avg_pool2d(x: Float[Tensor, "N C H W"], *, output_size: Both) -> Float[Tensor, "N C P Q"]:
    """Average an image down to a given size, whatever its own."""
    if 0 in x.shape[2:]:
        raise ShapeError(f"adaptive_avg_pool2d: x has shape {tuple(x.shape)}, expected images with entries")
    return F.adaptive_avg_pool2d(x, pair("adaptive_avg_pool2d", "output_size", output_size, 1))


@twin
def interpolate(
    x: Float[Tensor, "N C H W"], *, size: Both | None = None, scale_factor: float | None = None,
    mode: Literal["nearest", "bilinear"] = "nearest", align_corners: bool = False,
) -> Float[Tensor, "N C P Q"]:
    """Resize images: read them off at places that lie evenly, at the nearest entry or between four of them."""
    if (size is None) == (scale_factor is None):
        raise ValueError(f"interpolate: size is {size} and scale_factor {scale_factor}, expected exactly one of them")
    if mode == "nearest" and align_corners:
        raise ValueError("interpolate: align_corners is True with mode 'nearest', expected mode 'bilinear'")
    return F.interpolate(x, size, scale_factor, mode, align_corners if mode == "bilinear" else None)
