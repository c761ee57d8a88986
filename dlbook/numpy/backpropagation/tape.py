"""A tape: it notes every operation of a computation, and plays the pullbacks backwards.

Everything that a chapter did by hand is one loop here: start with dL/dL = 1 at the end, go through the records in
reverse, and add up at every variable what its uses send back.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlbook.differentiable import vjp
from dlbook.numpy.backpropagation.primitive import value
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

    def outputs(self) -> list[Variable | None]:
        """Return the variables that came out."""
        return [leaf for _, leaf in leaves(self.y)]

    def meetings(self, grads: tuple):
        """Yield `(variable, gradient)` for each variable among the arguments, in order."""
        for arg, grad in zip(self.args, grads, strict=True):
            if grad is not None:
                pairs = zip(leaves(arg), leaves(grad), strict=True)
                yield from ((leaf, g) for (_, leaf), (_, g) in pairs if isinstance(leaf, Variable) and g is not None)


class Tape:
    """Records operations in the order in which they happen: no variable is used before it is made.

    **Source** Linnainmaa (1970); Wengert (1964) for the list of operations.
    **Book** eq-tape
    """

    def __init__(self):
        self.records: list[Record] = []

    def variable(self, array: np.ndarray, name: str = "") -> Variable:
        """Put an array on the tape: a point at which the computation begins."""
        return Variable(np.asarray(array), self, name)

    def record(self, f: Callable, *args, **options):
        """Call a `@differentiable` function with variables or arrays, note it, and return its value as variables."""
        if any(isinstance(leaf, Variable) and leaf.tape is not self for _, leaf in leaves(args)):
            raise ValueError(f"{f.__name__}: an argument is a variable of another tape")
        y, pullback = vjp(f, *refill(args, (value(leaf) for _, leaf in leaves(args))), **options)
        y = refill(y, (leaf if leaf is None else self.variable(leaf) for _, leaf in leaves(y)))
        self.records.append(Record(f, args, options, y, pullback))
        return y

    def gradients(
        self, y: Variable, xs: Sequence[Variable], dy: np.ndarray | None = None, *, again: bool = False
    ) -> tuple:
        r"""Return the gradients of $\langle \bar y, y \rangle$ with respect to each of xs.

        $$\bar v = \sum_{\text{uses } w \text{ of } v} \Big(\frac{\partial w}{\partial v}\Big)^{\!\top} \bar w$$

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
        TypeError, ValueError : when y or one of xs is no variable, or one of another tape.
        ShapeError : when y is no scalar and dy is missing, or when dy has another shape than y.
        """
        self._check(y, xs, dy)
        dy = np.ones((), y.dtype) if dy is None else dy
        as_needed = self._variable if again else value
        bar = {y: as_needed(dy)}
        for record in reversed(tuple(self.records)):
            outputs = record.outputs()
            if not any(out in bar for out in outputs):
                continue  # y does not depend on what this record made
            arrived = (None if out is None else bar.get(out, np.zeros_like(out.value)) for out in outputs)
            pullback = recorded_pullback(self, record) if again else record.pullback
            for variable, grad in record.meetings(pullback(refill(record.y, arrived))):
                bar[variable] = bar[variable] + grad if variable in bar else grad  # the uses add up
        return tuple(as_needed(bar.get(x, np.zeros_like(x.value))) for x in xs)

    def _variable(self, a) -> Variable:
        return a if isinstance(a, Variable) else self.variable(a)

    def _check(self, y, xs, dy) -> None:
        if isinstance(xs, Variable):
            raise TypeError("gradients: xs is a variable, expected a sequence of variables: (x,)")
        for name, v in (("y", y), *((f"xs[{i}]", x) for i, x in enumerate(xs))):
            if not isinstance(v, Variable):
                raise TypeError(f"gradients: {name} is {describe(v)}, expected a variable of this tape")
            if v.tape is not self:
                raise ValueError(f"gradients: {name} is a variable of another tape")
        if dy is None and y.shape != ():
            raise ShapeError(f"gradients: y has shape {y.shape} and dy is missing; only a scalar y starts with 1")
        if dy is not None and np.shape(value(dy)) != y.shape:
            raise ShapeError(f"gradients: dy is {describe(value(dy))}, expected the shape of y, {y.shape}")
