"""All checks in a row, before the first epoch is paid for."""

from collections.abc import Callable
from typing import Any

import numpy as np

from dlbook.numpy.gradient_descent.trees import tree_map
from dlbook.numpy.linear_classifiers.arguments import above_zero, check_generator, check_rows, whole_number
from dlbook.numpy.training.checks import initial_loss, input_matters, input_scale, overfit_small, slope_check
from dlbook.numpy.training.gauges import (
    dead_units,
    gradient_norms,
    judge_dead,
    judge_norms,
    judge_ratios,
    update_ratio,
)
from dlbook.numpy.training.verdict import Preflight
from dlbook.shapes import Array, leaves

__all__ = ["preflight"]


def preflight(
    value_and_grad: Callable, params: Any, *data: Array, expected_loss: float, lr: float, batch_size: int = 100,
    hidden: Callable | None = None, handful: int = 10, steps: int = 200, rng: np.random.Generator,
) -> Preflight:
    """Run every check on a model as it is before training, and report.

    Parameters
    ----------
    value_and_grad : maps `(params, *batch)` to `(value, grads)`.
    params : a float array or a tree of them.
    *data : arrays with one row per example, the inputs first; a thousand drawn examples at most are looked at.
    expected_loss : the loss of guessing.
    lr : of the training to come.
    batch_size : on a batch of so many losses and gradients are measured, at least 2.
    hidden : maps `(params, x)` to the values of the hidden layers, for `dead_units`; None leaves that check out.
    handful, steps : of `overfit_small`; an eighth of the steps serves `input_matters`.
    rng : draws the examples, and the direction of `slope_check`.

    Returns
    -------
    Preflight : prints as a report; `failed` names the checks that failed.

    Raises
    ------
    ValueError : for empty or unequal data, a learning rate that is not positive, or a batch of one.
    TypeError : when rng is no generator.

    **Source** the checks name their own.
    **Book** eq-initial-loss
    """
    if not data:
        raise ValueError("preflight: got no data, expected the inputs and what the loss needs besides")
    check_rows("preflight", **{f"data[{i}]": column for i, column in enumerate(data)})
    lr = above_zero("preflight", "lr", lr)
    batch_size = whole_number("preflight", "batch_size", batch_size, 2)
    check_generator("preflight", rng)
    rows = rng.permutation(len(data[0]))[:1000]  # files are often sorted by class: the first rows may be all alike
    data = [column[rows] for column in data]
    batch = [column[:batch_size] for column in data]
    with np.errstate(over="ignore", invalid="ignore"):
        _, grads = value_and_grad(params, *batch)
        stepped = tree_map(lambda p, g: p - lr * g, params, grads)
        matrices = [path for path, leaf in leaves(params, "params") if leaf.ndim >= 2]
        checks = [
            input_scale(data[0]),
            initial_loss(value_and_grad, params, *batch, expected=expected_loss),
            slope_check(value_and_grad, params, *batch, rng=rng),
            judge_norms(gradient_norms(value_and_grad, params, *batch), matrices),
            judge_ratios(update_ratio(params, stepped), matrices),
        ]
        if hidden is not None:
            checks.append(judge_dead(dead_units(hidden(params, batch[0]))))
    checks.append(overfit_small(value_and_grad, params, *data, n=handful, steps=steps, lr=lr))
    checks.append(input_matters(value_and_grad, params, *data, steps=max(1, steps // 8), lr=lr))
    return Preflight(tuple(checks))
