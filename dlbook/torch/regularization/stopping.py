"""Early stopping, while a curve is being made. On a curve that is known both halves use the same function."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dlbook.numpy.gradient_descent.descent import Rate, rate_of
from dlbook.numpy.linear_classifiers.arguments import whole_number
from dlbook.numpy.regularization.stopping import early_stopping
from dlbook.torch.gradient_descent.descent import Descent
from dlbook.torch.gradient_descent.stochastic import sgd

__all__ = ["sgd_early_stopping"]


def sgd_early_stopping(
    value_and_grad: Callable, params: Any, data: tuple[Tensor, ...], *, measure: Callable, patience: int,
    watch: str = "validation_loss", min_delta: float = 0.0, lr: Rate, batch_size: int, epochs: int,
    rng: np.random.Generator | None,
) -> Descent:
    """Walk downhill by mini-batches until a measured number has not improved for some epochs; return the best."""
    epochs = whole_number("sgd_early_stopping", "epochs", epochs, 0)
    rate_of("sgd_early_stopping", lr, 0)
    found = [measure(params)]
    best, values, rates = params, [torch.empty(0)], [torch.empty(0, dtype=torch.float64)]
    for epoch in range(1, epochs + 1):
        done = sum(map(len, values))
        run = sgd(value_and_grad, params, data, lr=lambda s, done=done: rate_of("sgd_early_stopping", lr, done + s),
                  batch_size=batch_size, epochs=1, rng=rng)  # fmt: skip
        params = run.params
        values.append(run.values)
        rates.append(run.rates)
        found.append(measure(params))
        stop = early_stopping([row[watch] for row in found], patience=patience, min_delta=min_delta)
        best = params if stop.best == epoch else best
        if epoch - stop.best >= patience:
            break
    measured = {name: torch.tensor([row[name] for row in found], dtype=torch.float64) for name in found[0]}
    return Descent(best, torch.cat(values), torch.cat(rates), measured=measured)
