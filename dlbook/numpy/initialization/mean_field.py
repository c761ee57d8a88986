"""Networks that are infinitely wide: how lengths, angles and gradients change from one random layer to the next."""

import numpy as np

from dlbook.differentiable import vjp
from dlbook.numpy.deep_networks.network import ACTIVATIONS, Activation
from dlbook.numpy.initialization.fans import normal_grid
from dlbook.numpy.linear_classifiers.arguments import above_zero, at_least_zero
from dlbook.shapes import Array, Float

__all__ = ["chi", "correlation_map", "critical_line", "length_map"]


def _check_length(function: str, q) -> np.ndarray:
    q = np.asarray(q, float)
    fits = (q >= 0) & (q < np.inf)
    if not fits.all():
        raise ValueError(f"{function}: q is {q[~fits].flat[0]}, expected finite mean squares of at least 0")
    return q


def _mean_square(activation: str, q: np.ndarray, *, slope: bool = False) -> np.ndarray:
    """Return the mean of the square of an activation, or of its slope, over scores of variance q."""
    z, weights = normal_grid()
    s = np.sqrt(q)[..., None] * z
    value, pullback = vjp(ACTIVATIONS[activation], s)
    return (pullback(np.ones_like(s))[0] if slope else value) ** 2 @ weights


def length_map(
    q: float | Float[Array, "*S"], *, sigma_w: float, sigma_b: float = 0.0, activation: Activation = "tanh"
) -> Float[Array, "*S"]:
    r"""Compute the variance of the next layer's scores from the variance of this layer's.

    $$V(q) = \sigma_w^2\, \mathbb E\, \varphi(\sqrt q\, z)^2 + \sigma_b^2 , \qquad z \sim \mathcal N(0, 1)$$

    Parameters
    ----------
    q : any shape, at least 0: the mean square of a layer's scores.
    sigma_w : the weights have variance sigma_w^2 / fan_in; above 0.
    sigma_b : standard deviation of the biases, at least 0.
    activation : the function between the layers, by name.

    Returns
    -------
    V : q's shape.

    Raises
    ------
    ValueError : for a negative q, or a sigma outside its range.

    **Source** Poole, Lahiri, Raghu, Sohl-Dickstein and Ganguli (2016).
    **Book** eq-length-map
    """
    sigma_w, sigma_b = above_zero("length_map", "sigma_w", sigma_w), at_least_zero("length_map", "sigma_b", sigma_b)
    return sigma_w**2 * _mean_square(activation, _check_length("length_map", q)) + sigma_b**2


def chi(
    q: float | Float[Array, "*S"], *, sigma_w: float, activation: Activation = "tanh"
) -> Float[Array, "*S"]:
    r"""Compute the factor by which one layer multiplies the mean square of a gradient.

    $$\chi(q) = \sigma_w^2\, \mathbb E\, \varphi'(\sqrt q\, z)^2 , \qquad z \sim \mathcal N(0, 1)$$

    Parameters
    ----------
    q, sigma_w, activation : as in `length_map`.

    Returns
    -------
    chi : q's shape; above 1 gradients grow and nearby inputs are torn apart, below 1 both fade.

    Raises
    ------
    ValueError : for a negative q, or a sigma that is not positive.

    **Source** Poole and others (2016); Schoenholz, Gilmer, Ganguli and Sohl-Dickstein (2017).
    **Book** eq-chi
    """
    sigma_w = above_zero("chi", "sigma_w", sigma_w)
    return sigma_w**2 * _mean_square(activation, _check_length("chi", q), slope=True)


def correlation_map(
    c: float | Float[Array, "*S"], q: float, *, sigma_w: float, sigma_b: float = 0.0, activation: Activation = "tanh"
) -> Float[Array, "*S"]:
    r"""Compute how alike two inputs look to the next layer from how alike they look to this one.

    $$C(c) = \frac{\sigma_w^2\, \mathbb E\, \varphi(s_1)\, \varphi(s_2) + \sigma_b^2}{V(q)} , \qquad
    s_1 = \sqrt q\, z_1 , \quad s_2 = \sqrt q\, \big( c\, z_1 + \sqrt{1 - c^2}\, z_2 \big)$$

    Parameters
    ----------
    c : any shape, -1 to 1: the correlation of the scores of two inputs.
    q : one number, at least 0: the mean square of the scores of both.
    sigma_w, sigma_b, activation : as in `length_map`.

    Returns
    -------
    C : c's shape; exact to rounding for a smooth activation, and to a thousandth for one with a kink.

    Raises
    ------
    ValueError : for a c outside -1 to 1, a negative q or one that leaves no signal, or a sigma outside its range.

    **Source** Poole and others (2016).
    **Book** eq-correlation-map
    """
    c = np.asarray(c, float)
    if not (np.abs(c) <= 1).all():
        raise ValueError(f"correlation_map: c is {c.flat[np.abs(c).argmax()]}, expected correlations from -1 to 1")
    if np.ndim(q):
        raise ValueError(f"correlation_map: q has shape {np.shape(q)}, expected one number for all correlations")
    length = length_map(_check_length("correlation_map", q), sigma_w=sigma_w, sigma_b=sigma_b, activation=activation)
    if not length > 0:
        raise ValueError(f"correlation_map: q is {q}, for which the next layer's scores are all 0 and have no "
                         "correlation")
    z, weights = normal_grid(300, 9.0)
    f, root = ACTIVATIONS[activation], float(q) ** 0.5
    first = weights * f(root * z)
    product = np.empty_like(c)
    for i, one in np.ndenumerate(c):
        second = f(root * (one * z[:, None] + (1 - one**2) ** 0.5 * z)) @ weights  # averaged over z_2, for each z_1
        product[i] = first @ second
    return (sigma_w**2 * product + sigma_b**2) / length


def critical_line(
    q: float | Float[Array, "*S"], *, activation: Activation = "tanh"
) -> tuple[Float[Array, "*S"], Float[Array, "*S"]]:
    r"""Find the standard deviations for which scores of variance q keep it, and so do gradients.

    $$\sigma_w^2 = \frac{1}{\mathbb E\, \varphi'(\sqrt q\, z)^2} , \qquad
    \sigma_b^2 = q - \sigma_w^2\, \mathbb E\, \varphi(\sqrt q\, z)^2$$

    Parameters
    ----------
    q : any shape, above 0: the mean square of the scores, the same in every layer.
    activation : the function between the layers, by name.

    Returns
    -------
    sigma_w, sigma_b : q's shape.

    Raises
    ------
    ValueError : for a q that is not positive, or where no biases could do it.

    **Source** Poole and others (2016); Schoenholz and others (2017).
    **Book** eq-critical-line
    """
    q = _check_length("critical_line", q)
    if not (q > 0).all():
        raise ValueError("critical_line: q is 0, expected mean squares above 0")
    weight = 1 / _mean_square(activation, q, slope=True)
    bias = q - weight * _mean_square(activation, q)
    bias = np.where(np.abs(bias) < 1e-13 * q, 0, bias)  # rounding: its root would pass for a bias
    if (bias < -1e-9 * (1 + q)).any():
        raise ValueError(f"critical_line: the biases of {activation} networks would need variance {bias.min():.3g}")
    return np.sqrt(weight), np.sqrt(np.maximum(bias, 0))
