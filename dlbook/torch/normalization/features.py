"""Normalizations that look at one example at a time: layer, group, instance and root-mean-square norm."""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from dlbook.numpy.linear_classifiers.arguments import above_zero, whole_number
from dlbook.numpy.normalization.features import _normalized_axes
from dlbook.torch import twin

__all__ = ["group_norm", "instance_norm", "layer_norm", "rms_norm"]


@twin
def layer_norm(
    x: Float[Tensor, "*S"], weight: Float[Tensor, "*D"] | None = None, bias: Float[Tensor, "*D"] | None = None, *,
    normalized_shape: int | tuple[int, ...] | None = None, eps: float = 1e-5,
) -> Float[Tensor, "*S"]:
    """Give every example mean 0 and variance 1 over its own features, then a learnt scale and shift per feature."""
    shape = _normalized_axes("layer_norm", x, weight, bias, normalized_shape)
    return F.layer_norm(x, shape, weight, bias, above_zero("layer_norm", "eps", eps))


@twin
def rms_norm(
    x: Float[Tensor, "*S"], weight: Float[Tensor, "*D"] | None = None, *,
    normalized_shape: int | tuple[int, ...] | None = None, eps: float = 1e-5,
) -> Float[Tensor, "*S"]:
    """Divide every example by the root of its mean square; nothing is subtracted."""
    shape = _normalized_axes("rms_norm", x, weight, None, normalized_shape)
    return F.rms_norm(x, shape, weight, above_zero("rms_norm", "eps", eps))


@twin
def group_norm(
    x: Float[Tensor, "N C *S"], weight: Float[Tensor, " C"] | None = None, bias: Float[Tensor, " C"] | None = None, *,
    num_groups: int, eps: float = 1e-5,
) -> Float[Tensor, "N C *S"]:
    """Give every group of neighbouring channels of every example mean 0 and variance 1."""
    groups = whole_number("group_norm", "num_groups", num_groups, 1)
    channels = x.shape[1]
    if channels % groups:
        raise ValueError(f"group_norm: num_groups is {groups}, expected a divisor of the {channels} channels of x")
    if math.prod(x.shape[1:]) <= groups:
        raise ValueError(f"group_norm: x of shape {tuple(x.shape)} has fewer than 2 values in each of {groups} "
                         "groups, expected at least 2: the result would not depend on x")
    if weight is None and bias is not None:
        weight = torch.ones_like(bias)  # a bias without a weight is more than torch.func.vjp can follow here
    return F.group_norm(x, groups, weight, bias, above_zero("group_norm", "eps", eps))


@twin
def instance_norm(
    x: Float[Tensor, "N C *S"], weight: Float[Tensor, " C"] | None = None, bias: Float[Tensor, " C"] | None = None, *,
    eps: float = 1e-5,
) -> Float[Tensor, "N C *S"]:
    """Give every channel of every example mean 0 and variance 1 over its positions."""
    if math.prod(x.shape[2:]) < 2:
        raise ValueError(f"instance_norm: x of shape {tuple(x.shape)} has fewer than 2 positions, expected at least "
                         "2: the result would not depend on x")
    if weight is None and bias is not None:
        weight = torch.ones_like(bias)  # on a GPU PyTorch fails in the way back of a shift alone
    return F.instance_norm(x, weight=weight, bias=bias, eps=above_zero("instance_norm", "eps", eps))
