"""Checks before a training, on tensors; the verdicts are the reference's."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves, tree_map

from dlbook.numpy.gradient_descent.descent import Rate
from dlbook.numpy.linear_classifiers.arguments import (
    above_zero,
    at_least_zero,
    check_generator,
    check_rows,
    whole_number,
)
from dlbook.numpy.training import checks as reference
from dlbook.numpy.training.gauges import check_alike
from dlbook.numpy.training.verdict import Check
from dlbook.shapes import leaves
from dlbook.torch.gradient_descent.descent import gradient_descent
from dlbook.torch.gradient_descent.trees import check_params, inner

__all__ = [
    "dead_units", "gradient_norms", "initial_loss", "input_matters", "input_scale", "overfit_small", "repeatable",
    "slope_check", "update_ratio",
]  # fmt: skip


def input_scale(x: Tensor, *, low: float = 0.1, high: float = 10.0) -> Check:
    """Look whether the inputs are numbers of size one, as weights and learning rates take for granted."""
    return reference.input_scale(x.detach().cpu().double().numpy(), low=low, high=high)


def initial_loss(
    value_and_grad: Callable, params: Any, *batch, expected: float, low: float = 0.9, high: float = 1.6
) -> Check:
    """Compare the loss before the first step with the loss of guessing."""
    check_params("initial_loss", params)
    expected = above_zero("initial_loss", "expected", expected)
    value = float(value_and_grad(params, *batch)[0])
    return reference.judge_initial(value, expected, low, high)


def slope_check(
    value_and_grad: Callable, params: Any, *batch, rng: np.random.Generator, step: float = 1e-5, tol: float = 1e-3
) -> Check:
    """Compare the gradient with a difference of the loss along one random direction, in float64."""
    check_params("slope_check", params)
    check_generator("slope_check", rng)
    step, tol = above_zero("slope_check", "step", step), above_zero("slope_check", "tol", tol)
    params = tree_map(Tensor.double, params)
    batch = [a.double() if isinstance(a, Tensor) and a.is_floating_point() else a for a in batch]
    _, grads = value_and_grad(params, *batch)
    direction = tree_map(
        lambda g: g + torch.from_numpy(rng.standard_normal(tuple(g.shape))).to(g) * (g.norm() / g.numel() ** 0.5), grads
    )
    length = inner(direction, direction) ** 0.5 or 1.0
    above, below = (
        float(value_and_grad(tree_map(lambda p, u, h=h: p + h / length * u, params, direction), *batch)[0])
        for h in (step, -step)
    )
    return reference.judge_slope((above - below) / (2 * step), inner(grads, direction) / length, tol)


def gradient_norms(value_and_grad: Callable, params: Any, *batch) -> dict[str, float]:
    """Measure the gradient of each leaf of the parameters, by its root mean square."""
    check_params("gradient_norms", params)
    _, grads = value_and_grad(params, *batch)
    return {path: float(g.double().square().mean().sqrt()) for path, g in leaves(grads, "params")}


def update_ratio(before: Any, after: Any) -> dict[str, float]:
    """Measure by how much one step changes each leaf, in parts of the leaf."""
    check_params("update_ratio", before)
    check_alike(before, after)
    ratios = {}
    for (path, old), (_, new) in zip(leaves(before, "params"), leaves(after, "params"), strict=True):
        size, moved = float(old.norm()), float((new - old).norm())
        ratios[path] = moved / size if size else float("inf") if moved else 0.0
    return ratios


def dead_units(hidden: Sequence[Tensor]) -> list[float]:
    """Measure which part of each hidden layer says the same for every example."""
    if not hidden:
        return []
    rows = check_rows("dead_units", **{f"hidden[{i}]": h for i, h in enumerate(hidden)})
    if rows < 2:
        raise ValueError("dead_units: hidden has one example, expected at least two: one alone is always constant")
    return [float((h == h[:1]).all(dim=0).double().mean()) for h in hidden]


def overfit_small(
    value_and_grad: Callable, params: Any, *data, n: int = 10, steps: int = 200, lr: Rate = 0.1, below: float = 0.05
) -> Check:
    """Train on a handful of examples and on nothing else: the loss has to vanish."""
    check_rows("overfit_small", **{f"data[{i}]": column for i, column in enumerate(data)})
    n = min(whole_number("overfit_small", "n", n, 1), len(data[0]))
    try:
        values = gradient_descent(value_and_grad, params, *(a[:n] for a in data), lr=lr, steps=steps).values
    except FloatingPointError as error:
        return reference.judge_handful(n, steps, None, None, below, str(error))
    return reference.judge_handful(n, steps, float(values[0]), float(values[-1]), below)


def input_matters(
    value_and_grad: Callable, params: Any, x: Tensor, *rest, steps: int = 50, lr: Rate = 0.1, gain: float = 0.05
) -> Check:
    """Train twice for a short while, once with the inputs and once with zeros in their place."""
    check_rows("input_matters", x=x, **{f"rest[{i}]": column for i, column in enumerate(rest)})
    gain = at_least_zero("input_matters", "gain", gain)
    ends = []
    for seen in (x, torch.zeros_like(x)):
        try:
            ends.append(float(gradient_descent(value_and_grad, params, seen, *rest, lr=lr, steps=steps).values[-1]))
        except FloatingPointError:
            ends.append(float("inf"))
    return reference.judge_inputs(*ends, steps, gain)


def repeatable(run: Callable, *, seed: int = 0) -> Check:
    """Run something twice from one seed and once from another: the first two have to agree to the last bit."""

    def as_arrays(rng):
        return [leaf.detach().cpu().numpy() if isinstance(leaf, Tensor) else leaf for leaf in tree_leaves(run(rng))]

    return reference.repeatable(as_arrays, seed=seed)
