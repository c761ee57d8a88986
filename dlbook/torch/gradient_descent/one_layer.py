"""Training a network of one layer: loss + regularization, and the loop around it."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from dlbook.numpy import gradient_descent as reference
from dlbook.numpy.gradient_descent.descent import Rate
from dlbook.numpy.linear_classifiers.arguments import at_least_zero, check_rows
from dlbook.torch.gradient_descent.descent import Descent, value_and_grad
from dlbook.torch.gradient_descent.stochastic import sgd
from dlbook.torch.linear_classifiers.cross_entropy import cross_entropy
from dlbook.torch.linear_classifiers.linear import linear
from dlbook.torch.linear_classifiers.metrics import accuracy
from dlbook.torch.linear_classifiers.penalties import l2_penalty

__all__ = ["init_one_layer", "objective", "train_one_layer"]

Params = tuple[Tensor, Tensor]
Split = tuple[Tensor, Tensor]


def objective(loss: Callable = cross_entropy, *, strength: float = 0.0, **loss_options) -> Callable:
    """Build the cost of a one-layer network: the mean loss of its scores plus a price on its weights."""
    strength = at_least_zero("objective", "strength", strength)

    def cost(params: Params, x, target):
        weight, bias = params
        return loss(linear(x, weight, bias), target, **loss_options) + l2_penalty(weight, strength=strength)

    return value_and_grad(cost)


def init_one_layer(
    features: int, classes: int, rng: np.random.Generator, *, sigma: float = 0.01, dtype: str = "float32"
) -> Params:
    """Draw small random weights and no bias: the reference's own draw, as tensors."""
    weight, bias = reference.init_one_layer(features, classes, rng, sigma=sigma, dtype=dtype)
    return torch.from_numpy(weight), torch.from_numpy(bias)


def train_one_layer(
    train: Split, validation: Split | None = None, *, loss: Callable = cross_entropy, strength: float = 0.0,
    lr: Rate = 0.01, epochs: int = 40, batch_size: int = 100, rng: np.random.Generator, sigma: float = 0.01,
    shuffle: bool = True,
) -> Descent:
    """Train a one-layer network by mini-batch gradient descent, and watch it after each epoch."""
    splits = {"": train} if validation is None else {"": train, "validation_": validation}
    for prefix, (x, target) in splits.items():
        check_rows("train_one_layer", **{f"{prefix}x": x, f"{prefix}target": target})
    x, target = train
    classes = target.shape[1] if target.ndim == 2 else int(target.max()) + 1
    dtype = str(x.dtype).removeprefix("torch.")
    params = tuple(p.to(x.device) for p in init_one_layer(x.shape[1], classes, rng, sigma=sigma, dtype=dtype))

    def measure(params):
        found = {}
        for prefix, (x, target) in splits.items():
            scores = linear(x, *params)
            data_loss = float(loss(scores, target))
            found |= {
                f"{prefix}cost": data_loss + float(l2_penalty(params[0], strength=strength)),
                f"{prefix}loss": data_loss,
                f"{prefix}accuracy": accuracy(scores, target if target.ndim == 1 else target.argmax(dim=1)),
            }
        return found

    return sgd(
        objective(loss, strength=strength), params, train, lr=lr, batch_size=batch_size, epochs=epochs,
        rng=rng if shuffle else None, measure=measure,
    )  # fmt: skip
