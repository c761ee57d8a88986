"""The path of gradient descent on a bowl, and the cloud in which noise makes it end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from dlbook.figures import style
from dlbook.figures.interactive import Interactive
from dlbook.figures.style import Figure, house_style, panel

__all__ = ["fig_noise_ball", "fig_path"]


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
    canvas, ax = panel(style.WIDE, 3.4)
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


@house_style
def fig_noise_ball(
    hessian: np.ndarray,
    clouds: Mapping[str, np.ndarray],
    *,
    alt: str,
    view: float | None = None,
    axes: Sequence[str] = ("parameter 1", "parameter 2"),
) -> Figure:
    """Draw where the iterates of noisy descent stay in the long run, one panel per setting.

    Parameters
    ----------
    hessian : array (2, 2)
        Symmetric, positive definite; its level lines lie under every cloud.
    clouds : mapping
        `clouds[name]` is an array (T, 2) of iterates relative to the minimum, after the first phase was cut off.
    alt : str
        The figure's message in words.
    view : float, optional
        Half the width of every panel; by default 99.5 % of all iterates lie inside.
    axes : sequence of two str
        Names of the two parameters.
    """
    hessian = np.asarray(hessian, float)
    _check_hessian("fig_noise_ball", hessian)
    clouds = {name: np.asarray(cloud, float) for name, cloud in clouds.items()}
    for name, cloud in clouds.items():
        if cloud.ndim != 2 or cloud.shape[1] != 2:
            raise ValueError(f"fig_noise_ball: clouds[{name!r}] must have shape (T, 2), got {cloud.shape}")
    if view is None:
        view = float(1.15 * np.quantile(np.abs(np.concatenate(list(clouds.values()))), 0.995))
    width = style.THIRD if len(clouds) == 3 else style.HALF
    panels = []
    for name, cloud in clouds.items():
        canvas, ax = panel(width, width)
        _contours(ax, hessian, view)
        look = {"color": style.PALETTE["orange"], "ms": 2.4, "alpha": 0.55, "mew": 0, "rasterized": len(cloud) > 1500}
        ax.plot(*cloud.T, "o", **look)
        ax.set_title(name, fontweight="normal")
        ax.set(xlabel=axes[0], ylabel=axes[1])
        panels.append(canvas)
    return Figure(panels, alt=alt)
