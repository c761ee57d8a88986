"""Step lengths by trial: the line search of Armijo, and the descent that uses it."""

from collections.abc import Callable
from typing import Any

import torch
from torch.utils._pytree import tree_leaves, tree_map

from dlbook.numpy.linear_classifiers.arguments import above_zero, whole_number
from dlbook.torch.gradient_descent.descent import Descent, check_finite, gathered
from dlbook.torch.gradient_descent.trees import check_params, inner

__all__ = ["armijo_line_search", "gradient_descent_armijo"]


def armijo_line_search(
    value: Callable, params: Any, grads: Any, direction: Any = None, *, lr: float = 1.0, c1: float = 1e-4,
    shrink: float = 0.5,
) -> float:
    """Shrink a step until the function falls by a fair part of what its slope promised."""
    rate = above_zero("armijo_line_search", "lr", lr)
    for name, number in (("c1", c1), ("shrink", shrink)):
        if not 0 < number < 1:
            raise ValueError(f"armijo_line_search: {name} is {number}, expected a number strictly between 0 and 1")
    check_params("armijo_line_search", params)
    if direction is None:
        direction = tree_map(torch.neg, grads)
    slope = inner(grads, direction)
    if slope > 0 or (slope == 0 and inner(direction, direction) > 0):
        raise ValueError(f"armijo_line_search: direction has the slope {slope:.3g}, expected one that leads downhill")
    start = value(params)
    while True:
        there = tree_map(lambda p, d, rate=rate: p + rate * d, params, direction)
        reached = value(there)
        # Without the second condition a step too short to change the value would pass.
        if reached <= start + c1 * rate * slope and reached < start:
            return rate
        if all(torch.equal(p, q) for p, q in zip(tree_leaves(params), tree_leaves(there), strict=True)):
            return 0.0
        rate *= shrink


def gradient_descent_armijo(
    value_and_grad: Callable, params: Any, *data, steps: int, lr: float = 1.0, c1: float = 1e-4,
    shrink: float = 0.5, keep_path: bool = False,
) -> Descent:
    """Walk downhill with a step length that a line search finds anew at each step."""
    steps = whole_number("gradient_descent_armijo", "steps", steps, 0)
    check_params("gradient_descent_armijo", params)
    params = tree_map(torch.clone, params)
    values, rates, visited = [], [], []
    for step in range(steps + 1):
        value, grads = value_and_grad(params, *data)
        check_finite("gradient_descent_armijo", value, step)
        values.append(value.detach())
        if keep_path:
            visited.append(params)
        if step == steps:
            break
        rate = armijo_line_search(
            lambda p: value_and_grad(p, *data)[0], params, grads, lr=lr, c1=c1, shrink=shrink
        )
        if rate == 0.0:
            break
        rates.append(rate)
        params = tree_map(lambda p, g, rate=rate: p - rate * g, params, grads)
    values, rates, path = gathered(values, rates, visited)
    return Descent(params, values, rates, path)
