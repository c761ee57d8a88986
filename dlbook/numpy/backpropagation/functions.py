"""Primitives that apply a function of one variable to every entry, and the gate that takes the larger of two."""

import numpy as np

from dlbook.numpy.backpropagation.arithmetic import div, mul, neg, scale, sub
from dlbook.numpy.backpropagation.primitive import Broadcast, Tensor, check_domain, primitive, shape_of, value
from dlbook.numpy.backpropagation.rearrange import sum_to

__all__ = ["cos", "exp", "log", "maximum", "sin", "sqrt", "tanh"]


@primitive
def exp(x: Tensor) -> Tensor:
    r"""Compute the exponential, its own derivative.

    $$y = e^x, \qquad \bar x = y\,\bar y$$

    Parameters
    ----------
    x : any shape; above 709 (88 in float32) the exponential overflows.

    Returns
    -------
    y : x's shape.

    **Source** Griewank and Walther (2008), table 2.3.
    **Book** eq-elementwise
    """
    return np.exp(value(x)), lambda dy: (mul(dy, exp(x)),)


@primitive
def log(x: Tensor) -> Tensor:
    r"""Compute the natural logarithm.

    $$y = \ln x, \qquad \bar x = \frac{\bar y}{x}$$

    Parameters
    ----------
    x : any shape, positive entries.

    Returns
    -------
    y : x's shape.

    Raises
    ------
    ValueError : when an entry is not positive.

    **Source** Griewank and Walther (2008), table 2.3.
    **Book** eq-elementwise
    """
    check_domain("log", "x", np.real(value(x)) > 0, value(x), "positive numbers")
    return np.log(value(x)), lambda dy: (div(dy, x),)


@primitive
def sqrt(x: Tensor) -> Tensor:
    r"""Compute the square root.

    $$y = \sqrt x, \qquad \bar x = \frac{\bar y}{2 y}$$

    Parameters
    ----------
    x : any shape, positive entries: at 0 the slope is infinite.

    Returns
    -------
    y : x's shape.

    Raises
    ------
    ValueError : when an entry is not positive.

    **Source** Griewank and Walther (2008), table 2.3.
    **Book** eq-elementwise
    """
    check_domain("sqrt", "x", np.real(value(x)) > 0, value(x), "positive numbers")
    return np.sqrt(value(x)), lambda dy: (scale(div(dy, sqrt(x)), by=0.5),)


@primitive
def sin(x: Tensor) -> Tensor:
    r"""Compute the sine.

    $$y = \sin x, \qquad \bar x = \cos(x)\,\bar y$$

    Parameters
    ----------
    x : any shape, in radians.

    Returns
    -------
    y : x's shape.

    **Source** Griewank and Walther (2008), table 2.3.
    **Book** eq-elementwise
    """
    return np.sin(value(x)), lambda dy: (mul(dy, cos(x)),)


@primitive
def cos(x: Tensor) -> Tensor:
    r"""Compute the cosine.

    $$y = \cos x, \qquad \bar x = -\sin(x)\,\bar y$$

    Parameters
    ----------
    x : any shape, in radians.

    Returns
    -------
    y : x's shape.

    **Source** Griewank and Walther (2008), table 2.3.
    **Book** eq-elementwise
    """
    return np.cos(value(x)), lambda dy: (neg(mul(dy, sin(x))),)


@primitive
def tanh(x: Tensor) -> Tensor:
    r"""Compute the hyperbolic tangent.

    $$y = \tanh x, \qquad \bar x = (1 - y^2)\,\bar y$$

    Parameters
    ----------
    x : any shape.

    Returns
    -------
    y : x's shape, between -1 and 1.

    **Source** Griewank and Walther (2008), table 2.3.
    **Book** eq-elementwise
    """
    y = np.tanh(value(x))

    def pullback(dy):
        t = y if value(x) is x else tanh(x)  # on a tape the slope is a formula of x again
        return (sub(dy, mul(dy, mul(t, t))),)

    return y, pullback


@primitive
def maximum(a: Broadcast, b: Broadcast) -> Tensor:
    r"""Take the larger of two entries: the gate that routes its gradient to the winner.

    $$y = \max(a, b), \qquad \bar a = \bar y\,[a > b] + \tfrac12 \bar y\,[a = b]$$

    Parameters
    ----------
    a, b : arrays whose shapes broadcast against each other.

    Returns
    -------
    y : the shape to which both broadcast. In a tie each side receives half of the gradient.

    Raises
    ------
    ShapeError : when the shapes do not broadcast.

    **Source** `torch.maximum`, whose convention at ties this is.
    **Book** eq-max-gate
    """
    y = np.maximum(value(a), value(b))
    won = ((value(a) > value(b)) + 0.5 * (value(a) == value(b))).astype(y.dtype)
    lost = 1 - won

    def pullback(dy):
        return sum_to(mul(dy, won), shape=shape_of(a)), sum_to(mul(dy, lost), shape=shape_of(b))

    return y, pullback
