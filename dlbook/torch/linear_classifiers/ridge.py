"""Least squares with a price on the weights: the one classifier of this book with a formula for its minimum."""

import torch
from jaxtyping import Float
from torch import Tensor

from dlbook.numpy.linear_classifiers.arguments import at_least_zero, check_rows
from dlbook.shapes import describe
from dlbook.torch import twin

__all__ = ["ridge_regression"]


@twin
def ridge_regression(
    x: Float[Tensor, "N D"], target: Float[Tensor, "N K"] | Float[Tensor, " N"], *, strength: float
) -> tuple[Float[Tensor, "K D"] | Float[Tensor, " D"], Float[Tensor, " K"] | float]:
    """Minimize the mean squared error plus a price on the weights, by the normal equations of the centred inputs."""
    strength = at_least_zero("ridge_regression", "strength", strength)
    n = check_rows("ridge_regression", x=x, target=target)
    if x.dtype != target.dtype:
        raise ValueError(
            f"ridge_regression: x is {describe(x)} and target {describe(target)}, expected float arrays of one dtype"
        )
    columns = target.reshape(n, -1)
    x_mean, t_mean = x.mean(dim=0), columns.mean(dim=0)
    centred, aim = x - x_mean, columns - t_mean
    if strength == 0:
        weight = (torch.linalg.pinv(centred) @ aim).T
    else:
        gram = centred.T @ centred + columns.numel() * strength * torch.eye(x.shape[1], dtype=x.dtype, device=x.device)
        weight = torch.linalg.solve(gram, centred.T @ aim).T
    bias = t_mean - weight @ x_mean
    return (weight[0], float(bias[0])) if target.ndim == 1 else (weight, bias)
