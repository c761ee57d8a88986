"""Primitives that move numbers about and compute nothing: where a number goes, its gradient comes back from.

A copy is the exception on the way back: what was read k times receives k gradients, and they add up.
"""

from collections.abc import Sequence

import numpy as np

from dlbook.numpy.backpropagation.primitive import Tensor, axes_of, primitive, shape_of, value
from dlbook.shapes import Array, Bool, Float, Int, ShapeError

__all__ = ["broadcast_to", "cat", "index_add", "index_select", "reshape", "sum_to", "transpose", "where"]


@primitive
def reshape(x: Tensor, *, shape: tuple[int, ...]) -> Tensor:
    r"""Give x another shape with as many entries, read row by row.

    $$\bar x = \operatorname{reshape}(\bar y, \text{shape of } x)$$

    Parameters
    ----------
    x : any shape.
    shape : y's shape; one entry may be -1 and is then found by division.

    Returns
    -------
    y : x's entries in the same order, a copy.

    Raises
    ------
    ShapeError : when the shape has another number of entries.

    **Source** Griewank and Walther (2008), section 3.2: a rearrangement is a permutation matrix.
    **Book** eq-rearrange
    """
    try:
        y = np.reshape(value(x), shape).copy()
    except ValueError:
        raise ShapeError(f"reshape: shape is {shape}, expected one with {np.size(value(x))} entries, "
                         f"as x of shape {shape_of(x)} has") from None
    return y, lambda dy: (reshape(dy, shape=shape_of(x)),)


@primitive
def transpose(x: Tensor, *, axes: tuple[int, ...] | None = None) -> Tensor:
    r"""Reorder the axes: axis i of y is axis `axes[i]` of x.

    $$Y = X^\top, \qquad \bar X = \bar Y^\top$$

    Parameters
    ----------
    x : any shape.
    axes : a permutation of x's axes; by default they are reversed.

    Returns
    -------
    y : the reordered array, a copy.

    Raises
    ------
    ShapeError : when `axes` is no permutation of x's axes.

    **Source** Griewank and Walther (2008), section 3.2: the adjoint of a permutation is its inverse.
    **Book** eq-rearrange
    """
    ndim = len(shape_of(x))
    order = tuple(reversed(range(ndim))) if axes is None else axes_of("transpose", shape_of(x), axes)
    if len(order) != ndim:
        raise ShapeError(f"transpose: axes is {axes}, expected a permutation of the axes of x, shape {shape_of(x)}")
    inverse = tuple(map(int, np.argsort(order)))
    return np.transpose(value(x), order).copy(), lambda dy: (transpose(dy, axes=inverse),)


@primitive
def broadcast_to(x: Tensor, *, shape: tuple[int, ...]) -> Tensor:
    r"""Repeat x along new leading axes and along axes of length 1.

    $$y_{ij} = x_j, \qquad \bar x_j = \sum_i \bar y_{ij}$$

    Every entry of x is used as often as it is repeated, and its uses' gradients add up.

    Parameters
    ----------
    x : any shape that broadcasts to `shape`.
    shape : y's shape.

    Returns
    -------
    y : x, repeated.

    Raises
    ------
    ShapeError : when x does not broadcast to the shape.

    **Source** Frostig, Johnson, Maclaurin, Paszke and Radul (2021): copying and summing are transposes.
    **Book** eq-broadcast-adjoint
    """
    try:
        y = np.broadcast_to(value(x), shape).copy()
    except ValueError:
        raise ShapeError(f"broadcast_to: x has shape {shape_of(x)}, expected one that broadcasts to "
                         f"shape={shape}") from None
    return y, lambda dy: (sum_to(dy, shape=shape_of(x)),)


@primitive
def sum_to(x: Tensor, *, shape: tuple[int, ...]) -> Tensor:
    r"""Undo a broadcast the only way a gradient can: sum over the axes along which `shape` was repeated.

    $$y_j = \sum_i x_{ij}, \qquad \bar x_{ij} = \bar y_j$$

    Parameters
    ----------
    x : any shape to which `shape` broadcasts.
    shape : y's shape.

    Returns
    -------
    y : the sums.

    Raises
    ------
    ShapeError : when the shape does not broadcast to x's shape.

    **Source** Frostig, Johnson, Maclaurin, Paszke and Radul (2021): copying and summing are transposes.
    **Book** eq-broadcast-adjoint
    """
    before = shape_of(x)
    new = len(before) - len(shape)
    if new < 0 or any(n not in (1, m) for n, m in zip(shape, before[new:], strict=True)):
        raise ShapeError(f"sum_to: shape is {shape}, expected one that broadcasts to the shape of x, {before}")
    repeated = tuple(new + i for i, n in enumerate(shape) if n == 1)
    y = value(x).sum(axis=(*range(new), *repeated)).reshape(shape)
    return y, lambda dy: (broadcast_to(dy, shape=before),)


