"""Fans and gains: how many terms a score and a gradient add up, and what an activation leaves of a signal."""

from collections.abc import Sequence

import torch

from dlbook.numpy.deep_networks.network import Activation
from dlbook.numpy.initialization import calculate_fan as count
from dlbook.numpy.initialization.fans import Nonlinearity, normal_grid
from dlbook.torch.deep_networks.network import ACTIVATIONS

__all__ = ["activation_gain", "calculate_fan", "calculate_gain"]


def calculate_fan(shape: Sequence[int]) -> tuple[int, int]:
    """Count what a score adds up on the way forward, and what a gradient adds up on the way back."""
    count(shape)  # torch takes a size of zero without a word
    return torch.nn.init._calculate_fan_in_and_fan_out(torch.empty(tuple(shape), device="meta"))


def calculate_gain(nonlinearity: Nonlinearity, param: float | None = None) -> float:
    """Look up the factor that torch.nn.init recommends for the standard deviation in front of an activation."""
    return float(torch.nn.init.calculate_gain(nonlinearity, param))


def activation_gain(activation: Activation) -> float:
    """Compute the factor that gives the values of an activation the mean square of its standard normal input."""
    z, weights = map(torch.from_numpy, normal_grid())
    return float(weights @ ACTIVATIONS[activation](z) ** 2) ** -0.5
