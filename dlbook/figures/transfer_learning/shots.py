"""Accuracy against the number of examples, with what other draws of the examples would have given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.ticker import NullFormatter, NullLocator

from dlbook.figures import style
from dlbook.figures.charts import mark_chance
from dlbook.figures.style import Figure, house_style, panel

__all__ = ["fig_shots"]


@house_style
def fig_shots(
    shots: Sequence[int], panels: Mapping[str, Mapping[str, np.ndarray]], *, alt: str, chance: float | None = None
) -> Figure:
    """Draw accuracies against examples for each class, one line per way of training, one thin dot per repetition.

    Parameters
    ----------
    shots : sequence of int
        Examples for each class.
    panels : mapping of mappings
        `panels[title][way]` is an array (repetitions, shots) of accuracies.
    alt : str
        The figure's message in words.
    chance : float, optional
        The accuracy of guessing, drawn as a thin line.

    Raises
    ------
    ValueError
        If an array does not have a column for each number of examples.
    """
    drawn = []
    for title, ways in panels.items():
        canvas, ax = panel(style.WIDE if len(panels) == 1 else style.HALF, 2.8)
        for k, (way, found) in enumerate(ways.items()):
            found = np.asarray(found, float)
            if found.ndim != 2 or found.shape[1] != len(shots):
                raise ValueError(f"fig_shots: {way!r} must have shape (repetitions, {len(shots)}), got {found.shape}")
            colour, dash = style.CYCLE[k % len(style.CYCLE)], style.DASHES[k % len(style.DASHES)]
            ax.plot(shots, found.mean(axis=0), color=colour, ls=dash, label=way, lw=1.8)
            ax.plot(np.tile(shots, len(found)), found.ravel(), "o", color=colour, ms=3, alpha=0.5, mew=0)
        ax.set_xscale("log")
        ax.set_xticks(list(shots), [str(n) for n in shots])
        ax.xaxis.set_minor_locator(NullLocator())
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.set(xlabel="training examples for each class", ylabel="test accuracy", title=title)
        if chance is not None:
            low, high = ax.get_ylim()
            ax.set_ylim(min(low, chance - 0.1 * (high - chance)), high)  # room for the word below the line
            mark_chance(ax, chance)
        drawn.append(canvas)
    return Figure(drawn, alt=alt)
