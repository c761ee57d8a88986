"""Training a normalized network: its cost, and optimizers that carry running statistics along."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor
from torch.utils._pytree import tree_map

from dlbook.numpy.deep_networks.network import Activation
from dlbook.numpy.gradient_descent.descent import Rate
from dlbook.numpy.linear_classifiers.arguments import above_zero, at_least_zero, between
from dlbook.numpy.normalization.network import Norm, check_norm, check_normalized_layers
from dlbook.numpy.normalization.training import check_last_batch
from dlbook.torch.deep_networks.network import ACTIVATIONS
from dlbook.torch.deep_networks.training import measure_splits, penalty
from dlbook.torch.gradient_descent.descent import Descent
from dlbook.torch.gradient_descent.stochastic import descend_in_batches, plain_step
from dlbook.torch.linear_classifiers.cross_entropy import cross_entropy
from dlbook.torch.normalization.batch import batch_statistics, update_running
from dlbook.torch.normalization.network import (
    Params,
    State,
    init_normalized_mlp,
    normalized_mlp,
    scores_and_normalized,
)

__all__ = ["normalized_mlp_objective", "population_statistics", "track_running", "train_normalized_mlp"]

Split = tuple[Tensor, Tensor]


def normalized_mlp_objective(
    loss: Callable = cross_entropy, *, norm: Norm = "batch", activation: Activation = "relu", strength: float = 0.0,
    eps: float = 1e-5, track: bool = False, **loss_options,
) -> Callable:
    """Build the cost of a normalized network in training mode."""
    strength = at_least_zero("normalized_mlp_objective", "strength", strength)
    eps = above_zero("normalized_mlp_objective", "eps", eps)
    check_norm("normalized_mlp_objective", norm)
    ACTIVATIONS[activation]  # an unknown name is refused now, and not by the first batch

    def cost(params: Params, x, target):
        scores, normalized = scores_and_normalized(x, params, None, norm, activation, eps)
        value = loss(scores, target, **loss_options) + penalty(params, strength)
        return value, tuple(map(batch_statistics, normalized))

    both = torch.func.grad_and_value(cost, has_aux=True)

    def value_and_grad(network, x, target):
        params = network[0] if track else network
        check_normalized_layers("normalized_mlp_objective", x, params, None, norm)
        grads, (value, statistics) = both(params, x, target)
        return value, (grads, statistics) if track else grads

    return value_and_grad


def track_running(optimizer: Callable = plain_step, *, momentum: float = 0.1) -> Callable:
    """Make an optimizer of parameters into one of a network: it steps, and moves the running statistics along."""
    momentum = between("track_running", "momentum", momentum, 0, 1)

    def step(network, found, state=None, **options):
        (params, running), (grads, statistics) = network, found
        params, state = optimizer(params, grads, state, **options)
        pairs = zip(running, statistics, strict=True)
        return (params, tuple(update_running(old, new, momentum=momentum) for old, new in pairs)), state

    return step


@torch.no_grad()
def population_statistics(x: Tensor, params: Params, *, activation: Activation = "relu", eps: float = 1e-5) -> State:
    """Compute the statistics of every batch norm over all of x at once, as if x were one batch."""
    check_normalized_layers("population_statistics", x, params, None, "batch")
    _, normalized = scores_and_normalized(x, params, None, "batch", activation, eps)
    return tuple(map(batch_statistics, normalized))


def train_normalized_mlp(
    train: Split, validation: Split | None = None, *, hidden: Sequence[int] = (), norm: Norm = "batch",
    activation: Activation = "relu", loss: Callable = cross_entropy, strength: float = 0.0,
    sigma: float | None = None, gain: float = 2.0, momentum: float = 0.1, eps: float = 1e-5, lr: Rate = 0.1,
    epochs: int = 40, batch_size: int = 100, rng: np.random.Generator, optimizer: Callable = plain_step,
) -> Descent:
    """Train a k-layer network with or without normalization, and watch it after each epoch in evaluation mode."""
    predict = partial(_scores, norm=norm, activation=activation, eps=eps)
    measure = measure_splits(train, validation, predict=predict, loss=loss)
    x, target = train
    check_last_batch("train_normalized_mlp", norm if hidden else "none", len(x), batch_size)
    sizes = (x.shape[1], *hidden, int(target.max()) + 1)
    dtype = str(x.dtype).removeprefix("torch.")
    drawn = init_normalized_mlp(sizes, rng, norm=norm, sigma=sigma, gain=gain, dtype=dtype)
    network = tree_map(lambda a: a.to(x.device), drawn)
    cost = normalized_mlp_objective(loss, norm=norm, activation=activation, strength=strength, eps=eps, track=True)
    return descend_in_batches(
        "train_normalized_mlp", track_running(optimizer, momentum=momentum), cost, network, train, lr=lr,
        batch_size=batch_size, epochs=epochs, rng=rng, measure=measure,
    )  # fmt: skip


def _scores(x: Tensor, network: tuple[Params, State], **options) -> Tensor:
    """Return the scores of a network that is given as a pair (params, running)."""
    return normalized_mlp(x, *network, **options)
