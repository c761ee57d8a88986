"""Turning, stretching, shearing, shifting and cropping images."""

from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from dlbook.numpy.linear_classifiers.arguments import check_generator, whole_number
from dlbook.numpy.transfer_learning import geometry as reference
from dlbook.numpy.transfer_learning.arguments import check_images, sides
from dlbook.numpy.transfer_learning.geometry import Each, check_ranges
from dlbook.torch.transfer_learning.sampling import affine_grid, crop, grid_sample

__all__ = ["affine", "affine_matrices", "random_crop", "random_resized_crop"]


def affine_matrices(
    n: int, size: tuple[int, int], *, angle: Each = 0.0, scale: Each = 1.0, shear: tuple[Each, Each] = (0.0, 0.0),
    translate: tuple[Each, Each] = (0.0, 0.0),
) -> Float[Tensor, "N 2 3"]:
    """Make the matrices by which `affine_grid` changes images: the reference's, as tensors."""
    drawn = reference.affine_matrices(n, size, angle=angle, scale=scale, shear=shear, translate=translate)
    return torch.from_numpy(drawn)


def affine(
    x: Float[Tensor, "N C H W"], *, mode: Literal["bilinear", "nearest"] = "bilinear",
    padding_mode: Literal["zeros", "border"] = "zeros", **changes: Each | tuple[Each, Each],
) -> Float[Tensor, "N C H W"]:
    """Turn, scale, shear and shift images around their middle."""
    check_images("affine", x)
    theta = affine_matrices(len(x), tuple(x.shape[2:]), **changes).to(x.device, x.dtype)
    return grid_sample(x, affine_grid(theta, size=tuple(x.shape)), mode=mode, padding_mode=padding_mode)


def random_crop(
    x: Float[Tensor, "N C H W"], rng: np.random.Generator, *, size: int | tuple[int, int], padding: int = 0
) -> Float[Tensor, "N C P Q"]:
    """Cut a window out of each image, at a place drawn anew for each."""
    check_generator("random_crop", rng)
    check_images("random_crop", x)
    padding, size = whole_number("random_crop", "padding", padding, 0), sides("random_crop", size)
    room = np.array(x.shape[2:]) + 2 * padding - size
    if (room < 0).any():
        raise ValueError(f"random_crop: size is {size}, expected at most the image {tuple(x.shape[2:])} with its "
                         f"border of {padding} on each side")
    corner = torch.from_numpy(rng.integers(0, room + 1, (len(x), 2))).to(x.device)
    return crop(x, corner, size=size, padding=padding)


def random_resized_crop(
    x: Float[Tensor, "N C H W"], rng: np.random.Generator, *, size: int | tuple[int, int] | None = None,
    scale: tuple[float, float] = (0.08, 1.0), ratio: tuple[float, float] = (3 / 4, 4 / 3),
) -> Float[Tensor, "N C P Q"]:
    """Cut a window of random area and proportions out of each image and stretch it to one size."""
    check_generator("random_resized_crop", rng)
    check_images("random_resized_crop", x)
    check_ranges(scale, ratio)
    area = rng.uniform(*scale, len(x))
    proportion = np.exp(rng.uniform(*np.log(ratio), len(x)))
    share = np.minimum(1, np.sqrt([area * proportion, area / proportion]))
    middle = (1 - share) * rng.uniform(-1, 1, (2, len(x)))
    drawn = torch.from_numpy(np.stack([share.T, middle.T])).to(x.device, x.dtype)
    theta = torch.cat([torch.diag_embed(drawn[0]), drawn[1][:, :, None]], dim=2)
    shape = (*x.shape[:2], *(x.shape[2:] if size is None else sides("random_resized_crop", size)))
    return grid_sample(x, affine_grid(theta, size=shape), padding_mode="border")
