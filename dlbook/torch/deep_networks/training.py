"""Training a network of k layers: the cost of its parameters, and the loop around it."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor

from dlbook.numpy.deep_networks.network import Activation
from dlbook.numpy.gradient_descent.descent import Descent, Rate
from dlbook.numpy.linear_classifiers.arguments import at_least_zero, check_rows
from dlbook.shapes import leaves
from dlbook.torch.deep_networks.network import init_mlp, mlp
from dlbook.torch.gradient_descent.descent import value_and_grad
from dlbook.torch.gradient_descent.stochastic import sgd
from dlbook.torch.linear_classifiers.cross_entropy import cross_entropy
from dlbook.torch.linear_classifiers.metrics import accuracy
from dlbook.torch.linear_classifiers.penalties import l2_penalty

__all__ = ["measure_splits", "mlp_objective", "network_objective", "train_mlp"]

Split = tuple[Tensor, Tensor]


def penalty(params, strength: float):
    """Add up the price of the weights, all tensors of more than one axis."""
    return sum(l2_penalty(p, strength=strength) for _, p in leaves(params) if p.ndim > 1) if strength else 0


def network_objective(
    network: Callable, loss: Callable = cross_entropy, *, strength: float = 0.0, **loss_options
) -> Callable:
    """Build the cost of any network: the mean loss of its scores plus a price on all its weights."""
    strength = at_least_zero("network_objective", "strength", strength)

    def cost(params, x, *target):
        return loss(network(x, params), *target, **loss_options) + penalty(params, strength)

    return value_and_grad(cost)


def mlp_objective(
    loss: Callable = cross_entropy, *, activation: Activation = "relu", strength: float = 0.0, **loss_options
) -> Callable:
    """Build the cost of a k-layer network."""
    return network_objective(partial(mlp, activation=activation), loss, strength=strength, **loss_options)


def measure_splits(
    train: Split, validation: Split | None = None, *, predict: Callable = mlp, loss: Callable = cross_entropy
) -> Callable:
    """Build the measurement that a descent takes before its first epoch and after each: loss and accuracy."""
    splits = {"": train} if validation is None else {"": train, "validation_": validation}
    for prefix, (x, target) in splits.items():
        check_rows("measure_splits", **{f"{prefix}x": x, f"{prefix}target": target})

    @torch.no_grad()
    def measure(params) -> dict[str, float]:
        found = {}
        for prefix, (x, target) in splits.items():
            scores = predict(x, params)
            found |= {f"{prefix}loss": float(loss(scores, target)), f"{prefix}accuracy": accuracy(scores, target)}
        return found

    return measure


def train_mlp(
    train: Split, validation: Split | None = None, *, hidden: Sequence[int] = (), activation: Activation = "relu",
    loss: Callable = cross_entropy, strength: float = 0.0, gain: float = 2.0, lr: Rate = 0.1, epochs: int = 40,
    batch_size: int = 100, rng: np.random.Generator, watch: bool = True,
) -> Descent:
    """Train a k-layer network by mini-batch gradient descent, and watch it after each epoch."""
    measure = measure_splits(train, validation, predict=partial(mlp, activation=activation), loss=loss)
    x, target = train
    sizes = (x.shape[1], *hidden, int(target.max()) + 1)
    drawn = init_mlp(sizes, rng, gain=gain, dtype=str(x.dtype).removeprefix("torch."))
    params = tuple((weight.to(x.device), bias.to(x.device)) for weight, bias in drawn)

    return sgd(
        mlp_objective(loss, activation=activation, strength=strength), params, train, lr=lr, batch_size=batch_size,
        epochs=epochs, rng=rng, measure=measure if watch else None,
    )  # fmt: skip
