"""The smallest operations: with a tape that records them, any formula built from them differentiates itself.

Each pullback is again written in these operations. Called with arrays it gives arrays. Called with the variables of
a tape it gives variables: the gradient becomes a formula on the tape and can be differentiated once more, so that
Hessian-vector products and double backward are exact.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from dlbook.differentiable import differentiable
from dlbook.shapes import Array, Bool, Float, Int, Scalar

Tensor = Float[Array, "..."] | Scalar
Broadcast = Float[Array, "*#S"] | Scalar  # two arguments of this type must broadcast against each other

__all__ = ["add", "amax", "broadcast_to", "div", "einsum", "exp", "index_add", "index_select", "log", "matmul", "mean",
           "mul", "neg", "pow", "reshape", "scale", "sqrt", "sub", "sum", "sum_to", "tanh", "transpose", "where"]


def value(a):
    """Return the array behind a variable of a tape, and an array as it is."""
    return getattr(a, "value", a)


def shape_of(a) -> tuple[int, ...]:
    """Return the shape of an array or of a variable."""
    return np.shape(value(a))


def primitive(definition: Callable) -> Callable:
    """Mark a `@differentiable` function whose pullback is itself made of differentiable functions."""
    function = differentiable(definition)
    function.twice = True
    return function


@primitive
def add(a: Broadcast, b: Broadcast) -> Tensor:
    """Add, with NumPy's broadcasting."""
    y = value(a) + value(b)

    def pullback(dy):
        return sum_to(dy, shape=shape_of(a)), sum_to(dy, shape=shape_of(b))

    return y, pullback


@primitive
def sub(a: Broadcast, b: Broadcast) -> Tensor:
    """Subtract, with NumPy's broadcasting."""
    y = value(a) - value(b)

    def pullback(dy):
        return sum_to(dy, shape=shape_of(a)), neg(sum_to(dy, shape=shape_of(b)))

    return y, pullback


@primitive
def neg(x: Tensor) -> Tensor:
    """Change the sign."""
    return -value(x), lambda dy: (neg(dy),)


@primitive
def scale(x: Tensor, *, by: float) -> Tensor:
    """Multiply with a constant."""
    return value(x) * by, lambda dy: (scale(dy, by=by),)


@primitive
def mul(a: Broadcast, b: Broadcast) -> Tensor:
    """Multiply entry by entry, with NumPy's broadcasting."""
    y = value(a) * value(b)

    def pullback(dy):
        return sum_to(mul(dy, b), shape=shape_of(a)), sum_to(mul(dy, a), shape=shape_of(b))

    return y, pullback


@primitive
def div(a: Broadcast, b: Broadcast) -> Tensor:
    """Divide entry by entry, with NumPy's broadcasting."""
    y = value(a) / value(b)

    def pullback(dy):
        da = div(dy, b)
        return sum_to(da, shape=shape_of(a)), neg(sum_to(div(mul(da, a), b), shape=shape_of(b)))

    return y, pullback


@primitive
def matmul(a: Float[Array, "*B N D"], b: Float[Array, "*B D K"]) -> Float[Array, "*B N K"]:
    """Multiply matrices, or stacks of them."""
    y = value(a) @ value(b)

    def pullback(dy):
        return matmul(dy, _transposed(b)), matmul(_transposed(a), dy)

    return y, pullback


def _transposed(a):
    axes = tuple(range(len(shape_of(a))))
    return transpose(a, axes=(*axes[:-2], axes[-1], axes[-2]))


@primitive
def transpose(x: Float[Array, "..."], *, axes: tuple) -> Float[Array, "..."]:
    """Reorder the axes: axis i of y is axis `axes[i]` of x."""
    y = np.transpose(value(x), axes).copy()

    def pullback(dy):
        return (transpose(dy, axes=tuple(int(i) for i in np.argsort(axes))),)

    return y, pullback


@primitive
def reshape(x: Tensor, *, shape: tuple) -> Tensor:
    """Give x another shape with as many entries."""
    return np.reshape(value(x), shape).copy(), lambda dy: (reshape(dy, shape=shape_of(x)),)


@primitive
def broadcast_to(x: Tensor, *, shape: tuple) -> Tensor:
    """Repeat x along new axes and axes of length 1 until it has the shape."""
    return np.broadcast_to(value(x), shape).copy(), lambda dy: (sum_to(dy, shape=shape_of(x)),)


