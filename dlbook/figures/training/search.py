"""Searches: where the trials lie, what halving cuts off, and by how much the best looks too good."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from dlbook.figures import style
from dlbook.figures.style import Figure, house_style, panel

__all__ = ["fig_bias", "fig_grid_random", "fig_halving", "fig_trials"]


@house_style
def fig_grid_random(
    points: Mapping[str, np.ndarray], x: np.ndarray, score: np.ndarray, *, alt: str, axes: Sequence[str]
) -> Figure:
    """Draw trials in the plane, and above the first axis what they tell about the score, which depends on it alone.

    Parameters
    ----------
    points : mapping
        `points[title]` is an array (N, 2) of trials, both coordinates from 0 to 1.
    x, score : arrays (M,)
        The score as a function of the first coordinate.
    alt : str
        The figure's message in words.
    axes : two str
        Names of the coordinates.

    Raises
    ------
    ValueError
        If trials do not have two coordinates.
    """
    panels = []
    for title, trials in points.items():
        trials = np.asarray(trials, float)
        if trials.ndim != 2 or trials.shape[1] != 2:
            raise ValueError(f"fig_grid_random: points of {title!r} must have shape (N, 2), got {trials.shape}")
        canvas, ax = panel(style.HALF, 3.1)
        height = 1.12 + 0.45 * (np.asarray(score) - np.min(score)) / np.ptp(score)
        ax.plot(x, height, color=style.PALETTE["green"])
        at = np.unique(np.round(trials[:, 0], 9))
        top = np.interp(at, x, height)
        ax.vlines(at, 0, top, color=style.FOREGROUND, lw=0.6, alpha=0.35)
        ax.plot(at, top, "s", color=style.PALETTE["orange"], ms=4)
        ax.plot(*trials.T, "o", color=style.PALETTE["blue"], ms=4.5)
        ax.axhline(1.05, color=style.FOREGROUND, lw=0.7)
        ax.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.65), xlabel=axes[0], ylabel=axes[1], yticks=[0, 0.5, 1])
        ax.yaxis.label.set_y(0.33)
        ax.set_title(f"{title}: {len(trials)} trials, {len(at)} values", fontweight="normal")
        panels.append(canvas)
    return Figure(panels, alt=alt)


@house_style
def fig_trials(
    trials: Mapping[str, tuple[Sequence[float], Sequence[float], Sequence[float]]],
    *,
    alt: str,
    axes: Sequence[str],
    unit: str = "validation accuracy",
) -> Figure:
    """Draw the trials of a search in the plane of two positive hyper-parameters: the larger a mark, the better.

    Parameters
    ----------
    trials : mapping
        `trials[stage] = (first, second, score)`, three sequences (N,).
    alt : str
        The figure's message in words.
    axes : two str
        Names of the hyper-parameters.
    unit : str
        What the score is.

    Raises
    ------
    ValueError
        If a stage's sequences differ in length.
    """
    canvas, ax = panel(style.WIDE, 3.1)
    scores = np.concatenate([np.asarray(score, float) for _, _, score in trials.values()])
    low, high = scores.min(), scores.max()
    best = None
    for number, (stage, (first, second, score)) in enumerate(trials.items()):
        if not len(first) == len(second) == len(score):
            raise ValueError(f"fig_trials: {stage!r} has {len(first)}, {len(second)} and {len(score)} numbers")
        share = (np.asarray(score, float) - low) / (high - low or 1)
        ax.scatter(
            first, second, s=6 + 110 * share**2, color=style.CYCLE[number], marker=style.MARKERS[number], alpha=0.75,
            linewidths=0, label=stage,
        )  # fmt: skip
        top = int(np.argmax(score))
        if best is None or score[top] > best[2]:
            best = first[top], second[top], score[top]
    ax.plot(*best[:2], marker="o", ms=15, mfc="none", mec=style.FOREGROUND, mew=1.2)
    ax.set(xscale="log", yscale="log", xlabel=axes[0], ylabel=axes[1])
    ax.set_title(f"{unit} {low:.2f} to {high:.2f}", fontweight="normal")
    return Figure([canvas], alt=alt)


@house_style
def fig_halving(
    curves: np.ndarray, stopped: Sequence[int], *, alt: str, rungs: Sequence[int], y_label: str = "validation accuracy"
) -> Figure:
    """Draw learning curves as far as successive halving lets each of them run; what it did not see is faint.

    Parameters
    ----------
    curves : array (N, E)
        The score of each configuration after e epochs, e = 0 included.
    stopped : sequence of int (N,)
        The epoch after which each was given up, or its last.
    alt : str
        The figure's message in words.
    rungs : sequence of int
        Epochs at which the choice is made.
    y_label : str
        The vertical axis.

    Raises
    ------
    ValueError
        If there is not one stop for each curve.
    """
    curves = np.asarray(curves, float)
    if curves.ndim != 2 or len(stopped) != len(curves):
        raise ValueError(f"fig_halving: got {len(stopped)} stops for curves of shape {curves.shape}")
    canvas, ax = panel(style.WIDE, 3.0)
    colours = dict(zip(sorted(set(stopped)), ("grey", "purple", "green", "blue", "orange"), strict=False))
    last = curves.shape[1] - 1
    for curve, stop in sorted(zip(curves, stopped, strict=True), key=lambda pair: pair[1]):
        ax.plot(np.arange(1, last + 1), curve[1:], color=style.PALETTE["grey"], lw=0.6, alpha=0.35)
        label = f"to epoch {stop}" if stop == last else f"given up at {stop}"
        colour = style.PALETTE[colours.get(stop, "blue")]
        ax.plot(np.arange(1, stop + 1), curve[1 : stop + 1], color=colour, lw=1.4, label=label)
        ax.plot(stop, curve[stop], "o", color=colour, ms=3)
    for rung in rungs:
        ax.axvline(rung, color=style.FOREGROUND, lw=0.7, ls=(0, (1, 2)))
    ax.set(xscale="log", xlabel="epoch", ylabel=y_label, xticks=list(rungs), xticklabels=[str(r) for r in rungs])
    ax.minorticks_off()
    return Figure([canvas], alt=alt)


@house_style
def fig_bias(
    counts: Sequence[int],
    measured: Sequence[float],
    predicted: Sequence[float],
    *,
    alt: str,
    bound: Sequence[float] | None = None,
    y_label: str = "best of n, above its true value",
) -> Figure:
    """Draw by how much the best of n looks better than it is, measured and predicted.

    Parameters
    ----------
    counts : sequence of int (T,)
        n, ascending.
    measured, predicted : sequences (T,)
        The bias.
    alt : str
        The figure's message in words.
    bound : sequence (T,), optional
        An upper bound.
    y_label : str
        The vertical axis, with its unit.

    Raises
    ------
    ValueError
        If the sequences differ in length.
    """
    if not len(counts) == len(measured) == len(predicted):
        raise ValueError(f"fig_bias: got {len(counts)} counts, {len(measured)} measured and {len(predicted)} predicted")
    canvas, ax = panel(style.WIDE, 2.5)
    ax.plot(counts, predicted, color=style.FOREGROUND, lw=1.2, ls=style.DASHES[1], label="predicted")
    if bound is not None:
        ax.plot(counts, bound, color=style.PALETTE["grey"], lw=1.2, ls=style.DASHES[2], label="bound")
    ax.plot(counts, measured, "o", color=style.PALETTE["orange"], label="measured")
    ax.set(xscale="log", xlabel="number of trials n", ylabel=y_label)
    ax.set_xticks(list(counts), labels=[str(n) for n in counts])
    ax.minorticks_off()
    return Figure([canvas], alt=alt)
