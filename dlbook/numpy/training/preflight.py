"""All checks in a row, before the first epoch is paid for."""

from collections.abc import Callable
from typing import Any

import numpy as np

from dlbook.numpy.gradient_descent.trees import tree_map
from dlbook.numpy.linear_classifiers.arguments import above_zero, check_rows
from dlbook.numpy.training.checks import (
    dead_units,
    gradient_norms,
    initial_loss,
    input_matters,
    input_scale,
    overfit_small,
    slope_check,
    update_ratio,
)
from dlbook.numpy.training.verdict import Check, Preflight
from dlbook.shapes import Array, leaves

__all__ = ["preflight"]


def judge_norms(norms: dict[str, float], matrices: list[str], spread: float = 1e4) -> Check:
    """Judge the gradients of the weight matrices: none zero, none infinite, none far smaller than another."""
    sizes = [norms[path] for path in matrices] or list(norms.values())
    low, high = min(sizes), max(sizes)
    return Check(
        "gradient norms", bool(np.isfinite(high) and low > 0 and high <= spread * low),
        f"{low:.2g} to {high:.2g}", f"all above 0, the largest at most {spread:.0e} times the smallest",
        "zero: equal or zero first weights, dead units, a leaf that the loss does not use; spread: a depth that "
        "the first weights do not suit", low / high if high else 0.0,
    )  # fmt: skip


def judge_ratios(ratios: dict[str, float], matrices: list[str], low: float = 1e-5, high: float = 0.2) -> Check:
    """Judge the first step of the weight matrices: neither for ever nor at once."""
    found = [ratios[path] for path in matrices] or list(ratios.values())
    fits = all(low <= ratio <= high for ratio in found)
    return Check(
        "update ratio", fits, f"{min(found):.2g} to {max(found):.2g}", f"{low:.0e} to {high:g}, best near 1e-3",
        "above: lr, the loss (a sum?) or the inputs too large; below: lr too small, or no gradient", max(found),
    )  # fmt: skip


def judge_dead(shares: list[float], most: float = 0.5) -> Check:
    """Judge the worst hidden layer."""
    worst = max(shares, default=0.0)
    return Check(
        "dead units", worst <= most, f"{100 * worst:.0f} % of the worst layer", f"at most {100 * most:.0f} %",
        "a bias or a step that pushed the units off; inputs of one sign", worst,
    )  # fmt: skip


def preflight(
    value_and_grad: Callable, params: Any, *data: Array, expected_loss: float, lr: float, batch_size: int = 100,
    hidden: Callable | None = None, handful: int = 10, steps: int = 200, rng: np.random.Generator,
) -> Preflight:
    """Run every check on a model as it is before training, and report.

    Parameters
    ----------
    value_and_grad : maps `(params, *batch)` to `(value, grads)`.
    params : a float array or a tree of them.
    *data : arrays with one row per example, the inputs first.
    expected_loss : the loss of guessing.
    lr : of the training to come.
    batch_size : the first so many examples are the batch on which losses and gradients are measured.
    hidden : maps `(params, x)` to the values of the hidden layers, for `dead_units`; None leaves that check out.
    handful, steps : of `overfit_small`; a quarter of the steps serves `input_matters`.
    rng : draws the direction of `slope_check`.

    Returns
    -------
    Preflight : prints as a report; `failed` names the checks that failed.

    Raises
    ------
    ValueError : for empty or unequal data, or a learning rate that is not positive.

    **Source** the checks name their own.
    **Book** eq-initial-loss
    """
    check_rows("preflight", **{f"data[{i}]": column for i, column in enumerate(data)})
    lr = above_zero("preflight", "lr", lr)
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
    checks.append(input_matters(value_and_grad, params, *data, steps=max(1, steps // 4), lr=lr))
    return Preflight(tuple(checks))
