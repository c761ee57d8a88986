"""The support vector machine by stochastic sub-gradient descent on its primal problem."""

import numpy as np
import torch
from jaxtyping import Float, Integer
from torch import Tensor

from dlbook.numpy.linear_classifiers.arguments import whole_number
from dlbook.torch import twin
from dlbook.torch.linear_classifiers.svm import best_bias, check_svm

__all__ = ["pegasos"]


@twin
def pegasos(
    x: Float[Tensor, "N D"], target: Integer[Tensor, " N"], *, strength: float, steps: int, batch_size: int = 1,
    rng: np.random.Generator, project: bool = False,
) -> tuple[Float[Tensor, " D"], float]:
    """Train a support vector machine by stochastic sub-gradient descent on its primal problem."""
    strength = check_svm("pegasos", x, target, strength)
    steps = whole_number("pegasos", "steps", steps, 1)
    batch_size = whole_number("pegasos", "batch_size", batch_size, 1)
    if batch_size > len(x):
        raise ValueError(f"pegasos: batch_size is {batch_size}, expected at most the {len(x)} examples")
    centre = x.mean(dim=0)
    x = x - centre
    signs = target.to(x.dtype)
    weight, bias, mean, mu = torch.zeros_like(centre), 0.0, torch.zeros_like(centre), 2 * strength
    for step in range(1, steps + 1):
        rows = rng.choice(len(x), batch_size, replace=False) if batch_size > 1 else rng.integers(len(x), size=1)
        batch, signs_of_batch = x[torch.from_numpy(rows)], signs[torch.from_numpy(rows)]
        # The sub-gradient of the batch's mean hinge loss with respect to its scores.
        pull = signs_of_batch * (signs_of_batch * (batch @ weight + bias) < 1) / batch_size
        eta = 1 / (mu * step)
        weight = (1 - eta * mu) * weight + eta * (pull @ batch)
        bias += min(eta, step**-0.5) * float(pull.sum())
        if project:
            weight = weight * min(1.0, float((mu * (weight @ weight) + 1e-300) ** -0.5))
        if step > steps // 2:
            mean += (weight - mean) / (step - steps // 2)
    return mean, best_bias(x @ mean, target) - float(centre @ mean)
