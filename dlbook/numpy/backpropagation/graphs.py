"""The computational graph as plain data: every number of the way there and of the way back, for drawing."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dlbook.numpy.backpropagation.primitive import value
from dlbook.numpy.backpropagation.tape import Record
from dlbook.numpy.backpropagation.variable import Variable
from dlbook.shapes import describe, leaves

__all__ = ["Graph", "Node", "graph"]


@dataclass(frozen=True)
class Node:
    """An array of a computation: the operation that made it ("input" and "constant" were given), value, gradient."""

    op: str
    name: str
    value: np.ndarray
    gradient: np.ndarray | None
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Graph:
    """Nodes in the order in which they were made, and edges `(from, to)` as indices of nodes; the last node is y."""

    nodes: tuple[Node, ...]
    edges: tuple[tuple[int, int], ...]


def graph(y: Variable, dy: np.ndarray | None = None) -> Graph:
    r"""Return what led to y: each operation's value, and the gradient that arrives at it.

    An edge stands for one use; a value that is used k times has k edges, and its gradient is the sum over them.

    Parameters
    ----------
    y : a variable of a tape.
    dy : its cotangent, 1 by default when y is a scalar.

    Returns
    -------
    A `Graph`. Arrays that are no variables are nodes "constant" and have no gradient.

    Raises
    ------
    TypeError : when y is no variable.
    ShapeError : when y is no scalar and dy is missing, or when dy has another shape.

    **Source** Griewank and Walther (2008), section 2.2; Rumelhart, Hinton and Williams (1986).
    **Book** eq-tape
    """
    if not isinstance(y, Variable):
        raise TypeError(f"graph: y is {describe(y)}, expected a variable of a tape")
    records = ancestors(y)
    made: dict[int, tuple[Any, Record | None]] = {}  # by identity, in the order in which they come to be
    for record in records:
        for _, leaf in leaves(record.args):
            if hasattr(leaf, "dtype"):
                made.setdefault(id(leaf), (leaf, None))
        made.update({id(out): (out, record) for out in record.outputs() if out is not None})
    made.pop(id(y), None)
    made[id(y)] = (y, records[-1] if records else None)
    number = {key: i for i, key in enumerate(made)}
    known = [leaf for leaf, _ in made.values() if isinstance(leaf, Variable)]
    grads = dict(zip(map(id, known), y.tape.gradients(y, known, dy), strict=True))
    nodes = tuple(_node(leaf, record, grads.get(id(leaf))) for leaf, record in made.values())
    edges = tuple((number[id(leaf)], number[id(out)]) for record in records for out in record.outputs()
                  if id(out) in number for _, leaf in leaves(record.args) if id(leaf) in number)
    return Graph(nodes, edges)


def _node(leaf, record: Record | None, gradient) -> Node:
    if record is not None:
        return Node(record.f.__name__, leaf.name, leaf.value, gradient, dict(record.options))
    if isinstance(leaf, Variable):
        return Node("input", leaf.name, leaf.value, gradient)
    return Node("constant", "", value(leaf), None)


def ancestors(y: Variable) -> list[Record]:
    """Return the records of y's tape on which y depends, in order."""
    needed, found = {y}, []
    for record in reversed(y.tape.records):
        if any(out in needed for out in record.outputs()):
            found.append(record)
            needed |= {leaf for _, leaf in leaves(record.args) if isinstance(leaf, Variable)}
    return found[::-1]
