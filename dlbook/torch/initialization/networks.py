"""First weights of whole networks: orthogonal ones, any rule for every layer, and a rule that looks at data."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from dlbook.numpy.deep_networks.network import Activation, check_layers, check_sizes
from dlbook.numpy.initialization import calculate_fan
from dlbook.numpy.linear_classifiers.arguments import above_zero
from dlbook.shapes import ShapeError
from dlbook.torch.deep_networks.network import ACTIVATIONS, Params, layer_values
from dlbook.torch.initialization.draws import draw, kaiming_normal
from dlbook.torch.linear_classifiers.linear import linear

__all__ = ["init_network", "layer_gradients", "lsuv", "orthogonal"]


def orthogonal(
    shape: Sequence[int], rng: np.random.Generator, *, gain: float = 1.0, dtype: str = "float32"
) -> Float[Tensor, "K D ..."]:
    """Draw a weight whose rows, or whose columns if these are fewer, are orthonormal, all directions alike."""
    calculate_fan(shape)
    gain = above_zero("orthogonal", "gain", gain)
    return draw("orthogonal", torch.nn.init.orthogonal_, shape, rng, dtype, gain=gain)


def init_network(
    sizes: Sequence[int], rng: np.random.Generator, *, init: Callable = kaiming_normal, dtype: str = "float32",
    **options,
) -> Params:  # fmt: skip
    """Draw the weights of a network by one rule for all its layers, and biases of zero."""
    widths = check_sizes("init_network", sizes)
    return tuple(
        (init((k, d), rng, dtype=dtype, **options), torch.zeros(k, dtype=getattr(torch, dtype)))
        for d, k in pairwise(widths)
    )


@torch.no_grad()
def lsuv(params: Params, x: Float[Tensor, "N D"], *, activation: Activation = "relu") -> Params:
    """Give the scores of every layer variance one on a batch, layer by layer from the input."""
    check_layers("lsuv", x, params)
    scaled, h = [], x
    for i, (weight, bias) in enumerate(params):
        s = linear(h, weight, bias)
        std = s.std(correction=0)
        if not 0 < std < torch.inf:
            raise ValueError(f"lsuv: the scores of layer {i} have standard deviation {std}, expected them to vary")
        scaled.append((weight / std, bias / std))
        h = ACTIVATIONS[activation](s / std)
    return tuple(scaled)


def layer_gradients(
    x: Float[Tensor, "N D"], params: Params, dy: Float[Tensor, "N K"], *, activation: Activation = "relu"
) -> list[Tensor]:
    """Compute what every layer of a network is told: the gradient with respect to its scores."""
    with torch.enable_grad():  # autograd keeps what is asked for, even where nothing needs a gradient
        start = x.detach().requires_grad_()
        values = layer_values(start, params, activation=activation)
        if dy.shape != values[-1].shape:
            raise ShapeError(f"layer_gradients: dy has shape {tuple(dy.shape)}, expected {tuple(values[-1].shape)}")
        return list(torch.autograd.grad(values[-1], values[::2], dy))
