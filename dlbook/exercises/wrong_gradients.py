"""Riddles: ten operations with a wrong gradient each, the inputs on which it shows, and those that hide it."""

import ast
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dlbook.laws.operation import Bug
from dlbook.numpy import backpropagation, gradient_descent, linear_classifiers
from dlbook.page import without_docstring

__all__ = ["Riddle", "wrong_gradient", "wrong_gradients"]

_SCATTER = """    # y[index] += x would keep only the last of the rows that share a number.
    np.add.at(np.moveaxis(y, axis, 0), index, np.moveaxis(value(x), axis, 0))"""


@dataclass(frozen=True)
class Riddle:
    """An operation whose value is right and whose gradient is not.

    Parameters
    ----------
    operation : name of the reference that was spoilt.
    bug : what was done to it, with an explanation; do not look before you have found it.
    shows : arguments on which the gradient is wrong.
    hides : arguments on which it happens to be right, so that a test that tries only those would pass.
    """

    operation: str
    bug: Bug
    shows: tuple
    hides: tuple

    @property
    def reference(self) -> Callable:
        """The operation as it should be."""
        chapters = (backpropagation, gradient_descent, linear_classifiers)
        return next(getattr(chapter, self.operation) for chapter in chapters if hasattr(chapter, self.operation))

    @cached_property
    def f(self) -> Callable:
        """The operation with the wrong gradient, to be called, checked and recorded like any other."""
        return self.bug.plant(self.reference)

    @cached_property
    def text(self) -> str:
        """The program, without its documentation, which would give the answer away."""
        source = self.bug.source(self.reference)
        lines, shown = source.splitlines(), []
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef):
                first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
                own = "\n".join(lines[first - 1 : node.end_lineno])
                if node.name == self.operation or self.bug.new in own:
                    shown.append(without_docstring(own))
        return "\n\n\n".join(shown)

    def __repr__(self) -> str:
        return self.text

    def _repr_markdown_(self) -> str:
        return f"```python\n{self.text}\n```"


def wrong_gradient(operation: str) -> Riddle:
    """Return the riddle about an operation.

    Parameters
    ----------
    operation : one of the names in `wrong_gradients()`.

    Raises
    ------
    ValueError : when there is no riddle about it.

    Examples
    --------
    >>> riddle = wrong_gradient("mean")
    >>> x = np.array([1.0, 2.0, 6.0])
    >>> float(riddle.f(x))
    3.0
    """
    for riddle in wrong_gradients():
        if riddle.operation == operation:
            return riddle
    raise ValueError(f"wrong_gradient: operation is {operation!r}, expected one of "
                     f"{', '.join(riddle.operation for riddle in wrong_gradients())}")


def wrong_gradients() -> list[Riddle]:
    """Return all ten riddles, the easy ones first."""
    rng = np.random.default_rng(7)
    a, b, w = rng.uniform(0.5, 2, (3, 2)), rng.uniform(0.5, 2, (3, 2)), rng.standard_normal((4, 2))
    turned, square = rng.standard_normal((2, 3, 3))
    bias, point = rng.standard_normal(4), rng.standard_normal(3)
    one = rng.standard_normal((3, 1))
    return [
        Riddle("mean", Bug("the mean forgets its divisor", "(scale(_spread(dy, x, axes), by=share),)",
                           "(_spread(dy, x, axes),)", "Each entry has a share of 1/n in the mean."),
               (a,), (a[:1, :1],)),
        Riddle("div", Bug("the sign of the denominator", "neg(sum_to(div(mul(da, a), b), shape=shape_of(b)))",
                          "sum_to(div(mul(da, a), b), shape=shape_of(b))",
                          "A larger denominator makes a positive quotient smaller: -a / b^2."),
               (a, b), (np.zeros((3, 2)), b)),
        Riddle("linear", Bug("the bias gradient is a mean", "dy.sum(axis=0)", "dy.mean(axis=0)",
                             "The bias is used once for every row, and its gradients add up."),
               (a, w, bias), (a[:1], w, bias)),
        Riddle("tanh", Bug("the slope in terms of x", "mul(dy, mul(t, t))", "mul(dy, mul(x, x))",
                           "The slope is 1 - y^2 with y = tanh(x)."),
               (a,), (np.zeros((3, 2)),)),
        Riddle("matmul", Bug("a factor is not transposed", "matmul(dy, _swapped(b))", "matmul(dy, b)",
                             "From <dY, dA B> = <dY B', dA>: the gradient of A is dY times the transpose of B."),
               (turned, square), (turned, square + square.T)),
        Riddle("quadratic", Bug("only half of the product rule", "(hessian @ x + x @ hessian) / 2", "hessian @ x",
                                "x occurs twice in x' H x: the gradient is (H + H') x / 2, and H x only if H = H'."),
               (point, square), (point, square + square.T)),
        Riddle("softmax", Bug("the sum of dp instead of its mean under p",
                              "np.expand_dims(np.vecdot(p, dp, axis=axis), axis)",
                              "dp.sum(axis=axis, keepdims=True)",
                              "What is subtracted is the mean of dp weighted with p, not its sum."),
               (a,), (one,)),
        Riddle("log_softmax", Bug("the softmax's pullback", "-dy.sum(axis=axis, keepdims=True) / sums",
                                  "-(dy * exps).sum(axis=axis, keepdims=True) / sums**2",
                                  "The logarithm of the sum has the slope p: its gradient is p times the sum of dy."),
               (a,), (one,)),
        Riddle("index_select", Bug("repeated rows overwrite each other", _SCATTER,
                                   "    np.moveaxis(y, axis, 0)[index] += np.moveaxis(value(x), axis, 0)",
                                   "A row that is taken twice is used twice, and its gradients add up."),
               (a, np.array([2, 0, 2])), (a, np.array([2, 0]))),
        Riddle("amax", Bug("every winner takes all", "winners / winners.sum(axis=axes, keepdims=True)", "winners + 0",
                           "Entries that share the maximum share its gradient."),
               (np.array([[1.0, 3.0, 3.0]]),), (np.array([[1.0, 2.0, 3.0]]),)),
    ]  # fmt: skip
