"""First weights of whole networks: orthogonal ones, any rule for every layer, and a rule that looks at data."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from dlbook.differentiable import vjp
from dlbook.numpy.deep_networks.network import (
    ACTIVATIONS,
    Activation,
    Params,
    check_layers,
    check_sizes,
    layer_values,
)  # fmt: skip
from dlbook.numpy.initialization.draws import kaiming_normal
from dlbook.numpy.initialization.fans import fans
from dlbook.numpy.linear_classifiers.arguments import above_zero, check_generator, check_rows, float_dtype
from dlbook.numpy.linear_classifiers.linear import linear
from dlbook.shapes import Array, Float, ShapeError

__all__ = ["init_network", "layer_gradients", "lsuv", "orthogonal"]


def orthogonal(
    shape: Sequence[int], rng: np.random.Generator, *, gain: float = 1.0, dtype: str = "float32"
) -> Float[Array, "K D ..."]:
    r"""Draw a weight whose rows, or whose columns if these are fewer, are orthonormal, all directions alike.

    $$G = Q R, \quad G_{ij} \sim \mathcal N(0, 1), \qquad W = g\, Q\, \mathrm{diag}(\operatorname{sign} R_{ii})$$

    Parameters
    ----------
    shape : of the weight, (K, D, ...); all axes after the first count as one.
    rng : draws in float64.
    gain : g, above 0.
    dtype : of the weight.

    Returns
    -------
    weight : of the given shape; W W^T = g^2 I for K <= D, else W^T W = g^2 I.

    Raises
    ------
    ValueError : for fewer than two sizes, or a gain that is not positive.

    **Source** Saxe, McClelland and Ganguli (2014); Mezzadri (2007) for the signs.
    **Book** eq-haar
    """
    check_generator("orthogonal", rng)
    gain, dtype = above_zero("orthogonal", "gain", gain), float_dtype("orthogonal", dtype)
    fans("orthogonal", shape)  # refuses what is no weight
    rows, columns = shape[0], int(np.prod(shape[1:]))
    q, r = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))
    q *= np.sign(np.diag(r))  # without it the signs are the algorithm's habit, and not every rotation is equally likely
    return (gain * (q if rows >= columns else q.T)).reshape(shape).astype(dtype)


def init_network(
    sizes: Sequence[int], rng: np.random.Generator, *, init: Callable = kaiming_normal, dtype: str = "float32",
    **options,
) -> Params:  # fmt: skip
    r"""Draw the weights of a network by one rule for all its layers, and biases of zero.

    Parameters
    ----------
    sizes : D, the widths of the hidden layers, K: two numbers or more, each at least 1.
    rng : draws the weights layer by layer.
    init : maps `(shape, rng, dtype=..., **options)` to a weight: `normal`, `xavier_uniform`, `orthogonal`, ...
    dtype : of weights and biases.
    **options : options of init.

    Returns
    -------
    params : for `mlp`, one pair (weight, bias) for each layer.

    Raises
    ------
    ValueError : for fewer than two sizes, or a size below 1.

    **Source** definition.
    **Book** eq-kaiming
    """
    widths = check_sizes("init_network", sizes)
    return tuple((init((k, d), rng, dtype=dtype, **options), np.zeros(k, dtype)) for d, k in pairwise(widths))


def lsuv(params: Params, x: Float[Array, "N D"], *, activation: Activation = "relu") -> Params:
    r"""Give the scores of every layer variance one on a batch, layer by layer from the input.

    $$W^{(l)} \leftarrow W^{(l)} / \sigma_l, \quad b^{(l)} \leftarrow b^{(l)} / \sigma_l, \qquad
    \sigma_l^2 = \operatorname{Var}_{n,i}\, s^{(l)}_{ni}$$

    The paper starts from orthogonal weights and divides the weights alone, several times if need be; when the
    biases are divided too, one pass is exact.

    Parameters
    ----------
    params : as in `mlp`; it is not changed.
    x : (N, D) a batch of examples.
    activation : the function between the layers, by name.

    Returns
    -------
    params : of the same structure.

    Raises
    ------
    ShapeError : when there is no layer, or one does not fit the layer before it.
    ValueError : for an empty batch, or when the scores of a layer do not vary.

    **Source** Mishkin and Matas (2016), algorithm 1.
    **Book** eq-lsuv
    """
    check_rows("lsuv", x=x)
    check_layers("lsuv", x, params)
    scaled, h = [], x
    for i, (weight, bias) in enumerate(params):
        s = linear(h, weight, bias)
        std = s.std()
        if not 0 < std < np.inf:
            raise ValueError(f"lsuv: the scores of layer {i} have standard deviation {std}, expected them to vary")
        scaled.append((weight / std, bias / std))
        h = ACTIVATIONS[activation](s / std)
    return tuple(scaled)


def layer_gradients(
    x: Float[Array, "N D"], params: Params, dy: Float[Array, "N K"], *, activation: Activation = "relu"
) -> list[Array]:
    r"""Compute what every layer of a network is told: the gradient with respect to its scores.

    $$\big[\, \bar s^{(1)},\; \bar s^{(2)},\; \dots,\; \bar s^{(k)} = \bar y \,\big]$$

    Parameters
    ----------
    x : (N, D) one example per row.
    params, activation : as in `mlp`.
    dy : (N, K), dL/dy for each example.

    Returns
    -------
    gradients : k arrays of the scores' dtype, each with a row per example.

    Raises
    ------
    ShapeError : when a layer does not fit the layer before it, or dy the last one.

    **Source** Goodfellow, Bengio and Courville (2016), algorithm 6.4.
    **Book** eq-k-layer-backward, eq-backward-variance
    """
    values = layer_values(x, params, activation=activation)
    if np.shape(dy) != values[-1].shape:
        raise ShapeError(f"layer_gradients: dy has shape {np.shape(dy)}, expected {values[-1].shape}, as y has")
    gradients = [np.array(dy, values[-1].dtype)]
    for s, (weight, _) in zip(reversed(values[:-1:2]), reversed(params[1:]), strict=True):
        _, pullback = vjp(ACTIVATIONS[activation], s)
        gradients.append(pullback(gradients[-1] @ weight)[0])
    return gradients[::-1]
