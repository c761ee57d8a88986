"""Functions of one number that a network folds, and the plane of two hidden units in which XOR becomes easy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from dlbook.figures import style
from dlbook.figures.linear_classifiers.planes import points
from dlbook.figures.style import Figure, house_style, panel

__all__ = ["fig_folding", "fig_hidden_plane"]


@house_style
def fig_folding(
    curves: Mapping[str, tuple[np.ndarray, np.ndarray]], *, alt: str, axes: Sequence[str] = ("x", "y")
) -> Figure:
    """Draw piecewise linear functions of one number, a panel each, with a dot at every breakpoint.

    Parameters
    ----------
    curves : mapping
        `curves[title] = (x, y)`, the ends and the breakpoints (B + 2,), ascending: between them the function
        is a line.
    alt : str
        The figure's message in words.
    axes : sequence of two str
        Names of input and output.

    Raises
    ------
    ValueError
        If x and y do not have the same shape.
    """
    panels = []
    for title, (x, y) in curves.items():
        x, y = np.asarray(x, float), np.asarray(y, float)
        if x.shape != y.shape or x.ndim != 1:
            raise ValueError(f"fig_folding: x and y of {title!r} must have one shape (B,), got {x.shape}, {y.shape}")
        canvas, ax = panel(style.THIRD, 1.9)
        ax.plot(x, y, color=style.PALETTE["blue"], lw=1.4)
        ax.plot(x[1:-1], y[1:-1], "o", color=style.PALETTE["orange"], ms=3.2)
        ax.set(xlabel=axes[0], ylabel=axes[1])
        ax.set_title(title, fontweight="normal")
        panels.append(canvas)
    return Figure(panels, alt=alt)


@house_style
def fig_hidden_plane(
    x: np.ndarray,
    h: np.ndarray,
    target: np.ndarray,
    *,
    alt: str,
    line: tuple[Sequence[float], float],
    classes: Sequence[str],
) -> Figure:
    """Draw the same points as they come in and as two hidden units see them, where a line separates them.

    Parameters
    ----------
    x, h : arrays (N, 2)
        The points and the values of the two hidden units.
    target : integer array (N,)
        Classes 0 to K-1.
    alt : str
        The figure's message in words.
    line : two floats and a float
        The weight w and the bias b of the last layer: the boundary in the hidden plane is w . h + b = 0.
    classes : sequence of str
        Names of the classes.

    Raises
    ------
    ValueError
        If an array does not have shape (N, 2).
    """
    x, h, target = np.asarray(x, float), np.asarray(h, float), np.asarray(target)
    if x.shape != h.shape or x.shape != (len(target), 2):
        raise ValueError(f"fig_hidden_plane: x and h must have shape ({len(target)}, 2), got {x.shape} and {h.shape}")
    panels = []
    for where, names in ((x, ("x₁", "x₂")), (h, ("h₁", "h₂"))):
        canvas, ax = panel(style.HALF, 2.7)
        points(ax, where, target, range(len(classes)), classes)
        low, high = where.min(axis=0), where.max(axis=0)
        margin = 0.2 * np.maximum(high - low, 0.5)
        ax.set(xlim=(low[0] - margin[0], high[0] + margin[0]), ylim=(low[1] - margin[1], high[1] + margin[1]))
        ax.set(xlabel=names[0], ylabel=names[1])
        panels.append(canvas)
    weight, bias = np.asarray(line[0], float), float(line[1])
    foot = -bias * weight / (weight @ weight)
    ax.axline(foot, foot + np.array([-weight[1], weight[0]]), color=style.FOREGROUND, lw=1.2, ls=(0, (3, 3)))
    return Figure(panels, alt=alt)
