"""Past the point where the training data are known by heart: least squares on random features."""

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from dlbook.numpy.evaluation.interpolation import DoubleDescent
from dlbook.torch import twin
from dlbook.torch.deep_networks.network import init_mlp
from dlbook.torch.linear_classifiers.metrics import accuracy
from dlbook.torch.linear_classifiers.ridge import ridge_regression

__all__ = ["DoubleDescent", "double_descent", "random_features", "ridge_accuracy"]

Split = tuple[Tensor, Tensor]


@twin
def random_features(x: Float[Tensor, "N D"], units: int, rng: np.random.Generator) -> Float[Tensor, "N units"]:
    """Compute a hidden layer that is drawn and never trained."""
    ((weight, bias),) = init_mlp((x.shape[1], units), rng, dtype=str(x.dtype).removeprefix("torch."))
    return F.relu(F.linear(x, weight.to(x.device), bias.to(x.device)))


def _fit(train: Split, classes: int, strength: float) -> tuple[Tensor, Tensor]:
    x, target = train
    return ridge_regression(x, F.one_hot(target, classes).to(x.dtype), strength=strength)


def _classes(train: Split, held: Split) -> int:
    return int(torch.cat([train[1], held[1]]).max()) + 1


def ridge_accuracy(
    train: Split, held: Split, *, strength: float = 0.0, columns: slice | Sequence[int] = slice(None)
) -> float:
    """Fit one-hot rows by ridge regression on the one split, and return the accuracy on the other."""
    weight, bias = _fit((train[0][:, columns], train[1]), _classes(train, held), strength)
    return accuracy(F.linear(held[0][:, columns], weight, bias), held[1])


def double_descent(
    train: Split, test: Split, units: Sequence[int], *, strength: float = 0.0, rng: np.random.Generator
) -> DoubleDescent:
    """Measure least squares on growing sets of random features, past the point of interpolation."""
    both = random_features(torch.cat([train[0], test[0]]), max(units), rng)
    h = dict(zip(("train", "test"), both.split([len(train[0]), len(test[0])]), strict=True))
    targets, classes = {"train": train[1], "test": test[1]}, _classes(train, test)
    found: dict[str, list[float]] = {name: [] for name in DoubleDescent._fields[1:]}
    for count in units:
        weight, bias = _fit((h["train"][:, :count], train[1]), classes, strength)
        found["norm"].append(torch.linalg.norm(weight).item())
        for name, features in h.items():
            y, target = F.linear(features[:, :count], weight, bias), targets[name]
            found[f"{name}_loss"].append((y - F.one_hot(target, classes)).square().sum(dim=1).mean().item())
            found[f"{name}_error"].append(1 - accuracy(y, target))
    return DoubleDescent(torch.tensor(units), **{name: torch.tensor(v) for name, v in found.items()})
