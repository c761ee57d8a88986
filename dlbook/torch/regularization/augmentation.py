"""Data augmentation: examples changed in ways that their labels survive."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from jaxtyping import Float, Integer
from torch import Tensor

from dlbook.numpy.linear_classifiers.arguments import above_zero, at_least_zero, between, check_generator, whole_number
from dlbook.shapes import describe
from dlbook.torch import twin

__all__ = [
    "add_noise",
    "augmented",
    "cutout",
    "orbit_average",
    "random_cutout",
    "random_flip",
    "random_scale",
    "random_shift",
    "shift",
]


def _like(drawn: np.ndarray, x: Tensor) -> Tensor:
    """Bring what a NumPy generator drew to where x is, in x's dtype."""
    return torch.from_numpy(drawn).to(x.device, x.dtype)


def shift(x: Float[Tensor, "N *S"], offset: Integer[Tensor, "N A"], *, cyclic: bool = False) -> Float[Tensor, "N *S"]:
    """Move each example along its last axes by a whole number of places."""
    fits = offset.ndim == 2 and offset.shape[0] == len(x) and 0 < offset.shape[1] < x.ndim
    if not fits or offset.is_floating_point():
        raise ValueError(f"shift: x is {describe(x)} and offset {describe(offset)}, expected integers of shape (N, A), "
                         "A the number of axes to shift along")
    y = x.clone()
    for axis, steps in zip(range(x.ndim - offset.shape[1], x.ndim), offset.T, strict=True):
        size = x.shape[axis]
        source = torch.arange(size, device=x.device) - steps.long()[:, None]
        shape = [len(x), *[1] * (x.ndim - 1)]
        shape[axis] = size
        y = y.gather(axis, (source % size).reshape(shape).expand(x.shape))
        if not cyclic:
            y = y.masked_fill(((source < 0) | (source >= size)).reshape(shape), 0)
    return y


def random_shift(
    x: Float[Tensor, "N *S"], rng: np.random.Generator, *, reach: int = 1, axes: int = 2, cyclic: bool = False
) -> Float[Tensor, "N *S"]:
    """Move each example by its own random number of places."""
    reach, axes = whole_number("random_shift", "reach", reach, 0), whole_number("random_shift", "axes", axes, 1)
    check_generator("random_shift", rng)
    if x.ndim <= axes:
        raise ValueError(f"random_shift: x is {describe(x)} and axes {axes}, expected at most {max(x.ndim - 1, 0)}: "
                         "the first axis counts the examples")
    drawn = torch.from_numpy(rng.integers(-reach, reach + 1, (len(x), axes)))
    return shift(x, drawn.to(x.device), cyclic=cyclic)


def random_flip(x: Float[Tensor, "N *S W"], rng: np.random.Generator, *, p: float = 0.5) -> Float[Tensor, "N *S W"]:
    """Mirror some of the examples, left against right."""
    p = between("random_flip", "p", p, 0, 1)
    if x.ndim < 2:
        raise ValueError(f"random_flip: x is {describe(x)}, expected (N, ..., W): the first axis counts the examples")
    check_generator("random_flip", rng)
    mirrored = torch.from_numpy(rng.random(len(x)) < p).to(x.device)[(..., *[None] * (x.ndim - 1))]
    return torch.where(mirrored, x.flip(-1), x)


def random_scale(
    x: Float[Tensor, "N *S"], rng: np.random.Generator, *, low: float = 0.8, high: float = 1.25
) -> Float[Tensor, "N *S"]:
    """Multiply each example by a random number: another amplitude, another brightness."""
    low, high = above_zero("random_scale", "low", low), above_zero("random_scale", "high", high)
    if low > high:
        raise ValueError(f"random_scale: low is {low} and high {high}, expected low <= high")
    check_generator("random_scale", rng)
    return x * _like(rng.uniform(low, high, (len(x), *[1] * (x.ndim - 1))), x)


def add_noise(x: Float[Tensor, "N *S"], rng: np.random.Generator, *, std: float = 0.1) -> Float[Tensor, "N *S"]:
    """Add independent Gaussian noise to every entry."""
    std = at_least_zero("add_noise", "std", std)
    check_generator("add_noise", rng)
    return x + std * _like(rng.standard_normal(x.shape), x)


@twin
def cutout(x: Float[Tensor, "N C H W"], centre: Integer[Tensor, "N 2"], *, size: int) -> Float[Tensor, "N C H W"]:
    """Cut a square out of each image, in all channels; what hangs over the edge is lost."""
    size = whole_number("cutout", "size", size, 0)
    first = centre.long() - size // 2
    rows, columns = (
        (torch.arange(extent, device=x.device) - start[:, None]).div(max(size, 1), rounding_mode="floor") == 0
        for extent, start in zip(x.shape[2:], first.T, strict=True)
    )
    hole = rows[:, None, :, None] & columns[:, None, None, :]
    return x.masked_fill(hole, 0) if size else x.clone()


def random_cutout(x: Float[Tensor, "N C H W"], rng: np.random.Generator, *, size: int) -> Float[Tensor, "N C H W"]:
    """Cut a square out of each image, at a place drawn anew for each."""
    if x.ndim != 4:
        raise ValueError(f"random_cutout: x is {describe(x)}, expected images (N, C, H, W)")
    check_generator("random_cutout", rng)
    return cutout(x, torch.from_numpy(rng.integers(0, tuple(x.shape[2:]), (len(x), 2))).to(x.device), size=size)


def augmented(
    value_and_grad: Callable, augment: Callable, rng: np.random.Generator, *, shape: Sequence[int] | None = None,
    **options,
) -> Callable:
    """Turn a cost into one that sees other versions of its examples at each call."""
    check_generator("augmented", rng)

    def both(params, x, *rest):
        given = x if shape is None else x.reshape(len(x), *shape)
        return value_and_grad(params, augment(given, rng, **options).reshape(x.shape), *rest)

    return both


def orbit_average(predict: Callable, x: Tensor, transforms: Sequence[Callable]) -> Tensor:
    """Average a prediction over changed versions of the same examples."""
    if not transforms:
        raise ValueError("orbit_average: transforms is empty, expected at least one")
    return sum(predict(transform(x)) for transform in transforms) / len(transforms)
