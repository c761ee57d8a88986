"""Reading an image at other places: affine grids, bilinear sampling, windows."""

from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float, Integer
from torch import Tensor

from dlbook.numpy.linear_classifiers.arguments import whole_number
from dlbook.shapes import ShapeError
from dlbook.torch import twin

__all__ = ["affine_grid", "crop", "grid_sample"]


@twin
def affine_grid(
    theta: Float[Tensor, "N 2 3"], *, size: tuple[int, int, int, int], align_corners: bool = False
) -> Float[Tensor, "N P Q 2"]:
    """Write down for every pixel of an output at which place of the input it is to be read."""
    if len(size) != 4 or size[0] != len(theta) or min(size[2:]) < 1:
        raise ShapeError(f"affine_grid: size is {tuple(size)}, expected ({len(theta)}, C, P, Q) with P, Q at least 1")
    return F.affine_grid(theta, list(size), align_corners)


@twin
def grid_sample(
    x: Float[Tensor, "N C H W"], grid: Float[Tensor, "N P Q 2"], *, mode: Literal["bilinear", "nearest"] = "bilinear",
    padding_mode: Literal["zeros", "border"] = "zeros", align_corners: bool = False,
) -> Float[Tensor, "N C P Q"]:
    """Read images at any places, between the pixels too."""
    if 0 in x.shape[2:]:
        raise ShapeError(f"grid_sample: x has shape {tuple(x.shape)}, expected images with pixels")
    return F.grid_sample(x, grid, mode, padding_mode, align_corners)


@twin
def crop(
    x: Float[Tensor, "N C H W"], corner: Integer[Tensor, "N 2"], *, size: tuple[int, int], padding: int = 0
) -> Float[Tensor, "N C P Q"]:
    """Cut a window out of each image, after a border of zeros has been put around it."""
    padding = whole_number("crop", "padding", padding, 0)
    p, q = (whole_number("crop", "size", side, 1) for side in size)
    most = corner.new_tensor([x.shape[2] + 2 * padding - p, x.shape[3] + 2 * padding - q])
    if (most < 0).any():
        raise ValueError(f"crop: size is {(p, q)}, expected at most the image {tuple(x.shape[2:])} with its border of "
                         f"{padding} on each side")
    outside = (corner < 0) | (corner > most)
    if outside.any():
        n = int(outside.any(dim=1).int().argmax())
        raise ValueError(f"crop: corner {n} is {corner[n].tolist()}, expected 0 to {most.tolist()}")
    padded = F.pad(x, [padding] * 4)
    if not len(x):
        return padded[:, :, :p, :q]
    return torch.stack([one[:, r : r + p, s : s + q] for one, (r, s) in zip(padded, corner.tolist(), strict=True)])
