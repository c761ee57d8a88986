"""Losses and objectives: their shapes, their two sides, their path under regularization."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure as Canvas

from dlbook.figures import style
from dlbook.figures.interactive import Interactive
from dlbook.figures.style import Figure, house_style, panel

__all__ = ["fig_duality", "fig_losses", "fig_regularization_path"]

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
    y_label: str = "loss",
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
    canvas, ax = panel(style.WIDE, 2.7)
    for number, curve in enumerate(curves):
        if curve["name"] in shown:
            # A gap in the line, or it would pretend that a jump has a slope.
            x, y = (np.insert(np.asarray(a, float), curve["breaks"], np.nan) for a in (margin, curve["values"]))
            ax.plot(x, y, color=style.CYCLE[number % 6], ls=style.DASHES[number % 6], label=curve["name"])
    ax.set(xlabel=view["xLabel"], ylabel=view["yLabel"], xlim=margin[[0, -1]], ylim=(view["bottom"], view["top"]))
    ax.axvline(0, color=style.FOREGROUND, lw=0.8, ls=(0, (2, 3)))
    return canvas


@house_style
def fig_duality(
    step: np.ndarray,
    primal: np.ndarray,
    dual: np.ndarray,
    *,
    alt: str,
    optimum: float | None = None,
    x_label: str = "update",
) -> Figure:
    """Draw how the primal objective falls and the dual rises until they meet, and the gap between them.

    Parameters
    ----------
    step : array (T,)
        Positions on the horizontal axis.
    primal, dual : arrays (T,), or dual a single number
        Values of both objectives; every dual value is a lower bound of every primal one.
    alt : str
        The figure's message in words.
    optimum : float, optional
        The common optimum, drawn as a thin line.
    x_label : str
        What `step` counts.
    """
    step, primal = np.asarray(step, float), np.asarray(primal, float)
    dual = np.broadcast_to(np.asarray(dual, float), primal.shape)
    if step.shape != primal.shape or step.ndim != 1:
        raise ValueError(f"fig_duality: step and primal must have one shape (T,), got {step.shape} and {primal.shape}")
    left, ax = panel(style.HALF, 2.7)
    ax.fill_between(step, dual, primal, color=style.PALETTE["grey"], alpha=0.18, lw=0)
    ax.plot(step, primal, color=style.PALETTE["blue"], label="primal")
    ax.plot(step, dual, color=style.PALETTE["orange"], ls=style.DASHES[1], label="dual")
    if optimum is not None:
        ax.axhline(optimum, color=style.FOREGROUND, lw=0.8, ls=(0, (1, 2)))
    ax.set(xlabel=x_label, ylabel="objective")
    right, ax = panel(style.HALF, 2.7)
    ax.semilogy(step, np.where(primal > dual, primal - dual, np.nan), color=style.PALETTE["green"])
    ax.set(xlabel=x_label, ylabel="duality gap")
    if step.min() > 0 and step.max() / step.min() > 100:
        for canvas in (left, right):
            canvas.axes[0].set_xscale("log")
    return Figure([left, right], alt=alt)


@house_style
def fig_regularization_path(
    strength: np.ndarray,
    weights: np.ndarray,
    *,
    alt: str,
    errors: Mapping[str, np.ndarray] | None = None,
    names: Sequence[str] | None = None,
    best: float | None = None,
    x_label: str = "regularization strength",
    y_label: str = "weight",
    error_label: str = "loss",
) -> Figure:
    """Draw the weights, and if given the training and test error, against the strength of a penalty.

    Parameters
    ----------
    strength : array (S,)
        Positive strengths, on a logarithmic axis.
    weights : array (S, D)
        The weights at each strength.
    alt : str
        The figure's message in words.
    errors : mapping, optional
        Curves (S,) of a second panel, for instance {"training": ..., "test": ...}.
    names : sequence of str, optional
        Names of the D weights, six at most; more weights are thin lines without names.
    best : float, optional
        The strength that was chosen, drawn as a vertical line.
    x_label, y_label, error_label : str
        The axes, with units.
    """
    strength, weights = np.asarray(strength, float), np.asarray(weights, float)
    if weights.ndim != 2 or strength.shape != weights.shape[:1] or not (strength > 0).all():
        got = f"{strength.shape} and {weights.shape}"
        raise ValueError(f"fig_regularization_path: need positive strength (S,) and weights (S, D), got {got}")
    left, ax = panel(style.HALF if errors else style.WIDE, 2.8)
    for d, row in enumerate(weights.T):
        look = {"lw": 0.9, "alpha": 0.7, "color": style.CYCLE[d % 5]} if names is None else {
            "color": style.CYCLE[d % 6], "ls": style.DASHES[d % 6], "label": names[d]}  # fmt: skip
        ax.semilogx(strength, row, **look)
    ax.axhline(0, color=style.FOREGROUND, lw=0.7)
    ax.set(xlabel=x_label, ylabel=y_label)
    panels = [left]
    if errors:
        right, ax = panel(style.HALF, 2.8)
        for number, (name, curve) in enumerate(errors.items()):
            ax.semilogx(strength, curve, label=name, color=style.CYCLE[number % 6], ls=style.DASHES[number % 6])
        ax.set(xlabel=x_label, ylabel=error_label)
        panels.append(right)
    if best is not None:
        for canvas in panels:
            canvas.axes[0].axvline(best, color=style.FOREGROUND, lw=0.9, ls=(0, (3, 3)))
    return Figure(panels, alt=alt)
