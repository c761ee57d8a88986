"""Learning curves: many small ones beside one another, and those of broken runs to be diagnosed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from dlbook.figures import style
from dlbook.figures.interactive import Interactive
from dlbook.figures.style import Figure, house_style, panel

__all__ = ["fig_diagnosis", "fig_gallery"]

_LOOKS = {"training": ("blue", "-"), "validation": ("orange", style.DASHES[1])}


@house_style
def fig_gallery(
    runs: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    *,
    alt: str,
    y_label: str = "loss (nats)",
    limits: tuple[float, float] | None = None,
    guess: float | None = None,
) -> Figure:
    """Draw training and validation curves of several runs, a small panel each, on logarithmic scales.

    Parameters
    ----------
    runs : mapping
        `runs[title] = (training, validation)`, two sequences (E + 1,) from before the first epoch on.
    alt : str
        The figure's message in words.
    y_label : str
        The vertical axis, with its unit.
    limits : two floats, optional
        Of all vertical axes; what lies outside is drawn on their border. By default each panel has its own, which
        hold its finite values and those of guessing.
    guess : float, optional
        The value that guessing reaches, drawn as a thin line.

    Raises
    ------
    ValueError
        If the two curves of a run differ in length.
    """
    panels = []
    for title, pair in runs.items():
        if len({len(curve) for curve in pair}) != 1:
            raise ValueError(f"fig_gallery: curves of {title!r} have lengths {[len(c) for c in pair]}, expected equal")
        canvas, ax = panel(style.THIRD, 1.75)
        low, high = limits or _limits(pair, guess)
        _pair(ax, *(np.clip(np.nan_to_num(curve, nan=np.inf), low, high) for curve in pair), guess)
        _logarithmic(ax, 0.9 * low, 1.12 * high)
        ax.set(xlabel="epoch", ylabel=y_label)
        ax.set_title(title, fontweight="normal")
        panels.append(canvas)
    return Figure(panels, alt=alt, legend=_legend(guess is not None))


def _pair(ax, training, validation, guess: float | None) -> None:
    for name, curve in (("training", training), ("validation", validation)):
        colour, dash = _LOOKS[name]
        ax.plot(np.arange(len(curve)), curve, color=style.PALETTE[colour], ls=dash)
    if guess is not None:
        ax.axhline(guess, color=style.FOREGROUND, lw=0.9, ls=(0, (1, 2)))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))


def _limits(pair, guess: float | None) -> tuple[float, float]:
    values = np.concatenate([np.asarray(curve, float) for curve in pair])
    values = [*values[np.isfinite(values) & (values > 0)], *([guess] if guess else [])]
    return min(values), max(values)


def _logarithmic(ax, low: float, high: float) -> None:
    """Make the vertical axis logarithmic, with a few round numbers that are written as one reads them."""
    ax.set_yscale("log")
    round_numbers = [m * 10.0**e for e in range(-4, 5) for m in (1, 2, 5) if low <= m * 10.0**e <= high]
    if len(round_numbers) < 2:
        quarters = [v for v in np.arange(1, 40) / 4 if low <= v <= high]
        ticks = quarters[:: 1 + len(quarters) // 4]
    else:
        ticks = round_numbers if len(round_numbers) <= 5 else [v for v in round_numbers if f"{v:e}"[0] == "1"]
    ax.set_yticks(ticks, labels=[f"{v:g}" for v in ticks])
    ax.minorticks_off()
    ax.set_ylim(low, high)


def _legend(guess: bool) -> list[Line2D]:
    lines = [Line2D([], [], color=style.PALETTE[c], ls=dash, label=name) for name, (c, dash) in _LOOKS.items()]
    return lines + [Line2D([], [], color=style.FOREGROUND, lw=0.9, ls=(0, (1, 2)), label="guessing")] * guess


@house_style
def fig_diagnosis(
    runs: Sequence[Mapping],
    diagnoses: Mapping[int, Mapping[str, str]],
    *,
    alt: str,
    start: int = 0,
    guess: tuple[float, float] = (float(np.log(10)), 0.1),
    limits: tuple[float, float] = (0.5, 1000.0),
) -> Interactive:
    """Draw curves and checks of broken runs; the reader chooses a diagnosis and is told why it is right or wrong.

    Parameters
    ----------
    runs : sequence of mappings
        Each with "number", "loss", "validation_loss", "accuracy", "validation_accuracy" (arrays (E + 1,)), "test" (a
        number), "checks" (mappings with "name", "ok" and "came") and "options" (numbers of diagnoses to choose from,
        its own among them).
    diagnoses : mapping
        `diagnoses[number]` has "text", "signature" and "clue".
    alt : str
        The figure's message in words.
    start : int
        Index of the run that is shown first.
    guess : two floats
        Loss and accuracy of guessing.
    limits : two floats
        Of the loss's logarithmic axis.

    Raises
    ------
    ValueError
        If a run does not offer its own diagnosis, or offers one that is not there.
    """
    shown = []
    for run in runs:
        options = list(run["options"])
        if run["number"] not in options or not set(options) <= set(diagnoses):
            raise ValueError(f"fig_diagnosis: options of run {run['number']} are {options}, expected numbers of "
                             "diagnoses and its own among them")
        curves = {name: np.clip(np.nan_to_num(run[name], nan=np.inf), 0, 2 * limits[1])
                  for name in ("loss", "validation_loss", "accuracy", "validation_accuracy")}
        shown.append({**run, **curves, "options": options})
    first, panels = shown[start], []
    for name, label in (("loss", "loss (nats)"), ("accuracy", "accuracy")):
        canvas, ax = panel(style.HALF, 2.5)
        curves = (first[name], first[f"validation_{name}"])
        if name == "loss":
            curves = tuple(np.clip(curve, *limits) for curve in curves)
            _logarithmic(ax, *limits)
        else:
            ax.set_ylim(0, 1)
        _pair(ax, *curves, guess[name == "accuracy"])
        ax.set(xlabel="epoch", ylabel=label)
        panels.append(canvas)
    hint = "Choose a run, drag the handle below the loss to read the numbers, and choose what is wrong."
    data = {"runs": shown, "diagnoses": diagnoses, "start": start, "guess": guess, "limits": limits}
    return Interactive("diagnosis", data, still=Figure(panels, alt=alt, legend=_legend(True)), hint=hint)
