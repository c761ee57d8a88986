"""How long a step may be: curvature, without ever building the matrix of second derivatives."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.utils._pytree import tree_map

from dlbook.numpy.gradient_descent.curvature import Eigenpair
from dlbook.numpy.linear_classifiers.arguments import above_zero, whole_number
from dlbook.torch.gradient_descent.trees import check_params, inner

__all__ = ["Eigenpair", "contraction_factor", "hessian_vector_product", "largest_curvature", "power_iteration"]


def contraction_factor(lr: float, eigenvalues) -> float:
    """Say by which factor a step of gradient descent shrinks the distance to the minimum of a bowl, at worst."""
    lr = above_zero("contraction_factor", "lr", lr)
    eigenvalues = torch.as_tensor(eigenvalues)
    if eigenvalues.numel() == 0:
        raise ValueError("contraction_factor: eigenvalues is empty, expected at least one number")
    return float((1 - lr * eigenvalues).abs().max())


def hessian_vector_product(value_and_grad: Callable, params: Any, v: Any, *data) -> Any:
    """Multiply the matrix of second derivatives by a vector: exactly, by the pullback of the gradient.

    The pullback multiplies by the transposed Jacobian of the gradient, and a matrix of second derivatives is symmetric.
    """
    check_params("hessian_vector_product", params)
    check_params("hessian_vector_product", v, "v")
    _, pullback = torch.func.vjp(lambda p: value_and_grad(p, *data)[1], params)
    return pullback(v)[0]


def power_iteration(operator, start: Any, *, steps: int = 100, tol: float = 1e-9) -> Eigenpair:
    """Find the eigenvalue of largest size by multiplying again and again."""
    steps = whole_number("power_iteration", "steps", steps, 1)
    tol = above_zero("power_iteration", "tol", tol)
    check_params("power_iteration", start, "start")
    multiply = operator if callable(operator) else lambda v: operator @ v
    length = inner(start, start) ** 0.5
    if length == 0:
        raise ValueError("power_iteration: start is 0, expected a vector with a direction")
    vector, image = None, start
    for _ in range(steps):
        vector = tree_map(lambda w, length=length: w / length, image)
        image = multiply(vector)
        value = inner(vector, image)
        rest = tree_map(lambda w, v, value=value: w - value * v, image, vector)
        residual, length = inner(rest, rest) ** 0.5, inner(image, image) ** 0.5
        if residual <= tol * abs(value) or length == 0:
            break
    return Eigenpair(value, vector, residual)


def largest_curvature(
    value_and_grad: Callable, params: Any, *data, rng: np.random.Generator, steps: int = 100, tol: float = 1e-6
) -> Eigenpair:
    """Find the largest curvature L of a real loss at a point: steps up to 2 / L descend there."""
    check_params("largest_curvature", params)
    start = tree_map(lambda p: torch.from_numpy(rng.standard_normal(tuple(p.shape))).to(p), params)
    return power_iteration(
        lambda v: hessian_vector_product(value_and_grad, params, v, *data), start, steps=steps, tol=tol
    )
