"""Training with any optimizer: the loop over mini-batches, and the test that finds the learning rate for it."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils._pytree import tree_map

from dlbook.numpy.gradient_descent.descent import Rate, rate_of
from dlbook.numpy.linear_classifiers.arguments import above_zero, check_rows, whole_number
from dlbook.numpy.optimization.loop import check_optimizer
from dlbook.torch.gradient_descent.descent import Descent, check_finite, gathered
from dlbook.torch.gradient_descent.stochastic import descend_in_batches
from dlbook.torch.optimization.adam import adam
from dlbook.torch.optimization.momentum import sgd_momentum

__all__ = ["lr_range_test", "minimize", "optimize"]


def optimize(
    value_and_grad: Callable, params: Any, data: tuple[Tensor, ...], *, optimizer: Callable = adam, lr: Rate,
    batch_size: int, epochs: int, rng: np.random.Generator | None, drop_last: bool = False, replace: bool = False,
    weights: Tensor | None = None, measure: Callable | None = None, keep_path: bool = False, state: Any = None,
    **options,
) -> Descent:
    """Walk downhill by the gradients of mini-batches, with any optimizer."""
    check_optimizer("optimize", optimizer)
    return descend_in_batches(
        "optimize", partial(optimizer, **options), value_and_grad, params, data, lr=lr, batch_size=batch_size,
        epochs=epochs, rng=rng, drop_last=drop_last, replace=replace, weights=weights, measure=measure,
        keep_path=keep_path, state=state,
    )  # fmt: skip


def minimize(
    value_and_grad: Callable, params: Any, *data, optimizer: Callable = adam, lr: Rate, steps: int,
    keep_path: bool = False, **options,
) -> Descent:
    """Walk downhill on a function that is known everywhere, with any optimizer."""
    steps = whole_number("minimize", "steps", steps, 0)
    check_optimizer("minimize", optimizer)
    params, state = tree_map(torch.clone, params), None
    values, rates, visited = [], [], []
    for step in range(steps + 1):
        value, grads = value_and_grad(params, *data)
        check_finite("minimize", value, step)
        values.append(value.detach())
        if keep_path:
            visited.append(params)
        if step < steps:
            rates.append(rate := rate_of("minimize", lr, step))
            params, state = optimizer(params, grads, state, lr=rate, **options)
    values, rates, path = gathered(values, rates, visited)
    return Descent(params, values, rates, path, state=state)


def lr_range_test(
    value_and_grad: Callable, params: Any, data: tuple[Tensor, ...], *, min_lr: float = 1e-5, max_lr: float = 10.0,
    steps: int = 100, batch_size: int, rng: np.random.Generator | None, optimizer: Callable = sgd_momentum,
    measure: Callable | None = None, blow_up: float = 4.0, **options,
) -> Descent:
    """Train with a learning rate that grows by the same factor at each step, and see what becomes of the loss."""
    check_optimizer("lr_range_test", optimizer)
    low, high = above_zero("lr_range_test", "min_lr", min_lr), above_zero("lr_range_test", "max_lr", max_lr)
    steps = whole_number("lr_range_test", "steps", steps, 2)
    if low >= high:
        raise ValueError(f"lr_range_test: min_lr is {min_lr}, expected a number below max_lr = {max_lr}")
    if not above_zero("lr_range_test", "blow_up", blow_up) > 1:
        raise ValueError(f"lr_range_test: blow_up is {blow_up}, expected a number above 1")
    batches = math.ceil(check_rows("lr_range_test", **{f"data[{i}]": column for i, column in enumerate(data)})
                        / whole_number("lr_range_test", "batch_size", batch_size, 1))  # fmt: skip
    found, lowest = [], math.inf

    def ended(step: int, value: float) -> bool:
        nonlocal lowest
        lowest = min(lowest, value)
        return step == steps or not value - lowest <= (blow_up - 1) * abs(lowest)

    def watched(params, *batch):
        if measure:
            found.append(measure(params))
        return value_and_grad(params, *batch)

    run = descend_in_batches(
        "lr_range_test", partial(optimizer, **options), watched, params, data, batch_size=batch_size, rng=rng,
        lr=lambda step: low * (high / low) ** (step / (steps - 1)), epochs=steps // batches + 1, until=ended,
    )  # fmt: skip
    taken = found[: len(run.values)]
    names = taken[0] if taken else ()
    measured = {name: torch.tensor([row[name] for row in taken], dtype=torch.float64) for name in names}
    return Descent(run.params, run.values, run.rates, measured=measured, state=run.state)
