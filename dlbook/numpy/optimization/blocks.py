"""Updates that stay in the cache: what all optimizers share."""

from collections.abc import Callable

import numpy as np

from dlbook.numpy.gradient_descent.trees import check_params, tree_map
from dlbook.numpy.linear_classifiers.arguments import at_least_zero
from dlbook.shapes import describe, leaves, refill

__all__ = []

BLOCK = 32768  # 128 KB of float32: the arrays of an update fit into the second-level cache together


def in_blocks(update: Callable, changing: tuple, grads) -> list:
    """Change copies of some trees in place, block by block, and return the copies.

    `update(*parts, g)` gets the same numbers of every tree as flat arrays and overwrites all but g. An update is a
    dozen operations on each number. On whole arrays each of them would fetch its operands from memory and send
    the result back there; a block is fetched once, worked on while it is near, and sent back once.
    """
    old = [[np.ravel(leaf) for leaf in flat(tree)] for tree in changing]
    new = [[np.empty_like(leaf) for leaf in tree] for tree in old]
    for i, leaf in enumerate(flat(grads)):
        grad = np.ravel(leaf)
        for start in range(0, grad.size, BLOCK):
            block = slice(start, start + BLOCK)
            parts = [tree[i][block] for tree in new]
            for part, source in zip(parts, old, strict=True):
                part[...] = source[i][block]
            update(*parts, grad[block])
    shapes = [np.shape(leaf) for leaf in flat(changing[0])]
    return [
        refill(like, (leaf.reshape(shape) for leaf, shape in zip(tree, shapes, strict=True)))
        for like, tree in zip(changing, new, strict=True)
    ]


def flat(tree) -> list:
    """Return the leaves of a tree, in order."""
    if isinstance(tree, tuple | list):
        return [leaf for branch in tree for leaf in flat(branch)]
    if hasattr(tree, "dtype"):
        return [tree]
    return [leaf for branch in tree.values() for leaf in flat(branch)]


def memory(function: str, params, state: dict | None, *names: str) -> list:
    """Return the trees that a state holds under these names: zeros before the first step."""
    if state is None:
        return [tree_map(np.zeros_like, params)] * len(names)
    if missing := [name for name in names if name not in state]:
        raise ValueError(f"{function}: state has no {missing[0]!r}, expected what {function} returned, or None")
    return [state[name] for name in names]


def check_update(function: str, params, grads, state, **options) -> int:
    """Refuse wrong parameters, gradients of other shapes, a foreign state and negative options; return the step."""
    ours, theirs = list(leaves(params)), list(leaves(grads))
    if any(getattr(getattr(leaf, "dtype", None), "kind", None) != "f" for _, leaf in ours + theirs) or not ours:
        check_params(function, params)
        check_params(function, grads, "grads")
    if len(ours) != len(theirs) or any(p[0] != g[0] for p, g in zip(ours, theirs, strict=True)):
        raise ValueError(f"{function}: grads is {describe(grads)}, expected the structure of params")
    for (path, p), (_, g) in zip(ours, theirs, strict=True):
        if p.shape != g.shape:
            raise ValueError(f"{function}: the gradient of params{path} is {describe(g)}, expected shape {p.shape}")
    for option, value in options.items():
        at_least_zero(function, option, value)
    if state is None:
        return 1
    if "step" not in state:
        raise ValueError(f"{function}: state is {describe(state)}, expected what {function} returned, or None")
    return int(state["step"]) + 1  # an array of one number, when it comes from a file


def share(function: str, option: str, value: float) -> float:
    """Return the weight of the past in a running average; refuse it outside [0, 1)."""
    if not 0 <= at_least_zero(function, option, value) < 1:
        raise ValueError(f"{function}: {option} is {value}, expected a number of at least 0 and below 1")
    return float(value)
