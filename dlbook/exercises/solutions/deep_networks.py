"""Solutions of the exercises of `deep_networks`, written as a reader would write them."""

import numpy as np

from dlbook.differentiable import differentiable
from dlbook.numpy.deep_networks import activation_pattern
from dlbook.shapes import Array, Float, Scalar

__all__ = ["dead_units", "elu", "interpolating_mlp", "same_function"]


@differentiable
def elu(x: Float[Array, "*S"], *, alpha: float = 1.0) -> Scalar | Float[Array, "*S"]:
    """Compute the exponential linear unit; the pullback asks for y only, so that x can be forgotten."""
    y = np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))

    def pullback(dy):
        return (dy * np.where(y > 0, 1, y + alpha),)

    return y, pullback


def interpolating_mlp(t, y):
    r"""Build the network of one hidden layer that goes through given points, linearly between them.

    $f(x) = y_0 + \sum_i c_i \max(0, x - t_i)$, where $c_i$ is by how much the slope changes at $t_i$.

    Parameters
    ----------
    t : (B,) ascending places, two or more.
    y : (B,) values.

    Returns
    -------
    params : for `mlp`, with B - 1 hidden units.

    Examples
    --------
    >>> from dlbook.numpy.deep_networks import mlp
    >>> t, y = np.array([0.0, 1.0, 3.0]), np.array([1.0, -1.0, 0.0])
    >>> mlp(np.array([[0.0], [1.0], [2.0], [3.0]]), interpolating_mlp(t, y))[:, 0]
    array([ 1. , -1. , -0.5,  0. ])
    """
    slopes = np.diff(y) / np.diff(t)
    changes = np.diff(slopes, prepend=0.0)
    hidden = np.ones((len(changes), 1)), -t[:-1]
    return hidden, (changes[None, :], y[:1])


def dead_units(x, params):
    """Count the units of each hidden layer of a ReLU network that are off for every example.

    Parameters
    ----------
    x : (N, D) the examples.
    params : as in `mlp`.

    Examples
    --------
    >>> x = np.array([[1.0], [2.0]])
    >>> params = (np.array([[1.0], [-1.0]]), np.zeros(2)), (np.array([[1.0, 1.0]]), np.zeros(1))
    >>> dead_units(x, params)
    [1]
    """
    off = ~activation_pattern(x, params).any(axis=0)
    ends = np.cumsum([len(bias) for _, bias in params[:-1]])[:-1]
    return [int(layer.sum()) for layer in np.split(off, ends)]


def same_function(params, rng):
    """Return other parameters of the same ReLU network: units in another order, each with a factor moved on.

    Parameters
    ----------
    params : as in `mlp`.
    rng : draws the orders and the factors.

    Examples
    --------
    >>> from dlbook.numpy.deep_networks import mlp
    >>> rng = np.random.default_rng(0)
    >>> params = tuple((rng.normal(size=(k, d)), rng.normal(size=k)) for d, k in ((2, 5), (5, 4), (4, 1)))
    >>> x = rng.normal(size=(3, 2))
    >>> other = same_function(params, rng)
    >>> bool(np.allclose(mlp(x, other), mlp(x, params))), bool(np.allclose(other[0][0], params[0][0]))
    (True, False)
    """
    layers = [(weight.copy(), bias.copy()) for weight, bias in params]
    for i in range(len(layers) - 1):
        (weight, bias), (after, after_bias) = layers[i], layers[i + 1]
        order, factor = rng.permutation(len(bias)), np.exp(rng.normal(size=len(bias)))
        layers[i] = weight[order] * factor[:, None], bias[order] * factor
        layers[i + 1] = after[:, order] / factor, after_bias
    return tuple(layers)
