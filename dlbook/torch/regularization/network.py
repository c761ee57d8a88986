"""A network of k layers with dropout between them: for training, for evaluation, and for asking it many times."""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from dlbook.numpy import regularization as reference
from dlbook.numpy.deep_networks.network import Activation, check_layers
from dlbook.numpy.linear_classifiers.arguments import between, check_generator, whole_number
from dlbook.numpy.regularization.network import check_masks
from dlbook.torch import twin
from dlbook.torch.deep_networks.network import ACTIVATIONS, Params
from dlbook.torch.deep_networks.training import network_objective
from dlbook.torch.linear_classifiers.cross_entropy import cross_entropy
from dlbook.torch.linear_classifiers.linear import linear
from dlbook.torch.regularization.dropout import dropout

__all__ = ["dropout_mlp", "dropout_objective", "hidden_masks", "mc_dropout"]

Masks = tuple[Bool[Tensor, "N M"], ...]


def hidden_masks(params: Params, n: int, rng: np.random.Generator, *, p: float = 0.5) -> Masks:
    """Draw a mask for each hidden layer: the reference's own draw, where the parameters are."""
    masks = reference.hidden_masks(params, n, rng, p=p)
    return tuple(torch.from_numpy(mask).to(params[0][0].device) for mask in masks)


@twin
def dropout_mlp(
    x: Float[Tensor, "N D"], params: Params, masks: Masks, *, p: float = 0.5, activation: Activation = "relu"
) -> Float[Tensor, "N K"]:
    """Send x through a network of which some hidden units are missing, others for each example."""
    p = between("dropout_mlp", "p", p, 0, 1)
    check_layers("dropout_mlp", x, params)
    check_masks("dropout_mlp", x, params, masks)
    h = linear(x, *params[0])
    for mask, (weight, bias) in zip(masks, params[1:], strict=True):
        h = linear(dropout(ACTIVATIONS[activation](h), mask, p=p), weight, bias)
    return h


def dropout_objective(
    rng: np.random.Generator, loss: Callable = cross_entropy, *, p: float = 0.5, activation: Activation = "relu",
    strength: float = 0.0, **loss_options,
) -> Callable:
    """Build the cost of a k-layer network with dropout: each call draws fresh masks."""
    p = between("dropout_objective", "p", p, 0, 1)
    check_generator("dropout_objective", rng)

    def thinned(x, params: Params):
        masks = hidden_masks(params, len(x), rng, p=p)
        return dropout_mlp(x, params, masks, p=p, activation=activation)

    return network_objective(thinned, loss, strength=strength, **loss_options)


@torch.no_grad()
def mc_dropout(
    x: Float[Tensor, "N D"], params: Params, rng: np.random.Generator, *, samples: int = 30, p: float = 0.5,
    activation: Activation = "relu",
) -> Float[Tensor, "M N K"]:
    """Ask a network many times with dropout left on: how much do its thinned networks differ?"""
    samples = whole_number("mc_dropout", "samples", samples, 1)
    drawn = (hidden_masks(params, len(x), rng, p=p) for _ in range(samples))
    scores = torch.stack([dropout_mlp(x, params, masks, p=p, activation=activation) for masks in drawn])
    return scores.softmax(dim=-1)
