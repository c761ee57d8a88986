"""Three and more classes in the plane and the regions that a linear classifier gives them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from dlbook.figures.interactive import Interactive
from dlbook.figures.linear_classifiers.planes import points, view
from dlbook.figures.style import CYCLE, DASHES, FOREGROUND, WIDE, Figure, house_style, panel

__all__ = ["fig_hyperplanes", "fig_regions"]


def _check_classes(name: str, x: np.ndarray, target: np.ndarray, weight: np.ndarray, bias: np.ndarray, k: int) -> None:
    expected = {"x": (x.shape[0], 2), "target": x.shape[:1], "weight": (k, 2), "bias": (k,)}
    for argument, array in {"x": x, "target": target, "weight": weight, "bias": bias}.items():
        if array.shape != expected[argument]:
            raise ValueError(f"{name}: {argument} must have shape {expected[argument]}, got {array.shape}")
    if not np.isin(target, range(k)).all():
        raise ValueError(f"{name}: target must hold classes 0 to {k - 1}, got {np.unique(target)}")


def _regions(
    x: np.ndarray, target: np.ndarray, weight: np.ndarray, bias: np.ndarray, classes: Sequence[str], ax: Axes
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Draw points, weight vectors from the middle of the view, and the region that each class wins."""
    xlim, ylim = view(x)
    grid = np.stack(np.meshgrid(np.linspace(*xlim, 121), np.linspace(*ylim, 121)), axis=-1)
    scores = grid @ weight.T + bias
    for k, colour in enumerate(CYCLE[: len(classes)]):
        # Zero on the border and nearly linear across it, so that the level line is straight.
        lead = scores[..., k] - np.delete(scores, k, axis=-1).max(axis=-1)
        ax.contourf(grid[..., 0], grid[..., 1], lead, levels=[0, np.inf], colors=[colour], alpha=0.13)
        ax.contour(grid[..., 0], grid[..., 1], lead, levels=[0], colors=[FOREGROUND], linewidths=0.9)
    points(ax, x, target, range(len(classes)), classes)
    ax.set(xlim=xlim, ylim=ylim, aspect="equal")
    return xlim, ylim


@house_style
def fig_hyperplanes(
    x: np.ndarray,
    target: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray,
    *,
    alt: str,
    classes: Sequence[str],
    axes: Sequence[str] = ("feature 1", "feature 2"),
) -> Figure:
    """Draw each class's hyperplane (score zero), its weight vector, and the regions that the classes win.

    Parameters
    ----------
    x : array (N, 2)
        The points.
    target : integer array (N,)
        Classes 0 to K-1.
    weight, bias : arrays (K, 2), (K,)
        Scores are x @ weight.T + bias.
    alt : str
        The figure's message in words.
    classes : sequence of str
        The K class names; five at most.
    axes : sequence of two str
        Names of the features, with units.
    """
    x, target, weight, bias = (
        np.asarray(x, float),
        np.asarray(target),
        np.asarray(weight, float),
        np.asarray(bias, float),
    )
    _check_classes("fig_hyperplanes", x, target, weight, bias, len(classes))
    canvas, ax = panel(WIDE, 3.4)
    xlim, ylim = _regions(x, target, weight, bias, classes, ax)
    middle = np.array([np.mean(xlim), np.mean(ylim)])
    length = 0.22 * np.ptp(ylim) / np.linalg.norm(weight, axis=1).max()
    for row, offset, colour, dash in zip(weight, bias, CYCLE, DASHES[1:], strict=False):
        foot = middle - (row @ middle + offset) / (row @ row) * row
        ax.axline(foot, foot + np.array([-row[1], row[0]]), color=colour, lw=1.6, ls=dash)
        arrow = {"arrowstyle": "-|>", "color": colour, "lw": 1.8, "shrinkA": 0, "shrinkB": 0}
        ax.annotate("", foot + length * row, foot, arrowprops=arrow, annotation_clip=True)
    ax.set(xlabel=axes[0], ylabel=axes[1])
    return Figure([canvas], alt=alt)


@house_style
def fig_regions(
    x: np.ndarray,
    target: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray,
    *,
    alt: str,
    classes: Sequence[str],
    lr: float = 0.5,
    probe: Sequence[float] | None = None,
    axes: Sequence[str] = ("feature 1", "feature 2"),
) -> Interactive:
    """Let the reader drag the weight vectors of three or four classes; a probe shows scores and probabilities.

    Parameters
    ----------
    x : array (N, 2)
        The points; up to about 200 stay fluent.
    target : integer array (N,)
        Classes 0 to K-1.
    weight, bias : arrays (K, 2), (K,)
        Where the classifier starts; scores are x @ weight.T + bias, biases within -4 to 4.
    alt : str
        The figure's message in words.
    classes : sequence of str
        The K class names; four at most.
    lr : float
        Step of the button that descends.
    probe : two floats, optional
        Where the probe starts; a quarter into the view by default.
    axes : sequence of two str
        Names of the features, with units.
    """
    x, target, weight, bias = (
        np.asarray(x, float),
        np.asarray(target),
        np.asarray(weight, float),
        np.asarray(bias, float),
    )
    _check_classes("fig_regions", x, target, weight, bias, len(classes))
    if len(classes) > 4:
        raise ValueError(f"fig_regions: classes must be four at most, got {len(classes)}")
    canvas, ax = panel(WIDE, 3.4)
    xlim, ylim = _regions(x, target, weight, bias, classes, ax)
    ax.set(xlabel=axes[0], ylabel=axes[1])
    data = {
        "points": x, "target": target, "weight": weight, "bias": bias, "classes": list(classes), "axes": list(axes),
        "lr": lr, "view": {"x": xlim, "y": ylim}, "probe": probe or [np.quantile(xlim, 0.25), np.quantile(ylim, 0.25)],
        "reach": 0.22 * float(np.ptp(ylim)) / float(np.linalg.norm(weight, axis=1).max()),
    }  # fmt: skip
    hint = (
        "Drag the tips of the weight vectors, which start in the middle of the view, and the probe; or focus one and "
        "use the arrow keys. Hollow points lie in another class's region."
    )
    return Interactive("regions", data, still=Figure([canvas], alt=alt), hint=hint)
