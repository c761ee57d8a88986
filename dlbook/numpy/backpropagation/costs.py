"""What a computation costs there and back: operations and memory, counted on the tape and not timed."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from dlbook.numpy.backpropagation.graphs import ancestors
from dlbook.numpy.backpropagation.primitive import value
from dlbook.numpy.backpropagation.tape import Record, Tape
from dlbook.numpy.backpropagation.twice import is_float
from dlbook.numpy.backpropagation.variable import Variable
from dlbook.shapes import describe, leaves, refill

__all__ = ["Cost", "cost"]

# Moving a number costs no arithmetic. A function of one number counts as one operation, be it exp or a sign.
MOVES = {"broadcast_to", "cat", "index_select", "reshape", "transpose", "where"}
EACH = {"add", "cos", "div", "exp", "log", "maximum", "mul", "neg", "pow", "scale", "sin", "sqrt", "sub", "tanh"}


@dataclass(frozen=True)
class Cost:
    """Counts for one computation and its gradient.

    Parameters
    ----------
    forward : arithmetic operations of the value.
    backward : arithmetic operations of the way back, with the sums where gradients meet.
    kept : numbers that the tape keeps until the way back has passed.
    peak : the same, and what the largest checkpointed piece keeps while it is computed once more.
    """

    forward: int
    backward: int
    kept: int
    peak: int


def cost(y: Variable) -> Cost:
    r"""Count the arithmetic operations that made y, and those that its gradients need.

    A product of matrices (N, D) and (D, K) makes NK sums of D products: $NK(2D - 1)$ operations. Its way back is two
    such products. The way back of any primitive is made of primitives, so that it is counted like the way there:

    $$\frac{\text{backward}}{\text{forward}} \approx 2, \qquad
    \text{differences need } n + 1 \text{ times } \textit{forward}, \text{ forward mode } n \text{ sweeps}$$

    Parameters
    ----------
    y : a variable whose formula is written in primitives, or in `checkpoint` of such a formula.

    Returns
    -------
    A `Cost`.

    Raises
    ------
    TypeError : when y is no variable.
    ValueError : when y depends on an operation that is no primitive: its inside is not on the tape.

    **Source** Baur and Strassen (1983); Griewank and Walther (2008), section 3.3.
    **Book** eq-cheap-gradient
    """
    if not isinstance(y, Variable):
        raise TypeError(f"cost: y is {describe(y)}, expected a variable of a tape")
    forward = backward = largest = 0
    uses: Counter[Variable] = Counter()
    arrays = {id(y): np.size(y.value)}
    for record in reversed(ancestors(y)):
        there, back, inside = _record_cost(record)
        forward, backward, largest = forward + there, backward + back, max(largest, inside)
        uses.update(leaf for _, leaf in leaves(record.args) if isinstance(leaf, Variable))
        touched = (*leaves(record.args), *leaves(record.y))
        arrays |= {id(a): np.size(value(a)) for _, a in touched if hasattr(a, "dtype")}
    meetings = sum((n - 1) * v.value.size for v, n in uses.items())
    kept = sum(arrays.values())
    return Cost(forward, backward + meetings, kept, kept + largest)


def _record_cost(record: Record) -> tuple[int, int, int]:
    """Return the operations of a record's value, of its pullback, and the numbers that its recomputation keeps."""
    tape = Tape()
    args = refill(record.args, (tape.variable(value(a)) if is_float(a) else a for _, a in leaves(record.args)))
    if hasattr(record.f, "segment"):
        inside = cost(record.f.segment(*args))
        given = sum(np.size(value(leaf)) for _, leaf in leaves(args))  # the arguments are on the tape already
        return inside.forward, inside.forward + inside.backward, inside.peak - given
    there = operations(record)
    # Play the pullback with variables: then the way back is on a tape, and can be counted like the way there.
    record.f.definition(*args, **record.options)[1](tape.variable(np.zeros_like(record.y.value)))
    return there, sum(map(operations, tape.records)), 0


def operations(record: Record) -> int:
    """Count the additions, multiplications and functions that a primitive's value takes."""
    name = record.f.__name__
    if not getattr(record.f, "twice", False):
        raise ValueError(f"cost: {name} is no primitive, expected a formula written in primitives")
    out = record.y.value.size
    sizes = [np.size(value(leaf)) for _, leaf in leaves(record.args)]
    if name in MOVES:
        return 0
    if name in EACH:
        return out
    if name in ("sum", "sum_to", "amax"):
        return sizes[0] - out  # n - 1 operations make one of n
    if name in ("mean", "index_add"):
        return sizes[0]  # the n - 1 additions and a division; each row is added to zeros
    if name == "matmul":
        return out * (2 * np.shape(value(record.args[0]))[-1] - 1)
    if name == "einsum":
        return _products(record, out)
    raise ValueError(f"cost: nobody has said what {name} costs")


def _products(record: Record, out: int) -> int:
    """Count an einsum: a product of all operands for each setting of the letters, and their sums."""
    letters = "".join(record.options["equation"].split("->")[0].split(","))
    axes = (n for a in record.args for n in np.shape(value(a)))
    settings = int(np.prod(list(dict(zip(letters, axes, strict=True)).values()), dtype=int))
    return settings * (len(record.args) - 1) + settings - out
