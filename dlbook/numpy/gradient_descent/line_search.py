"""Step lengths by trial: the line search of Armijo, and the descent that uses it."""

from collections.abc import Callable
from typing import Any

import numpy as np

from dlbook.numpy.gradient_descent.descent import Descent, check_finite, stacked
from dlbook.numpy.gradient_descent.trees import check_params, inner, tree_map
from dlbook.numpy.linear_classifiers.arguments import above_zero, whole_number
from dlbook.shapes import leaves

__all__ = ["armijo_line_search", "gradient_descent_armijo"]


def armijo_line_search(
    value: Callable, params: Any, grads: Any, direction: Any = None, *, lr: float = 1.0, c1: float = 1e-4,
    shrink: float = 0.5,
) -> float:
    r"""Shrink a step until the function falls by a fair part of what its slope promised.

    The first $\eta \in \{\eta_0,\ \beta \eta_0,\ \beta^2 \eta_0, \dots\}$ with

    $$f(\theta + \eta d) \le f(\theta) + c_1\, \eta\, \langle \nabla f(\theta),\, d \rangle$$

    Parameters
    ----------
    value : maps params to the value of f.
    params : theta, a float array or a tree of them.
    grads : the gradient at params, of the same structure.
    direction : d, of the same structure, downhill; None for minus the gradient.
    lr : eta_0, the longest step to try, above 0.
    c1 : the part of the promised descent that is asked for, strictly between 0 and 1.
    shrink : beta, strictly between 0 and 1.

    Returns
    -------
    eta : the step, or 0.0 if none descends before it becomes too short to change params at all: grads is 0, or
        rounding hides every descent and params is a minimum as far as this dtype can tell (or grads is no gradient).

    Raises
    ------
    ValueError : for an option outside its range, or a direction that does not lead downhill.

    **Source** Armijo (1966); Nocedal and Wright (2006), algorithm 3.1.
    **Book** eq-armijo
    """
    rate = above_zero("armijo_line_search", "lr", lr)
    for name, number in (("c1", c1), ("shrink", shrink)):
        if not 0 < number < 1:
            raise ValueError(f"armijo_line_search: {name} is {number}, expected a number strictly between 0 and 1")
    check_params("armijo_line_search", params)
    if direction is None:
        direction = tree_map(np.negative, grads)
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
        if all(np.array_equal(p, q) for (_, p), (_, q) in zip(leaves(params), leaves(there), strict=True)):
            return 0.0
        rate *= shrink


def gradient_descent_armijo(
    value_and_grad: Callable, params: Any, *data, steps: int, lr: float = 1.0, c1: float = 1e-4,
    shrink: float = 0.5, keep_path: bool = False,
) -> Descent:
    r"""Walk downhill with a step length that a line search finds anew at each step.

    $$\theta_{s+1} = \theta_s - \eta_s \nabla f(\theta_s), \qquad \eta_s \text{ by } \texttt{armijo\_line\_search}$$

    No learning rate has to be known, and the value never rises. It ends early, with fewer than `steps` steps,
    when no step descends any more.

    Parameters
    ----------
    value_and_grad : maps `(params, *data)` to `(value, grads)`.
    params : where to start; it is not changed.
    *data : passed on unchanged at each step.
    steps : how many at most, at least 0.
    lr, c1, shrink : as in `armijo_line_search`; each step's search starts from lr.
    keep_path : keep the parameters of every step.

    Returns
    -------
    Descent

    Raises
    ------
    ValueError : for an option outside its range.
    FloatingPointError : when the value becomes infinite or nan.

    **Source** Armijo (1966); Nocedal and Wright (2006), algorithm 3.1.
    **Book** eq-armijo
    """
    steps = whole_number("gradient_descent_armijo", "steps", steps, 0)
    check_params("gradient_descent_armijo", params)
    params = tree_map(np.array, params)
    values, rates, visited = [], [], []
    for step in range(steps + 1):
        value, grads = value_and_grad(params, *data)
        check_finite("gradient_descent_armijo", value, step)
        values.append(value)
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
    return Descent(params, np.array(values), np.array(rates), stacked(visited))
