"""Taking a trained network to another task: a new head, layers that stand still, and rates for each layer."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from dlbook.numpy.gradient_descent.descent import Descent, Rate
from dlbook.numpy.gradient_descent.trees import tree_map
from dlbook.numpy.linear_classifiers.arguments import (
    above_zero,
    at_least_zero,
    between,
    check_generator,
    check_rows,
    whole_number,
)
from dlbook.numpy.transfer_learning.adaptation import layerwise
from dlbook.numpy.transfer_learning.arguments import head, two
from dlbook.torch.convolution.network import Params, convnet, convnet_objective
from dlbook.torch.gradient_descent.one_layer import objective
from dlbook.torch.optimization.adam import adam
from dlbook.torch.optimization.loop import optimize

__all__ = [
    "features",
    "fine_tune",
    "freeze",
    "freeze_module",
    "layerwise",
    "linear_probe",
    "parameter_groups",
    "replace_head",
]


def replace_head(params: Params, classes: int, rng: np.random.Generator, *, gain: float = 2.0) -> Params:
    """Take the last layer off a network and put on a new one, for other classes."""
    check_generator("replace_head", rng)
    classes = whole_number("replace_head", "classes", classes, 1)
    weight, bias = head("replace_head", params)
    spread = (at_least_zero("replace_head", "gain", gain) / weight.shape[1]) ** 0.5
    drawn = torch.from_numpy(spread * rng.standard_normal((classes, weight.shape[1])))
    return (*params[:-1], (drawn.to(weight.device, weight.dtype), bias.new_zeros(classes)))


def features(x: Float[Tensor, "N C *S"], params: Params, *, pool: int = 2, average: bool = False) -> Tensor:
    """Return what the last layer of a `convnet` sees: the output of its trunk."""
    weight, bias = head("features", params)
    width = weight.shape[1]
    see_through = (torch.eye(width, dtype=weight.dtype, device=weight.device), bias.new_zeros(width))
    return convnet(x, (*params[:-1], see_through), pool=pool, average=average)


def freeze(value_and_grad: Callable, layers: Sequence[int]) -> Callable:
    """Turn a cost into one that says that some layers have no gradient."""
    if not isinstance(layers, Iterable):
        raise TypeError(f"freeze: layers is {layers!r}, expected numbers such as (0, 1)")
    still = set(layers)  # at once: what can be read only once would be empty at the second call

    def both(params, *batch):
        value, grads = value_and_grad(params, *batch)
        if not still <= set(range(len(grads))):
            raise ValueError(f"freeze: layers is {list(still)}, expected numbers from 0 to {len(grads) - 1}")
        return value, tuple(tree_map(torch.zeros_like, g) if i in still else g for i, g in enumerate(grads))

    return both


def fine_tune(
    params: Params, data: tuple[Tensor, Tensor], *, decay: float = 1.0, optimizer: Callable = adam, lr: Rate = 1e-3,
    epochs: int = 40, batch_size: int = 25, rng: np.random.Generator | None, pool: int = 2, average: bool = False,
    strength: float = 0.0, measure: Callable | None = None,
) -> Descent:
    """Train a network that has been trained before, the lower layers more slowly."""
    decay, depth = between("fine_tune", "decay", decay, 0, 1), len(params)
    data = two("fine_tune", "data", data, "(x, target)")
    return optimize(
        convnet_objective(pool=pool, average=average, strength=strength), params, data,
        optimizer=layerwise(optimizer, [decay ** (depth - 1 - layer) for layer in range(depth)]),
        lr=lr, epochs=epochs, batch_size=batch_size, rng=rng, measure=measure,
    )  # fmt: skip


def linear_probe(
    params: Params, data: tuple[Tensor, Tensor], *, optimizer: Callable = adam, lr: Rate = 1e-3, epochs: int = 40,
    batch_size: int = 25, rng: np.random.Generator | None, pool: int = 2, average: bool = False, strength: float = 0.0,
) -> Descent:
    """Train the head alone, on features that are computed once."""
    start, (x, target) = head("linear_probe", params), two("linear_probe", "data", data, "(x, target)")
    check_rows("linear_probe", x=x, target=target)
    with torch.no_grad():
        seen = features(x, params, pool=pool, average=average)
    run = optimize(
        objective(strength=strength), start, (seen, target), optimizer=optimizer, lr=lr, epochs=epochs,
        batch_size=batch_size, rng=rng,
    )  # fmt: skip
    return replace(run, params=(*params[:-1], run.params))


def freeze_module(module: nn.Module) -> nn.Module:
    """Make a module stand still: no gradient for its parameters, and no new statistics for its batch norms.

    Parameters
    ----------
    module : a trunk; it is changed, as modules are.

    Returns
    -------
    module : the same one. `train()` on it, or on what contains it, would set its batch norms going again.

    **Source** `torch.Tensor.requires_grad_`, `torch.nn.Module.eval`.
    **Book** eq-frozen-step
    """
    return module.requires_grad_(False).eval()


def parameter_groups(layers: Sequence[nn.Module], *, lr: float, decay: float = 1.0) -> list[dict]:
    r"""Give each layer a learning rate of its own, in the form that `torch.optim` takes.

    $$\eta_l = \eta\, \delta^{L - l}$$

    Parameters
    ----------
    layers : modules, from the lowest to the head; one without parameters that learn makes no group.
    lr : eta, the head's.
    decay : delta, 0 to 1; where a rate is 0 no group is made, so that weight decay does not move the layer either.

    Returns
    -------
    groups : a list of `{"params": ..., "lr": ...}`.

    **Source** `torch.optim`; Howard and Ruder (2018), section 3.2.
    **Book** eq-discriminative
    """
    lr, decay = above_zero("parameter_groups", "lr", lr), between("parameter_groups", "decay", decay, 0, 1)
    groups = []
    for layer, module in enumerate(layers):
        own = [p for p in module.parameters() if p.requires_grad]
        rate = lr * decay ** (len(layers) - 1 - layer)
        if own and rate:
            groups.append({"params": own, "lr": rate})
    return groups
