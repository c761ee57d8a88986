"""Stochastic gradient descent: many cheap, noisy steps instead of few exact ones."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils._pytree import tree_map

from dlbook.numpy import gradient_descent as reference
from dlbook.numpy.gradient_descent.descent import Rate, rate_of
from dlbook.numpy.linear_classifiers.arguments import check_rows, whole_number
from dlbook.torch.gradient_descent.descent import Descent, check_finite, gathered
from dlbook.torch.gradient_descent.trees import check_params, inner

__all__ = ["gradient_noise", "minibatches", "sgd"]


def minibatches(
    n: int, batch_size: int, rng: np.random.Generator | None, *, drop_last: bool = False, replace: bool = False
) -> Iterator[Tensor]:
    """Deal the numbers 0 to n - 1 into batches, each number once: the reference's own deal, as tensors."""
    return map(torch.from_numpy, reference.minibatches(n, batch_size, rng, drop_last=drop_last, replace=replace))


def gradient_noise(
    value_and_grad: Callable, params: Any, data: tuple[Tensor, ...], *, batch_size: int,
    rng: np.random.Generator | None, epochs: int = 1,
) -> float:
    """Measure how far the gradient of a mini-batch lies from the gradient of all examples."""
    n = check_rows("gradient_noise", **{f"data[{i}]": column for i, column in enumerate(data)})
    epochs = whole_number("gradient_noise", "epochs", epochs, 1)
    check_params("gradient_noise", params)
    _, full = value_and_grad(params, *data)
    distances = []
    for _ in range(epochs):
        for rows in minibatches(n, batch_size, rng, drop_last=True):
            _, grads = value_and_grad(params, *(column[rows.to(column.device)] for column in data))
            gap = tree_map(torch.sub, grads, full)
            distances.append(inner(gap, gap))
    return sum(distances) / len(distances)


def sgd(
    value_and_grad: Callable, params: Any, data: tuple[Tensor, ...], *, lr: Rate, batch_size: int, epochs: int,
    rng: np.random.Generator | None, drop_last: bool = False, replace: bool = False, measure: Callable | None = None,
    keep_path: bool = False,
) -> Descent:
    """Walk downhill by the gradients of mini-batches."""
    n = check_rows("sgd", **{f"data[{i}]": column for i, column in enumerate(data)})
    epochs = whole_number("sgd", "epochs", epochs, 0)
    minibatches(n, batch_size, rng, drop_last=drop_last, replace=replace)  # refuses, if it must, before the work begins
    rate_of("sgd", lr, 0)
    check_params("sgd", params)
    params = tree_map(torch.clone, params)
    values, rates, found = [], [], [measure(params)] if measure else []
    visited = [params] if keep_path else []
    for _ in range(epochs):
        for rows in minibatches(n, batch_size, rng, drop_last=drop_last, replace=replace):
            value, grads = value_and_grad(params, *(column[rows.to(column.device)] for column in data))
            rate = rate_of("sgd", lr, len(values))
            values.append(value.detach())
            rates.append(rate)
            params = tree_map(lambda p, g, rate=rate: p - rate * g, params, grads)
            if keep_path:
                visited.append(params)
        # Looked at once an epoch: asking a GPU for a number after each step would make it wait for us.
        check_finite("sgd", torch.stack(values).sum(), len(values))
        if measure:
            found.append(measure(params))
    values, rates, path = gathered(values, rates, visited)
    names = found[0] if found else ()
    measured = {name: torch.tensor([row[name] for row in found], dtype=torch.float64) for name in names}
    return Descent(params, values, rates, path, measured)
