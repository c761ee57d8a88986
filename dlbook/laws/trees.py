"""Nested tuples, lists and dicts of arrays: take the float leaves out, put others in."""

import numpy as np

from dlbook.shapes import leaves, refill


def flatten(tree) -> list[np.ndarray]:
    """Return the float leaves of a tree as arrays, in order."""
    return [
        np.asarray(leaf)
        for _, leaf in leaves(tree)
        if getattr(leaf, "dtype", None) is not None and leaf.dtype.kind == "f"
    ]


def rebuild(tree, new: list):
    """Return the tree with its float leaves replaced, in order, from the list `new`."""
    floats = iter(new)
    kinds = ((leaf, getattr(getattr(leaf, "dtype", None), "kind", "")) for _, leaf in leaves(tree))
    return refill(tree, (next(floats) if kind == "f" else leaf for leaf, kind in kinds))


def random_like(tree, rng: np.random.Generator):
    """Return a tree of the same structure with N(0, 1) in every float leaf: signed, or errors would cancel in sums."""
    return rebuild(tree, [np.asarray(rng.normal(size=np.shape(leaf))) for leaf in flatten(tree)])


def inner(a, b) -> float:
    """Return the inner product of two trees over their float leaves."""
    return float(sum(np.vdot(x, y) for x, y in zip(flatten(a), flatten(b), strict=True)))
