"""Steps with a memory of their direction: the heavy ball, Nesterov's look-ahead, and the sign of a memory."""

from typing import Any

import torch
from torch.utils._pytree import tree_map

__all__ = ["lion", "momentum_factor", "nesterov", "sgd_momentum"]


def decayed(params, grads, weight_decay: float):
    """Return the gradients with the pull of the weight decay."""
    return tree_map(lambda p, g: g.add(p, alpha=weight_decay), params, grads) if weight_decay else grads


def sgd_momentum(
    params: Any, grads: Any, state: dict | None = None, *, lr: float, momentum: float = 0.9, dampening: float = 0.0,
    weight_decay: float = 0.0,
) -> tuple[Any, dict]:
    """Take a step along a velocity that remembers the gradients before."""
    grads = decayed(params, grads, weight_decay)
    if state and momentum:
        v = tree_map(lambda v, g: momentum * v + (1 - dampening) * g, state["momentum_buffer"], grads)
    else:
        v = tree_map(torch.clone, grads)
    params = tree_map(lambda p, v: p - lr * v, params, v)
    return params, {"step": (state["step"] if state else 0) + 1, "momentum_buffer": v}


def momentum_factor(lr: float, momentum: float, eigenvalues) -> torch.Tensor:
    """Say by which factor a step of heavy-ball momentum shrinks the distance along a direction, in the long run."""
    curvature = torch.as_tensor(eigenvalues, dtype=torch.float64)
    step = torch.stack([
        torch.stack([torch.full_like(curvature, momentum), curvature], -1),
        torch.stack([torch.full_like(curvature, -lr * momentum), 1 - lr * curvature], -1),
    ], -2)  # fmt: skip
    return torch.linalg.eigvals(step).abs().amax(-1)


def nesterov(
    params: Any, grads: Any, state: dict | None = None, *, lr: float, momentum: float = 0.9, weight_decay: float = 0.0
) -> tuple[Any, dict]:
    """Take a step of momentum that looks ahead: along the gradient and the velocity that it will have."""
    grads = decayed(params, grads, weight_decay)
    if state:
        v = tree_map(lambda v, g: momentum * v + g, state["momentum_buffer"], grads)
    else:
        v = tree_map(torch.clone, grads)
    params = tree_map(lambda p, v, g: p - lr * (g + momentum * v), params, v, grads)
    return params, {"step": (state["step"] if state else 0) + 1, "momentum_buffer": v}


def lion(
    params: Any, grads: Any, state: dict | None = None, *, lr: float, betas: tuple[float, float] = (0.9, 0.99),
    weight_decay: float = 0.0,
) -> tuple[Any, dict]:
    """Take a step of the same length in every coordinate, along the sign of a mixture of memory and gradient."""
    m = state["exp_avg"] if state else tree_map(torch.zeros_like, params)
    direction = tree_map(lambda m, g: m.lerp(g, 1 - betas[0]).sign(), m, grads)
    params = tree_map(lambda p, d: p * (1 - lr * weight_decay) - lr * d, params, direction)
    m = tree_map(lambda m, g: m.lerp(g, 1 - betas[1]), m, grads)
    return params, {"step": (state["step"] if state else 0) + 1, "exp_avg": m}
