"""Activations: their values and slopes side by side, and what they do to a gradient in a deep network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.ticker import MaxNLocator

from dlbook.figures import style
from dlbook.figures.interactive import Interactive
from dlbook.figures.style import Figure, house_style, panel

__all__ = ["fig_activations", "fig_gradient_norms"]

Curve = tuple[np.ndarray, np.ndarray]


def _look(number: int) -> dict:
    """Return colour and dash of a series; a second round of the six colours is told apart by the next dash."""
    return {
        "color": style.CYCLE[number % 6],
        "ls": style.DASHES[(number + number // 6) % 6],
    }


@house_style
def fig_activations(
    x: np.ndarray,
    activations: Mapping[str, Curve],
    *,
    alt: str,
    shown: Sequence[str] | None = None,
    start: float = -1.0,
) -> Interactive:
    """Draw activations and their derivatives; the reader moves x and reads value and slope of each.

    Parameters
    ----------
    x : array (M,)
        Equally spaced, 161 from -4 to 4 say.
    activations : mapping
        `activations[name] = (value, slope)`, two arrays (M,), the slope from the activation's pullback.
        Twelve at most.
    alt : str
        The figure's message in words.
    shown : sequence of str, optional
        Names that are switched on at first; the first four by default.
    start : float
        Where x stands at first.

    Raises
    ------
    ValueError
        If an array does not fit x, or x is not equally spaced.
    """
    x = np.asarray(x, float)
    if x.ndim != 1 or not np.allclose(np.diff(x), x[1] - x[0]):
        raise ValueError(f"fig_activations: x must be one axis of equal steps, got shape {x.shape}")
    for name, pair in activations.items():
        for what, array in zip(("value", "slope"), pair, strict=True):
            if np.shape(array) != x.shape:
                raise ValueError(
                    f"fig_activations: {what} of {name!r} must have shape {x.shape}, got {np.shape(array)}"
                )
    shown = list(activations)[:4] if shown is None else list(shown)
    values, slopes = (np.concatenate([np.asarray(pair[i]) for pair in activations.values()]) for i in (0, 1))
    limits = {"values": _limits(values, top=3.0), "slopes": _limits(slopes)}
    curves = [
        {"name": name, "values": value, "slopes": slope, "breaks": _jumps(slope)}
        for name, (value, slope) in activations.items()
    ]
    panels = []
    for what, label in (("values", "activation"), ("slopes", "derivative")):
        canvas, ax = panel(style.HALF, 2.7)
        for number, curve in enumerate(curves):
            if curve["name"] in shown:
                # A slope that jumps is drawn with a gap: there is no stroke between the two sides of a kink.
                cut = curve["breaks"] if what == "slopes" else []
                ax.plot(np.insert(x, cut, np.nan), np.insert(np.asarray(curve[what], float), cut, np.nan),
                        label=curve["name"], **_look(number))  # fmt: skip
        ax.set(xlabel="x", ylabel=label, xlim=x[[0, -1]], ylim=limits[what])
        panels.append(canvas)
    hint = "Move the mouse over a chart, drag the handle on its lower edge, or focus the handle and use the arrow keys."
    data = {"x": x, "curves": curves, "shown": shown, "start": start, **limits}
    return Interactive("activations", data, still=Figure(panels, alt=alt), hint=hint)


def _limits(values: np.ndarray, top: float = np.inf) -> tuple[float, float]:
    """Return the limits of an axis that shows all values up to `top`, with a margin of 6 %."""
    low, high = float(values.min()), min(float(values.max()), top)
    margin = 0.06 * (high - low)
    return low - margin, high + margin


def _jumps(slope: np.ndarray) -> np.ndarray:
    """Return the indices at which a slope jumps: the kinks of its function."""
    return np.flatnonzero(np.abs(np.diff(slope)) > 0.3) + 1


@house_style
def fig_gradient_norms(norms: Mapping[str, np.ndarray], *, alt: str, y_label: str = "norm of the gradient") -> Figure:
    """Draw the length of the gradient of each layer's weights, a line per network, on a logarithmic axis.

    Parameters
    ----------
    norms : mapping
        `norms[name]` is an array (L,), one positive number per layer, the layer next to the input first.
        Ten networks at most.
    alt : str
        The figure's message in words.
    y_label : str
        The vertical axis.

    Raises
    ------
    ValueError
        If the networks differ in depth, or a norm is not positive.
    """
    lines = {name: np.asarray(norm, float) for name, norm in norms.items()}
    if len({line.shape for line in lines.values()}) != 1 or not all((line > 0).all() for line in lines.values()):
        shapes = {name: line.shape for name, line in lines.items()}
        raise ValueError(f"fig_gradient_norms: norms must hold positive arrays of one shape (L,), got {shapes}")
    canvas, ax = panel(style.WIDE, 3.0)
    for number, (name, line) in enumerate(lines.items()):
        marker = style.MARKERS[number % len(style.MARKERS)]
        ax.semilogy(np.arange(1, len(line) + 1), line, label=name, marker=marker, ms=3.6, lw=1.3, **_look(number))
    ax.set(xlabel="layer", ylabel=y_label)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    return Figure([canvas], alt=alt)
