"""Activations with a kink: functions that pass what is positive and treat the rest in some other way."""

import numpy as np

from dlbook.differentiable import differentiable
from dlbook.numpy.linear_classifiers.arguments import whole_number
from dlbook.shapes import Array, Float, Scalar, ShapeError, describe

__all__ = ["elu", "leaky_relu", "maxout", "prelu", "relu", "selu"]

# The fixed point of mean 0 and variance 1, to the digits of a double; the page derives the two equations.
SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


@differentiable
def relu(x: Float[Array, "*S"]) -> Scalar | Float[Array, "*S"]:
    r"""Let positive numbers pass and turn the others into zero.

    $$y = \max(0, x), \qquad \bar x = [x > 0] \, \bar y$$

    Parameters
    ----------
    x : any shape.

    Returns
    -------
    y : x's shape, at least 0; at the kink, x = 0, the slope is 0 by convention.

    **Source** Nair and Hinton (2010); Glorot, Bordes and Bengio (2011).
    **Book** eq-relu
    """
    y = np.maximum(x, 0)

    def pullback(dy):
        return (dy * (y > 0),)

    return y, pullback


@differentiable
def leaky_relu(x: Float[Array, "*S"], *, negative_slope: float = 0.01) -> Scalar | Float[Array, "*S"]:
    r"""Let positive numbers pass and let a little of the others through.

    $$y = x \text{ for } x > 0, \text{ else } a x, \qquad \bar x = \bar y \text{ for } x > 0, \text{ else } a \bar y$$

    Parameters
    ----------
    x : any shape.
    negative_slope : a, any number; 1 gives the identity, -1 the absolute value.

    Returns
    -------
    y : x's shape; at the kink the slope is a.

    **Source** Maas, Hannun and Ng (2013), section 2.
    **Book** eq-leaky-relu
    """
    slope = np.where(x > 0, 1.0, float(negative_slope)).astype(x.dtype)

    def pullback(dy):
        return (dy * slope,)

    return x * slope, pullback


@differentiable
def prelu(x: Float[Array, "*S"], weight: Float[Array, " C"]) -> Scalar | Float[Array, "*S"]:
    r"""Let positive numbers pass and multiply the others by a slope that is learnt.

    $$y = \max(0, x) + a \min(0, x), \qquad \bar x = \bar y\, \big([x > 0] + a\, [x \le 0]\big), \qquad
    \bar a_c = \sum_{x \text{ in channel } c} \bar y \min(0, x)$$

    Parameters
    ----------
    x : any shape; its second axis counts channels.
    weight : (C,) one slope for each channel, or (1,) a slope for all.

    Returns
    -------
    y : x's shape; at the kink the slope is a.

    Raises
    ------
    ShapeError : when there are neither one nor as many slopes as channels.

    **Source** He, Zhang, Ren and Sun (2015), eqs. 1 and 3.
    **Book** eq-prelu
    """
    channels = x.shape[1] if x.ndim > 1 else 1
    if len(weight) not in (1, channels):
        raise ShapeError(
            f"prelu: weight is {describe(weight)}, expected (1,) or ({channels},), a slope for each channel of x"
        )
    a = weight.reshape(-1, *(1,) * (x.ndim - 2)) if x.ndim > 1 else weight[0]
    negative = np.minimum(x, 0)
    y = np.maximum(x, 0) + a * negative

    def pullback(dy):
        dx = np.where(x > 0, dy, a * dy)
        sent = dy * negative
        # A channel's slope has met every entry of the channel, a common slope every entry there is.
        own = len(weight) > 1
        dweight = sent.sum(axis=tuple(i for i in range(x.ndim) if not (own and i == 1)))
        return dx, dweight.reshape(weight.shape)

    return y, pullback


@differentiable
def elu(x: Float[Array, "*S"], *, alpha: float = 1.0) -> Scalar | Float[Array, "*S"]:
    r"""Let positive numbers pass and bend the others towards a floor.

    $$y = x \text{ for } x > 0, \text{ else } \alpha (e^x - 1), \qquad
    \frac{dy}{dx} = 1 \text{ for } x > 0, \text{ else } \alpha e^x = y + \alpha$$

    Parameters
    ----------
    x : any shape.
    alpha : minus the floor; with 1 the function has no kink.

    Returns
    -------
    y : x's shape, above -alpha; at x = 0 the slope is alpha.

    **Source** Clevert, Unterthiner and Hochreiter (2016), section 3.
    **Book** eq-elu
    """
    return _elu(x, float(alpha), 1.0)


@differentiable
def selu(x: Float[Array, "*S"]) -> Scalar | Float[Array, "*S"]:
    r"""Apply an ELU that is scaled such that mean 0 and variance 1 reproduce themselves from layer to layer.

    $$y = \lambda x \text{ for } x > 0, \text{ else } \lambda \alpha (e^x - 1), \qquad
    \lambda \approx 1.0507, \quad \alpha \approx 1.6733$$

    Parameters
    ----------
    x : any shape.

    Returns
    -------
    y : x's shape, above -1.7581; at x = 0 the slope is lambda alpha.

    **Source** Klambauer, Unterthiner, Mayr and Hochreiter (2017), eq. 2.
    **Book** eq-selu
    """
    return _elu(x, SELU_ALPHA, SELU_SCALE)


def _elu(x, alpha: float, scale: float):
    """Return an ELU times a scale, and its pullback."""
    # Without the minimum exp(1000) would overflow in the branch that is not taken; expm1 keeps tiny x.
    bent = alpha * np.expm1(np.minimum(x, 0))
    positive = x > 0
    y = scale * np.where(positive, x, bent)

    def pullback(dy):
        return (dy * (scale * np.where(positive, 1, bent + alpha)),)  # the exponential is in bent already

    return y, pullback


@differentiable
def maxout(x: Float[Array, "N J"], *, pieces: int = 2) -> Float[Array, "N K"]:
    r"""Let groups of neighbouring columns compete: only the largest of each group passes.

    $$y_{nk} = \max_{0 \le p < P} x_{n,\, kP + p}, \qquad
    \bar x_{n,\, kP + p} = \bar y_{nk} \text{ for the first winner } p, \text{ else } 0$$

    Parameters
    ----------
    x : (N, J) with J = K P.
    pieces : P, how many columns make a group, at least 1; it divides J.

    Returns
    -------
    y : (N, K).

    Raises
    ------
    ValueError : when the columns cannot be dealt into such groups.

    **Source** Goodfellow, Warde-Farley, Mirza, Courville and Bengio (2013), section 3.
    **Book** eq-maxout
    """
    pieces = whole_number("maxout", "pieces", pieces, 1)
    rows, columns = x.shape
    if columns % pieces:
        raise ValueError(f"maxout: x has {columns} columns, expected a multiple of pieces = {pieces}")
    groups = x.reshape(rows, columns // pieces, pieces)
    winner = groups.argmax(axis=2)[..., None]  # the first of equal ones
    y = np.take_along_axis(groups, winner, axis=2)[..., 0]

    def pullback(dy):
        dgroups = np.zeros_like(groups)
        np.put_along_axis(dgroups, winner, dy[..., None], axis=2)
        return (dgroups.reshape(x.shape),)

    return y, pullback
