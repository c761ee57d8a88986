"""All checks in a row, before the first epoch is paid for."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils._pytree import tree_map

from dlbook.numpy.linear_classifiers.arguments import above_zero, check_generator, check_rows, whole_number
from dlbook.numpy.training.gauges import judge_dead, judge_norms, judge_ratios
from dlbook.numpy.training.verdict import Preflight
from dlbook.shapes import leaves
from dlbook.torch.training.checks import (
    dead_units,
    gradient_norms,
    initial_loss,
    input_matters,
    input_scale,
    overfit_small,
    slope_check,
    update_ratio,
)

__all__ = ["preflight"]


def preflight(
    value_and_grad: Callable, params: Any, *data: Tensor, expected_loss: float, lr: float, batch_size: int = 100,
    hidden: Callable | None = None, handful: int = 10, steps: int = 200, rng: np.random.Generator,
) -> Preflight:
    """Run every check on a model as it is before training, and report."""
    if not data:
        raise ValueError("preflight: got no data, expected the inputs and what the loss needs besides")
    check_rows("preflight", **{f"data[{i}]": column for i, column in enumerate(data)})
    lr = above_zero("preflight", "lr", lr)
    batch_size = whole_number("preflight", "batch_size", batch_size, 2)
    check_generator("preflight", rng)
    rows = torch.from_numpy(rng.permutation(len(data[0]))[:1000])
    data = tuple(column[rows.to(column.device)] for column in data)
    batch = [column[:batch_size] for column in data]
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
