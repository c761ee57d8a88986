"""Solutions of the exercises of `regularization`, written as a reader would write them."""

import numpy as np

from dlbook.differentiable import differentiable
from dlbook.numpy.regularization import descent_shrinkage, ridge_shrinkage
from dlbook.shapes import Array, Bool, Float, Scalar

__all__ = ["drop_connect", "dropout", "nearest_ridge"]


@differentiable
def dropout(x: Float[Array, "*S"], mask: Bool[Array, "*S"], *, p: float = 0.5) -> Scalar | Float[Array, "*S"]:
    """Drop by multiplying with a factor for each entry, which is the slope as well."""
    if not 0 <= p <= 1:
        raise ValueError(f"dropout: p is {p}, expected a number from 0 to 1")
    factor = np.where(mask, 1 / (1 - p) if p < 1 else 0, 0).astype(x.dtype)
    y = np.where(mask, factor * x, 0)  # not the product alone: zero times infinity is not a number

    def pullback(dy):
        return factor * dy, None

    return y, pullback


def drop_connect(x, weight, mask, *, p):
    """Apply a linear layer of which single weights are missing, others for each example.

    Parameters
    ----------
    x : (N, D) inputs.
    weight : (K, D).
    mask : (N, K, D), True where a weight is kept.
    p : the probability of being dropped, below 1.

    Examples
    --------
    >>> x, weight = np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]])
    >>> drop_connect(x, weight, np.array([[[True, False]]]), p=0.5)
    array([[6.]])
    """
    return np.einsum("nd,nkd->nk", x, np.where(mask, weight / (1 - p), 0))


def nearest_ridge(curvature, optimum, *, lr, steps):
    r"""Find the strength of the ridge whose minimum lies nearest to where a descent from zero is after some steps.

    Parameters
    ----------
    curvature : (D,) eigenvalues of the Hessian.
    optimum : (D,) the minimum without penalty, along the eigenvectors.
    lr, steps : of the descent.

    Examples
    --------
    >>> strength = nearest_ridge(np.array([1.0, 0.1]), np.array([1.0, 1.0]), lr=0.1, steps=100)
    >>> round(2 * strength * 0.1 * 100, 1)  # in units of 1 / (eta s)
    0.5
    """
    here = descent_shrinkage(curvature, lr=lr, steps=steps) * optimum
    strengths = np.logspace(-2, 2, 401) / (2 * lr * steps)
    gaps = [np.linalg.norm(ridge_shrinkage(curvature, strength=s) * optimum - here) for s in strengths]
    return float(strengths[np.argmin(gaps)])
