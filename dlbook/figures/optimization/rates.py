"""Learning rates: how schedules change them, and the test that says which ones a network bears."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from dlbook.figures import style
from dlbook.figures.style import Figure, house_style, panel

__all__ = ["fig_range_test", "fig_schedules"]


@house_style
def fig_schedules(rates: Mapping[str, Sequence[float]], *, alt: str, log: bool = False) -> Figure:
    """Draw learning rates against the step, a panel for each schedule.

    Parameters
    ----------
    rates : mapping
        `rates[title]` is an array (T,), the rate of the steps 0 to T - 1.
    alt : str
        The figure's message in words.
    log : bool
        Draw the rates on a logarithmic scale.

    Raises
    ------
    ValueError
        If a schedule has no rate, or one that is not positive.
    """
    panels = []
    for title, values in rates.items():
        values = np.asarray(values, float)
        if values.ndim != 1 or not len(values) or values.min() <= 0:
            raise ValueError(f"fig_schedules: rates of {title!r} must be positive and of shape (T,), T at least 1")
        canvas, ax = panel(style.THIRD, 1.9)
        ax.step(np.arange(len(values)), values, where="mid", lw=1.3)
        ax.set(xlabel="step", ylabel="learning rate")
        if log:
            ax.set_yscale("log")
        else:
            ax.set_ylim(bottom=0)
        ax.set_title(title, fontweight="normal")
        panels.append(canvas)
    return Figure(panels, alt=alt)


@house_style
def fig_range_test(
    rates: np.ndarray,
    curves: Mapping[str, Sequence[float]],
    *,
    alt: str,
    band: tuple[float, float] | None = None,
    labels: Sequence[str] | None = None,
) -> Figure:
    """Draw what a range test measured against the learning rate, a panel for each quantity.

    Parameters
    ----------
    rates : array (T,)
        The learning rates, ascending.
    curves : mapping
        `curves[quantity]` is an array (T,); the quantity (with its unit) labels the vertical axis.
    alt : str
        The figure's message in words.
    band : two floats, optional
        The lowest and the highest rate that were chosen, shaded.
    labels : sequence of str, optional
        Names of the two ends of the band.

    Raises
    ------
    ValueError
        If a curve does not have one value per rate.
    """
    rates = np.asarray(rates, float)
    panels = []
    for quantity, values in curves.items():
        values = np.asarray(values, float)
        if values.shape != rates.shape:
            raise ValueError(f"fig_range_test: {quantity!r} must have shape {rates.shape}, got {values.shape}")
        canvas, ax = panel(style.HALF, 2.5)
        ax.plot(rates, values, lw=1.3)
        ax.set(xscale="log", xlabel="learning rate", ylabel=quantity)
        if band:
            ax.axvspan(*band, color=style.PALETTE["orange"], alpha=0.15, lw=0)
            for rate, label in zip(band, labels or (), strict=False):
                ax.annotate(label, (rate, 1), xycoords=("data", "axes fraction"), ha="center", va="bottom", fontsize=8)
        panels.append(canvas)
    return Figure(panels, alt=alt)
