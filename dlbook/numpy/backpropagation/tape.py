"""A tape: it notes every operation of a computation, and plays the pullbacks backwards.

Everything that a chapter did by hand is one loop here: start with dL/dL = 1 at the end, go through the records in
reverse, and add up at every variable what its uses send back.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlbook.differentiable import vjp
from dlbook.numpy.backpropagation.primitives import value
from dlbook.numpy.backpropagation.twice import recorded_pullback
from dlbook.numpy.backpropagation.variable import Variable
from dlbook.shapes import ShapeError, describe, leaves, refill

__all__ = ["Record", "Tape"]


@dataclass(frozen=True, eq=False)
class Record:
    """One operation on a tape: what was called with what, what came out, and the way back."""

    f: Callable
    args: tuple
    options: dict
    y: Any
    pullback: Callable

    def inputs(self) -> list:
        """Return the leaves of the arguments: variables where the tape knows them."""
        return [leaf for _, leaf in leaves(self.args)]

    def outputs(self) -> list[Variable | None]:
        """Return the variables that came out."""
        return [leaf for _, leaf in leaves(self.y)]


class Tape:
    """Records operations in the order in which they happen: no variable is used before it is made."""

    def __init__(self):
        self.records: list[Record] = []

    def variable(self, array: np.ndarray) -> Variable:
        """Put an array on the tape: a point at which the computation begins."""
        return Variable(np.asarray(array), self)

    def record(self, f: Callable, *args, **options):
        """Call a `@differentiable` function with variables or arrays, note it, and return its value as variables.

        Raises
        ------
        ValueError : when an argument is a variable of another tape.
        """
        strangers = [leaf for _, leaf in leaves(args) if isinstance(leaf, Variable) and leaf.tape is not self]
        if strangers:
            raise ValueError(f"{f.__name__}: an argument is a variable of another tape")
        y, pullback = vjp(f, *refill(args, (value(leaf) for _, leaf in leaves(args))), **options)
        y = refill(y, (leaf if leaf is None else self.variable(leaf) for _, leaf in leaves(y)))
        self.records.append(Record(f, args, options, y, pullback))
        return y

    def gradients(self, y: Variable, xs: Sequence[Variable], dy: np.ndarray | None = None, *, again: bool = False) -> tuple:
        """Return the gradients of <dy, y> with respect to each of xs.

        Parameters
        ----------
        y : a variable of this tape.
        xs : variables of this tape. One on which y does not depend has a gradient of zeros.
        dy : the cotangent of y, by default 1 for a scalar y.
        again : record the way back as well, so that the gradients are variables and have gradients themselves.

        Returns
        -------
        One array for each of xs; variables when `again` is True.

        Raises
        ------
        ShapeError : when y is no scalar and dy is missing, or when dy has another shape than y.
        """
        if dy is None and y.shape != ():
            raise ShapeError(f"gradients: y has shape {y.shape} and dy is missing; only a scalar y starts with 1")
        dy = np.ones((), y.dtype) if dy is None else dy
        if np.shape(value(dy)) != y.shape:
            raise ShapeError(f"gradients: dy is {describe(value(dy))}, expected the shape of y, {y.shape}")
        bar = {y: self.variable(dy) if again and not isinstance(dy, Variable) else dy}
        for record in reversed(tuple(self.records)):
            outputs = record.outputs()
            if not any(out in bar for out in outputs):
                continue  # y does not depend on what this record made
            arrived = [None if out is None else bar.get(out, np.zeros_like(out.value)) for out in outputs]
            pullback = recorded_pullback(self, record) if again else record.pullback
            grads = pullback(refill(record.y, iter(arrived)))
            for variable, (_, grad) in zip(record.inputs(), leaves(grads), strict=True):
                if isinstance(variable, Variable) and grad is not None:
                    bar[variable] = grad if variable not in bar else bar[variable] + grad  # uses add up
        return tuple(bar.get(x, np.zeros_like(x.value)) for x in xs)
