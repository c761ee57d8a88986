"""A step size for every coordinate: divided by the size of the gradients that it has seen."""

from typing import Any

import torch
from torch.utils._pytree import tree_map

from dlbook.torch.optimization.momentum import decayed

__all__ = ["adadelta", "adagrad", "rmsprop"]


def running(mean, new, weight: float):
    """Return the running mean of each leaf, with this weight of the new."""
    return tree_map(lambda a, b: a.lerp(b, weight), mean, new)


def adagrad(
    params: Any, grads: Any, state: dict | None = None, *, lr: float, lr_decay: float = 0.0,
    weight_decay: float = 0.0, initial_accumulator_value: float = 0.0, eps: float = 1e-10,
) -> tuple[Any, dict]:
    """Divide each coordinate's step by the root of the sum of its squared gradients."""
    step = (state["step"] if state else 0) + 1
    grads = decayed(params, grads, weight_decay)
    sums = state["sum"] if state else tree_map(lambda p: torch.full_like(p, initial_accumulator_value), params)
    sums = tree_map(lambda r, g: r.addcmul(g, g), sums, grads)
    rate = lr / (1 + (step - 1) * lr_decay)
    params = tree_map(lambda p, g, r: p.addcdiv(g, r.sqrt() + eps, value=-rate), params, grads, sums)
    return params, {"step": step, "sum": sums}


def rmsprop(
    params: Any, grads: Any, state: dict | None = None, *, lr: float, alpha: float = 0.99, eps: float = 1e-8,
    weight_decay: float = 0.0, momentum: float = 0.0, centered: bool = False,
) -> tuple[Any, dict]:
    """Divide each coordinate's step by the root of the running mean of its squared gradients."""
    nothing = tree_map(torch.zeros_like, params)
    state = state or {"step": 0, "square_avg": nothing, "momentum_buffer": nothing, "grad_avg": nothing}
    grads = decayed(params, grads, weight_decay)
    variance = running(state["square_avg"], tree_map(torch.square, grads), 1 - alpha)
    after = {"step": state["step"] + 1, "square_avg": variance}
    if centered:
        mean = after["grad_avg"] = running(state["grad_avg"], grads, 1 - alpha)
        variance = tree_map(lambda r, m: r - m * m, variance, mean)
    step = tree_map(lambda g, v: g / (v.sqrt() + eps), grads, variance)
    if momentum:
        step = after["momentum_buffer"] = tree_map(lambda u, d: momentum * u + d, state["momentum_buffer"], step)
    return tree_map(lambda p, d: p - lr * d, params, step), after


def adadelta(
    params: Any, grads: Any, state: dict | None = None, *, lr: float = 1.0, rho: float = 0.9, eps: float = 1e-6,
    weight_decay: float = 0.0,
) -> tuple[Any, dict]:
    """Scale each coordinate's gradient by the ratio of its recent steps to its recent gradients."""
    nothing = tree_map(torch.zeros_like, params)
    state = state or {"step": 0, "square_avg": nothing, "acc_delta": nothing}
    grads = decayed(params, grads, weight_decay)
    r = running(state["square_avg"], tree_map(torch.square, grads), 1 - rho)
    delta = tree_map(lambda d, r, g: ((d + eps) / (r + eps)).sqrt() * g, state["acc_delta"], r, grads)
    d = running(state["acc_delta"], tree_map(torch.square, delta), 1 - rho)
    params = tree_map(lambda p, delta: p - lr * delta, params, delta)
    return params, {"step": state["step"] + 1, "square_avg": r, "acc_delta": d}
