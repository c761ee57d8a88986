"""Where regularizers leave the minimum of a bowl: paths in the plane, and the share of each direction."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dlbook.figures import style
from dlbook.figures.style import Figure, house_style, panel

__all__ = ["fig_shrinkage", "fig_shrinkage_paths"]


@house_style
def fig_shrinkage_paths(
    hessian: np.ndarray, optimum: np.ndarray, paths: Mapping[str, np.ndarray], *, alt: str
) -> Figure:
    """Draw a bowl in the plane of two weights, and the ways from the origin to its lowest point.

    Parameters
    ----------
    hessian : array (2, 2)
        The curvatures of the bowl, symmetric and positive definite.
    optimum : array (2,)
        Its lowest point.
    paths : mapping
        `paths[name]` is an array (T, 2) of weights, T at least 2; four at most.
    alt : str
        The figure's message in words.

    Raises
    ------
    ValueError
        If a shape does not fit, or the bowl has no lowest point.
    """
    hessian, optimum = np.asarray(hessian, float), np.asarray(optimum, float)
    paths = {name: np.asarray(path, float) for name, path in paths.items()}
    if hessian.shape != (2, 2) or optimum.shape != (2,) or np.linalg.eigvalsh(hessian)[0] <= 0:
        raise ValueError(
            f"fig_shrinkage_paths: need hessian (2, 2), positive definite, and optimum (2,), got {hessian.tolist()} "
            f"and {optimum.tolist()}"
        )
    for name, path in paths.items():
        if path.ndim != 2 or path.shape[1] != 2 or len(path) < 2:
            raise ValueError(f"fig_shrinkage_paths: paths[{name!r}] must have shape (T, 2), got {path.shape}")
    corners = np.concatenate([*paths.values(), optimum[None], np.zeros((1, 2))])
    low, high = corners.min(axis=0), corners.max(axis=0)
    margin = 0.18 * (high - low).max()
    low, high = low - margin, high + margin
    canvas, ax = panel(style.WIDE, style.WIDE * float((high - low)[1] / (high - low)[0]) * 0.92 + 0.3)
    first, second = (np.linspace(a, b, 121) for a, b in zip(low, high, strict=True))
    away = np.stack(np.meshgrid(first, second), axis=-1) - optimum
    height = np.sqrt(np.einsum("...i,ij,...j", away, hessian, away))
    ax.contour(first, second, height, 9, colors=[style.PALETTE["grey"]], linewidths=0.8, alpha=0.7)
    for number, (name, path) in enumerate(paths.items()):
        ax.plot(*path.T, color=style.CYCLE[number], ls=style.DASHES[number], label=name, lw=1.9)
    ax.plot(0, 0, "o", color=style.FOREGROUND, ms=4)
    ax.plot(*optimum, "+", color=style.FOREGROUND, ms=9)
    ax.set(xlabel="weight 1", ylabel="weight 2", xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal")
    return Figure([canvas], alt=alt)


@house_style
def fig_shrinkage(curvature: np.ndarray, shares: Mapping[str, np.ndarray], *, alt: str) -> Figure:
    """Draw which share of each direction is left, against the curvature in that direction.

    Parameters
    ----------
    curvature : array (D,)
        Ascending and positive.
    shares : mapping
        `shares[name]` is an array (D,), 0 to 1. A name that ends in ", ridge" and one that ends in ", descent" with
        the same beginning share a colour.
    alt : str
        The figure's message in words.

    Raises
    ------
    ValueError
        If the curvatures are not positive and ascending, or a share does not fit them.
    """
    curvature = np.asarray(curvature, float)
    if curvature.ndim != 1 or not (curvature > 0).all() or not (np.diff(curvature) > 0).all():
        raise ValueError(f"fig_shrinkage: curvature must be positive and ascending (D,), got shape {curvature.shape}")
    canvas, ax = panel(style.WIDE, 2.7)
    stems = list(dict.fromkeys(name.rpartition(", ")[0] or name for name in shares))
    for name, share in shares.items():
        if np.shape(share) != curvature.shape:
            raise ValueError(f"fig_shrinkage: {name!r} must have shape {curvature.shape}, got {np.shape(share)}")
        stem, _, kind = name.rpartition(", ")
        number = stems.index(stem or name)
        ax.semilogx(curvature, share, color=style.CYCLE[number], ls=style.DASHES[kind == "descent"], label=name)
    ax.set(xlabel="curvature of the direction", ylabel="share that is left", ylim=(-0.03, 1.03))
    return Figure([canvas], alt=alt)
