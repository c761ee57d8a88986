"""Codes in the plane by a shadow: the two directions in which they differ most."""

from typing import NamedTuple

import numpy as np

from dlbook.numpy.linear_classifiers.arguments import whole_number
from dlbook.shapes import Array, Float, ShapeError

__all__ = ["Principal", "pca"]


class Principal(NamedTuple):
    """The principal components of a cloud of points.

    Parameters
    ----------
    mean : (D,) the middle of the cloud.
    directions : (M, D) orthonormal, in the order of their variances.
    codes : (N, M) coordinates of the points along the directions.
    share : (M,) of the whole variance that lies along each direction.
    """

    mean: Float[Array, " D"]
    directions: Float[Array, "M D"]
    codes: Float[Array, "N M"]
    share: Float[Array, " M"]


def pca(x: Float[Array, "N D"], components: int) -> Principal:
    r"""Find the directions in which a cloud of points spreads most, and its shadow on them.

    $$x_n - \bar x = \sum_m z_{nm}\, v_m + \text{rest}, \qquad
    \tfrac1N X_c^\top X_c\, v_m = \lambda_m v_m, \qquad \lambda_1 \ge \lambda_2 \ge \dots$$

    Parameters
    ----------
    x : (N, D) a point per row.
    components : M, from 1 to the smaller of N and D.

    Returns
    -------
    Principal : mean, directions, codes and shares; each direction has a positive entry where it is largest in size.

    Raises
    ------
    ShapeError : for points that are no rows.
    ValueError : for more components than there can be, or points that are all equal.

    **Source** Goodfellow, Bengio and Courville (2016), section 2.12.
    **Book** eq-pca
    """
    components = whole_number("pca", "components", components, 1)
    if x.ndim != 2:
        raise ShapeError(f"pca: x has shape {x.shape}, expected (N, D)")
    if components > min(x.shape):
        raise ValueError(f"pca: components is {components}, expected at most {min(x.shape)}, as x is {x.shape}")
    if (x == x[0]).all():  # their mean is rounded, so that the differences to it need not be zero
        raise ValueError("pca: all rows of x are equal, expected points that differ")
    mean = x.mean(axis=0)
    _, s, v = np.linalg.svd(x - mean, full_matrices=False)
    directions = v[:components]
    leading = np.abs(directions).argmax(axis=1)
    directions = directions * np.sign(directions[np.arange(components), leading])[:, None]  # v or -v: agree on one
    return Principal(mean, directions, (x - mean) @ directions.T, s[:components] ** 2 / (s**2).sum())
