"""Gradients that are cut before they do harm."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch.utils._pytree import tree_leaves, tree_map

from dlbook.numpy.linear_classifiers.arguments import above_zero

__all__ = ["clip_norm", "clip_value", "clipped"]


def clip_value(grads: Any, max_value: float) -> Any:
    """Cut every number of a gradient at both sides."""
    limit = above_zero("clip_value", "max_value", max_value)
    return tree_map(lambda g: g.clamp(-limit, limit), grads)


def clip_norm(
    grads: Any, max_norm: float, *, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> tuple[Any, float]:
    """Shorten a gradient that is too long, without turning it."""
    limit = above_zero("clip_norm", "max_norm", max_norm)
    p = norm_type if norm_type == math.inf else above_zero("clip_norm", "norm_type", norm_type)
    norm = torch.nn.utils.get_total_norm(tree_leaves(grads), p)
    if error_if_nonfinite and not torch.isfinite(norm):
        raise FloatingPointError(f"clip_norm: the norm of the gradient is {norm}, expected a finite number")
    factor = (limit / (norm + 1e-6)).clamp(max=1.0)
    return tree_map(lambda g: g * factor, grads), float(norm)


def clipped(value_and_grad: Callable, *, max_norm: float | None = None, max_value: float | None = None) -> Callable:
    """Build a function that clips the gradients of another: what a descent is given in its place."""
    for name, limit in {"max_norm": max_norm, "max_value": max_value}.items():
        if limit is not None:
            above_zero("clipped", name, limit)
    if max_norm is None and max_value is None:
        raise ValueError("clipped: max_norm and max_value are None, expected at least one limit")

    def both(params, *data):
        value, grads = value_and_grad(params, *data)
        if max_value is not None:
            grads = clip_value(grads, max_value)
        if max_norm is not None:
            grads, _ = clip_norm(grads, max_norm)
        return value, grads

    return both