@primitive
def sum_to(x: Tensor, *, shape: tuple) -> Tensor:
    """Undo a broadcast the only way a gradient can: sum over the axes along which `shape` was repeated."""
    new = len(shape_of(x)) - len(shape)
    single = tuple(new + i for i, n in enumerate(shape) if n == 1)
    y = value(x).sum(axis=(*range(new), *single)).reshape(shape)

    def pullback(dy):
        return (broadcast_to(dy, shape=shape_of(x)),)

    return y, pullback


@primitive
def sum(x: Tensor, *, axis: int | None = None) -> Tensor:
    """Sum over one axis, or over all."""
    y = value(x).sum(axis=axis)

    def pullback(dy):
        kept = () if axis is None else np.expand_dims(np.empty(shape_of(dy)), axis).shape
        return (broadcast_to(reshape(dy, shape=kept), shape=shape_of(x)),)

    return y, pullback


@primitive
def mean(x: Tensor, *, axis: int | None = None) -> Tensor:
    """Average over one axis, or over all."""
    y = value(x).mean(axis=axis)
    share = np.size(y) / max(1, np.size(value(x)))

    def pullback(dy):
        kept = () if axis is None else np.expand_dims(np.empty(shape_of(dy)), axis).shape
        return (scale(broadcast_to(reshape(dy, shape=kept), shape=shape_of(x)), by=share),)

    return y, pullback


@primitive
def amax(x: Float[Array, "*S"], *, axis: int) -> Tensor:
    """Return the largest entry along an axis. Entries that share the maximum share its gradient equally."""
    y = value(x).max(axis=axis, keepdims=True)
    winners = (value(x) == y).astype(y.dtype)
    winners /= winners.sum(axis=axis, keepdims=True)

    def pullback(dy):
        return (mul(broadcast_to(reshape(dy, shape=y.shape), shape=shape_of(x)), winners),)

    return y.squeeze(axis), pullback


@primitive
def exp(x: Tensor) -> Tensor:
    """The exponential, its own derivative."""
    return np.exp(value(x)), lambda dy: (mul(dy, exp(x)),)


@primitive
def log(x: Tensor) -> Tensor:
    """The natural logarithm of positive entries."""
    return np.log(value(x)), lambda dy: (div(dy, x),)


@primitive
def sqrt(x: Tensor) -> Tensor:
    """The square root of positive entries."""
    return np.sqrt(value(x)), lambda dy: (scale(div(dy, sqrt(x)), by=0.5),)


@primitive
def pow(x: Tensor, *, exponent: float) -> Tensor:
    """Raise to a constant power."""
    return value(x) ** exponent, lambda dy: (scale(mul(dy, pow(x, exponent=exponent - 1)), by=exponent),)


@primitive
def tanh(x: Tensor) -> Tensor:
    """The hyperbolic tangent; its derivative is 1 - tanh^2."""

    def pullback(dy):
        y = tanh(x)
        return (sub(dy, mul(dy, mul(y, y))),)

    return np.tanh(value(x)), pullback


@primitive
def where(condition: Bool[Array, "*S"], a: Float[Array, "*S"], b: Float[Array, "*S"]) -> Float[Array, "*S"]:
    """Take entries of a where the condition is true, of b elsewhere. The gradient takes the same way."""
    y = np.where(condition, value(a), value(b))

    def pullback(dy):
        zero = np.zeros_like(y)
        return None, where(condition, dy, zero), where(condition, zero, dy)

    return y, pullback


@primitive
def index_select(x: Float[Array, "V *S"], index: Int[Array, " N"]) -> Float[Array, "N *S"]:
    """Take rows by their numbers; a row may be taken twice."""
    return value(x)[index], lambda dy: (index_add(dy, index, size=shape_of(x)[0]), None)


@primitive
def index_add(x: Float[Array, "N *S"], index: Int[Array, " N"], *, size: int) -> Float[Array, "V *S"]:
    """Add rows into a table of zeros at their numbers: the adjoint of `index_select`. Repeated numbers add up."""
    y = np.zeros((size, *shape_of(x)[1:]), value(x).dtype)
    np.add.at(y, index, value(x))
    return y, lambda dy: (index_select(dy, index), None)


@primitive
def einsum(a: Float[Array, "..."], b: Float[Array, "..."], *, equation: str) -> Any:
    """Multiply two arrays along named axes and sum over the names that the result lacks: "nd,kd->nk"."""
    left, right = equation.split("->")[0].split(",")
    out = equation.split("->")[1]
    y = np.einsum(equation, value(a), value(b))

    def pullback(dy):
        return (einsum(dy, b, equation=f"{out},{right}->{left}"), einsum(dy, a, equation=f"{out},{left}->{right}"))

    return y, pullback
