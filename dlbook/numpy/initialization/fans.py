"""Fans and gains: how many terms a score and a gradient add up, and what an activation leaves of a signal."""

from collections.abc import Sequence
from math import prod
from typing import Literal

import numpy as np

from dlbook.numpy.deep_networks.network import ACTIVATIONS, Activation
from dlbook.numpy.linear_classifiers.arguments import between, whole_number
from dlbook.shapes import Array, Float

__all__ = ["activation_gain", "calculate_fan", "calculate_gain"]

# The names that torch.nn.init knows; a convolution is a linear layer.
Nonlinearity = Literal["linear", "conv1d", "conv2d", "conv3d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"]
GAINS = {"linear": 1.0, "conv1d": 1.0, "conv2d": 1.0, "conv3d": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": 2**0.5,
         "selu": 0.75}  # fmt: skip


def fans(function: str, shape: Sequence[int]) -> tuple[int, int]:
    """Count as `calculate_fan` does, and refuse in the name of the function that was called."""
    if not isinstance(shape, Sequence | np.ndarray) or isinstance(shape, str) or len(shape) < 2:
        raise ValueError(f"{function}: shape is {shape!r}, expected at least two sizes, outputs and inputs")
    outputs, inputs, *field = (whole_number(function, f"shape[{i}]", size, 1) for i, size in enumerate(shape))
    return inputs * prod(field), outputs * prod(field)


def calculate_fan(shape: Sequence[int]) -> tuple[int, int]:
    r"""Count what a score adds up on the way forward, and what a gradient adds up on the way back.

    $$\text{fan\_in} = D \prod_i r_i , \qquad \text{fan\_out} = K \prod_i r_i$$

    Parameters
    ----------
    shape : of a weight, (K, D) of a dense layer or (K, D, r_1, ...) of a convolution; each size at least 1.

    Returns
    -------
    fan_in, fan_out : the terms in a score and, for stride 1, in the gradient of an input.

    Raises
    ------
    ValueError : for fewer than two sizes, or one below 1.

    Examples
    --------
    >>> calculate_fan((100, 40)), calculate_fan((128, 64, 3, 3))
    ((40, 100), (576, 1152))

    **Source** Glorot and Bengio (2010), section 4.2; He, Zhang, Ren and Sun (2015), section 2.2.
    **Book** eq-fans
    """
    return fans("calculate_fan", shape)


def calculate_gain(nonlinearity: Nonlinearity, param: float | None = None) -> float:
    r"""Look up the factor that torch.nn.init recommends for the standard deviation in front of an activation.

    Parameters
    ----------
    nonlinearity : "linear", "conv1d", "conv2d", "conv3d", "sigmoid", "tanh", "relu", "leaky_relu" or "selu".
    param : the slope of a leaky ReLU on the left, 0.01 by default.

    Returns
    -------
    gain : 1, but 5/3 for tanh, 3/4 for selu, the square root of 2 for relu and of 2 / (1 + slope^2) for leaky_relu.

    Raises
    ------
    ValueError : for another name, or a slope that is nan or huge.

    Examples
    --------
    >>> calculate_gain("leaky_relu", 1.0)
    1.0

    **Source** He, Zhang, Ren and Sun (2015), eq. 15 for the leaky ReLU; the table of torch.nn.init.
    **Book** eq-gain
    """
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else between("calculate_gain", "param", param, -1e6, 1e6)
        return (2 / (1 + slope**2)) ** 0.5
    if nonlinearity not in GAINS:
        names = ", ".join(sorted([*GAINS, "leaky_relu"]))
        raise ValueError(f"calculate_gain: nonlinearity is {nonlinearity!r}, expected one of {names}")
    return GAINS[nonlinearity]


def normal_grid(points: int = 2400, end: float = 12.0) -> tuple[Float[Array, " M"], Float[Array, " M"]]:
    """Return places and weights such that weights @ f(places) is the mean of f(z), z standard normal.

    The midpoint rule: for smooth functions exact to rounding, and as the places straddle zero a kink there does
    no harm.
    """
    z = (np.arange(points) + 0.5) * (2 * end / points) - end
    weights = np.exp(-(z**2) / 2)
    return z, weights / weights.sum()


def activation_gain(activation: Activation) -> float:
    r"""Compute the factor that gives the values of an activation the mean square of its standard normal input.

    $$g = \big( \mathbb E\, \varphi(z)^2 \big)^{-1/2} , \qquad z \sim \mathcal N(0, 1)$$

    Parameters
    ----------
    activation : a function between the layers of `mlp`, by name.

    Returns
    -------
    gain : above 0.

    Raises
    ------
    ValueError : for an unknown activation.

    **Source** He, Zhang, Ren and Sun (2015), section 2.2, with the integral left open.
    **Book** eq-gain
    """
    z, weights = normal_grid()
    return float(weights @ ACTIVATIONS[activation](z) ** 2) ** -0.5
