"""Training with any optimizer: the loop over mini-batches, and the test that finds the learning rate for it."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from dlbook.numpy.gradient_descent.descent import Descent, Rate, check_finite, rate_of, stacked
from dlbook.numpy.gradient_descent.stochastic import descend_in_batches
from dlbook.numpy.gradient_descent.trees import check_params, tree_map
from dlbook.numpy.linear_classifiers.arguments import above_zero, check_rows, whole_number
from dlbook.numpy.optimization.adam import adam
from dlbook.numpy.optimization.momentum import sgd_momentum
from dlbook.shapes import Array

__all__ = ["lr_range_test", "minimize", "optimize"]


def optimize(
    value_and_grad: Callable, params: Any, data: tuple[Array, ...], *, optimizer: Callable = adam, lr: Rate,
    batch_size: int, epochs: int, rng: np.random.Generator | None, drop_last: bool = False, replace: bool = False,
    weights: Array | None = None, measure: Callable | None = None, keep_path: bool = False, state: Any = None,
    **options,
) -> Descent:
    r"""Walk downhill by the gradients of mini-batches, with any optimizer.

    $$(\theta_{s+1}, z_{s+1}) = \text{optimizer}\big(\theta_s, \nabla f_{B_s}(\theta_s), z_s;\ \eta_s\big)$$

    Parameters
    ----------
    value_and_grad : maps `(params, *batch)` to `(value, grads)`, batch being the same rows of each array of data.
    params : where to start, a float array or nested tuples, lists and dicts of them; it is not changed.
    data : arrays with one row per example, inputs and labels for instance.
    optimizer : maps `(params, grads, state, lr=...)` to `(params, state)`, such as `adam` or `sgd_momentum`.
    lr : eta, above 0, or a function of the step number 0, 1, ...
    batch_size, epochs, rng, drop_last, replace, weights, measure, keep_path : as in `sgd`.
    state : z, what the optimizer remembered at the end of another run that this one continues, or None.
    **options : options of the optimizer.

    Returns
    -------
    Descent : values and rates have one entry per step, measured has epochs + 1 entries for each number; state is
        what the optimizer remembers at the end.

    Raises
    ------
    ValueError : for empty or unequal data, or an option outside its range.
    FloatingPointError : when a batch's value becomes infinite or nan.

    **Source** Goodfellow, Bengio and Courville (2016), chapter 8.
    **Book** eq-optimizer
    """
    check_optimizer("optimize", optimizer)
    return descend_in_batches(
        "optimize", partial(optimizer, **options), value_and_grad, params, data, lr=lr, batch_size=batch_size,
        epochs=epochs, rng=rng, drop_last=drop_last, replace=replace, weights=weights, measure=measure,
        keep_path=keep_path, state=state, in_place=_in_place(optimizer, options),
    )  # fmt: skip


def check_optimizer(function: str, optimizer) -> None:
    """Refuse the name of an optimizer in the place of the function."""
    if not callable(optimizer):
        raise TypeError(f"{function}: optimizer is {optimizer!r}, expected a function such as adam")


def _in_place(optimizer: Callable, options: dict) -> Callable | None:
    """Return the form of an optimizer that overwrites, where there is one."""
    return partial(optimizer.in_place, **options) if hasattr(optimizer, "in_place") else None


def minimize(
    value_and_grad: Callable, params: Any, *data, optimizer: Callable = adam, lr: Rate, steps: int,
    keep_path: bool = False, **options,
) -> Descent:
    r"""Walk downhill on a function that is known everywhere, with any optimizer.

    $$(\theta_{s+1}, z_{s+1}) = \text{optimizer}\big(\theta_s, \nabla f(\theta_s), z_s;\ \eta_s\big)$$

    With a plain step this is `gradient_descent`.

    Parameters
    ----------
    value_and_grad : maps `(params, *data)` to `(value, grads)`, grads of the structure of params.
    params : where to start, a float array or nested tuples, lists and dicts of them; it is not changed.
    *data : passed on unchanged at each step.
    optimizer, lr : as in `optimize`.
    steps : how many, at least 0.
    keep_path : keep the parameters of every step.
    **options : options of the optimizer.

    Returns
    -------
    Descent : values has steps + 1 entries, state is what the optimizer remembers at the end.

    Raises
    ------
    ValueError : for an option outside its range.
    FloatingPointError : when the value becomes infinite or nan.

    **Source** Goodfellow, Bengio and Courville (2016), chapter 8.
    **Book** eq-optimizer
    """
    steps = whole_number("minimize", "steps", steps, 0)
    rate_of("minimize", lr, 0)
    check_params("minimize", params)
    check_optimizer("minimize", optimizer)
    params, state = tree_map(np.array, params), None
    values, rates, visited = [], [], []
    for step in range(steps + 1):
        value, grads = value_and_grad(params, *data)
        check_finite("minimize", value, step)
        values.append(value)
        if keep_path:
            visited.append(params)
        if step < steps:
            rates.append(rate := rate_of("minimize", lr, step))
            params, state = optimizer(params, grads, state, lr=rate, **options)
    return Descent(params, np.array(values), np.array(rates), stacked(visited), state=state)


def lr_range_test(
    value_and_grad: Callable, params: Any, data: tuple[Array, ...], *, min_lr: float = 1e-5, max_lr: float = 10.0,
    steps: int = 100, batch_size: int, rng: np.random.Generator | None, optimizer: Callable = sgd_momentum,
    measure: Callable | None = None, blow_up: float = 4.0, **options,
) -> Descent:
    r"""Train with a learning rate that grows by the same factor at each step, and see what becomes of the loss.

    $$\eta_s = \eta_{\min} \left( \frac{\eta_{\max}}{\eta_{\min}} \right)^{s / (S - 1)}, \qquad s = 0, \dots, S - 1$$

    It ends early when a batch's loss is not finite or above `blow_up` times the lowest before it. (For a loss that
    can be negative: when it is above the lowest by more than `blow_up` - 1 times the size of the lowest.)

    Parameters
    ----------
    value_and_grad, params, data, batch_size, rng, optimizer : as in `optimize`.
    min_lr, max_lr : the first and the last rate, above 0, min_lr below max_lr.
    steps : S, at least 2.
    measure : maps params to a dict of numbers, called before each step.
    blow_up : above 1.
    **options : options of the optimizer.

    Returns
    -------
    Descent : rates and values have an entry for each step that was taken, and so has each number in measured.

    Raises
    ------
    ValueError : for empty or unequal data, or an option outside its range.

    **Source** Smith (2017), section 3.3.
    **Book** eq-range-test
    """
    check_optimizer("lr_range_test", optimizer)
    low, high = above_zero("lr_range_test", "min_lr", min_lr), above_zero("lr_range_test", "max_lr", max_lr)
    steps = whole_number("lr_range_test", "steps", steps, 2)
    if low >= high:
        raise ValueError(f"lr_range_test: min_lr is {min_lr}, expected a number below max_lr = {max_lr}")
    if not above_zero("lr_range_test", "blow_up", blow_up) > 1:
        raise ValueError(f"lr_range_test: blow_up is {blow_up}, expected a number above 1")
    batches = math.ceil(check_rows("lr_range_test", **{f"data[{i}]": column for i, column in enumerate(data)})
                        / whole_number("lr_range_test", "batch_size", batch_size, 1))  # fmt: skip
    found, lowest = [], math.inf

    def ended(step: int, value) -> bool:
        nonlocal lowest
        lowest = min(lowest, float(value))
        return step == steps or not value - lowest <= (blow_up - 1) * abs(lowest)

    def watched(params, *batch):
        if measure:
            found.append(measure(params))
        return value_and_grad(params, *batch)

    run = descend_in_batches(
        "lr_range_test", partial(optimizer, **options), watched, params, data, batch_size=batch_size, rng=rng,
        lr=lambda step: low * (high / low) ** (step / (steps - 1)), epochs=steps // batches + 1, until=ended,
        in_place=_in_place(optimizer, options),
    )  # fmt: skip
    taken = found[: len(run.values)]
    measured = {name: np.array([row[name] for row in taken]) for name in taken[0]} if taken else {}
    return Descent(run.params, run.values, run.rates, measured=measured, state=run.state)
