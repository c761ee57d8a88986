"""Networks of k layers: linear layers with an activation between them, as one function of all parameters."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from dlbook.numpy import deep_networks as reference
from dlbook.numpy.deep_networks.network import Activation, ByName, check_layers
from dlbook.torch import twin
from dlbook.torch.backpropagation.functions import tanh
from dlbook.torch.deep_networks.rectifiers import elu, leaky_relu, relu, selu
from dlbook.torch.deep_networks.smooth import gelu, silu, softplus
from dlbook.torch.linear_classifiers.binary import sigmoid
from dlbook.torch.linear_classifiers.linear import linear

__all__ = ["identity", "init_mlp", "layer_values", "mlp"]

Params = tuple[tuple[Float[Tensor, "K D"], Float[Tensor, " K"]], ...]


@twin
def identity(x: Float[Tensor, "*S"]) -> Float[Tensor, "*S"]:
    """Change nothing: the activation of a network that has none."""
    return x.clone()


ACTIVATIONS = ByName(
    {f.__name__: f for f in (identity, relu, leaky_relu, elu, selu, sigmoid, tanh, softplus, gelu, silu)}
)


@twin
def mlp(x: Float[Tensor, "N D"], params: Params, *, activation: Activation = "relu") -> Float[Tensor, "N K"]:
    """Send x through a network of k layers: linear maps with an activation after each of them but the last."""
    return layer_values(x, params, activation=activation)[-1]


def layer_values(x: Float[Tensor, "N D"], params: Params, *, activation: Activation = "relu") -> list[Tensor]:
    """Compute what every layer of a network says, before and after its activation."""
    check_layers("mlp", x, params)
    values = [linear(x, *params[0])]
    for weight, bias in params[1:]:
        values.append(ACTIVATIONS[activation](values[-1]))
        values.append(linear(values[-1], weight, bias))
    return values


def init_mlp(sizes: Sequence[int], rng: np.random.Generator, *, gain: float = 2.0, dtype: str = "float32") -> Params:
    """Draw the weights of a network: the reference's own draw, as tensors."""
    drawn = reference.init_mlp(sizes, rng, gain=gain, dtype=dtype)
    return tuple((torch.from_numpy(weight), torch.from_numpy(bias)) for weight, bias in drawn)
