"""A small convolutional network: convolution, rectifier and pooling some times over, then a linear classifier."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from dlbook.differentiable import differentiable, vjp
from dlbook.numpy.convolution.conv import conv1d, conv2d, kernel_gradients
from dlbook.numpy.convolution.pooling import max_pool1d, max_pool2d
from dlbook.numpy.deep_networks.rectifiers import relu
from dlbook.numpy.deep_networks.training import add_penalty
from dlbook.numpy.linear_classifiers.arguments import at_least_zero, check_rows, whole_number
from dlbook.numpy.linear_classifiers.cross_entropy import cross_entropy
from dlbook.numpy.linear_classifiers.linear import linear
from dlbook.shapes import Array, Float, ShapeError

__all__ = ["convnet", "convnet_objective", "feature_maps", "init_convnet", "layer"]

Params = tuple[tuple[Float[Array, "F C *S"], Float[Array, " F"]], ...]


def layer(f: Callable, **options) -> Callable:
    r"""Fix the options of a differentiable function, so that it can stand in a `chain`.

    Parameters
    ----------
    f : a `@differentiable` function.
    **options : its options.

    Returns
    -------
    A differentiable function of f's positional arguments alone.

    Examples
    --------
    >>> from dlbook.numpy import chain
    >>> halve_twice = chain(layer(max_pool1d, kernel_size=2), layer(max_pool1d, kernel_size=2))
    >>> halve_twice(np.arange(8.0).reshape(1, 1, 8), ((), ()))
    array([[[3., 7.]]])

    **Source** definition.
    **Book** eq-convnet
    """

    @differentiable
    def fixed(*args: Any) -> Any:
        return vjp(f, *args, **options)

    return fixed


@differentiable
def feature_maps(x: Float[Array, "N C *S"], params: Params, *, pool: int = 2) -> Float[Array, "N F *P"]:
    r"""Send signals or images through the first layers of a `convnet`: convolution, rectifier and pooling.

    $$h^{(0)} = x, \qquad h^{(l)} = \operatorname{maxpool}\big( \max(0,\, w^{(l)} \star h^{(l-1)} + b^{(l)}) \big)$$

    The rest of the network is a `convnet` too: `convnet(feature_maps(x, params[:l]), params[l:])` are the scores.

    Parameters
    ----------
    x : (N, C, W) signals or (N, C, H, W) images.
    params : (weight, bias) of the first l layers: convolutions with padding "same", whose weight has as many axes as x.
    pool : each convolution is followed by a rectifier and by the maximum of windows of this size, side by side.

    Returns
    -------
    h : (N, F, P) or (N, F, P, Q), the F maps of the last of these layers; without a layer a copy of x.

    Raises
    ------
    ShapeError : when a layer does not fit the one before.

    **Source** LeCun, Bottou, Bengio and Haffner (1998), section II, with later rectifiers and maxima.
    **Book** eq-convnet
    """
    if not params:
        return x.copy(), lambda dy: (dy.copy(), ())
    conv, shrink = (conv1d, max_pool1d) if x.ndim == 3 else (conv2d, max_pool2d)
    pullbacks = []
    for i, (weight, bias) in enumerate(params):
        if weight.ndim != x.ndim or weight.shape[1] != x.shape[1]:
            expected = f"{x.ndim} axes as x has, (F, {x.shape[1]}, ...)"
            raise ShapeError(f"feature_maps: params[{i}] has weight {weight.shape}, expected {expected}")
        x, conv_pullback = vjp(conv, x, weight, bias, padding="same")
        x, relu_pullback = vjp(relu, x)
        x, pool_pullback = vjp(shrink, x, kernel_size=pool)
        pullbacks.append((conv_pullback, relu_pullback, pool_pullback))

    def pullback(dy):
        dx, grads = dy, []
        for conv_pullback, relu_pullback, pool_pullback in reversed(pullbacks):
            (dx,) = pool_pullback(dx)
            (dx,) = relu_pullback(dx)
            dx, *own = conv_pullback(dx)
            grads.append(tuple(own))
        return dx, tuple(reversed(grads))

    return x, pullback


@differentiable
def convnet(
    x: Float[Array, "N C *S"], params: Params, *, pool: int = 2, average: bool = False
) -> Float[Array, "N K"]:
    r"""Send signals or images through a small convolutional network: its feature maps, and a linear classifier of them.

    $$h^{(0)} = x, \qquad h^{(l)} = \operatorname{maxpool}\big( \max(0,\, w^{(l)} \star h^{(l-1)} + b^{(l)}) \big),
    \qquad y = W \operatorname{vec}\big(h^{(k-1)}\big) + b$$

    Parameters
    ----------
    x : (N, C, W) signals or (N, C, H, W) images.
    params : one pair (weight, bias) for each layer: those of `feature_maps`, and last a linear layer with a weight
        (K, D).
    pool : as in `feature_maps`.
    average : give the linear layer the mean of each channel instead of all its entries: global average pooling.

    Returns
    -------
    y : (N, K), scores.

    Raises
    ------
    ShapeError : when params has no linear layer at the end, or a layer does not fit the one before.
    ValueError : for no examples.

    **Source** LeCun, Bottou, Bengio and Haffner (1998), section II, with later rectifiers and maxima.
    **Book** eq-convnet
    """
    check_rows("convnet", x=x)
    if not params or params[-1][0].ndim != 2:
        raise ShapeError(f"convnet: weights have shapes {[w.shape for w, _ in params]}, expected one (K, D) at the end")
    h, maps_pullback = vjp(feature_maps, x, params[:-1], pool=pool)
    maps = h.reshape(*h.shape[:2], -1)
    features = maps.mean(axis=2) if average else maps.reshape(len(x), -1)
    if params[-1][0].shape[1] != features.shape[1]:
        raise ShapeError(
            f"convnet: the last weight has shape {params[-1][0].shape}, expected {features.shape[1]} columns"
        )
    y, linear_pullback = vjp(linear, features, *params[-1])

    def pullback(dy):
        dh, *own = linear_pullback(dy)
        if average:
            dh = np.repeat(dh[:, :, None] / maps.shape[2], maps.shape[2], axis=2)
        dx, grads = maps_pullback(dh.reshape(h.shape))
        return dx, (*grads, tuple(own))

    return y, pullback


def init_convnet(
    shape: Sequence[int], channels: Sequence[int], classes: int, rng: np.random.Generator, *, kernel_size: int = 3,
    pool: int = 2, average: bool = False, dtype: str = "float32",
) -> Params:
    r"""Draw the weights of a small convolutional network, the smaller the more inputs their unit adds up.

    $$w^{(l)} \sim \mathcal N\Big(0,\; \frac{2}{C_{l-1} R^n}\Big), \qquad b^{(l)} = 0$$

    Parameters
    ----------
    shape : of one example: (C, W) or (C, H, W).
    channels : filters of each convolution.
    classes : K.
    rng : draws the weights in float64, layer by layer.
    kernel_size : R, along each of the n axes.
    pool, average : as in `convnet`.
    dtype : of weights and biases.

    Returns
    -------
    params : one pair (weight, bias) for each layer.

    Raises
    ------
    ValueError : for a number out of range, or pooling that leaves nothing.

    **Source** He, Zhang, Ren and Sun (2015), eq. 10.
    **Book** eq-convnet
    """
    first, *size = (whole_number("init_convnet", f"shape[{i}]", n, 1) for i, n in enumerate(shape))
    kernel, pool = (
        whole_number("init_convnet", o, v, 1) for o, v in (("kernel_size", kernel_size), ("pool", pool))
    )
    widths = [first, *(whole_number("init_convnet", f"channels[{i}]", c, 1) for i, c in enumerate(channels))]
    params = []
    for before, after in pairwise(widths):
        weight = rng.standard_normal((after, before, *[kernel] * len(size)))
        params.append((weight * (2 / weight[0].size) ** 0.5, np.zeros(after)))
        size = [n // pool for n in size]
    if not all(size):
        raise ValueError(f"init_convnet: pooling by {pool} after {len(channels)} layers leaves nothing of {shape}")
    features = widths[-1] * (1 if average else int(np.prod(size)))
    classes = whole_number("init_convnet", "classes", classes, 1)
    params.append(((2 / features) ** 0.5 * rng.standard_normal((classes, features)), np.zeros(classes)))
    return tuple((weight.astype(dtype), bias.astype(dtype)) for weight, bias in params)


def _first_layer(x: Array, weight: Array, bias: Array, pool: int):
    """Compute the first layer of `convnet`, and how its own parameters get their gradients."""
    conv, shrink = (conv1d, max_pool1d) if x.ndim == 3 else (conv2d, max_pool2d)
    s, relu_pullback = vjp(relu, conv(x, weight, padding="same", bias=bias))
    h, pool_pullback = vjp(shrink, s, kernel_size=pool)

    def pullback(dh):
        (ds,) = relu_pullback(*pool_pullback(dh))
        return kernel_gradients(x, weight, ds)

    return h, pullback


def convnet_objective(
    loss: Callable = cross_entropy, *, pool: int = 2, average: bool = False, strength: float = 0.0, **loss_options
) -> Callable:
    r"""Build the cost of a small convolutional network: the mean loss of its scores plus a price on its weights.

    $$J(\theta) = \frac1N \sum_n \ell\big(f(x_n; \theta),\, t_n\big) + \lambda \sum_l \lVert w^{(l)} \rVert^2$$

    Parameters
    ----------
    loss : a `@differentiable` function of `(scores, target)` with a scalar value.
    pool, average : as in `convnet`.
    strength : lambda, at least 0; the biases go free.
    **loss_options : options of the loss.

    Returns
    -------
    A function of `(params, x, target)` that returns `(cost, grads)`, for `sgd`.

    Raises
    ------
    ValueError : for a negative strength.

    **Source** KTH DD2424, assignment 3 (option).
    **Book** eq-convnet
    """
    strength = at_least_zero("convnet_objective", "strength", strength)

    def value_and_grad(params: Params, x, *target):
        h, first_pullback, rest = x, None, params
        if len(params) > 1:  # the first layer owes nobody a gradient of its input: nobody asks data to change
            h, first_pullback = _first_layer(x, *params[0], pool)
            rest = params[1:]
        scores, pullback = vjp(convnet, h, rest, pool=pool, average=average)
        cost, loss_pullback = vjp(loss, scores, *target, **loss_options)
        dh, grads = pullback(loss_pullback(1.0)[0])
        if first_pullback:
            grads = (first_pullback(dh), *grads)
        return add_penalty(cost, params, grads, strength), grads

    return value_and_grad
