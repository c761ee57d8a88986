"""Linear regions: into how many pieces, on each of which it is a plane, a ReLU network cuts its input space."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from dlbook.numpy import deep_networks as reference
from dlbook.numpy.deep_networks import region_bound
from dlbook.numpy.deep_networks.network import check_layers
from dlbook.torch.deep_networks.network import Params, layer_values

__all__ = ["activation_pattern", "breakpoints", "count_regions", "folding_mlp", "region_bound"]


def activation_pattern(x: Float[Tensor, "N D"], params: Params) -> Bool[Tensor, "N U"]:
    """Say which units of a ReLU network are on, for each example."""
    if len(params) < 2:
        raise ValueError(f"activation_pattern: params has {len(params)} layers, expected at least one hidden layer")
    return torch.cat(layer_values(x, params)[:-1:2], dim=1) > 0


def count_regions(pattern: Bool[Tensor, "N U"]) -> int:
    """Count how many different rows a table of patterns has: the linear regions that the examples lie in."""
    return len(torch.unique(pattern, dim=0))


def breakpoints(params: Params, start: Float[Tensor, " D"], end: Float[Tensor, " D"]) -> Float[Tensor, " B"]:
    """Find every place between two points at which a unit of a ReLU network switches on or off."""
    check_layers("breakpoints", start[None], params)
    t = torch.tensor([0.0, 1.0], dtype=start.dtype, device=start.device)
    for depth in range(1, len(params)):
        s = layer_values(start + t[:, None] * (end - start), params[:depth])[-1]
        left, right = s[:-1], s[1:]
        piece, unit = torch.nonzero(left * right < 0, as_tuple=True)
        part = left[piece, unit] / (left[piece, unit] - right[piece, unit])
        t = torch.unique(torch.cat([t, t[piece] + part * (t[piece + 1] - t[piece])]))
    return t[1:-1]


def folding_mlp(depth: int, *, dtype: str = "float64") -> Params:
    """Build a ReLU network that folds the interval from 0 to 1 in the middle, again and again."""
    built: Sequence = reference.folding_mlp(depth, dtype=dtype)
    return tuple((torch.from_numpy(weight), torch.from_numpy(bias)) for weight, bias in built)
