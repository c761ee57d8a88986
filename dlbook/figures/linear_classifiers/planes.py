"""Two classes in the plane and the line that a linear classifier draws between them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from dlbook.figures.interactive import Interactive
from dlbook.figures.style import CYCLE, FOREGROUND, MARKERS, WIDE, Figure, house_style, panel

__all__ = ["fig_boundary", "fig_support_vectors", "points", "view"]


def view(x: np.ndarray) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return limits of both axes with equal units that hold every point and a margin of 12 %."""
    middle = (x.max(axis=0) + x.min(axis=0)) / 2
    half = 0.56 * np.ptp(x, axis=0)
    half = np.maximum(half, 0.75 * half.max())
    return tuple((float(m - h), float(m + h)) for m, h in zip(middle, half, strict=True))


def _check_binary(name: str, x: np.ndarray, target: np.ndarray, weight: np.ndarray) -> None:
    if x.ndim != 2 or x.shape[1] != 2:
        raise ValueError(f"{name}: x must have shape (N, 2), got {x.shape}")
    if target.shape != x.shape[:1] or not np.isin(target, (-1, 1)).all():
        raise ValueError(
            f"{name}: target must hold -1 or +1 for each of the {len(x)} points, got shape {target.shape} "
            f"with values {np.unique(target)[:5]}"
        )
    if weight.shape != (2,) or not weight.any():
        raise ValueError(f"{name}: weight must have shape (2,) and not be zero, got {weight}")


def points(ax: Axes, x: np.ndarray, target: np.ndarray, labels: Sequence[int], classes: Sequence[str]) -> None:
    """Draw the points, a colour and a marker per class; a crowd becomes pixels to keep the page light."""
    for label, colour, marker, name in zip(labels, CYCLE, MARKERS, classes, strict=False):
        ax.plot(*x[target == label].T, marker, color=colour, label=name, ms=4.5, rasterized=len(x) > 2000)


def _plane(
    x: np.ndarray, target: np.ndarray, weight: np.ndarray, bias: float, classes: Sequence[str], ax: Axes
) -> None:
    """Draw the points, the boundary and the two lines of score -1 and +1."""
    xlim, ylim = view(x)
    points(ax, x, target, (-1, 1), classes)
    normal = weight / np.linalg.norm(weight)
    along = np.array([-normal[1], normal[0]])
    middle = np.array([np.mean(xlim), np.mean(ylim)])
    foot = middle - (weight @ middle + bias) / (weight @ weight) * weight
    for score in (-1, 0, 1):
        point = foot + score * weight / (weight @ weight)
        ax.axline(
            point, point + along, color=FOREGROUND, lw=1.7 if score == 0 else 0.9, ls="-" if score == 0 else (0, (3, 3))
        )
    ax.set(xlim=xlim, ylim=ylim, aspect="equal")


@house_style
def fig_boundary(
    x: np.ndarray,
    target: np.ndarray,
    weight: np.ndarray,
    bias: float,
    *,
    alt: str,
    l2: float = 0.01,
    loss: str = "hinge",
    lr: float = 0.15,
    classes: Sequence[str] = ("class \u22121", "class +1"),
    axes: Sequence[str] = ("feature 1", "feature 2"),
) -> Interactive:
    """Let the reader drag a decision boundary and watch the loss of every point.

    Left the plane with the lines of score -1, 0 and +1, right the loss as a function of the margin
    with every point on it; below the mean loss, the penalty l2 |w|^2 and their sum.

    Parameters
    ----------
    x : array (N, 2)
        The points; up to about 200 stay fluent.
    target : integer array (N,)
        Labels -1 or +1.
    weight, bias : array (2,), float
        Where the boundary starts: w . x + b = 0.
    alt : str
        The figure's message in words.
    l2 : float
        Strength of the penalty l2 |w|^2 at the start, 1e-4 to 1.
    loss : "hinge" or "logistic"
        The loss at the start; the reader can switch.
    lr : float
        Step of the button that descends.
    classes, axes : sequences of two str
        Names of the classes (-1 first) and of the features, with units.
    """
    x, target, weight = np.asarray(x, float), np.asarray(target), np.asarray(weight, float)
    _check_binary("fig_boundary", x, target, weight)
    if loss not in {"hinge", "logistic"}:
        raise ValueError(f'fig_boundary: loss must be "hinge" or "logistic", got {loss!r}')
    xlim, ylim = view(x)
    canvas, ax = panel(WIDE, 3.2)
    _plane(x, target, weight, bias, classes, ax)
    ax.set(xlabel=axes[0], ylabel=axes[1])
    data = {
        "points": x, "target": target, "weight": weight, "bias": float(bias), "l2": l2, "loss": loss, "lr": lr,
        "classes": list(classes), "axes": list(axes), "view": {"x": xlim, "y": ylim},
        # On the page the arrow of the starting weight takes a quarter of the view.
        "reach": 0.25 * float(np.ptp(ylim)) / float(np.linalg.norm(weight)),
    }  # fmt: skip
    hint = (
        "Drag the two handles (or focus one and use the arrow keys): one slides the boundary, the other turns and "
        "stretches the weight vector w. A point's halo grows with its loss; hollow points are on the wrong side."
    )
    return Interactive("boundary", data, still=Figure([canvas], alt=alt), hint=hint)


@house_style
def fig_support_vectors(
    x: np.ndarray,
    target: np.ndarray,
    weight: np.ndarray,
    bias: float,
    support: np.ndarray,
    *,
    alt: str,
    classes: Sequence[str] = ("class \u22121", "class +1"),
    axes: Sequence[str] = ("feature 1", "feature 2"),
) -> Figure:
    """Draw a support vector machine: the boundary, its margin, and rings around the points that hold it.

    Parameters
    ----------
    x : array (N, 2)
        The points.
    target : integer array (N,)
        Labels -1 or +1.
    weight, bias : array (2,), float
        The boundary w . x + b = 0.
    support : boolean array (N,)
        Which points are support vectors, for instance `target * scores <= 1 + tolerance`.
    alt : str
        The figure's message in words.
    classes, axes : sequences of two str
        Names of the classes (-1 first) and of the features, with units.
    """
    x, target, weight = np.asarray(x, float), np.asarray(target), np.asarray(weight, float)
    _check_binary("fig_support_vectors", x, target, weight)
    support = np.asarray(support)
    if support.dtype != bool or support.shape != target.shape:
        got = f"{support.dtype} {support.shape}"
        raise ValueError(f"fig_support_vectors: support must be boolean with shape {target.shape}, got {got}")
    canvas, ax = panel(WIDE, 3.2)
    _plane(x, target, weight, bias, classes, ax)
    ring = {"ms": 10, "mfc": "none", "mec": FOREGROUND, "mew": 1.1}
    ax.plot(*x[support].T, "o", label=f"support vectors ({support.sum()})", **ring)
    ax.set(xlabel=axes[0], ylabel=axes[1])
    return Figure([canvas], alt=alt)
