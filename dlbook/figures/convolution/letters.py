"""Filters over letters: what each place of a window should hold, and what it should not."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from dlbook.figures import style
from dlbook.figures.style import Figure, house_style

__all__ = ["fig_letters"]


@house_style
def fig_letters(
    filters: Mapping[str, np.ndarray], letters: str, *, alt: str, best: int = 3, columns: int = 4
) -> Figure:
    """Draw filters over letters: above the line the letters that each place likes best, below it those it likes least.

    The stronger a weight, the stronger the colour behind its letter, on the scale of its filter. A weight of the wrong
    sign for its side is left out.

    Parameters
    ----------
    filters : mapping
        `filters[title]` is an array (A, S): a row for each letter, a column for each place.
    letters : str
        The alphabet, A signs.
    alt : str
        The figure's message in words.
    best : int
        Letters above and below the line, at most.
    columns : int
        Filters in a row.

    Raises
    ------
    ValueError
        If there is no filter, or one has not a row for each letter.
    """
    if not filters:
        raise ValueError("fig_letters: filters must hold at least one filter, got none")
    for title, weights in filters.items():
        if np.ndim(weights) != 2 or len(weights) != len(letters):
            raise ValueError(
                f"fig_letters: the filter {title!r} must have shape ({len(letters)}, S), got {np.shape(weights)}"
            )
    rows = -(-len(filters) // columns)
    canvas = Canvas(figsize=(1.55 * columns, rows * (0.3 * best + 0.62)), layout="constrained")
    canvas.get_layout_engine().set(w_pad=0.04, h_pad=0.04)
    axes = canvas.subplots(rows, columns, squeeze=False).ravel()
    for ax, (title, weights) in zip(axes, filters.items(), strict=False):
        _filter(ax, np.asarray(weights, float), letters, best)
        ax.set_title(title, loc="center", pad=3, fontweight="normal", fontsize=8.5)
    for ax in axes[len(filters) :]:
        ax.set_axis_off()
    return Figure([canvas], alt=alt)


def _filter(ax: Axes, weights: np.ndarray, letters: str, best: int) -> None:
    scale = np.abs(weights).max() or 1.0
    ax.axhline(0, color=style.FOREGROUND, lw=0.8)
    colour = np.zeros((2 * best, weights.shape[1], 4))  # from the lowest row upwards
    for place, column in enumerate(weights.T):
        order = np.argsort(-column, kind="stable")
        for side, chosen, name in ((1, order[:best], "blue"), (-1, order[: -best - 1 : -1], "orange")):
            for rank, a in enumerate(chosen):
                if side * column[a] > 0:
                    row = best + rank if side > 0 else best - 1 - rank
                    colour[row, place] = (*style.rgb(style.PALETTE[name]), 0.6 * abs(column[a]) / scale)
                    sign = letters[a].replace(" ", "␣")
                    ax.text(place, row - best + 0.5, sign, ha="center", va="center", fontsize=9.5)
    extent = (-0.5, weights.shape[1] - 0.5, -best, best)
    ax.imshow(colour, origin="lower", extent=extent, aspect="auto", interpolation="nearest")
    ax.set(xticks=[], yticks=[])
    ax.grid(visible=False)
    ax.spines[:].set(visible=True, linewidth=0.5, alpha=0.4)
