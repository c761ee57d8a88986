"""A residual network of any depth for small images, and the same network without its shortcuts."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor
from torch.utils._pytree import tree_map

from dlbook.numpy import architectures as reference
from dlbook.numpy.architectures.layers import check_layer
from dlbook.numpy.architectures.network import check_parts
from dlbook.numpy.architectures.shortcuts import check_block
from dlbook.numpy.linear_classifiers.arguments import above_zero, at_least_zero
from dlbook.shapes import ShapeError
from dlbook.torch import twin
from dlbook.torch.architectures.layers import Layer, Norms, Stats, convolve
from dlbook.torch.architectures.shortcuts import block
from dlbook.torch.deep_networks.training import penalty
from dlbook.torch.linear_classifiers.cross_entropy import cross_entropy
from dlbook.torch.normalization.batch import batch_statistics

__all__ = ["init_residual_network", "residual_network", "residual_network_objective"]

Block = tuple[tuple[Layer, ...], Layer]
Params = tuple[Layer, tuple[tuple[Block, ...], ...], Layer, Layer]


def forward(function: str, x: Tensor, params: Params, norms: Norms, preactivation: bool, skip: bool) -> Tensor:
    """Return the scores."""
    check_parts(function, params)
    stem, stages, last, head = params
    check_layer(function, "the stem", stem, x.shape[1])
    h = F.relu(convolve(x, stem, norms))
    for s, stage in enumerate(stages):
        for b, (branch, shortcut) in enumerate(stage):
            check_block(f"{function}, stage {s}, block {b}", h, branch, shortcut, preactivation, skip)
            h = block(h, branch, shortcut, norms, 2 if s and not b else 1, preactivation, skip)
    if [tuple(a.shape) for a in last] not in ([], [(h.shape[1],)] * 2):
        raise ShapeError(f"{function}: last has {[tuple(a.shape) for a in last]}, expected gamma and beta, or ()")
    if len(head) != 2 or [tuple(a.shape) for a in head] != [(len(head[-1]), h.shape[1]), (len(head[-1]),)]:
        raise ShapeError(f"{function}: head has {[tuple(a.shape) for a in head]}, expected (K, {h.shape[1]}) and (K,)")
    if last:
        h = F.relu(norms(h, *last))
    norms.done()
    return F.linear(h.mean(dim=(2, 3)), *head)


@twin
def residual_network(
    x: Float[Tensor, "N C H W"], params: Params, running: Stats | None = None, *, preactivation: bool = False,
    skip: bool = True, eps: float = 1e-5,
) -> Float[Tensor, "N K"]:
    """Send images through a residual network: a convolution, stages of blocks, the mean of each map, a linear layer."""
    norms = Norms("residual_network", running, above_zero("residual_network", "eps", eps))
    return forward("residual_network", x, params, norms, preactivation, skip)


def init_residual_network(
    channels: int, widths: Sequence[int], blocks: int, classes: int, rng: np.random.Generator, *,
    bottleneck: int = 0, preactivation: bool = False, skip: bool = True, dtype: str = "float32",
) -> tuple[Params, Stats]:
    """Draw a residual network: the reference's own draw, as tensors."""
    drawn = reference.init_residual_network(
        channels, widths, blocks, classes, rng, bottleneck=bottleneck, preactivation=preactivation, skip=skip,
        dtype=dtype,
    )  # fmt: skip
    return tree_map(torch.from_numpy, drawn)


def residual_network_objective(
    loss: Callable = cross_entropy, *, preactivation: bool = False, skip: bool = True, strength: float = 0.0,
    eps: float = 1e-5, track: bool = False, **loss_options,
) -> Callable:
    """Build the cost of a residual network in training mode: the mean loss of its scores and a price on weights."""
    strength = at_least_zero("residual_network_objective", "strength", strength)
    eps = above_zero("residual_network_objective", "eps", eps)

    def cost(params: Params, x, target):
        norms = Norms("residual_network_objective", None, eps)
        scores = forward("residual_network_objective", x, params, norms, preactivation, skip)
        value = loss(scores, target, **loss_options) + penalty(params, strength)
        return value, tuple(map(batch_statistics, norms.seen))

    both = torch.func.grad_and_value(cost, has_aux=True)

    def value_and_grad(network, x, target):
        grads, (value, statistics) = both(network[0] if track else network, x, target)
        return value, (grads, statistics) if track else grads

    return value_and_grad
