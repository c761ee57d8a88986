"""The derivative of a derivative: the way back, recorded as operations that have a way back of their own."""

from collections.abc import Callable
from typing import Any

import numpy as np

from dlbook.differentiable import differentiable, vjp
from dlbook.shapes import leaves, refill

__all__ = []


def recorded_pullback(tape, record) -> Callable:
    """Return the way back of a record as operations on its tape.

    A primitive's pullback is made of primitives, so that calling its definition with variables is all it takes. Any
    other operation's pullback becomes one operation, and that one's derivative is a difference.
    """
    if getattr(record.f, "twice", False):
        return record.f.definition(*record.args, **record.options)[1]
    backward = differences_of_the_pullback(record.f, record.options)
    return lambda dy: tape.record(backward, dy, *record.args)


def differences_of_the_pullback(f: Callable, options: dict) -> Callable:
    r"""Make of a pullback an operation `(dy, *args) -> gradients` with a pullback of its own.

    Let $g(x, \bar y) = J(x)^\top \bar y$ and let v arrive. With respect to $\bar y$ the answer is $J v$, a directional
    difference of f. With respect to x it is the derivative of $\langle v, J(x)^\top \bar y\rangle$, which is
    $\nabla^2 \langle \bar y, f(x) \rangle\, v$; second derivatives commute, so that it is the derivative of
    $J(x)^\top \bar y$ along v: a directional difference of the gradient. Two evaluations serve both.

    **Source** Press et al. (2007), section 5.7: a central difference's best step is the cube root of eps.
    **Book** eq-difference-of-gradients
    """

    @differentiable
    def backward(dy: Any, *args: Any) -> Any:
        grads = tuple(vjp(f, *args, **options)[1](dy))

        def pullback(v):
            floats = [leaf for _, leaf in leaves(args) if is_float(leaf)]
            size = max((float(np.abs(leaf).max(initial=0.0)) for leaf in floats), default=1.0)
            reach = max((float(np.abs(leaf).max(initial=0.0)) for _, leaf in leaves(v) if is_float(leaf)), default=0.0)
            rounding = max((np.finfo(leaf.dtype).eps for leaf in floats), default=2.2e-16)
            h = float(rounding) ** (1 / 3) * max(1.0, size) / (reach or 1.0)
            ahead, behind = (vjp(f, *moved(args, v, t), **options) for t in (h, -h))
            dargs = difference(tuple(ahead[1](dy)), tuple(behind[1](dy)), 2 * h)
            return difference(ahead[0], behind[0], 2 * h), *dargs

        return grads, pullback

    return backward


def is_float(leaf) -> bool:
    """Say whether a leaf is an array of floats."""
    return getattr(leaf, "dtype", None) is not None and leaf.dtype.kind == "f"


def moved(tree, v, t: float):
    """Return tree + t v, leaf by leaf; what is not a float stays."""
    pairs = zip(leaves(tree), leaves(v), strict=True)
    return refill(tree, (leaf + t * d if is_float(leaf) else leaf for (_, leaf), (_, d) in pairs))


def difference(a, b, width: float):
    """Return (a - b) / width, leaf by leaf; None stays None."""
    pairs = zip(leaves(a), leaves(b), strict=True)
    return refill(a, ((p - q) / width if is_float(p) else None for (_, p), (_, q) in pairs))
