"""Gradient descent on a function that is known everywhere."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dlbook.differentiable import differentiable, vjp
from dlbook.numpy.gradient_descent.trees import check_params, tree_map
from dlbook.numpy.linear_classifiers.arguments import above_zero, whole_number
from dlbook.shapes import Array, Float, Scalar

__all__ = ["Descent", "gradient_descent", "quadratic", "value_and_grad"]

Rate = float | Callable[[int], float]  # one learning rate, or the learning rate of step 0, 1, ...


@dataclass(frozen=True)
class Descent:
    """What a descent leaves behind.

    Parameters
    ----------
    params : where it ended, of the structure and dtype of the parameters that it began with.
    values : (T + 1,) the function before each of T steps and at the end; from `sgd` (T,) the mini-batch's
        value before each step.
    rates : (T,) the learning rate of each step.
    path : the parameters before each step and at the end, every leaf with a first axis of T + 1; None unless kept.
    measured : name -> (epochs + 1,) what `measure` found before the first epoch and after each.
    state : what the optimizer remembers at the end; None where it remembers nothing.
    """

    params: Any
    values: Array
    rates: Array
    path: Any = None
    measured: dict[str, Array] = field(default_factory=dict)
    state: Any = None


def rate_of(function: str, lr: Rate, step: int) -> float:
    """Return the learning rate of this step as a Python float, which leaves float32 parameters float32."""
    return above_zero(function, "lr", lr(step) if callable(lr) else lr)


def check_finite(function: str, value, step: int) -> None:
    """Stop a descent that has left the numbers, and say where."""
    if not np.isfinite(value):
        raise FloatingPointError(f"{function}: the value is {value} after {step} steps; a smaller lr may converge")


def stacked(visited: list):
    return tree_map(lambda *leaves: np.stack(leaves), *visited) if visited else None


def value_and_grad(f: Callable, **options) -> Callable:
    r"""Turn a differentiable function into one that returns its value and its gradient.

    $$x \mapsto \big(f(x),\ \nabla f(x)\big)$$

    Parameters
    ----------
    f : a `@differentiable` function with a scalar value, differentiated by its first argument.
    **options : its options.

    Returns
    -------
    A function of `(params, *data)` that returns `(value, grads)`, grads of the structure of params.

    Examples
    --------
    >>> import numpy as np
    >>> value_and_grad(quadratic)(np.array([1.0, 2.0]), np.eye(2))
    (np.float64(2.5), array([1., 2.]))

    **Source** `jax.value_and_grad`.
    **Book** eq-gradient-step
    """

    def both(params, *data):
        y, pullback = vjp(f, params, *data, **options)
        return y, pullback(1.0)[0]

    return both


@differentiable
def quadratic(x: Float[Array, " D"], hessian: Float[Array, "D D"]) -> Scalar:
    r"""Evaluate a bowl with its lowest point at 0, the model of every smooth function near a minimum.

    $$f(x) = \tfrac12\, x^\top H x, \qquad \nabla_x f = \tfrac12 (H + H^\top)\, x, \qquad
    \nabla_H f = \tfrac12\, x x^\top$$

    Parameters
    ----------
    x : (D,) the point.
    hessian : (D, D) the curvatures; its symmetric part decides.

    Returns
    -------
    y : the height.

    **Source** Goodfellow, Bengio and Courville (2016), section 4.3.1.
    **Book** eq-quadratic
    """
    y = x @ hessian @ x / 2

    def pullback(dy):
        dx = dy * (hessian @ x + x @ hessian) / 2
        return dx, dy * np.outer(x, x) / 2

    return y, pullback


def gradient_descent(
    value_and_grad: Callable, params: Any, *data, lr: Rate, steps: int, keep_path: bool = False
) -> Descent:
    r"""Walk downhill: step after step against the gradient.

    $$\theta_{s+1} = \theta_s - \eta_s \nabla f(\theta_s)$$

    Parameters
    ----------
    value_and_grad : maps `(params, *data)` to `(value, grads)`, grads of the structure of params.
    params : where to start, a float array or nested tuples, lists and dicts of them; it is not changed.
    *data : passed on unchanged at each step.
    lr : eta, above 0, or a function of the step number 0, 1, ...
    steps : how many, at least 0.
    keep_path : keep the parameters of every step (memory: steps + 1 times the parameters).

    Returns
    -------
    Descent

    Raises
    ------
    ValueError : for a learning rate that is not positive, or a negative number of steps.
    FloatingPointError : when the value becomes infinite or nan.

    Examples
    --------
    >>> import numpy as np
    >>> bowl = value_and_grad(quadratic)
    >>> run = gradient_descent(bowl, np.array([1.0]), np.array([[1.0]]), lr=0.5, steps=3, keep_path=True)
    >>> run.path.ravel()
    array([1.   , 0.5  , 0.25 , 0.125])

    **Source** Cauchy (1847); Goodfellow, Bengio and Courville (2016), eq. 4.5.
    **Book** eq-gradient-step
    """
    steps = whole_number("gradient_descent", "steps", steps, 0)
    rate_of("gradient_descent", lr, 0)
    check_params("gradient_descent", params)
    params = tree_map(np.array, params)
    values, rates, visited = [], [], []
    for step in range(steps + 1):
        value, grads = value_and_grad(params, *data)
        check_finite("gradient_descent", value, step)
        values.append(value)
        if keep_path:
            visited.append(params)
        if step < steps:
            rates.append(rate := rate_of("gradient_descent", lr, step))
            params = tree_map(lambda p, g, rate=rate: p - rate * g, params, grads)
    return Descent(params, np.array(values), np.array(rates), stacked(visited))
