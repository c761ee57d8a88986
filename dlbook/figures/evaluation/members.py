"""Who errs where: the members of an ensemble against the examples."""

from __future__ import annotations

import numpy as np

from dlbook.figures import style
from dlbook.figures.style import Figure, house_style, panel

__all__ = ["fig_right_wrong"]


@house_style
def fig_right_wrong(right: np.ndarray, *, alt: str, average: np.ndarray | None = None, name: str = "average") -> Figure:
    """Draw which examples each member gets right, the examples that most members know first.

    Parameters
    ----------
    right : boolean array (M, N)
        A row per member, a column per example.
    alt : str
        The figure's message in words.
    average : boolean array (N,), optional
        The same for the whole ensemble; drawn below, set apart.
    name : str
        What that last row is called.

    Raises
    ------
    ValueError
        If the arrays do not fit.
    """
    right = np.asarray(right, bool)
    if right.ndim != 2 or (average is not None and np.shape(average) != right.shape[1:]):
        raise ValueError(
            f"fig_right_wrong: right must have shape (M, N) and average (N,), got {right.shape} and {np.shape(average)}"
        )
    members, n = right.shape
    order = np.argsort(-right.sum(axis=0), kind="stable")
    canvas, ax = panel(6.4, 0.5 + 0.2 * (members + 2))
    rows = [*right[:, order]] if average is None else [*right[:, order], None, np.asarray(average, bool)[order]]
    picture = np.zeros((len(rows), n, 4))
    for i, row in enumerate(rows):
        if row is not None:
            # Wrong is dark, right is pale: the two differ in lightness too.
            picture[i, :, :3] = np.where(
                row[:, None], style.rgb(style.PALETTE["blue"]), style.rgb(style.PALETTE["orange"])
            )
            picture[i, :, 3] = np.where(row, 0.25, 0.95)
    ax.imshow(picture, aspect="auto", interpolation="nearest", extent=(0, n, len(rows), 0))
    ax.set(xlabel="test example, those that most members get right first", ylabel="member")
    ticks = [0, members - 1] if average is None else [0, members - 1, members + 1]
    ax.set_yticks([t + 0.5 for t in ticks], ["1", str(members), name][: len(ticks)])
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    ax.tick_params(axis="y", length=0)
    return Figure([canvas], alt=alt)
