"""What makes an operation a primitive: its pullback is written in primitives again.

Called with arrays, primitives compute arrays. Called with the variables of a tape they compute variables: then the
way back is itself a formula on the tape and can be differentiated once more, so that second derivatives are exact.
"""

from collections.abc import Callable

import numpy as np

from dlbook.differentiable import differentiable
from dlbook.shapes import Array, Float, Scalar, ShapeError

__all__ = ["primitive"]

Tensor = Float[Array, "..."] | Scalar
Broadcast = Float[Array, "*#S"] | Scalar  # two arguments of this type must broadcast against each other
Axis = int | tuple[int, ...] | None


def primitive(definition: Callable) -> Callable:
    """Mark a `@differentiable` function whose pullback is itself made of primitives.

    Its definition reads its arguments through `value` and `shape_of`, so that it also runs on variables of a tape.
    """
    function = differentiable(definition)
    function.twice = True
    return function


def value(a):
    """Return the array behind a variable of a tape, and an array as it is."""
    return getattr(a, "value", a)


def shape_of(a) -> tuple[int, ...]:
    """Return the shape of an array or of a variable."""
    return np.shape(value(a))


def axes_of(function: str, shape: tuple[int, ...], axis: Axis) -> tuple[int, ...]:
    """Return the axes that `axis` names, counted from 0; refuse one that is not there or is named twice."""
    if axis is None:
        return tuple(range(len(shape)))
    named = axis if isinstance(axis, tuple) else (axis,)
    axes = tuple(int(a) + len(shape) if a < 0 else int(a) for a in named)
    if any(not 0 <= a < len(shape) for a in axes) or len(set(axes)) < len(axes):
        raise ShapeError(f"{function}: axis is {axis}, expected axes of an array of shape {shape}, each once")
    return axes


def with_ones(shape: tuple[int, ...], axes: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape that a reduction over the axes leaves when it keeps them with length 1."""
    return tuple(1 if i in axes else n for i, n in enumerate(shape))


def check_domain(function: str, name: str, fits, a, expected: str) -> None:
    """Refuse entries outside the function's domain, naming the first of them."""
    if not np.all(fits):
        wrong = np.asarray(a)[~np.asarray(fits)].flat[0]
        raise ValueError(f"{function}: {name} holds {wrong}, expected {expected}")
