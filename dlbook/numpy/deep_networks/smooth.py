"""Activations without a kink: the hyperbolic tangent, and smooth relatives of the ReLU."""

import math
from typing import Literal

import numpy as np

from dlbook.differentiable import differentiable
from dlbook.numpy.linear_classifiers.arguments import above_zero
from dlbook.numpy.linear_classifiers.binary import _sigmoid, _softplus
from dlbook.shapes import Array, Float, Scalar

__all__ = ["gelu", "silu", "softplus"]


@differentiable
def softplus(x: Float[Array, "*S"], *, beta: float = 1.0, threshold: float = 20.0) -> Scalar | Float[Array, "*S"]:
    r"""Round off the kink of the ReLU.

    $$y = \tfrac1\beta \log(1 + e^{\beta x}), \qquad \frac{dy}{dx} = \sigma(\beta x)$$

    Parameters
    ----------
    x : any shape.
    beta : how sharp the bend is, above 0.
    threshold : where beta x is above it, y is x itself and the slope 1, as in PyTorch.

    Returns
    -------
    y : x's shape, above 0.

    Raises
    ------
    ValueError : for a beta that is not positive.

    **Source** Dugas, Bengio, Belisle, Nadeau and Garcia (2001), section 2.
    **Book** eq-softplus
    """
    beta = above_zero("softplus", "beta", beta)
    scaled = beta * x
    straight = scaled > threshold
    y = np.where(straight, x, _softplus(scaled) / beta)

    def pullback(dy):
        return (dy * np.where(straight, 1, _sigmoid(scaled)),)

    return y, pullback


@differentiable
def gelu(x: Float[Array, "*S"], *, approximate: Literal["none", "tanh"] = "none") -> Scalar | Float[Array, "*S"]:
    r"""Keep a number with the probability that a standard normal variable lies below it, on average.

    $$y = x\, \Phi(x), \qquad \Phi(x) = \tfrac12 \Big(1 + \operatorname{erf} \tfrac{x}{\sqrt 2}\Big), \qquad
    \frac{dy}{dx} = \Phi(x) + x\, \varphi(x), \qquad \varphi(x) = \tfrac{1}{\sqrt{2\pi}} e^{-x^2/2}$$

    Parameters
    ----------
    x : any shape.
    approximate : "none", or "tanh" for $\Phi(x) \approx \tfrac12(1 + \tanh(\sqrt{2/\pi}\,(x + 0.044715\, x^3)))$.

    Returns
    -------
    y : x's shape, above -0.17.

    **Source** Hendrycks and Gimpel (2016), section 2.
    **Book** eq-gelu
    """
    # Beyond 10 either form is exactly 0 or 1, and the cube and the square of a huge x could overflow.
    near = np.clip(x, -10, 10)
    if approximate == "none":
        share = 0.5 * (1 + _erf(near * math.sqrt(0.5)))
        density = np.exp(-0.5 * near * near) / math.sqrt(2 * math.pi)
    else:
        bend = np.tanh(math.sqrt(2 / math.pi) * (near + 0.044715 * near**3))
        share = 0.5 * (1 + bend)
        density = 0.5 * (1 - bend * bend) * math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * near * near)
    y = x * share

    def pullback(dy):
        return (dy * (share + near * density),)

    return y, pullback


def _erf(x):
    """Compute the error function: SciPy's where it is installed, else the standard library's, entry by entry."""
    try:
        from scipy.special import erf
    except ImportError:
        return np.vectorize(math.erf, otypes=[float])(x).astype(x.dtype)
    return erf(x)


@differentiable
def silu(x: Float[Array, "*S"]) -> Scalar | Float[Array, "*S"]:
    r"""Multiply a number by its own sigmoid.

    $$y = x\, \sigma(x), \qquad
    \frac{dy}{dx} = \sigma(x)\, \big(1 + x\, (1 - \sigma(x))\big) = \sigma(x) + y\, (1 - \sigma(x))$$

    Parameters
    ----------
    x : any shape.

    Returns
    -------
    y : x's shape, above -0.28.

    **Source** Elfwing, Uchibe and Doya (2018); Ramachandran, Zoph and Le (2017), who call it swish.
    **Book** eq-silu
    """
    gate = _sigmoid(x)
    y = x * gate

    def pullback(dy):
        return (dy * (gate + y * (1 - gate)),)

    return y, pullback
