"""Initialization: the twins of `dlbook.numpy.initialization`."""

from dlbook.torch.initialization.draws import (
    kaiming_normal,
    kaiming_uniform,
    lecun_normal,
    normal,
    trunc_normal,
    xavier_normal,
    xavier_uniform,
)
from dlbook.torch.initialization.fans import activation_gain, calculate_fan, calculate_gain
from dlbook.torch.initialization.mean_field import chi, correlation_map, critical_line, length_map
from dlbook.torch.initialization.networks import init_network, layer_gradients, lsuv, orthogonal

__all__ = [
    "activation_gain",
    "calculate_fan",
    "calculate_gain",
    "chi",
    "correlation_map",
    "critical_line",
    "init_network",
    "kaiming_normal",
    "kaiming_uniform",
    "layer_gradients",
    "lecun_normal",
    "length_map",
    "lsuv",
    "normal",
    "orthogonal",
    "trunc_normal",
    "xavier_normal",
    "xavier_uniform",
]
