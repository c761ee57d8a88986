"""Sixteen bits: the formats are tensors' own, the descent computes under the loss scale as `GradScaler` does."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves, tree_map

from dlbook.numpy.gradient_descent.descent import Rate, rate_of
from dlbook.numpy.linear_classifiers.arguments import above_zero, check_generator, check_rows, whole_number
from dlbook.numpy.training.precision import FIRST_SCALE, FloatFormat, LossScale, MixedDescent, float_format, next_scale
from dlbook.torch.deep_networks.network import mlp
from dlbook.torch.gradient_descent.stochastic import minibatches
from dlbook.torch.gradient_descent.trees import check_params
from dlbook.torch.linear_classifiers.cross_entropy import cross_entropy
from dlbook.torch.optimization.adam import adam

__all__ = [
    "FloatFormat", "LossScale", "MixedDescent", "float_format", "mixed_precision",
    "next_scale", "round_to", "scaled_objective",
]  # fmt: skip


def round_to(x: Tensor, name: str) -> Tensor:
    """Round each number to the nearest of a format; the result keeps x's dtype."""
    float_format(name)
    return x.to(getattr(torch, name)).to(x.dtype)


def scaled_objective(predict: Callable = mlp, loss: Callable = cross_entropy, **options) -> Callable:
    """Build the loss of a model whose gradient comes multiplied by a factor, so that it does not round to zero."""

    def value_and_grad(params, x, target, scale: float = 1.0):
        def scaled(params):
            value = loss(predict(x, params, **options).float(), target)
            return scale * value, value

        grads, (_, value) = torch.func.grad_and_value(scaled, has_aux=True)(params)
        return value, grads

    return value_and_grad


def mixed_precision(
    value_and_grad: Callable, params: Any, data: tuple[Tensor, ...], *, optimizer: Callable = adam, lr: Rate,
    batch_size: int, epochs: int, rng: np.random.Generator | None, dtype: str = "float16",
    loss_scale: float | LossScale = FIRST_SCALE, interval: int = 2000, share: float = 1.0, master: bool = True,
    measure: Callable | None = None, **options,
) -> MixedDescent:
    """Walk downhill with values and gradients in sixteen bits, and weights in thirty-two."""
    n = check_rows("mixed_precision", **{f"data[{i}]": column for i, column in enumerate(data)})
    epochs = whole_number("mixed_precision", "epochs", epochs, 0)
    check_params("mixed_precision", params)
    fixed = not isinstance(loss_scale, LossScale)
    state = LossScale(above_zero("mixed_precision", "loss_scale", loss_scale)) if fixed else loss_scale
    share = above_zero("mixed_precision", "share", share)
    if rng is not None:
        check_generator("mixed_precision", rng)
    interval = whole_number("mixed_precision", "interval", interval, 1)
    float_format(dtype)
    low_dtype = getattr(torch, dtype)
    data = tuple(column.to(low_dtype) if column.is_floating_point() else column for column in data)
    params = tree_map(lambda p: p.to(torch.float32 if master else low_dtype), params)
    memory, values, scales, skipped = None, [], [], []
    found = [measure(params)] if measure else []
    for _ in range(epochs):
        for rows in minibatches(n, batch_size, rng):
            rate, scale = rate_of("mixed_precision", lr, len(values)), state.scale
            low = tree_map(lambda p: p.to(low_dtype), params)
            value, grads = value_and_grad(low, *(column[rows.to(column.device)] for column in data), scale * share)
            finite = all(bool(g.isfinite().all()) for g in tree_leaves(grads))
            if finite:
                grads = tree_map(lambda g, by=scale * share: g.float() / by, grads)
                wide, memory = optimizer(tree_map(Tensor.float, params), grads, memory, lr=rate, **options)
                params = wide if master else tree_map(lambda p: p.to(low_dtype), wide)
            values.append(float(value))
            scales.append(scale)
            skipped.append(not finite)
            state = state if fixed else next_scale(state, finite, interval=interval)
        if measure:
            found.append(measure(params))
    measured = {name: np.array([row[name] for row in found]) for name in found[0]} if found else {}
    return MixedDescent(params, np.array(values), np.array(scales), np.array(skipped), measured)
