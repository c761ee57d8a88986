"""Networks of k layers with a normalization before each activation, as one function of all parameters."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Literal

import numpy as np

from dlbook.differentiable import differentiable, vjp
from dlbook.numpy.deep_networks.network import ACTIVATIONS, Activation, check_sizes
from dlbook.numpy.initialization import normal
from dlbook.numpy.linear_classifiers.arguments import above_zero, check_generator, float_dtype
from dlbook.numpy.linear_classifiers.linear import linear
from dlbook.numpy.normalization.batch import batch_norm, batch_norm_eval, init_running
from dlbook.numpy.normalization.features import layer_norm
from dlbook.shapes import Array, Float, ShapeError, describe

__all__ = ["init_normalized_mlp", "normalized_mlp"]

Norm = Literal["batch", "layer", "none"]
NormParams = tuple[tuple[Float[Array, "*S"], ...], ...]
State = tuple[tuple[Float[Array, " C"], Float[Array, " C"]], ...]


def check_norm(function: str, norm: str) -> None:
    """Refuse a norm that a network does not know."""
    if norm not in ("batch", "layer", "none"):
        raise ValueError(f"{function}: norm is {norm!r}, expected 'batch', 'layer' or 'none'")


def check_normalized_layers(function: str, x: Array, params: NormParams, running: State | None, norm: Norm) -> None:
    """Refuse layers that do not fit each other, the norm, or the running statistics."""
    check_norm(function, norm)
    if not params:
        raise ShapeError(f"{function}: params holds no layer, expected at least one")
    if x.ndim != 2:
        raise ShapeError(f"{function}: x has shape {tuple(x.shape)}, expected (N, D)")
    width = x.shape[1]
    for i, layer in enumerate(params):
        if not isinstance(layer, tuple | list):
            raise ShapeError(f"{function}: params[{i}] is {describe(layer)}, expected a tuple of the layer's arrays")
        hidden = i < len(params) - 1
        names = ("weight", "gamma", "beta") if hidden and norm != "none" else ("weight", "bias")
        shapes = [getattr(a, "shape", None) for a in layer]
        units = shapes[0][0] if layer and len(shapes[0] or ()) == 2 else "K"
        if shapes != [(units, width)] + [(units,)] * (len(names) - 1):
            told = ", ".join(f"{name} {'(K, ' + str(width) + ')' if name == 'weight' else '(K,)'}" for name in names)
            raise ShapeError(f"{function}: params[{i}] has shapes {shapes}, expected {told} with norm = {norm!r}")
        width = units
    if running is not None:
        want = [len(layer[0]) for layer in params[:-1]] if norm == "batch" else []
        if [len(mean) for mean, _ in running] != want:
            told = f"running is for {[len(m) for m, _ in running]} units, expected {want} with norm = {norm!r}"
            raise ShapeError(f"{function}: {told}")


def forward(x: Array, params: NormParams, running: State | None, norm: Norm, activation: Activation, eps: float):
    """Return the scores, what each batch norm was given, and per layer its list of pullbacks, in order.

    Without a batch norm the second is empty.
    """
    pullbacks, normalized = [], []
    for i, (weight, *rest) in enumerate(params):
        last = i == len(params) - 1
        plain = last or norm == "none"
        x, linear_pullback = vjp(linear, x, weight, *(rest if plain else ()))
        parts = [linear_pullback]
        if not plain:
            if norm == "layer":
                x, norm_pullback = vjp(layer_norm, x, *rest, eps=eps)
            elif running is None:
                normalized.append(x)
                x, norm_pullback = vjp(batch_norm, x, *rest, eps=eps)
            else:
                x, norm_pullback = vjp(batch_norm_eval, x, *running[i], *rest, eps=eps)
            parts.append(norm_pullback)
        if not last:
            x, activation_pullback = vjp(ACTIVATIONS[activation], x)
            parts.append(activation_pullback)
        pullbacks.append(parts)
    return x, normalized, pullbacks


def layer_backward(parts: list[Callable], dy: Array, evaluating: bool) -> tuple[Array, list, tuple]:
    """Carry dy back to the scores of a layer: dy there, the gradients of gamma and beta, of running statistics."""
    own, of_running = [], ()
    for part in reversed(parts[1:]):
        dy, *grads = part(dy)
        if grads:
            of_running, own = (tuple(grads[:2]), grads[2:]) if evaluating else ((), grads)
    return dy, own, of_running


@differentiable
def normalized_mlp(
    x: Float[Array, "N D"], params: NormParams, running: State | None = None, *, norm: Norm = "batch",
    activation: Activation = "relu", eps: float = 1e-5,
) -> Float[Array, "N K"]:
    r"""Send x through a network of k layers with a normalization between each linear map and its activation.

    $$s^{(l)} = W^{(l)} h^{(l-1)}, \qquad
    h^{(l)} = \varphi\big(\gamma^{(l)} \odot \hat s^{(l)} + \beta^{(l)}\big), \qquad y = W^{(k)} h^{(k-1)} + b^{(k)}$$

    Parameters
    ----------
    x : (N, D) one example per row.
    params : for each hidden layer (weight, gamma, beta), for the last (weight, bias); with norm "none" all are
        (weight, bias) and the function is `mlp`.
    running : for each batch norm a pair (mean, variance), which are then used, in evaluation mode; () where there is
        none. None trains: each batch norm uses the batch.
    norm : "batch", "layer" or "none".
    activation : the function between the layers, by name.
    eps : of the normalization, above 0.

    Returns
    -------
    y : (N, K), the scores of the last layer.

    Raises
    ------
    ShapeError : when there is no layer, or one does not fit the layer before it, the norm or the statistics.
    ValueError : for a batch of one example in training.

    **Source** Ioffe and Szegedy (2015), section 3.2; KTH DD2424, assignment 3.
    **Book** eq-normalized-mlp
    """
    eps = above_zero("normalized_mlp", "eps", eps)
    check_normalized_layers("normalized_mlp", x, params, running, norm)
    if norm == "batch" and running is None and len(params) > 1 and len(x) == 1:
        raise ValueError("normalized_mlp: x has one example, expected at least 2: there is no variance to divide by")
    y, _, pullbacks = forward(x, params, running, norm, activation, eps)

    def pullback(dy):
        grads, of_running = [], []
        for parts in reversed(pullbacks):
            dy, own, statistics = layer_backward(parts, dy, running is not None)
            dy, dweight, *dbias = parts[0](dy)
            grads.append((dweight, *own, *dbias))
            of_running += [statistics] if statistics else []
        return dy, tuple(reversed(grads)), None if running is None else tuple(reversed(of_running))

    return y, pullback


def init_normalized_mlp(
    sizes: Sequence[int], rng: np.random.Generator, *, norm: Norm = "batch", sigma: float | None = None,
    gain: float = 2.0, dtype: str = "float32",
) -> tuple[NormParams, State]:
    r"""Draw the parameters of a normalized network, and the running statistics with which it begins.

    $$w^{(l)}_{kd} \sim \mathcal N\big(0,\, \sigma^2\big) \ \text{or}\ \mathcal N\big(0,\, g / D_l\big), \qquad
    \gamma = 1, \quad \beta = b = 0$$

    Parameters
    ----------
    sizes : D, the widths of the hidden layers, K: two numbers or more, each at least 1.
    rng : draws the weights in float64, layer by layer: the same weights for every norm.
    norm : "batch", "layer" or "none"; it decides what a hidden layer holds, as in `normalized_mlp`.
    sigma : the standard deviation of all weights, above 0, or None for the one that suits each layer.
    gain : g, above 0, where sigma is None; as in `init_mlp` it multiplies the variance.
    dtype : of everything.

    Returns
    -------
    params : as in `normalized_mlp`.
    running : mean 0 and variance 1 for each batch norm; () without any.

    Raises
    ------
    ValueError : for fewer than two sizes, a size below 1, a sigma or gain that is not positive, an unknown norm, or
        a dtype that is no float type.

    **Source** KTH DD2424 (2019), assignment 3.
    **Book** eq-normalized-mlp
    """
    check_generator("init_normalized_mlp", rng)
    gain = above_zero("init_normalized_mlp", "gain", gain)
    check_norm("init_normalized_mlp", norm)
    dtype, widths = float_dtype("init_normalized_mlp", dtype), check_sizes("init_normalized_mlp", sizes)
    fixed = None if sigma is None else above_zero("init_normalized_mlp", "sigma", sigma)
    params = []
    for i, (d, k) in enumerate(pairwise(widths)):
        weight = normal((k, d), rng, std=(gain / d) ** 0.5 if fixed is None else fixed, dtype=dtype)
        plain = i == len(widths) - 2 or norm == "none"
        params.append((weight, np.zeros(k, dtype)) if plain else (weight, np.ones(k, dtype), np.zeros(k, dtype)))
    running = tuple(init_running(k, dtype=dtype) for k in widths[1:-1]) if norm == "batch" else ()
    return tuple(params), running
