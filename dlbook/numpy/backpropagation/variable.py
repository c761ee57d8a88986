"""A variable: an array that knows its tape, and the operators with which formulas are written."""

from collections.abc import Callable

import numpy as np

from dlbook.numpy.backpropagation.arithmetic import add, div, mul, neg, pow, scale, sub
from dlbook.numpy.backpropagation.products import einsum, matmul
from dlbook.numpy.backpropagation.rearrange import index_select, reshape, transpose
from dlbook.shapes import describe

__all__ = ["Variable"]

Number = int | float | np.floating


class Variable:
    """An array on a tape.

    Any `@differentiable` function called with a variable is recorded on the variable's tape, and so is every operator.

    Parameters
    ----------
    value : the array; whoever changes it changes the past that the tape has noted, so leave it alone.
    tape : the tape to which the variable belongs.
    name : what a drawing of the graph calls it.
    """

    __array_ufunc__ = None  # in `array * variable` NumPy stands aside, and the variable multiplies

    def __init__(self, value: np.ndarray, tape, name: str = ""):
        self.value, self.tape, self.name = value, tape, name

    def __differentiable__(self, f: Callable, args: tuple, options: dict):
        """Answer a call of f that has this variable among its arguments."""
        return self.tape.record(f, *args, **options)

    def __add__(self, other):
        return add(self, self._like(other))

    def __sub__(self, other):
        return sub(self, self._like(other))

    def __rsub__(self, other):
        return sub(self._like(other), self)

    def __mul__(self, other):
        return scale(self, by=float(other)) if isinstance(other, Number) else mul(self, other)

    def __truediv__(self, other):
        return div(self, self._like(other))

    def __rtruediv__(self, other):
        return div(self._like(other), self)

    def __pow__(self, exponent):
        return pow(self, exponent=exponent)

    def __neg__(self):
        return neg(self)

    def __matmul__(self, other):
        return _product(self, other)

    def __rmatmul__(self, other):
        return _product(other, self)

    __radd__, __rmul__ = __add__, __mul__

    def __getitem__(self, index):
        """Take entries as NumPy does: numbers, slices, masks and integer arrays, in any combination."""
        # Number the entries and let NumPy pick among the numbers: those that it picks are the entries to take.
        numbers = np.arange(self.value.size).reshape(self.shape)[index]
        return reshape(index_select(reshape(self, shape=(-1,)), np.ravel(numbers)), shape=np.shape(numbers))

    def __len__(self) -> int:
        return len(self.value)

    def __array__(self, dtype=None, copy=None):
        raise TypeError(f"{self} is no array: call a @differentiable function, or read its .value")

    def _like(self, other):
        """Give a number this variable's dtype; leave everything else to the shape check of the operation."""
        return np.asarray(other, self.dtype) if isinstance(other, Number) else other

    @property
    def T(self):  # noqa: N802
        """The variable with its axes reversed."""
        return transpose(self)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return self.value.shape

    @property
    def dtype(self) -> np.dtype:
        """The dtype of the array."""
        return self.value.dtype

    def __repr__(self) -> str:
        return f"Variable({self.name + ': ' if self.name else ''}{describe(self.value)})"


def _product(a, b):
    """Multiply as `@` does: matrices, stacks of them, and vectors on either side."""
    left, right = len(np.shape(getattr(a, "value", a))), len(np.shape(getattr(b, "value", b)))
    vectors = {(1, 1): "d,d->", (1, 2): "d,dk->k", (2, 1): "nd,d->n"}
    return einsum(a, b, equation=vectors[left, right]) if (left, right) in vectors else matmul(a, b)
