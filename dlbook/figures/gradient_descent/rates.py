"""How fast descent converges, measured against what theory promises."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dlbook.figures import style
from dlbook.figures.style import Figure, house_style, panel

__all__ = ["fig_contraction", "fig_convergence", "fig_line_search", "same_length"]


def same_length(name: str, **arrays: np.ndarray) -> None:
    """Refuse arrays that are not all one axis of the same length."""
    shapes = {argument: np.shape(array) for argument, array in arrays.items()}
    if len(set(shapes.values())) != 1 or len(next(iter(shapes.values()))) != 1:
        raise ValueError(f"{name}: arrays must have one common shape (T,), got {shapes}")


@house_style
def fig_contraction(
    condition: np.ndarray,
    measured: np.ndarray,
    predicted: np.ndarray,
    *,
    alt: str,
    y_label: str = "error after a step / error before",
) -> Figure:
    """Draw the measured contraction of a step against the condition number, over the predicted curve.

    Parameters
    ----------
    condition : array (T,)
        Condition numbers, ascending, at least 1; the axis is logarithmic.
    measured, predicted : arrays (T,)
        Factors by which one step shrinks the error, for instance (k - 1) / (k + 1).
    alt : str
        The figure's message in words.
    y_label : str
        The vertical axis.
    """
    same_length("fig_contraction", condition=condition, measured=measured, predicted=predicted)
    canvas, ax = panel(style.WIDE, 2.5)
    ax.semilogx(condition, predicted, color=style.FOREGROUND, lw=1.2, ls=style.DASHES[1], label="predicted")
    ax.semilogx(condition, measured, "o", color=style.PALETTE["orange"], label="measured")
    ax.axhline(1, color=style.FOREGROUND, lw=0.7)
    ax.set(xlabel="condition number", ylabel=y_label, ylim=(0, 1.05))
    return Figure([canvas], alt=alt)


@house_style
def fig_convergence(
    runs: Mapping[str, np.ndarray],
    *,
    alt: str,
    bounds: Mapping[str, np.ndarray] | None = None,
    x_label: str = "step",
    y_label: str = "loss above the minimum",
    log_x: bool = False,
) -> Figure:
    """Draw errors against steps on a logarithmic scale, and the bounds that theory gives them.

    Parameters
    ----------
    runs : mapping
        `runs[name]` is an array (T + 1,) of errors from step 0 on; zeros are not drawn.
    alt : str
        The figure's message in words.
    bounds : mapping, optional
        `bounds[name]` is an array (T + 1,); drawn dashed, in the colour of the run of the same name if there
        is one, otherwise in the foreground.
    x_label, y_label : str
        The axes, with units.
    log_x : bool
        Draw the steps on a logarithmic axis too (from step 1), on which a power law is a straight line.
    """
    canvas, ax = panel(style.WIDE, 2.7)
    first = 1 if log_x else 0
    colours = dict(zip(runs, style.CYCLE, strict=False))
    for name, errors in runs.items():
        errors = np.asarray(errors, float)
        ax.plot(
            np.arange(first, len(errors)), np.where(errors > 0, errors, np.nan)[first:], color=colours[name], label=name
        )
    for name, errors in (bounds or {}).items():
        look = {"color": colours.get(name, style.FOREGROUND), "lw": 1.2, "ls": style.DASHES[1]}
        label = f"bound, {name}" if name in runs else name
        ax.plot(np.arange(first, len(errors)), np.asarray(errors, float)[first:], label=label, **look)
    ax.set(xlabel=x_label, ylabel=y_label, yscale="log", xscale="log" if log_x else "linear")
    return Figure([canvas], alt=alt)


@house_style
def fig_line_search(
    step: np.ndarray,
    value: np.ndarray,
    *,
    slope: float,
    c: float,
    tried: np.ndarray,
    tried_value: np.ndarray,
    alt: str,
    x_label: str = "step length",
    y_label: str = "loss along the direction",
) -> Figure:
    """Draw the Armijo condition: the loss along a direction, its tangent, the relaxed line, the steps tried.

    Parameters
    ----------
    step, value : arrays (T,)
        The loss at step lengths from 0 on, `value[0]` being the loss at the start.
    slope : float
        Directional derivative at 0, negative.
    c : float
        Armijo's constant in (0, 1): a step is accepted where the loss lies under value[0] + c * slope * step.
    tried, tried_value : arrays (M,)
        The step lengths that backtracking tried, in order, and their losses; the last one was accepted.
    alt : str
        The figure's message in words.
    x_label, y_label : str
        The axes, with units.

    Raises
    ------
    ValueError
        If a shape does not fit or `slope` is not negative.
    """
    step, value = np.asarray(step, float), np.asarray(value, float)
    same_length("fig_line_search", step=step, value=value)
    same_length("fig_line_search", tried=tried, tried_value=tried_value)
    if slope >= 0:
        raise ValueError(f"fig_line_search: slope must be negative, the direction must descend; got {slope}")
    canvas, ax = panel(style.WIDE, 2.7)
    relaxed = value[0] + c * slope * step
    ax.fill_between(step, value, relaxed, where=value <= relaxed, color=style.PALETTE["green"], alpha=0.2, lw=0,
                    label="accepted")  # fmt: skip
    ax.plot(step, value, color=style.PALETTE["blue"], label="loss")
    ax.plot(step, value[0] + slope * step, color=style.PALETTE["grey"], ls=style.DASHES[2], label="tangent")
    ax.plot(step, relaxed, color=style.FOREGROUND, lw=1.2, ls=style.DASHES[1], label=f"slope \u00d7 {c:g}")
    ax.plot(tried[:-1], tried_value[:-1], "o", mfc="none", color=style.PALETTE["orange"], label="refused", ms=6)
    ax.plot(tried[-1:], tried_value[-1:], "o", color=style.PALETTE["orange"], label="taken", ms=6)
    for number, point in enumerate(zip(tried, tried_value, strict=True), start=1):
        ax.annotate(str(number), point, xytext=(0, 7), textcoords="offset points", ha="center", fontsize=8.5)
    low, high = min(value.min(), np.min(tried_value)), max(value.max(), np.max(tried_value))
    ax.set(xlabel=x_label, ylabel=y_label, ylim=(low - 0.08 * (high - low), high + 0.15 * (high - low)), xlim=(0, None))
    return Figure([canvas], alt=alt)
