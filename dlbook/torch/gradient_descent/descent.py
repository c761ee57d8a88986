"""Gradient descent on a function that is known everywhere."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils._pytree import tree_map

from dlbook.numpy.gradient_descent.descent import Rate, rate_of
from dlbook.numpy.linear_classifiers.arguments import whole_number
from dlbook.torch import twin
from dlbook.torch.gradient_descent.trees import check_params

__all__ = ["Descent", "gradient_descent", "quadratic", "value_and_grad"]


@dataclass(frozen=True)
class Descent:
    """What a descent leaves behind: see `dlbook.numpy.gradient_descent.Descent`."""

    params: Any
    values: Tensor
    rates: Tensor
    path: Any = None
    measured: dict[str, Tensor] = field(default_factory=dict)
    state: Any = None


def value_and_grad(f: Callable, **options) -> Callable:
    """Turn a function of tensors into one that returns its value and, by autograd, its gradient."""
    both = torch.func.grad_and_value(lambda params, *data: f(params, *data, **options))

    def swapped(params, *data):
        grads, value = both(params, *data)
        return value, grads

    return swapped


@twin
def quadratic(x: Float[Tensor, " D"], hessian: Float[Tensor, "D D"]) -> Float[Tensor, ""]:
    """Evaluate a bowl with its lowest point at 0."""
    return x @ hessian @ x / 2


def check_finite(function: str, value: Tensor, step: int) -> None:
    """Stop a descent that has left the numbers, and say where."""
    if not torch.isfinite(value):
        raise FloatingPointError(f"{function}: the value is {value} after {step} steps; a smaller lr may converge")


def gathered(values: list, rates: list, visited: list) -> tuple[Tensor, Tensor, Any]:
    """Stack what a descent has noted."""
    path = tree_map(lambda *leaves: torch.stack(leaves), *visited) if visited else None
    return torch.stack(values) if values else torch.empty(0), torch.tensor(rates, dtype=torch.float64), path


def gradient_descent(
    value_and_grad: Callable, params: Any, *data, lr: Rate, steps: int, keep_path: bool = False
) -> Descent:
    """Walk downhill: step after step against the gradient."""
    steps = whole_number("gradient_descent", "steps", steps, 0)
    rate_of("gradient_descent", lr, 0)
    check_params("gradient_descent", params)
    params = tree_map(torch.clone, params)
    values, rates, visited = [], [], []
    for step in range(steps + 1):
        value, grads = value_and_grad(params, *data)
        check_finite("gradient_descent", value, step)
        values.append(value.detach())
        if keep_path:
            visited.append(params)
        if step < steps:
            rates.append(rate := rate_of("gradient_descent", lr, step))
            params = tree_map(lambda p, g, rate=rate: p - rate * g, params, grads)
    values, rates, path = gathered(values, rates, visited)
    return Descent(params, values, rates, path)
