"""Which change keeps which answer."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

import numpy as np

from dlbook.figures import style
from dlbook.figures.style import Figure, house_style, panel

__all__ = ["fig_answers"]


@house_style
def fig_answers(kept: Mapping[str, Mapping[str, float]], *, alt: str) -> Figure:
    """Draw a table of shares: a row for each question, a column for each change.

    Parameters
    ----------
    kept : mapping of mappings
        `kept[question][change]` is the share of images, 0 to 1, whose answer the change leaves as it was.
    alt : str
        The figure's message in words.

    Raises
    ------
    ValueError
        If the questions were not all asked about the same changes, or a number is no share.
    """
    changes = [tuple(row) for row in kept.values()]
    if not changes or len(set(changes)) != 1:
        raise ValueError(f"fig_answers: every question needs the same changes, got {changes}")
    shares = np.array([list(row.values()) for row in kept.values()], float)
    if not ((shares >= 0) & (shares <= 1)).all():
        raise ValueError("fig_answers: shares must lie between 0 and 1")
    canvas, ax = panel(style.WIDE, 0.5 * len(kept) + 0.95)
    ink = np.zeros((*shares.shape, 4))
    ink[..., :3], ink[..., 3] = style.rgb(style.PALETTE["blue"]), 0.75 * shares**4  # nearly all is not all
    ax.imshow(ink, aspect="auto", interpolation="nearest")
    for (i, j), share in np.ndenumerate(shares):
        text = "all" if share == 1 else f"{share:.2f}"
        ax.text(j, i, text, ha="center", va="center", fontsize=8, fontweight="bold" if share == 1 else "normal")
    ax.set_xticks(range(len(changes[0])), changes[0], fontsize=8, rotation=35, ha="right", rotation_mode="anchor")
    ax.set_yticks(range(len(kept)), [textwrap.fill(name, 14) for name in kept], fontsize=8)
    ax.set(xlabel="change", ylabel="question")
    ax.tick_params(length=0)
    ax.grid(visible=False)
    return Figure([canvas], alt=alt)
