"""Small problems and networks for tests."""

import numpy as np

from dlbook.numpy import gradient_descent as gd
from dlbook.numpy.deep_networks import init_mlp

BOWL = gd.value_and_grad(gd.quadratic)


def bowl(rng, dims, lowest=0.5, highest=8.0):
    """Return a symmetric matrix with eigenvalues drawn between the two, and the eigenvalues."""
    directions, _ = np.linalg.qr(rng.normal(size=(dims, dims)))
    eigenvalues = np.sort(rng.uniform(lowest, highest, dims))
    return (directions * eigenvalues) @ directions.T, eigenvalues


def problem(rng, n=12, d=3, k=4):
    """Return parameters, inputs and labels of a small one-layer network."""
    params = rng.normal(size=(k, d)), rng.normal(size=k)
    return params, rng.normal(size=(n, d)), rng.integers(0, k, n)


def biased_mlp(rng, widths=(3, 5, 4, 2)):
    """Return the parameters of a network in float64 whose biases are not zero."""
    params = init_mlp(widths, rng, dtype="float64")
    return tuple((weight, 0.5 * rng.standard_normal(len(bias))) for weight, bias in params)
