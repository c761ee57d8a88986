"""Changing the size of images by a matrix along each axis: interpolation, and pooling to a given size."""

from typing import Literal

import numpy as np

from dlbook.differentiable import differentiable
from dlbook.numpy.convolution.conv import Both
from dlbook.numpy.convolution.geometry import pair
from dlbook.shapes import Array, Float, ShapeError

__all__ = ["adaptive_avg_pool2d", "interpolate"]


def _both_axes(x: Array, rows: Array, columns: Array):
    """Return rows @ x @ columns.T for each channel, and its transpose: what both functions below are."""
    rows, columns = rows.astype(x.real.dtype), columns.astype(x.real.dtype)
    return rows @ x @ columns.T, lambda dy: (rows.T @ dy @ columns,)


def _nearest(size: int, target: int, factor: float | None) -> Array:
    """Return the matrix (target, size) whose row i picks the entry floor(i * size / target)."""
    places = np.arange(target)
    picks = places * size // target if factor is None else np.floor(places / factor).astype(int)
    return np.eye(size)[np.minimum(picks, size - 1)]


def _linear(size: int, target: int, factor: float | None, align_corners: bool) -> Array:
    """Return the matrix (target, size) whose row i blends the two entries between which its place lies."""
    places = np.arange(target)
    if align_corners:
        at = places * ((size - 1) / (target - 1)) if target > 1 else 0.0 * places
    else:
        # Entries are cells with centres at i + 1/2, and the two rows of cells cover the same length.
        at = np.maximum((places + 0.5) * (size / target if factor is None else 1 / factor) - 0.5, 0)
    left = np.minimum(at.astype(int), size - 1)
    part = np.minimum(at - left, 1.0)
    right = np.minimum(left + 1, size - 1)
    return (1 - part)[:, None] * np.eye(size)[left] + part[:, None] * np.eye(size)[right]


@differentiable
def interpolate(
    x: Float[Array, "N C H W"], *, size: Both | None = None, scale_factor: float | None = None,
    mode: Literal["nearest", "bilinear"] = "nearest", align_corners: bool = False,
) -> Float[Array, "N C P Q"]:
    r"""Resize images: read them off at places that lie evenly, at the nearest entry or between four of them.

    $$y = A\, x\, B^\top, \qquad \bar x = A^\top \bar y\, B$$

    for each channel, where a row of A and of B has a single one (nearest) or two weights $1 - \phi$ and $\phi$.

    Parameters
    ----------
    x : (N, C, H, W).
    size : (P, Q), or one number for both; or None.
    scale_factor : by how much both axes grow; or None. One of the two must be given.
    mode : how a place between the entries is read off.
    align_corners : whether the centres of the corners of both images coincide (True) or their outer edges (False);
        for bilinear.

    Returns
    -------
    y : (N, C, P, Q).

    Raises
    ------
    ValueError : when both or neither of size and scale_factor are given, or nothing would be left.
    ShapeError : for images without entries.

    **Source** torch.nn.functional.interpolate, whose conventions these are.
    **Book** eq-interpolate
    """
    if (size is None) == (scale_factor is None):
        raise ValueError(f"interpolate: size is {size} and scale_factor {scale_factor}, expected exactly one of them")
    if mode == "nearest" and align_corners:
        raise ValueError("interpolate: align_corners is True with mode 'nearest', expected mode 'bilinear'")
    if 0 in x.shape[2:]:
        raise ShapeError(f"interpolate: x has shape {x.shape}, expected images with entries")
    if size is None:
        size = tuple(int(np.floor(old * scale_factor)) for old in x.shape[2:])
        if scale_factor <= 0 or min(size) < 1:
            raise ValueError(f"interpolate: scale_factor is {scale_factor}, expected a number that leaves an entry")
    targets = pair("interpolate", "size", size, 1)
    matrices = (
        _nearest(old, new, scale_factor) if mode == "nearest" else _linear(old, new, scale_factor, align_corners)
        for old, new in zip(x.shape[2:], targets, strict=True)
    )
    return _both_axes(x, *matrices)


@differentiable
def adaptive_avg_pool2d(x: Float[Array, "N C H W"], *, output_size: Both) -> Float[Array, "N C P Q"]:
    r"""Average an image down to a given size, whatever its own.

    $$y = A\, x\, B^\top, \qquad A_{pi} = \frac{[\, a_p \le i < e_p \,]}{e_p - a_p}, \qquad
    a_p = \left\lfloor \frac{pH}{P} \right\rfloor, \quad e_p = \left\lceil \frac{(p + 1) H}{P} \right\rceil$$

    Parameters
    ----------
    x : (N, C, H, W).
    output_size : (P, Q), or one number for both; 1 is global average pooling.

    Returns
    -------
    y : (N, C, P, Q).

    Raises
    ------
    ValueError : for a size below 1.
    ShapeError : for images without entries.

    **Source** Lin, Chen and Yan (2014), section 3.2, for the global one; torch.nn.functional.adaptive_avg_pool2d.
    **Book** eq-adaptive-pool
    """
    if 0 in x.shape[2:]:
        raise ShapeError(f"adaptive_avg_pool2d: x has shape {x.shape}, expected images with entries")
    targets = pair("adaptive_avg_pool2d", "output_size", output_size, 1)
    return _both_axes(x, *(_shares(old, new) for old, new in zip(x.shape[2:], targets, strict=True)))


def _shares(size: int, target: int) -> Array:
    """Return the matrix (target, size) whose row p averages the entries from floor(p H / P) to ceil((p + 1) H / P)."""
    p, i = np.arange(target)[:, None], np.arange(size)
    covered = (p * size // target <= i) & (i < -(-(p + 1) * size // target))
    return covered / covered.sum(axis=1, keepdims=True)
