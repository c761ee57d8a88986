"""Jacobians, Jacobian-vector products and curvature, through `torch.func`."""

from collections.abc import Callable

import torch
from torch import Tensor

__all__ = ["hvp", "jacobian", "jvp"]


def jacobian(f: Callable, x: Tensor) -> Tensor:
    """Return all partial derivatives, a row for each entry of y."""
    return torch.func.jacrev(f)(x)


def jvp(f: Callable, args: tuple, tangents: tuple) -> tuple:
    """Return `f(*args)` and its Jacobian times a tangent, by forward mode."""
    return torch.func.jvp(f, args, tangents)


def hvp(f: Callable, args: tuple, tangents: tuple) -> tuple:
    """Return the gradient of a scalar function and its Hessian times a direction: forward mode over reverse mode."""
    return torch.func.jvp(torch.func.grad(f, argnums=tuple(range(len(args)))), args, tangents)
