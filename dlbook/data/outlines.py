"""Plane shapes as inside tests: the pencil of every generated image."""

import numpy as np

SHAPES = ("disc", "ring", "crescent", "square", "triangle", "star", "cross", "heart", "arrow", "hexagon")


def _regular(corners: int, radius: float) -> np.ndarray:
    angle = 2 * np.pi * np.arange(corners) / corners
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _star() -> np.ndarray:
    points = _regular(10, 1.0)
    points[1::2] *= 0.45
    return points


_POLYGONS = {
    "triangle": _regular(3, 1.0),
    "star": _star(),
    "arrow": np.array([(1, 0), (0.1, 0.8), (0.1, 0.32), (-1, 0.32), (-1, -0.32), (0.1, -0.32), (0.1, -0.8)]),
    "hexagon": _regular(6, 0.95),
}


def inside(shape: str, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Say which points lie inside a shape of about unit radius.

    Parameters
    ----------
    shape : one of SHAPES
    u, v : coordinates of the points, any common shape; u to the right, v downwards

    Returns
    -------
    inside : bool, the shape of `u`

    Raises
    ------
    ValueError : no such shape

    **Source** plane geometry
    """
    if shape in _POLYGONS:
        return _in_polygon(_POLYGONS[shape], u, v)
    r2 = u * u + v * v
    if shape == "disc":
        return r2 < 0.85**2
    if shape == "ring":
        return (r2 < 0.95**2) & (r2 > 0.52**2)
    if shape == "crescent":
        return (r2 < 0.95**2) & ((u - 0.45) ** 2 + v * v > 0.7**2)
    if shape == "square":
        return np.maximum(np.abs(u), np.abs(v)) < 0.75
    if shape == "cross":
        a, b = np.abs(u), np.abs(v)
        return (np.minimum(a, b) < 0.3) & (np.maximum(a, b) < 0.95)
    if shape == "heart":
        # The sextic (x^2 + y^2 - a)^3 = x^2 y^3, with y upwards and the tip below.
        x2, y = (1.15 * u) ** 2, 1.15 * v
        return (x2 + y * y - 0.9) ** 3 + x2 * y**3 < 0
    raise ValueError(f"inside: shape must be one of {', '.join(SHAPES)}, got {shape!r}")


def _in_polygon(corners: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Count how often a ray to the right crosses the outline: odd is inside."""
    odd = np.zeros(np.shape(u), bool)
    for (u1, v1), (u2, v2) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if v1 == v2:
            continue  # a ray along an edge does not cross it
        odd ^= ((v1 > v) != (v2 > v)) & (u < u1 + (v - v1) * ((u2 - u1) / (v2 - v1)))
    return odd
