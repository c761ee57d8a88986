"""Averages of the parameters along the way, which tremble less than the parameters."""

from collections.abc import Callable
from typing import Any

import torch
from torch.utils._pytree import tree_map

from dlbook.torch.optimization.adam import adam

__all__ = ["averaged", "ema"]


def ema(params: Any, state: dict | None = None, *, decay: float = 0.999, bias_correction: bool = True):
    """Take new parameters into their exponential moving average."""
    step = (state["step"] if state else 0) + 1
    before = state["average"] if state else tree_map(torch.zeros_like, params) if bias_correction else params
    total = tree_map(lambda a, p: a.lerp(p, 1 - decay), before, params)
    weight = 1 - decay**step if bias_correction else 1.0
    return tree_map(lambda a: a / weight, total), {"step": step, "average": total}


def averaged(optimizer: Callable = adam, *, decay: float = 0.999) -> Callable:
    """Build an optimizer that takes the steps of another and keeps the average of its parameters beside them."""

    def step(params, grads, state=None, **options):
        inner, average = (state["optimizer"], state["ema"]) if state else (None, None)
        params, inner = optimizer(params, grads, inner, **options)
        mean, average = ema(params, average, decay=decay)
        return params, {"optimizer": inner, "ema": average, "params": mean}

    return step
