"""What depth does to a signal and to a gradient: curves over the layers, and a map to walk on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.ticker import MaxNLocator

from dlbook.figures import style
from dlbook.figures.interactive import Interactive
from dlbook.figures.style import Figure, house_style, panel, rgb

__all__ = ["fig_depth", "fig_propagation"]

_DECADES = 8.0  # a factor of ten to this power has the full strength of its colour


@house_style
def fig_depth(
    curves: Mapping[str, np.ndarray],
    *,
    alt: str,
    predicted: Mapping[str, np.ndarray] | None = None,
    y_label: str,
    log: bool = True,
    first: int = 0,
) -> Figure:
    """Draw a quantity over the layers of a network, what was measured as marks and what was predicted as lines.

    Parameters
    ----------
    curves : mapping
        `curves[name]` is an array (L,), one number per layer, positive if `log`. Six at most.
    alt : str
        The figure's message in words.
    predicted : mapping, optional
        Arrays (L,) under names of `curves`.
    y_label : str
        The vertical axis.
    log : bool
        Whether the vertical axis is logarithmic.
    first : int
        Number of the first layer.

    Raises
    ------
    ValueError
        If a prediction has no curve of its shape, or a number to be drawn on a logarithmic axis is not positive.
    """
    predicted = predicted or {}
    canvas, ax = panel(style.WIDE, 3.0)
    for number, (name, curve) in enumerate(curves.items()):
        curve = np.asarray(curve, float)
        if log and not (curve > 0).all():
            raise ValueError(f"fig_depth: {name!r} must be positive on a logarithmic axis, got {curve.min()}")
        layers, colour = np.arange(first, first + len(curve)), style.CYCLE[number % 6]
        marks = {"marker": style.MARKERS[number % 6], "ms": 3.4, "markevery": max(1, len(curve) // 17)}
        dash = {"ls": "none"} if name in predicted else {"ls": style.DASHES[number % 6], "lw": 1.3}
        ax.plot(layers, curve, color=colour, label=name, **marks, **dash)
        if name in predicted:
            line = np.asarray(predicted[name], float)
            if line.shape != curve.shape:
                raise ValueError(f"fig_depth: predicted[{name!r}] must have shape {curve.shape}, got {line.shape}")
            ax.plot(layers, line, color=colour, lw=1.2)
    if unknown := set(predicted) - set(curves):
        raise ValueError(f"fig_depth: predicted has {sorted(unknown)}, for which there is no curve")
    ax.set(xlabel="layer", ylabel=y_label)
    if log:
        ax.set_yscale("log")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    return Figure([canvas], alt=alt)


@house_style
def fig_propagation(
    scale: np.ndarray,
    maps: Mapping[str, tuple[np.ndarray, np.ndarray]],
    *,
    alt: str,
    start: tuple[int, float] = (30, 1.0),
) -> Interactive:
    """Let the reader move depth and size of the first weights, and watch signal and gradient through the layers.

    Parameters
    ----------
    scale : array (S,)
        Standard deviations of the weights times the square root of the width, equally spaced.
    maps : mapping
        `maps[activation] = (signal, gradient)`, arrays (S, L): the root mean square of the scores of layers 1 to L,
        relative to the input's, and of the gradients with respect to them, relative to any fixed size; all positive.
    alt : str
        The figure's message in words.
    start : int and float
        Depth and scale at first.

    Raises
    ------
    ValueError
        If an array does not fit scale or is not positive, or scale is not equally spaced.
    """
    scale = np.asarray(scale, float)
    if scale.ndim != 1 or len(scale) < 2 or not np.allclose(np.diff(scale), scale[1] - scale[0]):
        raise ValueError(f"fig_propagation: scale must be one axis of equal steps, got shape {scale.shape}")
    logs = {}
    for name, pair in maps.items():
        for what, array in zip(("signal", "gradient"), pair, strict=True):
            array = np.asarray(array, float)
            if array.ndim != 2 or len(array) != len(scale) or not (array > 0).all():
                raise ValueError(f"fig_propagation: {what} of {name!r} must be positive, with {len(scale)} rows, "
                                 f"got shape {array.shape}")  # fmt: skip
        logs[name] = [np.round(np.log10(np.asarray(array, float)), 2) for array in pair]
    name, (signal, gradient) = next(iter(logs.items()))
    row, depth = int(np.abs(scale - start[1]).argmin()), min(start[0], signal.shape[1])
    canvas, ax = panel(style.HALF, 2.9)
    half = (scale[1] - scale[0]) / 2
    edges = np.append(scale - half, scale[-1] + half)
    ax.pcolormesh(np.arange(signal.shape[1] + 1) + 0.5, edges, _colours(signal), rasterized=True)
    ax.plot([depth], [scale[row]], "o", color=style.FOREGROUND, mfc="none", ms=8)
    ax.set(xlabel="layer", ylabel="σ √n", title=f"signal, {name}", ylim=edges[[0, -1]])
    ax.grid(visible=False)
    lines, bx = panel(style.HALF, 2.9)
    layers = np.arange(1, depth + 1)
    bx.semilogy(layers, 10 ** signal[row, :depth], color=style.PALETTE["blue"], label="signal")
    bx.semilogy(layers, 10 ** (gradient[row, :depth] - gradient[row, depth - 1]), color=style.PALETTE["orange"],
                ls=style.DASHES[1], label="gradient")  # fmt: skip
    bx.set(xlabel="layer", ylabel="relative size", ylim=(1e-12, 1e12))
    hint = "Drag the ring, or focus it and use the arrow keys: sideways for depth, up and down for size."
    data = {
        "scale": scale, "names": list(logs), "start": [depth, row], "decades": _DECADES,
        "maps": [{"signal": s, "gradient": g} for s, g in logs.values()],
    }  # fmt: skip
    return Interactive("propagation", data, still=Figure([canvas, lines], alt=alt), hint=hint)


def _colours(logs: np.ndarray) -> np.ndarray:
    """Return colours: blue for what has vanished, orange for what has exploded, the stronger the more decades."""
    colour = np.empty((*logs.shape, 4))
    small, large = rgb(style.PALETTE["blue"]), rgb(style.PALETTE["orange"])
    colour[..., :3] = np.where(logs[..., None] < 0, small, large)
    colour[..., 3] = 0.8 * np.minimum(np.abs(logs) / _DECADES, 1)
    return colour
