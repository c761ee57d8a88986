"""Which changes, and how strong: one dial for all of them, RandAugment, and the test whether a label survives."""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float, Integer
from torch import Tensor

from dlbook.numpy.linear_classifiers.arguments import between, check_generator, whole_number
from dlbook.numpy.transfer_learning.arguments import check_images, each
from dlbook.shapes import describe
from dlbook.torch.transfer_learning.colour import (
    adjust_brightness,
    adjust_contrast,
    adjust_saturation,
    posterize,
    solarize,
)
from dlbook.torch.transfer_learning.geometry import affine

__all__ = ["brightest_channel", "count_bright", "distort", "heavier_side", "label_kept", "rand_augment"]

CHANGES = {
    "identity": lambda x, s: x.clone(),
    "rotate": lambda x, s: affine(x, angle=s * torch.pi / 6),
    "shear_x": lambda x, s: affine(x, shear=(0.3 * s, 0.0)),
    "shear_y": lambda x, s: affine(x, shear=(0.0, 0.3 * s)),
    "translate_x": lambda x, s: affine(x, translate=(0.3 * x.shape[3] * s, 0.0)),
    "translate_y": lambda x, s: affine(x, translate=(0.0, 0.3 * x.shape[2] * s)),
    "brightness": lambda x, s: adjust_brightness(x, 1 + 0.9 * s),
    "contrast": lambda x, s: adjust_contrast(x, 1 + 0.9 * s),
    "saturation": lambda x, s: adjust_saturation(x, 1 + 0.9 * s),
    "posterize": lambda x, s: posterize(x, 8 - torch.round(4 * abs(s)).long()),
    "solarize": lambda x, s: solarize(x, 1 - abs(s)),
}


def distort(
    x: Float[Tensor, "N C H W"], change: str, *, strength: float | Float[Tensor, " N"]
) -> Float[Tensor, "N C H W"]:
    """Apply one of the changes of `CHANGES` with a strength from -1 to 1, where 0 changes nothing."""
    check_images("distort", x)
    if not isinstance(change, str) or change not in CHANGES:
        raise ValueError(f"distort: change is {change!r}, expected one of {', '.join(CHANGES)}")
    strength = strength.cpu() if isinstance(strength, Tensor) else strength
    s = each("distort", "strength", strength, len(x), -1, 1)
    return CHANGES[change](x, torch.as_tensor(s, dtype=torch.float64).expand(len(x)))


def rand_augment(
    x: Float[Tensor, "N C H W"], rng: np.random.Generator, *, num_ops: int = 2, magnitude: float = 5.0,
    changes: tuple[str, ...] = tuple(CHANGES),
) -> Float[Tensor, "N C H W"]:
    """Apply some randomly drawn changes to each image, all with one strength."""
    check_generator("rand_augment", rng)
    check_images("rand_augment", x)
    if not isinstance(changes, tuple | list) or not changes or not set(changes) <= set(CHANGES):
        raise ValueError(f"rand_augment: changes is {changes!r}, expected some of {', '.join(CHANGES)}")
    strength = between("rand_augment", "magnitude", magnitude, 0, 10) / 10
    y = x.clone()
    for _ in range(whole_number("rand_augment", "num_ops", num_ops, 0)):
        drawn = torch.from_numpy(rng.integers(len(changes), size=len(x)))
        sign = torch.from_numpy(rng.choice([-1, 1], size=len(x))).double()
        for k, change in enumerate(changes):
            rows = torch.nonzero(drawn == k).ravel()
            if len(rows):
                places = rows.to(x.device)
                y[places] = distort(y[places], change, strength=strength * sign[rows])
    return y


def label_kept(label: Callable, transform: Callable, x: Float[Tensor, "N C H W"]) -> float:
    """Return the share of images whose label a change leaves as it was."""
    before, after = label(x), label(transform(x))
    if before.shape != after.shape or not before.numel():
        raise ValueError(f"label_kept: labels are {describe(before)} before and {describe(after)} after the change, "
                         "expected as many, at least one")
    return float((before == after).double().mean())


def count_bright(x: Float[Tensor, "N C H W"]) -> Integer[Tensor, " N"]:
    """Answer: how many pixels are brighter than a half, in the mean of their channels?"""
    check_images("count_bright", x)
    return (x.mean(dim=1) > 0.5).sum(dim=(1, 2))


def heavier_side(x: Float[Tensor, "N C H W"]) -> Integer[Tensor, " N"]:
    """Answer: is there more light in the right half (1), or is there not (0)?"""
    check_images("heavier_side", x)
    half = x.shape[3] // 2
    columns = x.sum(dim=(1, 2))
    return (columns[:, x.shape[3] - half :].sum(dim=1) > columns[:, :half].sum(dim=1)).long()


def brightest_channel(x: Float[Tensor, "N C H W"]) -> Integer[Tensor, " N"]:
    """Answer: which channel has the most light?"""
    check_images("brightest_channel", x)
    return x.sum(dim=(2, 3)).argmax(dim=1)
