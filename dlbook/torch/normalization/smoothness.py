"""How far a gradient can be trusted: the loss and its gradient along the step that it proposes."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils._pytree import tree_map

from dlbook.numpy.linear_classifiers.arguments import above_zero
from dlbook.torch.gradient_descent.trees import check_params, inner

__all__ = ["along_gradient"]


def along_gradient(
    value_and_grad: Callable, params: Any, *batch: Tensor, rates: Sequence[float]
) -> tuple[Float[Tensor, " T"], Float[Tensor, " T"]]:
    """Walk along the negative gradient, and tell how loss and gradient change on the way."""
    check_params("along_gradient", params)
    _, grads = value_and_grad(params, *batch)
    length = inner(grads, grads) ** 0.5
    if not 0 < length < float("inf"):
        raise ValueError(f"along_gradient: the gradient has length {length:g} here, expected a direction to walk in")
    values, changes = [], []
    for rate in rates:
        rate = above_zero("along_gradient", "rates", rate)
        value, there = value_and_grad(tree_map(lambda p, g, rate=rate: p - rate * g, params, grads), *batch)
        gap = tree_map(torch.sub, there, grads)
        values.append(float(value))
        changes.append(inner(gap, gap) ** 0.5 / length)
    return torch.tensor(values, dtype=torch.float64), torch.tensor(changes, dtype=torch.float64)
