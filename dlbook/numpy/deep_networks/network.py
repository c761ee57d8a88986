"""Networks of k layers: linear layers with an activation between them, as one function of all parameters."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Literal

import numpy as np

from dlbook.differentiable import differentiable, vjp
from dlbook.numpy.backpropagation.functions import tanh
from dlbook.numpy.deep_networks.rectifiers import elu, leaky_relu, relu, selu
from dlbook.numpy.deep_networks.smooth import gelu, silu, softplus
from dlbook.numpy.linear_classifiers.arguments import above_zero, whole_number
from dlbook.numpy.linear_classifiers.binary import sigmoid
from dlbook.numpy.linear_classifiers.linear import linear
from dlbook.shapes import Array, Float, Scalar, ShapeError

__all__ = ["identity", "init_mlp", "layer_values", "mlp"]

Activation = Literal["identity", "relu", "leaky_relu", "elu", "selu", "sigmoid", "tanh", "softplus", "gelu", "silu"]
Params = tuple[tuple[Float[Array, "K D"], Float[Array, " K"]], ...]


@differentiable
def identity(x: Float[Array, "*S"]) -> Scalar | Float[Array, "*S"]:
    r"""Change nothing: the activation of a network that has none.

    $$y = x, \qquad \bar x = \bar y$$

    Parameters
    ----------
    x : any shape.

    Returns
    -------
    y : a copy of x.

    **Source** definition.
    **Book** eq-collapse
    """
    return x.copy(), lambda dy: (dy.copy(),)


class ByName(dict[str, Callable]):
    """Functions by name, which answer to an unknown name with the names that they know."""

    def __missing__(self, name: str):
        raise ValueError(f"activation is {name!r}, expected one of {', '.join(self)}")


# The activations that need no parameters of their own, by name.
ACTIVATIONS = ByName(
    {f.__name__: f for f in (identity, relu, leaky_relu, elu, selu, sigmoid, tanh, softplus, gelu, silu)}
)


def check_layers(function: str, x: Array, params: Params) -> None:
    """Refuse a network without layers, and layers of which one does not fit the one before."""
    if not params:
        raise ShapeError(f"{function}: params holds no layer, expected at least one pair (weight, bias)")
    width, source = x.shape[1], "x"
    for i, (weight, bias) in enumerate(params):
        if weight.shape[1] != width or bias.shape != weight.shape[:1]:
            raise ShapeError(
                f"{function}: params[{i}] has weight {weight.shape} and bias {bias.shape}, "
                f"expected weight (K, {width}) and bias (K,), as {source} has {width} columns"
            )
        width, source = len(weight), f"layer {i}"


@differentiable
def mlp(x: Float[Array, "N D"], params: Params, *, activation: Activation = "relu") -> Float[Array, "N K"]:
    r"""Send x through a network of k layers: linear maps with an activation after each of them but the last.

    $$h^{(0)} = x, \qquad s^{(l)} = W^{(l)} h^{(l-1)} + b^{(l)}, \qquad h^{(l)} = \varphi(s^{(l)}), \qquad y = s^{(k)}$$

    Parameters
    ----------
    x : (N, D) one example per row.
    params : one pair (weight, bias) for each layer, weight (K, D) with D the number of outputs of the layer before.
    activation : the function between the layers, by name.

    Returns
    -------
    y : (N, K), the scores of the last layer.

    Raises
    ------
    ShapeError : when there is no layer, or one does not fit the layer before it.

    **Source** Goodfellow, Bengio and Courville (2016), algorithms 6.3 and 6.4; KTH DD2424, assignment 3.
    **Book** eq-k-layer, eq-k-layer-backward
    """
    check_layers("mlp", x, params)
    pullbacks = []
    for layer, (weight, bias) in enumerate(params):
        if layer:
            x, activation_pullback = vjp(ACTIVATIONS[activation], x)
            pullbacks.append(activation_pullback)
        x, linear_pullback = vjp(linear, x, weight, bias)
        pullbacks.append(linear_pullback)

    def pullback(dy):
        grads = []
        for part in reversed(pullbacks):  # the last layer first: each part hands its dx to the part before it
            dy, *own = part(dy)
            if own:
                grads.append(tuple(own))
        return dy, tuple(reversed(grads))

    return x, pullback


def check_sizes(function: str, sizes: Sequence[int]) -> list[int]:
    """Return the widths of a network's layers as integers; refuse fewer than two, and a layer without units."""
    widths = [whole_number(function, f"sizes[{i}]", size, 1) for i, size in enumerate(sizes)]
    if len(widths) < 2:
        raise ValueError(f"{function}: sizes is {list(sizes)}, expected at least two: inputs and outputs")
    return widths


def layer_values(x: Float[Array, "N D"], params: Params, *, activation: Activation = "relu") -> list[Array]:
    r"""Compute what every layer of a network says, before and after its activation.

    $$\big[\, s^{(1)},\; h^{(1)},\; s^{(2)},\; h^{(2)},\; \dots,\; s^{(k)} \,\big]$$

    Parameters
    ----------
    x : (N, D) one example per row.
    params, activation : as in `mlp`.

    Returns
    -------
    values : 2 k - 1 arrays, each with a row per example; the last is the value of `mlp`.

    Raises
    ------
    ShapeError : when there is no layer, or one does not fit the layer before it.

    **Source** Goodfellow, Bengio and Courville (2016), algorithm 6.3.
    **Book** eq-k-layer
    """
    check_layers("layer_values", x, params)
    values = [linear(x, *params[0])]
    for weight, bias in params[1:]:
        values.append(ACTIVATIONS[activation](values[-1]))
        values.append(linear(values[-1], weight, bias))
    return values


def init_mlp(sizes: Sequence[int], rng: np.random.Generator, *, gain: float = 2.0, dtype: str = "float32") -> Params:
    r"""Draw the weights of a network, the smaller the more inputs their unit adds up, and biases of zero.

    $$w^{(l)}_{kd} \sim \mathcal N\big(0,\; g / D_l\big), \qquad b^{(l)} = 0$$

    Parameters
    ----------
    sizes : D, the widths of the hidden layers, K: two numbers or more, each at least 1.
    rng : draws the weights in float64, layer by layer, so that float32 and float64 networks begin alike.
    gain : g, above 0; 2 suits the ReLU, which passes half of the power on, and 1 the tanh.
    dtype : of weights and biases.

    Returns
    -------
    params : one pair (weight, bias) for each layer.

    Raises
    ------
    ValueError : for fewer than two sizes, a size below 1, or a gain that is not positive.

    **Source** He, Zhang, Ren and Sun (2015), eq. 10.
    **Book** eq-init-mlp
    """
    gain = above_zero("init_mlp", "gain", gain)
    widths = check_sizes("init_mlp", sizes)
    return tuple(
        (((gain / d) ** 0.5 * rng.standard_normal((k, d))).astype(dtype), np.zeros(k, dtype))
        for d, k in pairwise(widths)
    )
