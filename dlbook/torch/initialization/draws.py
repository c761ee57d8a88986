"""First weights: torch.nn.init's own draws, from a generator that the reference's generator seeds.

The laws of reference and twin are the same, their numbers are not.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import init

from dlbook.numpy.initialization import calculate_fan
from dlbook.numpy.initialization.fans import Nonlinearity
from dlbook.numpy.linear_classifiers.arguments import above_zero, check_generator

__all__ = [
    "kaiming_normal", "kaiming_uniform", "lecun_normal", "normal", "trunc_normal", "xavier_normal", "xavier_uniform",
]  # fmt: skip


def draw(function: str, fill, shape, rng: np.random.Generator, dtype: str, **options) -> Tensor:
    """Fill an empty float64 tensor by one of torch.nn.init's functions."""
    check_generator(function, rng)
    generator = torch.Generator().manual_seed(int(rng.integers(2**63)))
    weight = fill(torch.empty(tuple(shape), dtype=torch.float64), generator=generator, **options)
    return weight.to(getattr(torch, dtype))


def normal(
    shape: Sequence[int], rng: np.random.Generator, *, mean: float = 0.0, std: float = 1.0, dtype: str = "float32"
) -> Float[Tensor, "..."]:
    """Draw weights from one normal distribution, whatever the fans."""
    return draw("normal", init.normal_, shape, rng, dtype, mean=mean, std=above_zero("normal", "std", std))


def trunc_normal(
    shape: Sequence[int], rng: np.random.Generator, *, mean: float = 0.0, std: float = 1.0, a: float = -2.0,
    b: float = 2.0, dtype: str = "float32",
) -> Float[Tensor, "..."]:  # fmt: skip
    """Draw weights from a normal distribution, and draw again what falls outside a window."""
    options = {"mean": mean, "std": above_zero("trunc_normal", "std", std), "a": a, "b": b}
    return draw("trunc_normal", init.trunc_normal_, shape, rng, dtype, **options)


def xavier_uniform(
    shape: Sequence[int], rng: np.random.Generator, *, gain: float = 1.0, dtype: str = "float32"
) -> Float[Tensor, "K D ..."]:
    """Draw weights whose variance is a compromise between the ways forward and back, uniformly."""
    calculate_fan(shape)
    gain = above_zero("xavier_uniform", "gain", gain)
    return draw("xavier_uniform", init.xavier_uniform_, shape, rng, dtype, gain=gain)


def xavier_normal(
    shape: Sequence[int], rng: np.random.Generator, *, gain: float = 1.0, dtype: str = "float32"
) -> Float[Tensor, "K D ..."]:
    """Draw weights whose variance is a compromise between the ways forward and back, normally."""
    calculate_fan(shape)
    gain = above_zero("xavier_normal", "gain", gain)
    return draw("xavier_normal", init.xavier_normal_, shape, rng, dtype, gain=gain)


def kaiming_uniform(
    shape: Sequence[int], rng: np.random.Generator, *, a: float = 0.0,
    mode: Literal["fan_in", "fan_out"] = "fan_in", nonlinearity: Nonlinearity = "leaky_relu", dtype: str = "float32",
) -> Float[Tensor, "K D ..."]:  # fmt: skip
    """Draw weights that keep the mean square through layers with rectifiers (He initialization), uniformly."""
    calculate_fan(shape)
    options = {"a": a, "mode": mode, "nonlinearity": nonlinearity}
    return draw("kaiming_uniform", init.kaiming_uniform_, shape, rng, dtype, **options)


def kaiming_normal(
    shape: Sequence[int], rng: np.random.Generator, *, a: float = 0.0,
    mode: Literal["fan_in", "fan_out"] = "fan_in", nonlinearity: Nonlinearity = "leaky_relu", dtype: str = "float32",
) -> Float[Tensor, "K D ..."]:  # fmt: skip
    """Draw weights that keep the mean square through layers with rectifiers (He initialization), normally."""
    calculate_fan(shape)
    options = {"a": a, "mode": mode, "nonlinearity": nonlinearity}
    return draw("kaiming_normal", init.kaiming_normal_, shape, rng, dtype, **options)


def lecun_normal(shape: Sequence[int], rng: np.random.Generator, *, dtype: str = "float32") -> Float[Tensor, "K D ..."]:
    """Draw weights that keep the variance through linear layers."""
    return kaiming_normal(shape, rng, nonlinearity="linear", dtype=dtype)
