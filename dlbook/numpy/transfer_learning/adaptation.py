"""Taking a trained network to another task: a new head, layers that stand still, and rates for each layer."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np

from dlbook.numpy.convolution.network import Params, convnet, convnet_objective
from dlbook.numpy.gradient_descent.descent import Descent, Rate
from dlbook.numpy.gradient_descent.one_layer import objective
from dlbook.numpy.gradient_descent.trees import tree_map
from dlbook.numpy.linear_classifiers.arguments import (
    at_least_zero,
    between,
    check_generator,
    check_rows,
    whole_number,
)
from dlbook.numpy.optimization.adam import adam
from dlbook.numpy.optimization.loop import check_optimizer, optimize
from dlbook.numpy.transfer_learning.arguments import head, two
from dlbook.shapes import Array, Float

__all__ = ["features", "fine_tune", "freeze", "layerwise", "linear_probe", "replace_head"]


def replace_head(params: Params, classes: int, rng: np.random.Generator, *, gain: float = 2.0) -> Params:
    r"""Take the last layer off a network and put on a new one, for other classes.

    $$W \sim \mathcal N\Big(0, \frac{g}{D}\Big), \qquad b = 0$$

    Parameters
    ----------
    params : one pair (weight, bias) for each layer, the last one (K, D) and (K,).
    classes : of the new head.
    rng : draws its weights.
    gain : g, at least 0; 0 starts with zeros.

    Returns
    -------
    params : the old layers, the same arrays, and the new one.

    Raises
    ------
    ValueError : for fewer classes than one, a negative gain, or params that do not end in a linear layer.
    TypeError : when rng is no generator.

    **Source** Girshick, Donahue, Darrell and Malik (2014), section 2.3.
    **Book** eq-new-head
    """
    check_generator("replace_head", rng)
    classes = whole_number("replace_head", "classes", classes, 1)
    weight, bias = head("replace_head", params)
    spread = (at_least_zero("replace_head", "gain", gain) / weight.shape[1]) ** 0.5
    drawn = (spread * rng.standard_normal((classes, weight.shape[1]))).astype(weight.dtype)
    return (*params[:-1], (drawn, np.zeros(classes, bias.dtype)))


def features(x: Float[Array, "N C *S"], params: Params, *, pool: int = 2, average: bool = False) -> Float[Array, "N D"]:
    r"""Return what the last layer of a `convnet` sees: the output of its trunk.

    $$h = \phi(x), \qquad f(x) = W h + b$$

    Parameters
    ----------
    x : (N, C, W) signals or (N, C, H, W) images.
    params, pool, average : as in `convnet`; the last layer is not used.

    Returns
    -------
    h : (N, D).

    Raises
    ------
    ValueError : for params that do not end in a linear layer, or as `convnet`.

    **Source** Donahue and others (2014).
    **Book** eq-trunk-and-head
    """
    weight, bias = head("features", params)
    width = weight.shape[1]
    see_through = (np.eye(width, dtype=weight.dtype), np.zeros(width, bias.dtype))  # a head that changes nothing
    return convnet(x, (*params[:-1], see_through), pool=pool, average=average)


def freeze(value_and_grad: Callable, layers: Sequence[int]) -> Callable:
    r"""Turn a cost into one that says that some layers have no gradient.

    $$g_l = 0 \quad \text{for } l \in \text{layers}$$

    A plain step then leaves these layers alone. One with momentum from before or with weight decay does not: what
    holds for every optimizer is `layerwise` with a factor of 0.

    Parameters
    ----------
    value_and_grad : maps `(params, *batch)` to `(value, grads)`, both trees with an entry for each layer.
    layers : numbers of the layers that are to stand still, counted from 0.

    Returns
    -------
    A function of `(params, *batch)` that returns `(value, grads)`.

    Raises
    ------
    TypeError : when layers is a single number.
    ValueError : at a call, for a layer that does not exist.

    **Source** definition.
    **Book** eq-frozen-step
    """
    if not isinstance(layers, Iterable):
        raise TypeError(f"freeze: layers is {layers!r}, expected numbers such as (0, 1)")
    still = set(layers)  # at once: what can be read only once would be empty at the second call

    def both(params, *batch):
        value, grads = value_and_grad(params, *batch)
        if not still <= set(range(len(grads))):
            raise ValueError(f"freeze: layers is {list(still)}, expected numbers from 0 to {len(grads) - 1}")
        return value, tuple(tree_map(np.zeros_like, g) if i in still else g for i, g in enumerate(grads))

    return both


def layerwise(optimizer: Callable, factors: Sequence[float]) -> Callable:
    r"""Let an optimizer walk with a learning rate of its own in each layer, and not at all where the factor is 0.

    $$\theta_l \leftarrow \text{optimizer}(\theta_l, g_l, z_l;\; c_l\, \eta), \qquad
    \theta_l \leftarrow \theta_l \text{ where } c_l = 0$$

    Parameters
    ----------
    optimizer : maps `(params, grads, state, lr=...)` to `(params, state)`, such as `adam` or `sgd_momentum`.
    factors : c, at least 0, one for each layer.

    Returns
    -------
    An optimizer for parameters that are a tuple of layers; its state is a tuple of states.

    Raises
    ------
    TypeError : when optimizer is no function, or factors is a single number.
    ValueError : for a negative factor, and at a call for another number of layers.

    **Source** Howard and Ruder (2018), section 3.2.
    **Book** eq-layerwise
    """
    check_optimizer("layerwise", optimizer)
    if not isinstance(factors, Iterable):
        raise TypeError(f"layerwise: factors is {factors!r}, expected one number for each layer")
    factors = [at_least_zero("layerwise", f"factors[{i}]", c) for i, c in enumerate(factors)]

    def step(params, grads, state=None, *, lr, **options):
        if len(params) != len(factors):
            raise ValueError(f"layerwise: params has {len(params)} layers and there are {len(factors)} factors")
        stepped = [
            optimizer(p, g, z, lr=c * lr, **options) if c else (p, None)
            for p, g, z, c in zip(params, grads, state or [None] * len(params), factors, strict=True)
        ]
        return tuple(zip(*stepped, strict=True))

    return step


def fine_tune(
    params: Params, data: tuple[Array, Array], *, decay: float = 1.0, optimizer: Callable = adam, lr: Rate = 1e-3,
    epochs: int = 40, batch_size: int = 25, rng: np.random.Generator | None, pool: int = 2, average: bool = False,
    strength: float = 0.0, measure: Callable | None = None,
) -> Descent:
    r"""Train a network that has been trained before, the lower layers more slowly.

    $$\eta_l = \eta\, \delta^{L - l}, \qquad l = 1, \dots, L$$

    Parameters
    ----------
    params : of a `convnet`, with a head for the new classes.
    data : (x, target).
    decay : delta, 0 to 1: with 0 only the head learns, with 1 all layers do at the same rate.
    optimizer, lr, epochs, batch_size, rng, measure : as in `optimize`; lr is the head's.
    pool, average, strength : as in `convnet_objective`.

    Returns
    -------
    Descent : params is the whole network.

    Raises
    ------
    ValueError : for a decay outside [0, 1], or as `optimize`.

    **Source** Howard and Ruder (2018), section 3.2, with delta = 1 / 2.6.
    **Book** eq-discriminative
    """
    decay, depth = between("fine_tune", "decay", decay, 0, 1), len(params)
    data = two("fine_tune", "data", data, "(x, target)")
    return optimize(
        convnet_objective(pool=pool, average=average, strength=strength), params, data,
        optimizer=layerwise(optimizer, [decay ** (depth - 1 - layer) for layer in range(depth)]),
        lr=lr, epochs=epochs, batch_size=batch_size, rng=rng, measure=measure,
    )  # fmt: skip


def linear_probe(
    params: Params, data: tuple[Array, Array], *, optimizer: Callable = adam, lr: Rate = 1e-3, epochs: int = 40,
    batch_size: int = 25, rng: np.random.Generator | None, pool: int = 2, average: bool = False, strength: float = 0.0,
) -> Descent:
    r"""Train the head alone, on features that are computed once.

    $$\min_{W, b}\; \frac1N \sum_n \ell\big(W \phi(x_n) + b,\, t_n\big) + \lambda \lVert W \rVert^2$$

    The same steps as `fine_tune` with a decay of 0, without a forward and a backward pass through the trunk in each.

    Parameters
    ----------
    params : of a `convnet`, with a head for the new classes.
    data : (x, target).
    optimizer, lr, epochs, batch_size, rng : as in `optimize`.
    pool, average : as in `convnet`.
    strength : lambda, of the head's weights alone.

    Returns
    -------
    Descent : params is the whole network.

    Raises
    ------
    ValueError : as `optimize`.

    **Source** Donahue and others (2014); Razavian and others (2014).
    **Book** eq-linear-probe
    """
    start, (x, target) = head("linear_probe", params), two("linear_probe", "data", data, "(x, target)")
    check_rows("linear_probe", x=x, target=target)
    run = optimize(
        objective(strength=strength), start, (features(x, params, pool=pool, average=average), target),
        optimizer=optimizer, lr=lr, epochs=epochs, batch_size=batch_size, rng=rng,
    )  # fmt: skip
    return replace(run, params=(*params[:-1], run.params))
