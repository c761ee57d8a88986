"""Codes of many examples as points in the plane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from dlbook.figures import style
from dlbook.figures.style import Figure, house_style, panel

__all__ = ["fig_embedding"]


@house_style
def fig_embedding(
    maps: Mapping[str, np.ndarray], target: np.ndarray, classes: Sequence[str], *, alt: str
) -> Figure:
    """Draw points in the plane, with a colour and a mark for each class.

    Parameters
    ----------
    maps : mapping
        `maps[title]` is an array (N, 2): the same examples in one arrangement. One, two or three.
    target : array (N,)
        The class of each example.
    classes : sequence of str
        Names of the classes, at most six.
    alt : str
        The figure's message in words.

    Raises
    ------
    ValueError
        If there are too many classes, or an arrangement has another shape.
    """
    target = np.asarray(target)
    if len(classes) > len(style.MARKERS):
        raise ValueError(f"fig_embedding: there are {len(classes)} classes, expected at most {len(style.MARKERS)}")
    width = {1: style.WIDE, 2: style.HALF}.get(len(maps), style.THIRD)
    panels = []
    for title, points in maps.items():
        if np.shape(points) != (len(target), 2):
            raise ValueError(
                f"fig_embedding: {title!r} has shape {np.shape(points)}, expected ({len(target)}, 2)"
            )
        canvas, ax = panel(width, width)
        for k, name in enumerate(classes):
            own = np.asarray(points)[target == k]
            ax.plot(
                *own.T, style.MARKERS[k], color=style.CYCLE[k], ms=3.4, alpha=0.75, mew=0, label=name, rasterized=True
            )  # fmt: skip
        ax.set(title=title, xticks=[], yticks=[])
        ax.grid(visible=False)
        ax.spines[:].set(visible=True, alpha=0.4)
        panels.append(canvas)
    return Figure(panels, alt=alt)
