"""Parameters as trees of tensors, updated leaf by leaf."""

import torch
from torch.utils._pytree import tree_leaves

from dlbook.shapes import describe, leaves

__all__ = []


def inner(a, b) -> float:
    """Return the inner product of two trees."""
    return sum(float(torch.sum(x * y)) for x, y in zip(tree_leaves(a), tree_leaves(b), strict=True))


def check_params(function: str, params, name: str = "params") -> None:
    """Refuse a tree with a leaf that is no float tensor, or without any leaf."""
    found = list(leaves(params, name))
    if not found:
        raise ValueError(f"{function}: {name} is {describe(params)}, expected at least one float tensor")
    for path, leaf in found:
        if not (isinstance(leaf, torch.Tensor) and leaf.is_floating_point()):
            raise TypeError(f"{function}: {path} is {describe(leaf)}, expected a float tensor")
