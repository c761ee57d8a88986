"""Does a map know the network? Weights that are drawn anew, and two ways to say how much a map has changed."""

import numpy as np

from dlbook.numpy.linear_classifiers.arguments import above_zero, check_generator, check_rows
from dlbook.shapes import Array, Bool, Float, ShapeError

__all__ = ["inside_share", "randomize", "rank_correlation"]


def randomize(params: tuple, layers: int, rng: np.random.Generator) -> tuple:
    r"""Forget the last layers of a network: draw their weights anew, as before training.

    $$w^{(l)} \sim \mathcal N\Big(0,\; \frac{2}{\text{inputs of a unit}}\Big), \qquad b^{(l)} = 0, \qquad
    l = k - m + 1, \dots, k$$

    Parameters
    ----------
    params : one pair (weight, bias) for each layer; it is not changed.
    layers : m, how many are forgotten, counted from the scores: 0 gives the network itself, k an untrained one.
    rng : draws the weights, the last layer first, so that the same seed gives a cascade.

    Returns
    -------
    params : of the same structure and dtypes.

    Raises
    ------
    ValueError : for a number of layers that the network does not have.

    **Source** Adebayo, Gilmer, Muelly, Goodfellow, Hardt and Kim (2018).
    **Book** eq-randomize
    """
    check_generator("randomize", rng)
    if isinstance(layers, bool) or not isinstance(layers, int | np.integer) or not 0 <= layers <= len(params):
        raise ValueError(f"randomize: layers is {layers!r}, expected an integer from 0 to {len(params)}")
    kept = list(params[: len(params) - layers])
    drawn = []
    for weight, bias in reversed(params[len(params) - layers :]):
        deviation = (2 / weight[0].size) ** 0.5
        drawn.append(((deviation * rng.standard_normal(weight.shape)).astype(weight.dtype), np.zeros_like(bias)))
    return (*kept, *reversed(drawn))


def _ranks(values: Array) -> Array:
    """Return the place of each number in the order of all, equal numbers sharing the mean of their places."""
    _, group, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return ((last - count + last - 1) / 2)[group]


def rank_correlation(a: Float[Array, "N *S"], b: Float[Array, "N *S"]) -> Float[Array, " N"]:
    r"""Correlate the order of the numbers of two maps: 1 if the same pixels lead, 0 if they have nothing to do.

    $$\rho = \frac{\sum_i (r_i - \bar r)(q_i - \bar q)}{\sqrt{\sum_i (r_i - \bar r)^2 \sum_i (q_i - \bar q)^2}}$$

    r and q are the ranks of the numbers of the two maps.

    Parameters
    ----------
    a, b : (N, ...) maps; row n of one is compared with row n of the other.

    Returns
    -------
    rho : (N,), from -1 to 1; 0 where a map is constant.

    Raises
    ------
    ShapeError : when the two shapes differ.
    ValueError : when there is no map.

    Examples
    --------
    >>> rank_correlation(np.array([[1.0, 2.0, 30.0, 4.0]]), np.array([[1.0, 4.0, 16.0, 9.0]]))
    array([1.])

    **Source** Spearman (1904).
    **Book** eq-spearman
    """
    if a.shape != b.shape or a.ndim < 2:
        raise ShapeError(f"rank_correlation: a has shape {a.shape} and b {b.shape}, expected the same, (N, ...)")
    check_rows("rank_correlation", a=a, b=b)
    rho = np.zeros(len(a))
    for n, maps in enumerate(zip(a.reshape(len(a), -1), b.reshape(len(b), -1), strict=True)):
        r, q = (_ranks(one) - (one.size - 1) / 2 for one in maps)
        size = np.sqrt((r @ r) * (q @ q))
        rho[n] = r @ q / size if size else 0.0
    return rho


def inside_share(maps: Float[Array, "N H W"], mask: Bool[Array, "N H W"], *, top: float = 0.1) -> Float[Array, " N"]:
    r"""Say which share of the strongest pixels of a map lies inside an object.

    $$\frac{|\, T \cap \text{mask} \,|}{|T|}, \qquad T = \text{the } \lceil \tau H W \rceil \text{ largest entries}$$

    Parameters
    ----------
    maps : (N, H, W).
    mask : (N, H, W), true on the object.
    top : tau, above 0, at most 1; for 1 the share is that of the object in the image, which is what guessing gives.

    Returns
    -------
    share : (N,), from 0 to 1.

    Raises
    ------
    ShapeError : when the two shapes differ.
    TypeError : for a mask that does not say true or false.
    ValueError : for a share out of range, or when there is no map.

    **Source** in the manner of the pointing game of Zhang and others (2018).
    **Book** eq-inside-share
    """
    if maps.shape != mask.shape or maps.ndim != 3:
        raise ShapeError(
            f"inside_share: maps has shape {maps.shape} and mask {mask.shape}, expected the same, (N, H, W)"
        )
    check_rows("inside_share", maps=maps, mask=mask)
    if mask.dtype != bool:
        raise TypeError(f"inside_share: mask is {mask.dtype}, expected bool")
    if above_zero("inside_share", "top", top) > 1:
        raise ValueError(f"inside_share: top is {top}, expected a number above 0 and at most 1")
    flat = maps.reshape(len(maps), -1)
    count = int(np.ceil(top * flat.shape[1] - 1e-9))
    strongest = np.argsort(-flat, axis=1, kind="stable")[:, :count]
    return np.take_along_axis(mask.reshape(len(mask), -1), strongest, axis=1).mean(axis=1)
