"""Promises of intervals against what they keep, and errors beyond the point of interpolation."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dlbook.figures import style
from dlbook.figures.style import Figure, house_style, panel

__all__ = ["fig_coverage", "fig_double_descent"]


@house_style
def fig_coverage(
    p: np.ndarray, coverage: Mapping[str, np.ndarray], *, alt: str, confidence: float = 0.95, low: float = 0.7
) -> Figure:
    """Draw how often intervals contain the truth, for every truth.

    Parameters
    ----------
    p : array (P,)
        The true probabilities.
    coverage : mapping
        `coverage[name]` is an array (P,) of shares.
    alt : str
        The figure's message in words.
    confidence : float
        What the intervals promise, drawn as a thin line.
    low : float
        Where the vertical axis starts.

    Raises
    ------
    ValueError
        If an array does not fit p.
    """
    canvas, ax = panel(style.WIDE, 2.8)
    ax.axhline(confidence, color=style.FOREGROUND, lw=1.1, label="promised")
    for number, (name, kept) in enumerate(coverage.items()):
        if np.shape(kept) != np.shape(p):
            raise ValueError(f"fig_coverage: coverage of {name!r} must have shape {np.shape(p)}, got {np.shape(kept)}")
        ax.plot(p, kept, color=style.CYCLE[number], ls=style.DASHES[number], lw=1.3, label=name)
    ax.set(xlabel="true accuracy", ylabel="share of samples covered", ylim=(low, 1.005), xlim=(np.min(p), np.max(p)))
    return Figure([canvas], alt=alt)


@house_style
def fig_double_descent(
    features: np.ndarray, panels: Mapping[str, Mapping[str, np.ndarray]], *, alt: str, threshold: float,
    log: tuple[str, ...] = (),
) -> Figure:
    """Draw quantities against the number of features, on a logarithmic axis, with the point of interpolation.

    Parameters
    ----------
    features : array (P,)
        Numbers of features, rising.
    panels : mapping of mappings
        `panels[quantity][name]` is an array (P,); the quantity labels the vertical axis.
    alt : str
        The figure's message in words.
    threshold : float
        Where the training data can first be fitted exactly, drawn as a vertical line.
    log : tuple of str
        Quantities on a logarithmic scale.

    Raises
    ------
    ValueError
        If an array does not fit the features.
    """
    canvases = []
    for quantity, lines in panels.items():
        canvas, ax = panel(style.HALF, 2.8)
        ax.axvline(threshold, color=style.FOREGROUND, lw=0.9, ls=(0, (1, 2)))
        for number, (name, values) in enumerate(lines.items()):
            if np.shape(values) != np.shape(features):
                raise ValueError(
                    f"fig_double_descent: {name!r} must have shape {np.shape(features)}, got {np.shape(values)}"
                )
            ax.plot(features, values, color=style.CYCLE[number], ls=style.DASHES[number], label=name,
                    marker=style.MARKERS[number], ms=3)  # fmt: skip
        ax.set_xscale("log")
        if quantity in log:
            ax.set_yscale("log")
        ax.set(xlabel="random features", ylabel=quantity)
        canvases.append(canvas)
    return Figure(canvases, alt=alt)
