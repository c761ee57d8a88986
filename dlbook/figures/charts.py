"""Charts that every chapter needs: training curves and the confusion matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from dlbook.figures import style
from dlbook.figures.style import Figure, house_style, panel

__all__ = ["fig_confusion", "fig_curves"]


@house_style
def fig_curves(
    curves: Mapping[str, Mapping[str, Sequence[float]]],
    *,
    alt: str,
    x: Sequence[float] | None = None,
    x_label: str = "epoch",
    log: Sequence[str] = (),
    chance: Mapping[str, float] | None = None,
) -> Figure:
    """Draw training curves, one panel per quantity and one line per run.

    Parameters
    ----------
    curves : mapping of mappings
        `curves[quantity][series]` is an array (E,). The quantity (with its unit) labels the vertical axis.
        A series called "validation" or "test", or ending in ", validation" or ", test", is dashed and has
        the colour of its partner.
    alt : str
        The figure's message in words.
    x : array (E,), optional
        Positions of the points; 1, 2, ... E by default.
    x_label : str
        What x counts, with its unit.
    log : sequence of str
        Quantities that are drawn on a logarithmic scale.
    chance : mapping, optional
        Per quantity the value that guessing would reach, drawn as a thin line.
    """
    width = {1: style.WIDE, 3: style.THIRD}.get(len(curves), style.HALF)
    panels = []
    for quantity, series in curves.items():
        canvas, ax = panel(width, {1: 2.6, 3: 2.4}.get(len(curves), 2.7))
        _lines(ax, series, x)
        if quantity in log:
            ax.set_yscale("log")
        if chance and quantity in chance:
            mark_chance(ax, chance[quantity])
        ax.set(xlabel=x_label, ylabel=quantity)
        at = np.asarray(x, dtype=float) if x is not None else np.arange(1.0)
        if 1 < len(at) <= 6 and np.diff(at).min() > 0.08 * np.ptp(at):
            ax.set_xticks(at, [f"{place:g}" for place in at])  # few points: their places are what is asked for
        elif (at % 1 == 0).all():  # half an epoch or half a layer is no place on the axis
            ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6 if width > style.THIRD else 4))
        panels.append(canvas)
    return Figure(panels, alt=alt, legend=_legend(list(dict.fromkeys(n for series in curves.values() for n in series))))


def mark_chance(ax: Axes, level: float) -> None:
    """Draw the level of guessing as a thin line, and write the word at the end of it that is farther from the curves.

    The limits and scales of the axes have to be settled before.
    """
    guide = ax.axhline(level, color=style.FOREGROUND, lw=0.8, ls=(0, (1, 2)))
    ax.autoscale_view()
    width, height = np.array([36, 13]) / (ax.figure.get_size_inches() * 72)  # of the word, about, in shares of the axes
    curves = np.concatenate([np.full((1, 2), 9.0), *(_along(ax, line) for line in ax.lines if line is not guide)])
    _, up = _shares(ax, np.array([[ax.get_xlim()[0], level]]))[0]
    room = {}
    for side, left in (("right", 1 - width), ("left", 0.0)):
        for rests, low in (("bottom", up), ("top", up - height)):
            beyond = np.maximum([left, low] - curves, curves - [left + width, low + height])
            free = np.nanmin(np.maximum(beyond, 0).max(axis=1)) if low >= 0 and low + height <= 1 else -1.0
            room[side, rests] = min(free, 0.03)  # enough is enough: then the first of these places
    side, rests = max(room, key=room.get)
    ax.annotate(
        "chance", (float(side == "right"), level), xycoords=("axes fraction", "data"), ha=side, va=rests, fontsize=8,
        xytext=(0 if side == "right" else 3, 2 if rests == "bottom" else -2), textcoords="offset points",
    )  # fmt: skip


def _shares(ax: Axes, points: np.ndarray) -> np.ndarray:
    """Return points (N, 2) of the data as shares of the axes' width and height."""
    return ax.transAxes.inverted().transform(ax.transData.transform(points))


