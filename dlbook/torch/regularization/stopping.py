"""Early stopping, while a curve is being made. On a curve that is known both halves use the same function."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dlbook.numpy.gradient_descent.descent import Rate, rate_of
from dlbook.numpy.linear_classifiers.arguments import whole_number
from dlbook.numpy.regularization.stopping import early_stopping, rate_after
from dlbook.torch.gradient_descent.descent import Descent
from dlbook.torch.optimization.adam import adam
from dlbook.torch.optimization.loop import optimize

__all__ = ["optimize_with_patience"]


def optimize_with_patience(
    value_and_grad: Callable, params: Any, data: tuple[Tensor, ...], *, measure: Callable, patience: int,
    watch: str = "validation_loss", min_delta: float = 0.0, optimizer: Callable = adam, lr: Rate, batch_size: int,
    epochs: int, rng: np.random.Generator | None, **options,
) -> Descent:
    """Walk downhill by mini-batches until a measured number has not improved for some epochs; return the best."""
    epochs = whole_number("optimize_with_patience", "epochs", epochs, 0)
    rate_of("optimize_with_patience", lr, 0)
    found, values, rates, state = [measure(params)], [torch.empty(0)], [torch.empty(0, dtype=torch.float64)], None
    best = params
    for epoch in range(1, epochs + 1):
        run = optimize(
            value_and_grad, params, data, optimizer=optimizer, lr=partial(rate_after, lr, sum(map(len, values))),
            batch_size=batch_size, epochs=1, rng=rng, state=state, **options,
        )  # fmt: skip
        params, state = run.params, run.state
        values.append(run.values)
        rates.append(run.rates)
        found.append(measure(params))
        stop = early_stopping([row[watch] for row in found], patience=patience, min_delta=min_delta)
        best = params if stop.best == epoch else best
        if epoch - stop.best >= patience:
            break
    measured = {name: torch.tensor([row[name] for row in found], dtype=torch.float64) for name in found[0]}
    return Descent(best, torch.cat(values), torch.cat(rates), None, measured, state)
