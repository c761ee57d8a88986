"""Primitives that make fewer numbers of many: sum, mean and the largest."""

import numpy as np

from dlbook.numpy.backpropagation.arithmetic import mul, scale
from dlbook.numpy.backpropagation.primitive import Axis, Tensor, axes_of, primitive, shape_of, value, with_ones
from dlbook.numpy.backpropagation.rearrange import broadcast_to, reshape

__all__ = ["amax", "mean", "sum"]


def _spread(dy, x, axes: tuple[int, ...]):
    """Give every entry of x what arrived for the number that it went into."""
    return broadcast_to(reshape(dy, shape=with_ones(shape_of(x), axes)), shape=shape_of(x))


@primitive
def sum(x: Tensor, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    r"""Sum over some axes, or over all.

    $$y_j = \sum_i x_{ij}, \qquad \bar x_{ij} = \bar y_j$$

    Parameters
    ----------
    x : any shape.
    axis : the axis or axes that are summed; None for all.
    keepdims : whether they stay with length 1.

    Returns
    -------
    y : x's shape without the axes.

    Raises
    ------
    ShapeError : when x has no such axis.

    **Source** Frostig, Johnson, Maclaurin, Paszke and Radul (2021): copying and summing are transposes.
    **Book** eq-sum-and-mean
    """
    axes = axes_of("sum", shape_of(x), axis)
    return value(x).sum(axis=axes, keepdims=keepdims), lambda dy: (_spread(dy, x, axes),)


@primitive
def mean(x: Tensor, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    r"""Average over some axes, or over all.

    $$y_j = \frac1n \sum_{i=1}^n x_{ij}, \qquad \bar x_{ij} = \frac{\bar y_j}{n}$$

    Parameters
    ----------
    x : any shape.
    axis : the axis or axes over which the mean goes; None for all.
    keepdims : whether they stay with length 1.

    Returns
    -------
    y : x's shape without the axes.

    Raises
    ------
    ShapeError : when x has no such axis, or nothing along it.

    **Source** The sum, scaled by 1/n.
    **Book** eq-sum-and-mean
    """
    axes = _filled_axes("mean", x, axis)
    y = value(x).mean(axis=axes, keepdims=keepdims)
    share = np.size(y) / max(1, np.size(value(x)))
    return y, lambda dy: (scale(_spread(dy, x, axes), by=share),)


@primitive
def amax(x: Tensor, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    r"""Take the largest entry along some axes, or of all.

    $$y_j = \max_i x_{ij}, \qquad \bar x_{ij} = \frac{[x_{ij} = y_j]}{\#\{k : x_{kj} = y_j\}}\,\bar y_j$$

    Parameters
    ----------
    x : any shape.
    axis : the axis or axes along which the maximum is taken; None for all.
    keepdims : whether they stay with length 1.

    Returns
    -------
    y : x's shape without the axes. Entries that share the maximum share its gradient equally.

    Raises
    ------
    ShapeError : when x has no such axis, or nothing along it.

    **Source** `torch.amax`, whose convention at ties this is.
    **Book** eq-max-gate
    """
    axes = _filled_axes("amax", x, axis)
    peak = value(x).max(axis=axes, keepdims=True)
    winners = (value(x) == peak).astype(peak.dtype)
    winners = winners / winners.sum(axis=axes, keepdims=True)
    y = value(x).max(axis=axes, keepdims=keepdims)
    return y, lambda dy: (mul(_spread(dy, x, axes), winners),)


def _filled_axes(function: str, x, axis: Axis) -> tuple[int, ...]:
    """Return the axes; refuse them when nothing lies along them, for nothing has no mean and no maximum."""
    axes = axes_of(function, shape_of(x), axis)
    if any(shape_of(x)[a] == 0 for a in axes):
        raise ValueError(f"{function}: x has shape {shape_of(x)}, expected entries along axis {axis}")
    return axes
