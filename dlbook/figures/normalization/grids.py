"""What training reached, over starts and depths as a grid, and over learning rates as curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from dlbook.figures import style
from dlbook.figures.style import Figure, house_style, panel

__all__ = ["fig_rates", "fig_start_grid"]


@house_style
def fig_start_grid(
    reached: Mapping[str, np.ndarray], *, alt: str, rows: Sequence[str], columns: Sequence[str],
    axes: Sequence[str] = ("standard deviation of the first weights", "layers"),
) -> Figure:
    """Draw what was reached from different starts at different depths: a panel per network, the darker the better.

    Parameters
    ----------
    reached : mapping
        `reached[title]` is an array (rows, columns) of numbers from 0 to 1.
    alt : str
        The figure's message in words.
    rows, columns : sequences of str
        Names of the rows, the first one on top, and of the columns.
    axes : two str
        What the columns and what the rows are.

    Raises
    ------
    ValueError
        If an array does not fit the names.
    """
    panels = []
    for title, table in reached.items():
        table = np.asarray(table, float)
        if table.shape != (len(rows), len(columns)):
            raise ValueError(f"fig_start_grid: reached[{title!r}] must have shape ({len(rows)}, {len(columns)}), "
                             f"got {table.shape}")
        canvas, ax = panel(style.HALF, 0.42 * len(rows) + 1.0)
        colour = np.empty((*table.shape, 4))
        colour[..., :3] = style.rgb(style.PALETTE["blue"])
        colour[..., 3] = 0.75 * np.clip(table, 0, 1)  # an empty cell is the page itself
        ax.imshow(colour, interpolation="nearest", aspect="auto")
        for i, j in np.ndindex(*table.shape):
            ax.text(j, i, f"{table[i, j]:.2f}", ha="center", va="center", fontsize=8.5)
        ax.set(xlabel=axes[0], ylabel=axes[1], xticks=range(len(columns)), yticks=range(len(rows)))
        ax.set_xticklabels(columns)
        ax.set_yticklabels(rows)
        ax.set_title(title, fontweight="normal")
        ax.grid(visible=False)
        ax.spines[:].set_visible(False)
        ax.tick_params(length=0)
        panels.append(canvas)
    return Figure(panels, alt=alt)


@house_style
def fig_rates(
    rate: np.ndarray, curves: Mapping[str, np.ndarray], *, alt: str, y_label: str, x_label: str = "learning rate",
    log_y: bool = False,
) -> Figure:
    """Draw one quantity against the learning rate, which has a logarithmic axis; a gap stands where there is none.

    Parameters
    ----------
    rate : array (T,)
        Positive, ascending.
    curves : mapping
        `curves[name]` is an array (T,); nan where a run has left the numbers.
    alt : str
        The figure's message in words.
    y_label, x_label : str
        The axes, with units.
    log_y : bool
        Draw the quantity on a logarithmic axis too.

    Raises
    ------
    ValueError
        If a rate is not positive or lengths differ.
    """
    rate = np.asarray(rate, float)
    if rate.ndim != 1 or (rate <= 0).any():
        raise ValueError(f"fig_rates: rate must be positive with one axis, got {rate}")
    canvas, ax = panel(style.WIDE, 2.6)
    for number, (name, curve) in enumerate(curves.items()):
        curve = np.asarray(curve, float)
        if curve.shape != rate.shape:
            raise ValueError(f"fig_rates: curves[{name!r}] must have shape {rate.shape}, got {curve.shape}")
        look = {"color": style.CYCLE[number], "ls": style.DASHES[number], "marker": style.MARKERS[number], "ms": 4}
        ax.plot(rate, curve, label=name, **look)
    ax.set(xscale="log", yscale="log" if log_y else "linear", xlabel=x_label, ylabel=y_label)
    return Figure([canvas], alt=alt)
