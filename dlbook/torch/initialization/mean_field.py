"""Networks that are infinitely wide: how lengths, angles and gradients change from one random layer to the next."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.func import grad, vmap

from dlbook.numpy.deep_networks.network import Activation
from dlbook.numpy.initialization.fans import normal_grid
from dlbook.numpy.linear_classifiers.arguments import above_zero, at_least_zero
from dlbook.torch.deep_networks.network import ACTIVATIONS

__all__ = ["chi", "correlation_map", "critical_line", "length_map"]


def _mean_square(function: str, f, q) -> Tensor:
    """Return the mean of the square of a function of scores of variance q."""
    q = torch.as_tensor(q, dtype=torch.float64)
    if not (q >= 0).all():
        raise ValueError(f"{function}: q is {q.min()}, expected mean squares of at least 0")
    z, weights = map(torch.from_numpy, normal_grid())
    return f(q.sqrt()[..., None] * z) ** 2 @ weights


def _slope(activation: str):
    """Return the derivative of an activation, by autograd, for any shape."""
    derivative = vmap(grad(ACTIVATIONS[activation]))
    return lambda s: derivative(s.reshape(-1)).reshape(s.shape)


def length_map(
    q: float | Float[Tensor, "*S"], *, sigma_w: float, sigma_b: float = 0.0, activation: Activation = "tanh"
) -> Float[Tensor, "*S"]:
    """Compute the variance of the next layer's scores from the variance of this layer's."""
    sigma_w, sigma_b = above_zero("length_map", "sigma_w", sigma_w), at_least_zero("length_map", "sigma_b", sigma_b)
    return sigma_w**2 * _mean_square("length_map", ACTIVATIONS[activation], q) + sigma_b**2


def chi(q: float | Float[Tensor, "*S"], *, sigma_w: float, activation: Activation = "tanh") -> Float[Tensor, "*S"]:
    """Compute the factor by which one layer multiplies the mean square of a gradient."""
    return above_zero("chi", "sigma_w", sigma_w) ** 2 * _mean_square("chi", _slope(activation), q)


def correlation_map(
    c: float | Float[Tensor, "*S"], q: float, *, sigma_w: float, sigma_b: float = 0.0, activation: Activation = "tanh"
) -> Float[Tensor, "*S"]:
    """Compute how alike two inputs look to the next layer from how alike they look to this one."""
    c = torch.as_tensor(c, dtype=torch.float64)
    if not (c.abs() <= 1).all():
        raise ValueError(f"correlation_map: c is {c.flatten()[c.abs().argmax()]}, expected correlations from -1 to 1")
    length = length_map(q, sigma_w=sigma_w, sigma_b=sigma_b, activation=activation)
    z, weights = map(torch.from_numpy, normal_grid(300, 9.0))
    f, root, one = ACTIVATIONS[activation], float(q) ** 0.5, c[..., None, None]
    second = f(root * (one * z[:, None] + (1 - one**2).sqrt() * z)) @ weights
    return (sigma_w**2 * (second @ (weights * f(root * z))) + sigma_b**2) / length


def critical_line(
    q: float | Float[Tensor, "*S"], *, activation: Activation = "tanh"
) -> tuple[Float[Tensor, "*S"], Float[Tensor, "*S"]]:
    """Find the standard deviations for which scores of variance q keep it, and so do gradients."""
    q = torch.as_tensor(q, dtype=torch.float64)
    if not (q > 0).all():
        raise ValueError("critical_line: q is 0, expected mean squares above 0")
    weight = 1 / _mean_square("critical_line", _slope(activation), q)
    bias = q - weight * _mean_square("critical_line", ACTIVATIONS[activation], q)
    if (bias < -1e-9 * (1 + q)).any():
        raise ValueError(f"critical_line: the biases of {activation} networks would need variance {bias.min():.3g}")
    return weight.sqrt(), bias.clamp(min=0).sqrt()