@primitive
def index_select(x: Float[Array, "..."], index: Int[Array, " M"], *, axis: int = 0) -> Float[Array, "..."]:
    r"""Take rows by their numbers; a row may be taken several times, or never.

    $$y_m = x_{i_m}, \qquad \bar x_v = \sum_{m :\, i_m = v} \bar y_m$$

    Parameters
    ----------
    x : any shape with at least one axis.
    index : (M,) integers from 0 to the length of the axis - 1.
    axis : the axis along which rows are taken.

    Returns
    -------
    y : x's shape with M entries along the axis.

    Raises
    ------
    ValueError : when a number is outside the axis.

    **Source** The adjoint of a selection is the scattered sum: `torch.index_select`, `torch.index_add`.
    **Book** eq-index-adjoint
    """
    (axis,) = axes_of("index_select", shape_of(x), axis)
    size = shape_of(x)[axis]
    _check_index("index_select", index, size)
    y = np.take(value(x), index, axis)
    return y, lambda dy: (index_add(dy, index, size=size, axis=axis), None)


@primitive
def index_add(x: Float[Array, "..."], index: Int[Array, " M"], *, size: int, axis: int = 0) -> Float[Array, "..."]:
    r"""Add rows into a table of zeros at their numbers. Repeated numbers add up.

    $$y_v = \sum_{m :\, i_m = v} x_m, \qquad \bar x_m = \bar y_{i_m}$$

    Parameters
    ----------
    x : any shape with M entries along the axis.
    index : (M,) integers from 0 to size - 1: where each row of x goes.
    size : y's length along the axis.
    axis : the axis along which the rows lie.

    Returns
    -------
    y : x's shape with `size` entries along the axis.

    Raises
    ------
    ValueError : when a number is outside 0 .. size - 1, or when there are more or fewer numbers than rows.

    **Source** The adjoint of a selection is the scattered sum: `torch.index_select`, `torch.index_add`.
    **Book** eq-index-adjoint
    """
    (axis,) = axes_of("index_add", shape_of(x), axis)
    if len(index) != shape_of(x)[axis]:
        raise ShapeError(f"index_add: index has {len(index)} entries, expected {shape_of(x)[axis]}, "
                         f"as x of shape {shape_of(x)} has along axis {axis}")
    _check_index("index_add", index, size)
    y = np.zeros((*shape_of(x)[:axis], size, *shape_of(x)[axis + 1 :]), value(x).dtype)
    # y[index] += x would keep only the last of the rows that share a number.
    np.add.at(np.moveaxis(y, axis, 0), index, np.moveaxis(value(x), axis, 0))
    return y, lambda dy: (index_select(dy, index, axis=axis), None)


def _check_index(function: str, index: np.ndarray, size: int) -> None:
    """Refuse numbers outside 0 .. size - 1: NumPy would take -1 for the last row without a word."""
    wrong = index[(index < 0) | (index >= size)]
    if wrong.size:
        raise ValueError(f"{function}: index holds {wrong[0]}, expected 0 to {size - 1}")


@primitive
def cat(xs: Sequence[Float[Array, "..."]], *, axis: int = 0) -> Float[Array, "..."]:
    r"""Lay arrays end to end along an axis.

    $$Y = [X_1, \dots, X_k], \qquad \bar X_i = \text{ the part of } \bar Y \text{ where } X_i \text{ lies}$$

    Parameters
    ----------
    xs : arrays whose shapes differ in the axis at most.
    axis : the axis along which they are laid.

    Returns
    -------
    y : the whole.

    Raises
    ------
    ShapeError : when there is no array, or when the shapes differ in another axis.

    **Source** Griewank and Walther (2008), section 3.2; `torch.cat`.
    **Book** eq-rearrange
    """
    shapes = [shape_of(x) for x in xs]
    if not shapes:
        raise ShapeError("cat: xs is empty, expected at least one array")
    (along,) = axes_of("cat", shapes[0], axis)
    if len({(len(s), s[:along], s[along + 1 :]) for s in shapes}) > 1:
        raise ShapeError(f"cat: the arrays have shapes {shapes}, expected them to differ in axis {axis} at most")
    y = np.concatenate([value(x) for x in xs], along)
    ends = np.cumsum([s[along] for s in shapes])

    def pullback(dy):
        parts = (np.arange(end - s[along], end) for s, end in zip(shapes, ends, strict=True))
        return (type(xs)([index_select(dy, part, axis=along) for part in parts]),)

    return y, pullback


@primitive
def where(
    condition: Bool[Array, "*S"], a: Float[Array, "*S"], b: Float[Array, "*S"]
) -> Float[Array, "*S"]:
    r"""Take the entries of a where the condition is true, those of b elsewhere.

    $$\bar a_i = \begin{cases} \bar y_i & \text{if } c_i \\ 0 & \text{else} \end{cases}, \qquad
    \bar b_i = \bar y_i - \bar a_i$$

    Parameters
    ----------
    condition : booleans, of any shape.
    a, b : the condition's shape.

    Returns
    -------
    y : the condition's shape.

    Raises
    ------
    ShapeError : when the shapes differ.

    **Source** Griewank and Walther (2008), section 3.2; `torch.where`.
    **Book** eq-rearrange
    """

    def pullback(dy):
        nothing = np.zeros(shape_of(dy), value(dy).dtype)
        return None, where(condition, dy, nothing), where(condition, nothing, dy)

    return np.where(condition, value(a), value(b)), pullback
