"""What regularizers do to the minimum of a bowl: how much of each direction is left."""

import torch
from jaxtyping import Float
from torch import Tensor

from dlbook.numpy.linear_classifiers.arguments import above_zero, at_least_zero, between, check_rows, whole_number
from dlbook.shapes import describe

__all__ = ["descent_shrinkage", "dropout_regression", "lasso_shrinkage", "ridge_shrinkage"]


def _curvatures(function: str, curvature: Tensor) -> Tensor:
    """Return the curvatures; refuse negative ones."""
    if not curvature.is_floating_point() or not (curvature >= 0).all():
        raise ValueError(f"{function}: curvature is {curvature.tolist()}, expected floats of at least 0")
    return curvature


def ridge_shrinkage(curvature: Float[Tensor, " D"], *, strength: float) -> Float[Tensor, " D"]:
    """Tell which share of each eigen-direction of a bowl is left when weights cost their squares."""
    h, strength = _curvatures("ridge_shrinkage", curvature), at_least_zero("ridge_shrinkage", "strength", strength)
    if strength == 0 and (h == 0).any():
        raise ValueError("ridge_shrinkage: a curvature is 0 and strength is 0, expected one of them to be positive")
    return h / (h + 2 * strength)


def descent_shrinkage(curvature: Float[Tensor, " D"], *, lr: float, steps: int) -> Float[Tensor, " D"]:
    """Tell which share of each eigen-direction gradient descent from 0 has covered after some steps."""
    h, lr = _curvatures("descent_shrinkage", curvature), above_zero("descent_shrinkage", "lr", lr)
    return 1 - (1 - lr * h) ** whole_number("descent_shrinkage", "steps", steps, 0)


def lasso_shrinkage(
    optimum: Float[Tensor, " D"], curvature: Float[Tensor, " D"], *, strength: float
) -> Float[Tensor, " D"]:
    """Move to where the minimum of an axis-parallel bowl goes when weights cost their sizes."""
    h, strength = _curvatures("lasso_shrinkage", curvature), at_least_zero("lasso_shrinkage", "strength", strength)
    if h.shape != optimum.shape or not (h > 0).all():
        raise ValueError(f"lasso_shrinkage: optimum is {describe(optimum)} and curvature {h.tolist()}, "
                         "expected equal shapes and positive curvatures")
    return optimum.sign() * (optimum.abs() - strength / h).clamp_min(0)


def dropout_regression(x: Float[Tensor, "N D"], target: Float[Tensor, " N"], *, p: float = 0.5) -> Float[Tensor, " D"]:
    """Find the weights at which least squares with dropout on the inputs ends up, without drawing a mask."""
    if between("dropout_regression", "p", p, 0, 1) == 1:
        raise ValueError("dropout_regression: p is 1, expected less: inputs that are all dropped say nothing")
    check_rows("dropout_regression", x=x, target=target)
    if x.ndim != 2 or target.ndim != 1:
        raise ValueError(f"dropout_regression: x is {describe(x)} and target {describe(target)}, "
                         "expected shapes (N, D) and (N,)")
    gram = x.T @ x
    return torch.linalg.solve(gram + p / (1 - p) * torch.diag(gram.diag()), x.T @ target)
