"""Two functions of two numbers on which optimizers fail in different ways: a bent valley and a saddle."""

import numpy as np

from dlbook.differentiable import differentiable
from dlbook.shapes import Array, Float, Scalar

__all__ = ["rosenbrock", "saddle"]


@differentiable
def rosenbrock(x: Float[Array, "2"], *, a: float = 1.0, b: float = 100.0) -> Scalar:
    r"""Evaluate Rosenbrock's valley, whose floor is a parabola: easy to find and slow to follow.

    $$f(x) = (a - x_1)^2 + b\, (x_2 - x_1^2)^2, \qquad
    \nabla f = \begin{pmatrix} -2 (a - x_1) - 4 b\, x_1 (x_2 - x_1^2) \\ 2 b\, (x_2 - x_1^2) \end{pmatrix}$$

    Parameters
    ----------
    x : (2,) the point.
    a : the lowest point is (a, a squared), with height 0.
    b : how steep the walls are.

    Returns
    -------
    y : the height.

    **Source** Rosenbrock (1960).
    **Book** eq-rosenbrock
    """
    along, across = a - x[0], x[1] - x[0] ** 2
    y = along**2 + b * across**2

    def pullback(dy):
        dacross = 2 * b * across * dy
        return (np.array([-2 * along * dy - 2 * x[0] * dacross, dacross], dtype=x.dtype),)

    return y, pullback


@differentiable
def saddle(x: Float[Array, "2"]) -> Scalar:
    r"""Evaluate a saddle between two hollows: uphill to both sides of the path, and on it nowhere a slope.

    $$f(x) = \tfrac12 x_1^2 - \tfrac12 x_2^2 + \tfrac14 x_2^4, \qquad
    \nabla f = \begin{pmatrix} x_1 \\ x_2^3 - x_2 \end{pmatrix}$$

    The saddle is at 0 with height 0, the hollows are at (0, 1) and (0, -1) with height -1/4.

    Parameters
    ----------
    x : (2,) the point.

    Returns
    -------
    y : the height.

    **Source** the normal form of a saddle, closed at the far ends; Dauphin and others (2014) for its role.
    **Book** eq-saddle
    """
    y = x[0] ** 2 / 2 - x[1] ** 2 / 2 + x[1] ** 4 / 4

    def pullback(dy):
        return (np.array([x[0] * dy, (x[1] ** 3 - x[1]) * dy], dtype=x.dtype),)

    return y, pullback
