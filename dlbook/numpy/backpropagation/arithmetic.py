"""Primitives of arithmetic, entry by entry, with broadcasting: a repeated argument receives a summed gradient."""

import numpy as np

from dlbook.numpy.backpropagation.primitive import Broadcast, Tensor, check_domain, primitive, shape_of, value
from dlbook.numpy.backpropagation.rearrange import sum_to

__all__ = ["add", "div", "mul", "neg", "pow", "scale", "sub"]


@primitive
def add(a: Broadcast, b: Broadcast) -> Tensor:
    r"""Add entry by entry: the gate that hands its gradient to both sides.

    $$y = a + b, \qquad \bar a = \bar y, \quad \bar b = \bar y$$

    Parameters
    ----------
    a, b : arrays whose shapes broadcast against each other.

    Returns
    -------
    y : the shape to which both broadcast.

    Raises
    ------
    ShapeError : when the shapes do not broadcast.

    **Source** Rumelhart, Hinton and Williams (1986); Griewank and Walther (2008), table 2.3.
    **Book** eq-sum-rule
    """

    def pullback(dy):
        return sum_to(dy, shape=shape_of(a)), sum_to(dy, shape=shape_of(b))

    return value(a) + value(b), pullback


@primitive
def sub(a: Broadcast, b: Broadcast) -> Tensor:
    r"""Subtract entry by entry.

    $$y = a - b, \qquad \bar a = \bar y, \quad \bar b = -\bar y$$

    Parameters
    ----------
    a, b : arrays whose shapes broadcast against each other.

    Returns
    -------
    y : the shape to which both broadcast.

    Raises
    ------
    ShapeError : when the shapes do not broadcast.

    **Source** Griewank and Walther (2008), table 2.3.
    **Book** eq-sum-rule
    """

    def pullback(dy):
        return sum_to(dy, shape=shape_of(a)), neg(sum_to(dy, shape=shape_of(b)))

    return value(a) - value(b), pullback


@primitive
def neg(x: Tensor) -> Tensor:
    r"""Change the sign.

    $$y = -x, \qquad \bar x = -\bar y$$

    Parameters
    ----------
    x : any shape.

    Returns
    -------
    y : x's shape.

    **Source** Griewank and Walther (2008), table 2.3.
    **Book** eq-sum-rule
    """
    return -value(x), lambda dy: (neg(dy),)


@primitive
def scale(x: Tensor, *, by: float) -> Tensor:
    r"""Multiply with a constant that has no gradient.

    $$y = c\,x, \qquad \bar x = c\,\bar y$$

    Parameters
    ----------
    x : any shape.
    by : the constant c.

    Returns
    -------
    y : x's shape.

    Raises
    ------
    ValueError : when the constant is not finite.

    **Source** Griewank and Walther (2008), table 2.3.
    **Book** eq-sum-rule
    """
    check_domain("scale", "by", np.isfinite(by), by, "a finite number")
    by = float(by)  # a NumPy float64 would turn float32 arrays into float64
    return value(x) * by, lambda dy: (scale(dy, by=by),)


@primitive
def mul(a: Broadcast, b: Broadcast) -> Tensor:
    r"""Multiply entry by entry: the gate that swaps its inputs.

    $$y = a\,b, \qquad \bar a = \bar y\,b, \quad \bar b = \bar y\,a$$

    Parameters
    ----------
    a, b : arrays whose shapes broadcast against each other.

    Returns
    -------
    y : the shape to which both broadcast.

    Raises
    ------
    ShapeError : when the shapes do not broadcast.

    **Source** Griewank and Walther (2008), table 2.3.
    **Book** eq-product-rule
    """

    def pullback(dy):
        return sum_to(mul(dy, b), shape=shape_of(a)), sum_to(mul(dy, a), shape=shape_of(b))

    return value(a) * value(b), pullback


@primitive
def div(a: Broadcast, b: Broadcast) -> Tensor:
    r"""Divide entry by entry.

    $$y = \frac ab, \qquad \bar a = \frac{\bar y}{b}, \quad \bar b = -\frac{\bar y\,a}{b^2}$$

    Parameters
    ----------
    a : any shape that broadcasts against b's.
    b : entries other than 0.

    Returns
    -------
    y : the shape to which both broadcast.

    Raises
    ------
    ShapeError : when the shapes do not broadcast.
    ValueError : when b holds a 0.

    **Source** Griewank and Walther (2008), table 2.3.
    **Book** eq-product-rule
    """
    check_domain("div", "b", value(b) != 0, value(b), "numbers other than 0")

    def pullback(dy):
        da = div(dy, b)
        return sum_to(da, shape=shape_of(a)), neg(sum_to(div(mul(da, a), b), shape=shape_of(b)))

    return value(a) / value(b), pullback


@primitive
def pow(x: Tensor, *, exponent: float) -> Tensor:
    r"""Raise to a constant power.

    $$y = x^p, \qquad \bar x = p\,x^{p-1}\,\bar y$$

    Parameters
    ----------
    x : any shape; positive entries, unless the exponent is an integer of at least 0 (any entry) or a negative
        integer (any entry but 0).
    exponent : the constant p.

    Returns
    -------
    y : x's shape.

    Raises
    ------
    ValueError : when an entry has no real power, or no finite one.

    **Source** Griewank and Walther (2008), table 2.3; `torch.pow`.
    **Book** eq-product-rule
    """
    p, base = float(exponent), np.real(value(x))
    if not p.is_integer():
        check_domain("pow", "x", base > 0, base, f"positive numbers as the exponent is {exponent}")
    elif p < 0:
        check_domain("pow", "x", base != 0, base, f"numbers other than 0 as the exponent is {exponent}")

    def pullback(dy):
        # The derivative of x^0 is 0, also at x = 0, where x^-1 is not defined.
        slope = scale(x, by=0.0) if p == 0 else scale(pow(x, exponent=p - 1), by=p)
        return (mul(dy, slope),)

    return value(x) ** p, pullback