def _along(ax: Axes, line: Line2D) -> np.ndarray:
    """Return points all along a line, as shares of the axes' width and height; of single markers their places."""
    corners = _shares(ax, line.get_xydata())
    if line.get_linestyle() == "None" or len(corners) < 2:
        return corners
    at, steps = np.arange(len(corners)), np.linspace(0, len(corners) - 1, 20 * len(corners))
    return np.stack([np.interp(steps, at, column) for column in corners.T], axis=1)


def _legend(names: Sequence[str]) -> list[Line2D] | None:
    """Return colours for the runs and dashes for the splits where both occur; None leaves it to the labels."""
    stems = list(dict.fromkeys(_partner(name)[0] for name in names))
    held_out = dict(map(_split, names))
    if len(names) == 1:
        return []
    if len(stems) == 1 or len(stems) == len(names):
        return None
    runs = [Line2D([], [], color=style.CYCLE[i % len(style.CYCLE)], label=stem) for i, stem in enumerate(stems)]
    looks = [Line2D([], [], color=style.FOREGROUND, ls=style.DASHES[out], label=s) for s, out in held_out.items()]
    return runs + looks


def _split(name: str) -> tuple[str, bool]:
    """Return a series' split, training unless its name says otherwise, and whether it is held out."""
    stem, held_out = _partner(name)
    return (name.rpartition(", ")[2] if stem != name else "training"), held_out


def _lines(ax: Axes, series: Mapping[str, Sequence[float]], x: Sequence[float] | None) -> None:
    """Draw the series of one quantity; partners (training, validation) share a colour."""
    names = list(series)
    pairs = list(dict.fromkeys(_partner(name)[0] for name in names))
    for name, values in series.items():
        values = np.asarray(values, dtype=float)
        stem, held_out = _partner(name)
        number = pairs.index(stem)
        paired = any(_partner(other) == (stem, not held_out) for other in names)
        ax.plot(
            np.arange(1, len(values) + 1) if x is None else x,
            values,
            color=style.CYCLE[number % len(style.CYCLE)],
            ls=(style.DASHES[1] if held_out else "-") if paired else style.DASHES[number % len(style.DASHES)],
            label=name,
            marker="o" if len(values) <= 12 else None,
        )


def _partner(name: str) -> tuple[str, bool]:
    """Split a series' name into what it shares with its partner and whether it is held-out data."""
    stem, _, split = name.rpartition(", ")
    return (stem, split in {"validation", "test"}) if split in {"training", "validation", "test"} else (name, False)


@house_style
def fig_confusion(matrix: np.ndarray, classes: Sequence[str], *, alt: str) -> Figure:
    """Draw a confusion matrix: a row per true class, a column per predicted class.

    Parameters
    ----------
    matrix : array (K, K)
        Numbers of examples; row = true class, column = predicted class.
    classes : sequence of str
        The K class names.
    alt : str
        The figure's message in words.

    Raises
    ------
    ValueError
        If `matrix` is not square or does not fit `classes`.
    """
    matrix = np.asarray(matrix)
    k = len(classes)
    if matrix.shape != (k, k):
        raise ValueError(f"fig_confusion: matrix must have shape ({k}, {k}) for {k} classes, got {matrix.shape}")
    canvas, ax = panel(style.WIDE, style.WIDE * 0.86)
    share = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    # Strength is opacity, so that an empty cell is the page itself; text stays readable up to 0.55.
    colour = np.zeros((k, k, 4))
    right, wrong = style.rgb(style.PALETTE["blue"]), style.rgb(style.PALETTE["orange"])
    colour[..., :3] = np.where(np.eye(k, dtype=bool)[..., None], right, wrong)
    # Rare confusions would vanish on a linear scale.
    colour[..., 3] = 0.55 * np.sqrt(share)
    ax.imshow(colour, interpolation="nearest")
    for i, j in zip(*np.nonzero(matrix), strict=True):
        ax.text(j, i, f"{matrix[i, j]}", ha="center", va="center", fontsize=8.5 if k <= 10 else 6.5)
    ax.set(xlabel="predicted class", ylabel="true class", xticks=range(k), yticks=range(k))
    long = max(map(len, map(str, classes))) > 3
    ax.set_xticklabels(classes, rotation=45 if long else 0, ha="right" if long else "center", rotation_mode="anchor")
    ax.set_yticklabels(classes)
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    return Figure([canvas], alt=alt)
