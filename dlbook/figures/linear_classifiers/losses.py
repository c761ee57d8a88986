"""Losses and objectives: their shapes, their two sides, their path under regularization."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure as Canvas

from dlbook.figures import style
from dlbook.figures.interactive import Interactive
from dlbook.figures.style import Figure, house_style, legend_above, panel

__all__ = ["fig_losses"]

Curve = tuple[np.ndarray, np.ndarray]
Family = tuple[str, np.ndarray, np.ndarray, np.ndarray]


@house_style
def fig_losses(
    margin: np.ndarray,
    losses: Mapping[str, Curve],
    *,
    alt: str,
    families: Mapping[str, Family] | None = None,
    shown: Sequence[str] | None = None,
    start: float = -0.5,
    top: float = 4.0,
    x_label: str = "margin",
    y_label: str = "loss (nats for logistic)",
) -> Interactive:
    """Draw losses as functions of the margin; the reader moves the margin and reads value and slope.

    Parameters
    ----------
    margin : array (M,)
        Equally spaced margins, 121 from -3 to 3 say.
    losses : mapping
        `losses[name] = (value, slope)`, two arrays (M,), the slope from the loss's pullback. Six at most,
        families included.
    alt : str
        The figure's message in words.
    families : mapping, optional
        Losses with a parameter that gets a slider: `families[name] = (parameter, grid, value, slope)` with
        the parameter's name, its values (G,) and arrays (G, M).
    shown : sequence of str, optional
        Names that are switched on at first; all by default.
    start : float
        The margin at first.
    top : float
        Upper end of the vertical axis.
    x_label, y_label : str
        The axes, with units.

    Raises
    ------
    ValueError
        If an array does not fit `margin`, or the margins are not equally spaced.
    """
    margin = np.asarray(margin, float)
    families = families or {}
    if margin.ndim != 1 or not np.allclose(np.diff(margin), margin[1] - margin[0]):
        raise ValueError(f"fig_losses: margin must be one axis of equal steps, got shape {margin.shape}")
    # A family is drawn at the middle of its grid until the reader moves its slider.
    half = {name: len(grid) // 2 for name, (_, grid, _, _) in families.items()}
    rows = dict(losses) | {
        name: (value[half[name]], slope[half[name]]) for name, (_, _, value, slope) in families.items()
    }
    for name, pair in rows.items():
        for what, array in zip(("value", "slope"), pair, strict=True):
            if np.shape(array) != margin.shape:
                expected = f"must have shape {margin.shape}, got {np.shape(array)}"
                raise ValueError(f"fig_losses: {what} of {name!r} {expected}")
    shown = list(rows if shown is None else shown)
    view = {"top": top, "bottom": -0.1, "xLabel": x_label, "yLabel": y_label}
    curves = [
        {"name": name, "values": value, "slopes": slope, "breaks": _jumps(margin, value, slope)}
        for name, (value, slope) in rows.items()
    ]
    sliders = [
        {"name": name, "parameter": parameter, "grid": grid, "values": value, "slopes": slope, "start": half[name]}
        for name, (parameter, grid, value, slope) in families.items()
    ]
    data = {"margin": margin, "curves": curves, "families": sliders, "shown": shown, "start": start, **view}
    hint = (
        "Move the mouse over the chart, drag the handle on its lower edge, or focus the handle and use the arrow keys."
    )
    return Interactive("losses", data, still=Figure([_still(margin, curves, shown, view)], alt=alt), hint=hint)


def _jumps(margin: np.ndarray, value: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """Return the indices at which a loss jumps: where it changes by more than its slope explains."""
    step = margin[1] - margin[0]
    explained = step * np.maximum(np.abs(slope[1:]), np.abs(slope[:-1]))
    return np.flatnonzero(np.abs(np.diff(value)) > explained + 0.25) + 1


def _still(margin: np.ndarray, curves: list[dict], shown: Sequence[str], view: dict) -> Canvas:
    """Draw the losses that are shown at first."""
    canvas, ax = panel(style.WIDE, 3.1)
    for number, curve in enumerate(curves):
        if curve["name"] in shown:
            # A gap in the line, or it would pretend that a jump has a slope.
            x, y = (np.insert(np.asarray(a, float), curve["breaks"], np.nan) for a in (margin, curve["values"]))
            ax.plot(x, y, color=style.CYCLE[number % 6], ls=style.DASHES[number % 6], label=curve["name"])
    ax.set(xlabel=view["xLabel"], ylabel=view["yLabel"], xlim=margin[[0, -1]], ylim=(view["bottom"], view["top"]))
    ax.axvline(0, color=style.FOREGROUND, lw=0.8, ls=(0, (2, 3)))
    legend_above(ax, columns=3)
    return canvas
