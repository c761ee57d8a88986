"""Networks of k layers with a normalization before each activation, as one function of all parameters."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from dlbook.numpy import normalization as reference
from dlbook.numpy.deep_networks.network import Activation
from dlbook.numpy.linear_classifiers.arguments import above_zero
from dlbook.numpy.normalization.network import Norm, check_normalized_layers
from dlbook.torch import twin
from dlbook.torch.deep_networks.network import ACTIVATIONS
from dlbook.torch.linear_classifiers.linear import linear
from dlbook.torch.normalization.batch import batch_norm, batch_norm_eval
from dlbook.torch.normalization.features import layer_norm

__all__ = ["init_normalized_mlp", "normalized_mlp"]

Params = tuple[tuple[Float[Tensor, "*S"], ...], ...]
State = tuple[tuple[Float[Tensor, " C"], Float[Tensor, " C"]], ...]


def scores_and_normalized(
    x: Tensor, params: Params, running: State | None, norm: Norm, activation: Activation, eps: float
) -> tuple[Tensor, list[Tensor]]:
    """Return the scores, and what each batch norm was given."""
    normalized = []
    for i, (weight, *rest) in enumerate(params[:-1]):
        if norm == "none":
            x = linear(x, weight, *rest)
        elif norm == "layer":
            x = layer_norm(linear(x, weight), *rest, eps=eps)
        else:
            x = linear(x, weight)
            normalized.append(x)
            x = batch_norm(x, *rest, eps=eps) if running is None else batch_norm_eval(x, *running[i], *rest, eps=eps)
        x = ACTIVATIONS[activation](x)
    return linear(x, *params[-1]), normalized


@twin
def normalized_mlp(
    x: Float[Tensor, "N D"], params: Params, running: State | None = None, *, norm: Norm = "batch",
    activation: Activation = "relu", eps: float = 1e-5,
) -> Float[Tensor, "N K"]:
    """Send x through a network of k layers with a normalization between each linear map and its activation."""
    eps = above_zero("normalized_mlp", "eps", eps)
    check_normalized_layers("normalized_mlp", x, params, running, norm)
    return scores_and_normalized(x, params, running, norm, activation, eps)[0]


def init_normalized_mlp(
    sizes: Sequence[int], rng: np.random.Generator, *, norm: Norm = "batch", sigma: float | None = None,
    gain: float = 2.0, dtype: str = "float32",
) -> tuple[Params, State]:
    """Draw the parameters of a normalized network and its first statistics: the reference's own, as tensors."""
    params, running = reference.init_normalized_mlp(sizes, rng, norm=norm, sigma=sigma, gain=gain, dtype=dtype)
    tensors = tuple(tuple(map(torch.from_numpy, layer)) for layer in params)
    return tensors, tuple(tuple(map(torch.from_numpy, pair)) for pair in running)
