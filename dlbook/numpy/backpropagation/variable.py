"""A variable: an array that knows its tape, and the operators with which formulas are written."""

from collections.abc import Callable

import numpy as np

from dlbook.numpy.backpropagation.primitives import add, div, matmul, mul, neg, pow, scale, sub
from dlbook.shapes import describe

__all__ = ["Variable"]


class Variable:
    """An array on a tape.

    Any `@differentiable` function called with a variable is recorded on the variable's tape.
    """

    __array_ufunc__ = None  # in `array * variable` NumPy stands aside, and the variable multiplies

    def __init__(self, value: np.ndarray, tape):
        self.value, self.tape = value, tape

    def __differentiable__(self, f: Callable, args: tuple, options: dict):
        """Answer a call of f that has this variable among its arguments."""
        return self.tape.record(f, *args, **options)

    def __add__(self, other):
        return add(self, other)

    def __sub__(self, other):
        return sub(self, other)

    def __rsub__(self, other):
        return add(neg(self), other)

    def __mul__(self, other):
        return scale(self, by=other) if isinstance(other, int | float) else mul(self, other)

    def __truediv__(self, other):
        return scale(self, by=1 / other) if isinstance(other, int | float) else div(self, other)

    def __pow__(self, exponent):
        return pow(self, exponent=exponent)

    def __neg__(self):
        return neg(self)

    def __matmul__(self, other):
        return matmul(self, other)

    def __rmatmul__(self, other):
        return matmul(other, self)

    __radd__, __rmul__ = __add__, __mul__

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return np.shape(self.value)

    @property
    def dtype(self) -> np.dtype:
        """The dtype of the array."""
        return self.value.dtype

    def __repr__(self) -> str:
        return f"Variable({describe(self.value)})"
