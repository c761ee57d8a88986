"""Distributions over powers of ten, and the plane of first weights and biases in which order meets chaos."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dlbook.figures import style
from dlbook.figures.style import Figure, house_style, panel

__all__ = ["fig_histograms", "fig_phases"]


@house_style
def fig_histograms(
    samples: Mapping[str, Mapping[str, np.ndarray]],
    *,
    alt: str,
    x_label: str,
    span: tuple[float, float],
    marks: Mapping[str, float] | None = None,
    bins: int = 60,
) -> Figure:
    """Draw how sizes are spread over the powers of ten, a panel per case and a line per series.

    Parameters
    ----------
    samples : mapping of mappings
        `samples[title][series]` is an array (M,) of numbers; their sizes are counted, zeros left out. Six series
        at most.
    alt : str
        The figure's message in words.
    x_label : str
        What is measured; the axis is its decimal logarithm.
    span : two floats
        Ends of the axis, as powers of ten: -6 and 1, say.
    marks : mapping, optional
        Per series a size that is marked by a vertical line.
    bins : int
        How many intervals are counted.

    Raises
    ------
    ValueError
        If span is empty, or a series holds nothing but zeros.
    """
    if not span[0] < span[1]:
        raise ValueError(f"fig_histograms: span must ascend, got {span}")
    width, height = {1: (style.WIDE, 2.7), 2: (style.HALF, 2.6)}.get(len(samples), (style.THIRD, 2.1))
    edges = np.linspace(*span, bins + 1)
    panels = []
    for title, series in samples.items():
        canvas, ax = panel(width, height)
        for number, (name, values) in enumerate(series.items()):
            values = np.abs(np.asarray(values, float).ravel())
            if not values.any():
                raise ValueError(f"fig_histograms: {name!r} of {title!r} must hold a number that is not 0")
            logs = np.clip(np.log10(values[values > 0]), edges[0], edges[-1])
            density = np.histogram(logs, edges)[0] / len(values) / (edges[1] - edges[0])
            look = {"color": style.CYCLE[number % 6], "ls": style.DASHES[number % 6]}
            ax.stairs(density, edges, label=name, lw=1.4, **look)
            if marks and name in marks:
                ax.axvline(np.log10(marks[name]), lw=1.1, **look)
        ax.set(xlabel=x_label, ylabel="share per decade", xlim=span)
        ax.set_ylim(bottom=0)
        if len(samples) > 1:
            ax.set_title(title, fontweight="normal")
        panels.append(canvas)
    return Figure(panels, alt=alt)


@house_style
def fig_phases(
    sigma_w: np.ndarray, sigma_b: np.ndarray, *, alt: str, points: Mapping[str, tuple[float, float]] | None = None
) -> Figure:
    """Draw the line on which neither order nor chaos wins, in the plane of the two standard deviations.

    Parameters
    ----------
    sigma_w, sigma_b : arrays (M,)
        The critical line, sigma_b ascending.
    alt : str
        The figure's message in words.
    points : mapping, optional
        Named places (sigma_w, sigma_b).

    Raises
    ------
    ValueError
        If the arrays differ in shape.
    """
    sigma_w, sigma_b = np.asarray(sigma_w, float), np.asarray(sigma_b, float)
    if sigma_w.shape != sigma_b.shape or sigma_w.ndim != 1:
        raise ValueError(f"fig_phases: sigma_w and sigma_b must have one shape (M,), got {sigma_w.shape} and "
                         f"{sigma_b.shape}")  # fmt: skip
    canvas, ax = panel(style.WIDE, 3.0)
    right = 1.6 * sigma_w.max()
    ax.fill_betweenx(sigma_b, 0, sigma_w, color=style.PALETTE["blue"], alpha=0.14, lw=0)
    ax.fill_betweenx(sigma_b, sigma_w, right, color=style.PALETTE["orange"], alpha=0.14, lw=0)
    ax.plot(sigma_w, sigma_b, color=style.FOREGROUND, lw=1.6)
    top = sigma_b.max()
    ax.text(0.3 * sigma_w.min(), 0.75 * top, "order", fontsize=11)
    ax.text(0.75 * right, 0.3 * top, "chaos", fontsize=11)
    for number, (name, (w, b)) in enumerate((points or {}).items()):
        ax.plot([w], [b], ls="none", marker=style.MARKERS[number % 6], color=style.CYCLE[number % 6], ms=6,
                label=name, clip_on=False, zorder=3)  # fmt: skip
    ax.set(xlabel="standard deviation of the weights, σ_w", ylabel="of the biases, σ_b", xlim=(0, right), ylim=(0, top))
    ax.grid(visible=False)
    return Figure([canvas], alt=alt)
