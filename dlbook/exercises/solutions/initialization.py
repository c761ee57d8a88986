"""Solutions of the exercises of `initialization`, written as a reader would write them."""

import numpy as np

from dlbook.numpy.initialization import length_map, orthogonal

__all__ = ["distinct_units", "fixed_length", "looks_linear", "relu_correlation"]


def relu_correlation(c):
    r"""Compute how alike two inputs look behind one random layer of rectifiers.

    $$C(c) = \frac1\pi \Big( \sqrt{1 - c^2} + c\, (\pi - \arccos c) \Big)$$

    Parameters
    ----------
    c : correlations before, -1 to 1, any shape.

    Examples
    --------
    >>> bool(np.allclose(relu_correlation(np.array([-1.0, 0.0, 1.0])), [0, 1 / np.pi, 1]))
    True
    """
    return (np.sqrt(1 - c**2) + c * (np.pi - np.arccos(c))) / np.pi


def fixed_length(*, sigma_w, sigma_b=0.0, activation="tanh", tolerance=1e-9, limit=10_000):
    """Return the mean square that the length map leaves alone, and how many layers it takes to come near it.

    Parameters
    ----------
    sigma_w, sigma_b, activation : as in `length_map`.
    tolerance : near means that one layer changes the mean square by no more than this.
    limit : give up after so many layers.

    Examples
    --------
    >>> q, layers = fixed_length(sigma_w=1.5, sigma_b=0.3)
    >>> bool(np.isclose(length_map(q, sigma_w=1.5, sigma_b=0.3), q)), layers < 100
    (True, True)
    """
    q = 1.0
    for layers in range(limit):
        after = float(length_map(q, sigma_w=sigma_w, sigma_b=sigma_b, activation=activation))
        if abs(after - q) <= tolerance:
            return after, layers
        q = after
    return q, limit


def looks_linear(width, depth, rng):
    """Build a ReLU network that computes an orthogonal linear map before it is trained.

    Each hidden layer holds a vector twice, its positive part and the positive part of its negative; the
    difference of the two is the vector.

    Parameters
    ----------
    width : of input and output; the hidden layers are twice as wide.
    depth : how many layers, two or more.
    rng : draws the orthogonal matrices.

    Returns
    -------
    params : for `mlp`.

    Examples
    --------
    >>> from dlbook.numpy.deep_networks import mlp
    >>> rng = np.random.default_rng(0)
    >>> x, y = np.eye(3), rng.normal(size=(1, 3))
    >>> params = looks_linear(3, 6, rng)
    >>> w = mlp(x, params)
    >>> bool(np.allclose(w @ w.T, x)), bool(np.allclose(mlp(y, params), y @ w))
    (True, True)
    """
    q = [orthogonal((width, width), rng, dtype="float64") for _ in range(depth)]
    first, last = np.block([[q[0]], [-q[0]]]), np.block([[q[-1], -q[-1]]])
    weights = [first, *(np.block([[m, -m], [-m, m]]) for m in q[1:-1]), last]
    return tuple((weight, np.zeros(len(weight))) for weight in weights)


def distinct_units(params, *, tolerance=0.0):
    """Count the different units of each hidden layer: those that do not have the weights and bias of another.

    Parameters
    ----------
    params : as in `mlp`.
    tolerance : two units are equal when no weight differs by more.

    Examples
    --------
    >>> params = (np.array([[1.0, 2.0], [1.0, 2.0], [0.0, 2.0]]), np.zeros(3)), (np.ones((1, 3)), np.zeros(1))
    >>> distinct_units(params)
    [2]
    """
    counts = []
    for weight, bias in params[:-1]:
        units = np.c_[weight, bias]
        gaps = np.abs(units[:, None] - units).max(axis=2)
        counts.append(int((gaps > tolerance).all(axis=1, where=np.tri(len(units), k=-1, dtype=bool)).sum()))
    return counts
