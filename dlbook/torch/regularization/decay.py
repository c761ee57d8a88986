"""Regularizers that act on the weights after a step: decay that the gradient never sees, and a longest length."""

from collections.abc import Callable
from typing import Any

from jaxtyping import Float
from torch import Tensor
from torch.utils._pytree import tree_map

from dlbook.numpy.linear_classifiers.arguments import above_zero, at_least_zero
from dlbook.shapes import describe

__all__ = ["constrained", "decoupled", "max_norm"]


def decoupled(optimizer: Callable, *, weight_decay: float) -> Callable:
    """Give an optimizer a weight decay that does not pass through its gradient."""
    weight_decay = at_least_zero("decoupled", "weight_decay", weight_decay)

    def step(params: Any, grads: Any, state: Any = None, *, lr: float, **options) -> tuple[Any, Any]:
        moved, state = optimizer(params, grads, state, lr=lr, **options)
        return tree_map(lambda new, old: new - lr * weight_decay * old, moved, params), state

    return step


def max_norm(weight: Float[Tensor, "K D"], *, limit: float) -> Float[Tensor, "K D"]:
    """Pull each row of weights that is too long back to the sphere: the nearest point that is allowed."""
    limit = above_zero("max_norm", "limit", limit)
    if weight.ndim != 2:
        raise ValueError(f"max_norm: weight is {describe(weight)}, expected shape (K, D)")
    return weight * (limit / weight.norm(dim=1, keepdim=True).clamp_min(limit))


def constrained(optimizer: Callable, *, limit: float) -> Callable:
    """Give an optimizer a longest length for the incoming weights of each unit."""
    limit = above_zero("constrained", "limit", limit)

    def step(params: Any, grads: Any, state: Any = None, *, lr: float, **options) -> tuple[Any, Any]:
        moved, state = optimizer(params, grads, state, lr=lr, **options)
        return tree_map(lambda leaf: max_norm(leaf, limit=limit) if leaf.ndim == 2 else leaf, moved), state

    return step
