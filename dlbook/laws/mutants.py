"""Mistakes that can be planted in any operation, to prove that the laws would see them.

A check that never fails proves nothing. Each mutant below wraps a correct reference and spoils one thing;
each must break a law, for every operation in the catalogue.
"""

import inspect
from collections.abc import Callable, Iterator
from typing import get_args

import numpy as np
from jaxtyping import AbstractArray

from dlbook.laws.operation import Op
from dlbook.laws.trees import flatten, rebuild


class Mutant:
    """A function with a spoilt value or a spoilt pullback."""

    def __init__(
        self,
        f: Callable,
        *,
        value: Callable | None = None,
        gradients: Callable | None = None,
        cotangent: Callable | None = None,
        arguments: Callable | None = None,
    ):
        self.f, self.value, self.gradients = f, value, gradients
        self.cotangent, self.arguments = cotangent, arguments
        self.definition = f.definition
        self.__name__ = f.__name__

    def __call__(self, *args, **options):
        return self.vjp(*args, **options)[0]

    def vjp(self, *args, **options):
        """Return the spoilt value and the spoilt pullback."""
        y, pullback = self.f.vjp(*args, **options)
        if self.arguments:
            self.arguments(args)
        y = self.value(y) if self.value else y

        def spoilt(dy):
            dy = self.cotangent(dy) if self.cotangent else dy
            grads = pullback(dy)
            return self.gradients(grads) if self.gradients else grads

        return y, spoilt


def _each(change: Callable) -> Callable:
    """Apply a change to every float leaf of a tree."""
    return lambda tree: rebuild(tree, [change(np.asarray(a)) for a in flatten(tree)])


def _zero_entry(a: np.ndarray) -> np.ndarray:
    a = a.copy()
    a[(-1,) * a.ndim] = 0
    return a


def _mutate(args: tuple) -> None:
    for a in flatten(args):
        if a.ndim and a.size:
            a.flat[0] += 1


def generic_mutants(op: Op) -> Iterator[tuple[str, Callable]]:
    """Yield `(what is wrong, mutant)` for one operation."""
    f = op.reference
    yield "gradient 1 % too large", Mutant(f, gradients=_each(lambda a: a * a.dtype.type(1.01)))
    yield "last entry of each gradient zero", Mutant(f, gradients=_each(_zero_entry))
    yield (
        "square gradients transposed",
        Mutant(
            f,
            gradients=_each(lambda a: a.T if a.ndim == 2 and a.shape[0] == a.shape[1] else a + a.dtype.type(1e-3)),
        ),
    )
    yield "dy replaced by ones", Mutant(f, cotangent=_each(np.ones_like))
    yield (
        "value off by a thousandth",
        Mutant(f, value=_each(lambda a: a * a.dtype.type(1.001) + a.dtype.type(1e-3))),
    )
    yield (
        "float64 leaks into float32",
        Mutant(f, value=_each(lambda a: a.astype(np.float64)), gradients=_each(lambda a: a.astype(np.float64))),
    )
    yield "an argument is changed", Mutant(f, arguments=_mutate)
    count = sum(1 for p in _differentiable_arguments(op))
    for i in range(count):
        yield f"gradient of argument {i} zero", Mutant(f, gradients=_zero_argument(i))


def _differentiable_arguments(op: Op) -> list[int]:
    """Return the positional arguments that may have a gradient, by the reference's signature."""
    positional = [
        p for p in inspect.signature(op.reference).parameters.values() if p.kind != inspect.Parameter.KEYWORD_ONLY
    ]
    return [i for i, p in enumerate(positional) if _may_be_float(p.annotation)]


def _may_be_float(annotation) -> bool:
    """Whether an annotation, or one inside it, is of a float array; what names no array at all (`Any`) may be one."""
    arrays = list(_array_hints(annotation))
    return not arrays or any("Float" in hint.__name__ for hint in arrays)


def _array_hints(annotation) -> Iterator[type]:
    if isinstance(annotation, type) and issubclass(annotation, AbstractArray):
        yield annotation
    for inner in get_args(annotation):
        yield from _array_hints(inner)


def _zero_argument(which: int) -> Callable:
    def zero(grads):
        with_gradient = [i for i, g in enumerate(grads) if flatten(g)]
        if which >= len(with_gradient):
            return grads
        i = with_gradient[which]
        return (*grads[:i], rebuild(grads[i], [np.zeros_like(a) for a in flatten(grads[i])]), *grads[i + 1 :])

    return zero
