"""Figures of the chapter on gradient descent."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from dlbook.figures import style
from dlbook.figures.interactive import Interactive
from dlbook.figures.style import Figure, house_style, panel

__all__ = ["fig_path"]


def _check_hessian(name: str, hessian: np.ndarray) -> np.ndarray:
    """Return the eigenvalues, ascending, of a symmetric positive definite (2, 2) matrix or refuse it."""
    if hessian.shape != (2, 2) or not np.allclose(hessian, hessian.T):
        raise ValueError(f"{name}: hessian must be symmetric with shape (2, 2), got {hessian.tolist()}")
    eigenvalues = np.linalg.eigvalsh(hessian)
    if eigenvalues[0] <= 0:
        raise ValueError(f"{name}: hessian must be positive definite, got eigenvalues {eigenvalues}")
    return eigenvalues


def _contours(ax: Axes, hessian: np.ndarray, view: float) -> None:
    """Draw level lines of x' H x / 2, equally spaced along the steepest direction."""
    axis = np.linspace(-view, view, 161)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1)
    root = np.sqrt(np.einsum("...i,ij,...j", grid, hessian, grid))
    levels = view * np.sqrt(np.linalg.eigvalsh(hessian)[-1]) * np.arange(1, 8) / 5
    ax.contour(axis, axis, root, levels=levels, colors=[style.PALETTE["blue"]], linewidths=0.9, alpha=0.6)
    ax.plot(0, 0, "+", color=style.FOREGROUND, ms=8)
    ax.set(xlim=(-view, view), ylim=(-view, view), aspect="equal")


@house_style
def fig_path(
    hessian: np.ndarray,
    path: np.ndarray,
    *,
    lr: float,
    alt: str,
    momentum: float = 0.0,
    axes: Sequence[str] = ("parameter 1", "parameter 2"),
) -> Interactive:
    """Show a path of gradient descent on a bowl; the reader moves start, learning rate, shape and momentum.

    Left the level lines of x' H x / 2 with the path, right the loss along it with the rate that theory
    predicts, below a sentence that says what happens in the steep and in the flat direction.

    Parameters
    ----------
    hessian : array (2, 2)
        Symmetric, positive definite.
    path : array (T + 1, 2)
        The iterates that the chapter's own gradient descent visited, the start first.
    lr : float
        The learning rate of the path, at most 2.5 / L with L the largest eigenvalue.
    alt : str
        The figure's message in words.
    momentum : float
        The momentum of the path, 0 to 0.95.
    axes : sequence of two str
        Names of the two parameters.

    Raises
    ------
    ValueError
        If a shape or value does not fit.
    """
    hessian, path = np.asarray(hessian, float), np.asarray(path, float)
    slow, steep = _check_hessian("fig_path", hessian)
    if path.ndim != 2 or path.shape[1] != 2 or len(path) < 2:
        raise ValueError(f"fig_path: path must have shape (T + 1, 2) with T at least 1, got {path.shape}")
    if not 0 < lr <= 2.5 / steep:
        raise ValueError(f"fig_path: lr must lie in (0, {2.5 / steep:.4g}] = (0, 2.5 / L], got {lr}")
    view = float(1.25 * np.abs(path[0]).max())
    canvas, ax = panel(style.WIDE, 3.9)
    _contours(ax, hessian, view)
    ax.plot(*path.T, "o-", color=style.PALETTE["orange"], lw=1.3, ms=3)
    ax.set(xlabel=axes[0], ylabel=axes[1])
    direction = np.linalg.eigh(hessian)[1][:, -1]
    data = {
        "steep": steep, "kappa": steep / slow, "angle": np.arctan2(direction[1], direction[0]), "start": path[0],
        "lr": float(lr), "momentum": float(momentum), "steps": len(path) - 1, "view": view, "axes": list(axes),
    }  # fmt: skip
    hint = (
        "Drag the start (or focus it and use the arrow keys) and move the sliders. "
        "Push the learning rate past 2/L, where L is the largest curvature."
    )
    return Interactive("path", data, still=Figure([canvas], alt=alt), hint=hint)
