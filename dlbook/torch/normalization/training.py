"""Training a normalized network: its cost, and a descent that carries running statistics along."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils._pytree import tree_map

from dlbook.numpy.deep_networks.network import Activation
from dlbook.numpy.gradient_descent.descent import Rate, rate_of
from dlbook.numpy.linear_classifiers.arguments import above_zero, at_least_zero, between, check_rows, whole_number
from dlbook.numpy.normalization.network import Norm, check_normalized_layers
from dlbook.torch.deep_networks.training import measure_splits
from dlbook.torch.gradient_descent.descent import Descent, check_finite, gathered
from dlbook.torch.gradient_descent.stochastic import minibatches
from dlbook.torch.gradient_descent.trees import check_params
from dlbook.torch.linear_classifiers.cross_entropy import cross_entropy
from dlbook.torch.linear_classifiers.penalties import l2_penalty
from dlbook.torch.normalization.batch import update_running
from dlbook.torch.normalization.network import (
    Params,
    State,
    init_normalized_mlp,
    normalized_mlp,
    scores_and_normalized,
)

__all__ = [
    "StatefulDescent",
    "normalized_mlp_objective",
    "population_statistics",
    "sgd_with_state",
    "train_normalized_mlp",
]

Split = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class StatefulDescent(Descent):
    """What a descent leaves behind that carried a state along, running statistics for instance: `state`."""

    state: Any = None


def normalized_mlp_objective(
    loss: Callable = cross_entropy, *, norm: Norm = "batch", activation: Activation = "relu", strength: float = 0.0,
    momentum: float = 0.1, eps: float = 1e-5, **loss_options,
) -> Callable:
    """Build the cost of a normalized network in training mode, with the step of its running statistics."""
    strength = at_least_zero("normalized_mlp_objective", "strength", strength)
    momentum = between("normalized_mlp_objective", "momentum", momentum, 0, 1)
    eps = above_zero("normalized_mlp_objective", "eps", eps)

    def with_state(params: Params, running: State | None, x, target):
        check_normalized_layers("normalized_mlp_objective", x, params, running, norm)

        def cost(params):
            scores, normalized = scores_and_normalized(x, params, None, norm, activation, eps)
            data_loss = loss(scores, target, **loss_options)
            return data_loss + sum(l2_penalty(weight, strength=strength) for weight, *_ in params), normalized

        grads, (value, normalized) = torch.func.grad_and_value(cost, has_aux=True)(params)
        if running is not None:
            pairs = zip(running, normalized, strict=True)
            running = tuple(update_running(old, s, momentum=momentum) for old, s in pairs)
        return value, grads, running

    return with_state


@torch.no_grad()
def population_statistics(x: Tensor, params: Params, *, activation: Activation = "relu", eps: float = 1e-5) -> State:
    """Compute the statistics of every batch norm over all of x at once, as if x were one batch."""
    check_normalized_layers("population_statistics", x, params, None, "batch")
    _, normalized = scores_and_normalized(x, params, None, "batch", activation, eps)
    return tuple((s.mean(dim=0), s.var(dim=0)) for s in normalized)


def sgd_with_state(
    value_and_grad: Callable, params: Any, state: Any, data: tuple[Tensor, ...], *, lr: Rate, batch_size: int,
    epochs: int, rng: np.random.Generator | None, drop_last: bool = False, measure: Callable | None = None,
    keep_path: bool = False,
) -> StatefulDescent:
    """Walk downhill by the gradients of mini-batches, and hand a state from step to step."""
    n = check_rows("sgd_with_state", **{f"data[{i}]": column for i, column in enumerate(data)})
    epochs = whole_number("sgd_with_state", "epochs", epochs, 0)
    minibatches(n, batch_size, rng, drop_last=drop_last)  # refuses, if it must, before the work begins
    rate_of("sgd_with_state", lr, 0)
    check_params("sgd_with_state", params)
    params = tree_map(torch.clone, params)
    values, rates, found = [], [], [measure((params, state))] if measure else []
    visited = [params] if keep_path else []
    for _ in range(epochs):
        for rows in minibatches(n, batch_size, rng, drop_last=drop_last):
            value, grads, state = value_and_grad(params, state, *(column[rows.to(column.device)] for column in data))
            rate = rate_of("sgd_with_state", lr, len(values))
            values.append(value.detach())
            rates.append(rate)
            params = tree_map(lambda p, g, rate=rate: p - rate * g, params, grads)
            if keep_path:
                visited.append(params)
        # Looked at once an epoch: asking a GPU for a number after each step would make it wait for us.
        check_finite("sgd_with_state", torch.stack(values).sum(), len(values))
        if measure:
            found.append(measure((params, state)))
    values, rates, path = gathered(values, rates, visited)
    names = found[0] if found else ()
    measured = {name: torch.tensor([row[name] for row in found], dtype=torch.float64) for name in names}
    return StatefulDescent(params, values, rates, path, measured, state)


def train_normalized_mlp(
    train: Split, validation: Split | None = None, *, hidden: Sequence[int] = (), norm: Norm = "batch",
    activation: Activation = "relu", loss: Callable = cross_entropy, strength: float = 0.0,
    sigma: float | None = None, gain: float = 2.0, momentum: float = 0.1, eps: float = 1e-5, lr: Rate = 0.1,
    epochs: int = 40, batch_size: int = 100, rng: np.random.Generator,
) -> StatefulDescent:
    """Train a k-layer network with or without normalization, and watch it after each epoch in evaluation mode."""
    predict = partial(_scores, norm=norm, activation=activation, eps=eps)
    measure = measure_splits(train, validation, predict=predict, loss=loss)
    x, target = train
    sizes = (x.shape[1], *hidden, int(target.max()) + 1)
    dtype = str(x.dtype).removeprefix("torch.")
    drawn = init_normalized_mlp(sizes, rng, norm=norm, sigma=sigma, gain=gain, dtype=dtype)
    params, running = tree_map(lambda a: a.to(x.device) if isinstance(a, Tensor) else a, drawn)
    cost = normalized_mlp_objective(
        loss, norm=norm, activation=activation, strength=strength, momentum=momentum, eps=eps
    )
    return sgd_with_state(
        cost, params, running, train, lr=lr, batch_size=batch_size, epochs=epochs, rng=rng, measure=measure
    )


def _scores(x: Tensor, network: tuple[Params, State | None], **options) -> Tensor:
    """Return the scores of a network that is given as a pair (params, running)."""
    return normalized_mlp(x, *network, **options)
