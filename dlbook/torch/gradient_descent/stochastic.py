"""Stochastic gradient descent: many cheap, noisy steps instead of few exact ones."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.utils._pytree import tree_map

from dlbook.numpy import gradient_descent as reference
from dlbook.numpy.gradient_descent.descent import Rate, rate_of
from dlbook.numpy.linear_classifiers.arguments import check_rows, whole_number
from dlbook.torch.gradient_descent.descent import Descent, check_finite, gathered
from dlbook.torch.gradient_descent.trees import check_params, inner

__all__ = ["class_weights", "gradient_noise", "minibatches", "sgd"]


def minibatches(
    n: int, batch_size: int, rng: np.random.Generator | None, *, drop_last: bool = False, replace: bool = False,
    weights: Tensor | None = None,
) -> Iterator[Tensor]:
    """Deal the numbers 0 to n - 1 into batches, each number once: the reference's own deal, as tensors."""
    weights = None if weights is None else weights.detach().cpu().numpy()
    deal = reference.minibatches(n, batch_size, rng, drop_last=drop_last, replace=replace, weights=weights)
    return map(torch.from_numpy, deal)


def class_weights(target: Int[Tensor, " N"], num_classes: int, *, dtype: str = "float32") -> Float[Tensor, " K"]:
    """Weigh the classes so that all of them count the same, however many examples they have."""
    num_classes = whole_number("class_weights", "num_classes", num_classes, 1)
    counts = torch.bincount(target, minlength=num_classes)
    if len(counts) > num_classes or not counts.all():
        raise ValueError(f"class_weights: the classes have {counts.tolist()} examples, expected {num_classes} classes "
                         "with at least one each")
    return (len(target) / (num_classes * counts.double())).to(getattr(torch, dtype))


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
    rng: np.random.Generator | None, drop_last: bool = False, replace: bool = False, weights: Tensor | None = None,
    measure: Callable | None = None, keep_path: bool = False,
) -> Descent:
    """Walk downhill by the gradients of mini-batches."""
    return descend_in_batches(
        "sgd", plain_step, value_and_grad, params, data, lr=lr, batch_size=batch_size, epochs=epochs, rng=rng,
        drop_last=drop_last, replace=replace, weights=weights, measure=measure, keep_path=keep_path,
    )  # fmt: skip


def plain_step(params, grads, state, *, lr: float):
    """Return the parameters after a step against the gradient, and the state, which a plain step does without."""
    return tree_map(lambda p, g: p - lr * g, params, grads), state


def descend_in_batches(
    function: str, update: Callable, value_and_grad: Callable, params: Any, data: tuple[Tensor, ...], *, lr: Rate,
    batch_size: int, epochs: int, rng: np.random.Generator | None, drop_last: bool = False, replace: bool = False,
    weights: Tensor | None = None, measure: Callable | None = None, keep_path: bool = False, state: Any = None,
    until: Callable | None = None,
) -> Descent:
    """Go through the data batch by batch, and let `update(params, grads, state, lr=)` make each step."""
    n = check_rows(function, **{f"data[{i}]": column for i, column in enumerate(data)})
    epochs = whole_number(function, "epochs", epochs, 0)
    deal = partial(minibatches, n, batch_size, rng, drop_last=drop_last, replace=replace, weights=weights)
    deal()  # refuses, if it must, before the work begins
    rate_of(function, lr, 0)
    check_params(function, params)
    params = tree_map(torch.clone, params)
    values, rates, found = [], [], [measure(params)] if measure else []
    visited, ended = [params] if keep_path else [], False
    for _ in range(epochs):
        for rows in deal():
            value, grads = value_and_grad(params, *(column[rows.to(column.device)] for column in data))
            if until and (ended := until(len(values), value.item())):
                break
            rate = rate_of(function, lr, len(values))
            values.append(value.detach())
            rates.append(rate)
            params, state = update(params, grads, state, lr=rate)
            if keep_path:
                visited.append(params)
        # Looked at once an epoch: asking a GPU for a number after each step would make it wait for us.
        check_finite(function, torch.stack(values).sum() if values else torch.zeros(()), len(values))
        if measure:
            found.append(measure(params))
        if ended:
            break
    values, rates, path = gathered(values, rates, visited)
    names = found[0] if found else ()
    measured = {name: torch.tensor([row[name] for row in found], dtype=torch.float64) for name in names}
    return Descent(params, values, rates, path, measured, state)
