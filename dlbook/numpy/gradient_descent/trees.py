"""Parameters as trees: an array, or nested tuples, lists and dicts of arrays, updated leaf by leaf."""

from collections.abc import Callable, Mapping
from sys import getrefcount

import numpy as np

from dlbook.shapes import describe, leaves

__all__ = []


def tree_map(f: Callable, tree, *others):
    """Apply `f` to the leaves that stand at the same place of all trees; return a tree of the results."""
    if isinstance(tree, tuple | list):
        parts = (tree_map(f, *branches) for branches in zip(tree, *others, strict=True))
        return list(parts) if isinstance(tree, list) else tuple(parts)
    if not isinstance(tree, np.ndarray) and isinstance(tree, Mapping):  # a question to Mapping takes its time
        return {name: tree_map(f, branch, *(o[name] for o in others)) for name, branch in tree.items()}
    return f(tree, *others)


def references(tree) -> list[int]:
    """Count, for each leaf, who refers to it: the tree, variables, views. Whoever joins in is seen by the count."""
    return [getrefcount(leaf) for _, leaf in leaves(tree)]


def inner(a, b) -> float:
    """Return the inner product of two trees: the sum over all leaves of the products of their entries."""
    return sum(float(np.vdot(x, y)) for (_, x), (_, y) in zip(leaves(a), leaves(b), strict=True))


def check_params(function: str, params, name: str = "params") -> None:
    """Refuse a tree with a leaf that is no float array, or without any leaf.

    An integer array would turn into float64 with the first update, which is rarely what was meant.
    """
    found = list(leaves(params, name))
    if not found:
        raise ValueError(f"{function}: {name} is {describe(params)}, expected at least one float array")
    for path, leaf in found:
        if getattr(getattr(leaf, "dtype", None), "kind", None) != "f":
            raise TypeError(f"{function}: {path} is {describe(leaf)}, expected a float array")
