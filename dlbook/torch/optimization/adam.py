"""Adam and its relatives: a running mean of the gradients over the root of a running mean of their squares."""

from typing import Any

import torch
from torch.utils._pytree import tree_map

from dlbook.torch.optimization.adaptive import running
from dlbook.torch.optimization.momentum import decayed

__all__ = ["adam", "adamw", "nadam"]

Betas = tuple[float, float]


def adam(
    params: Any, grads: Any, state: dict | None = None, *, lr: float, betas: Betas = (0.9, 0.999), eps: float = 1e-8,
    weight_decay: float = 0.0, amsgrad: bool = False,
) -> tuple[Any, dict]:
    """Take a step along the mean gradient, in each coordinate divided by the root of the mean square."""
    beta1, beta2 = betas
    nothing = tree_map(torch.zeros_like, params)
    state = state or {"step": 0, "exp_avg": nothing, "exp_avg_sq": nothing, "max_exp_avg_sq": nothing}
    step = state["step"] + 1
    grads = decayed(params, grads, weight_decay)
    m = running(state["exp_avg"], grads, 1 - beta1)
    v = running(state["exp_avg_sq"], tree_map(torch.square, grads), 1 - beta2)
    after = {"step": step, "exp_avg": m, "exp_avg_sq": v}
    if amsgrad:
        v = after["max_exp_avg_sq"] = tree_map(torch.maximum, state["max_exp_avg_sq"], v)
    first, second = 1 - beta1**step, 1 - beta2**step
    params = tree_map(lambda p, m, v: p - lr * (m / first) / ((v / second).sqrt() + eps), params, m, v)
    return params, after


def adamw(
    params: Any, grads: Any, state: dict | None = None, *, lr: float, betas: Betas = (0.9, 0.999), eps: float = 1e-8,
    weight_decay: float = 0.01, amsgrad: bool = False,
) -> tuple[Any, dict]:
    """Take a step of Adam, and shrink the parameters apart from it."""
    shrunk = tree_map(lambda p: p * (1 - lr * weight_decay), params)
    return adam(shrunk, grads, state, lr=lr, betas=betas, eps=eps, amsgrad=amsgrad)


def nadam(
    params: Any, grads: Any, state: dict | None = None, *, lr: float, betas: Betas = (0.9, 0.999), eps: float = 1e-8,
    weight_decay: float = 0.0, momentum_decay: float = 0.004,
) -> tuple[Any, dict]:
    """Take a step of Adam with Nesterov's look-ahead in place of plain momentum."""
    beta1, beta2 = betas
    nothing = tree_map(torch.zeros_like, params)
    state = state or {"step": 0, "mu_product": 1.0, "exp_avg": nothing, "exp_avg_sq": nothing}
    step = state["step"] + 1
    mu, mu_next = (beta1 * (1 - 0.5 * 0.96 ** (s * momentum_decay)) for s in (step, step + 1))
    product = mu * state["mu_product"]
    grads = decayed(params, grads, weight_decay)
    m = running(state["exp_avg"], grads, 1 - beta1)
    v = running(state["exp_avg_sq"], tree_map(torch.square, grads), 1 - beta2)
    ahead = tree_map(
        lambda m, g: mu_next / (1 - product * mu_next) * m + (1 - mu) / (1 - product) * g, m, grads
    )
    second = 1 - beta2**step
    params = tree_map(lambda p, a, v: p - lr * a / ((v / second).sqrt() + eps), params, ahead, v)
    return params, {"step": step, "mu_product": product, "exp_avg": m, "exp_avg_sq": v}
