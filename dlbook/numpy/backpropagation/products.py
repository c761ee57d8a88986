"""Primitives that multiply and sum: the matrix product and its generalization."""

import re

import numpy as np

from dlbook.numpy.backpropagation.primitive import Tensor, primitive, shape_of, value
from dlbook.numpy.backpropagation.rearrange import broadcast_to, reshape, transpose
from dlbook.shapes import Array, Float, ShapeError

__all__ = ["einsum", "matmul"]


@primitive
def matmul(a: Float[Array, "*B N D"], b: Float[Array, "*B D K"]) -> Float[Array, "*B N K"]:
    r"""Multiply matrices, or stacks of them.

    $$Y = A B, \qquad \bar A = \bar Y B^\top, \quad \bar B = A^\top \bar Y$$

    Parameters
    ----------
    a : (..., N, D).
    b : (..., D, K) with the same leading axes.

    Returns
    -------
    y : (..., N, K).

    Raises
    ------
    ShapeError : when the inner axes or the leading ones differ.

    **Source** Giles (2008), section 2.2.1.
    **Book** eq-matmul-pullback
    """

    def pullback(dy):
        return matmul(dy, _swapped(b)), matmul(_swapped(a), dy)

    return value(a) @ value(b), pullback


def _swapped(a):
    """Transpose each matrix of a stack."""
    axes = tuple(range(len(shape_of(a))))
    return transpose(a, axes=(*axes[:-2], axes[-1], axes[-2]))


@primitive
def einsum(*operands: Tensor, equation: str) -> Tensor:
    r"""Multiply arrays along named axes and sum over the names that the result lacks.

    $$y_{nk} = \sum_d a_{nd}\, b_{kd} \quad (\texttt{nd,kd->nk}), \qquad
    \bar a_{nd} = \sum_k \bar y_{nk}\, b_{kd} \quad (\texttt{nk,kd->nd})$$

    The way back is again a product along named axes: exchange an operand with the result.

    Parameters
    ----------
    *operands : arrays, one for each list of letters before the arrow.
    equation : a letter for each axis, such as "nd,kd->nk". No letter stands twice in one list.

    Returns
    -------
    y : one axis for each letter after the arrow.

    Raises
    ------
    ValueError : when the equation cannot be read, repeats a letter in one list, or asks for an unknown letter.
    ShapeError : when an operand has another number of axes, or a letter two sizes.

    **Source** Laue, Mitterreiter and Giesen (2020), theorem 9.
    **Book** eq-matmul-pullback
    """
    inputs, out = _letters(equation, [shape_of(a) for a in operands])
    y = np.array(np.einsum(equation, *map(value, operands), optimize=len(operands) > 1))

    def pullback(dy):
        return tuple(_grad(dy, i) for i in range(len(operands)))

    def _grad(dy, i):
        others, names = operands[:i] + operands[i + 1 :], inputs[:i] + inputs[i + 1 :]
        seen = [c for c in inputs[i] if c in out or any(c in name for name in names)]
        grad = einsum(dy, *others, equation=f"{','.join((out, *names))}->{''.join(seen)}")
        if len(seen) == len(inputs[i]):
            return grad
        # A letter that stands nowhere else was summed alone: its gradient is the same all along that axis.
        shape = shape_of(operands[i])
        kept = tuple(n if c in seen else 1 for c, n in zip(inputs[i], shape, strict=True))
        return broadcast_to(reshape(grad, shape=kept), shape=shape)

    return y, pullback


def _letters(equation: str, shapes: list[tuple[int, ...]]) -> tuple[tuple[str, ...], str]:
    """Return the letters of the operands and of the result; refuse what cannot be read or does not fit."""
    if not re.fullmatch(r"[A-Za-z]*(,[A-Za-z]*)*->[A-Za-z]*", equation):
        raise ValueError(f"einsum: equation is {equation!r}, expected letters such as 'nd,kd->nk'")
    before, out = equation.split("->")
    inputs = tuple(before.split(","))
    for letters in (*inputs, out):
        if len(set(letters)) < len(letters):
            raise ValueError(f"einsum: equation {equation!r} repeats a letter in {letters!r}, expected different ones")
    if not set(out) <= set(before):
        raise ValueError(f"einsum: equation {equation!r} asks for {''.join(sorted(set(out) - set(before)))!r}, "
                         "expected letters of the operands")
    if [len(i) for i in inputs] != [len(s) for s in shapes]:
        raise ShapeError(f"einsum: the operands have shapes {shapes}, expected one axis for each letter of {before!r}")
    sizes: dict[str, int] = {}
    for letter, n in ((c, n) for i, s in zip(inputs, shapes, strict=True) for c, n in zip(i, s, strict=True)):
        if sizes.setdefault(letter, n) != n:
            raise ShapeError(f"einsum: {letter!r} of {equation!r} has the sizes {sizes[letter]} and {n}, "
                             "expected one size")
    return inputs, out
