"""A network that loses units at random: what each thinned network says, and what their mean says."""

from __future__ import annotations

import numpy as np

from dlbook.figures import style
from dlbook.figures.interactive import Interactive
from dlbook.figures.style import Figure, house_style, panel
from dlbook.numpy.deep_networks import mlp
from dlbook.numpy.regularization import dropout_mlp, hidden_masks

__all__ = ["fig_thinned"]


@house_style
def fig_thinned(
    params: tuple,
    x: np.ndarray,
    target: np.ndarray,
    *,
    alt: str,
    p: float = 0.2,
    activation: str = "relu",
    start: float = 0.0,
    drawn: int = 20,
    seed: int = 0,
) -> Interactive:
    """Draw a network of one input and one output with some hidden units dropped, and the curves of such networks.

    Left the units, the dropped ones hollow; right what the network says at every input: whole, thinned just so,
    and the mean of all thinned networks so far. The reader sets p, draws again, and moves the input.

    Parameters
    ----------
    params : tuple
        Pairs (weight, bias) of a network of one input, one or two hidden layers of up to 12 units, one output.
    x, target : arrays (N,)
        The points that it was trained on.
    alt : str
        The figure's message in words.
    p : float
        The probability of being dropped at first, 0 to 0.8.
    activation : str
        "relu" or "tanh".
    start : float
        Where the input stands at first.
    drawn : int
        Thinned networks in the still picture.
    seed : int
        Of their masks.

    Raises
    ------
    ValueError
        If the network is of another shape, or an option outside its range.
    """
    x, target = np.asarray(x, float), np.asarray(target, float)
    widths = [np.shape(weight)[1] for weight, _ in params] + [len(params[-1][1])]
    if not (len(params) in (2, 3) and widths[0] == widths[-1] == 1 and max(widths) <= 12):
        raise ValueError(f"fig_thinned: params must be a network 1, up to 12, (up to 12,) 1, got widths {widths}")
    if x.shape != target.shape or x.ndim != 1:
        raise ValueError(f"fig_thinned: x and target must have one shape (N,), got {x.shape} and {target.shape}")
    if not 0 <= p <= 0.8 or activation not in ("relu", "tanh"):
        raise ValueError(f"fig_thinned: p must lie in 0 to 0.8 and activation be relu or tanh, got {p}, {activation!r}")
    params = tuple((np.asarray(weight, float), np.asarray(bias, float)) for weight, bias in params)
    axis = np.linspace(x.min(), x.max(), 81)
    rng, curves = np.random.default_rng(seed), []
    for _ in range(drawn):
        masks = hidden_masks(params, 1, rng, p=p)
        many = tuple(np.repeat(mask, len(axis), axis=0) for mask in masks)
        curves.append(dropout_mlp(axis[:, None], params, many, p=p, activation=activation)[:, 0])
    whole = mlp(axis[:, None], params, activation=activation)[:, 0]
    shown = np.concatenate([target, whole])
    margin = 0.55 * (shown.max() - shown.min())
    view = shown.min() - margin, shown.max() + margin
    net = panel(style.HALF, 3.0)
    _draw_network(net[1], params, masks)
    canvas, ax = panel(style.HALF, 3.0)
    for i, curve in enumerate(curves):
        ax.plot(axis, curve, color=style.PALETTE["grey"], lw=0.7, alpha=0.6, label="thinned" if i == 0 else None)
    ax.plot(axis, np.mean(curves, axis=0), color=style.PALETTE["blue"], ls=style.DASHES[1], label="their mean")
    ax.plot(axis, whole, color=style.PALETTE["orange"], label="whole network")
    ax.plot(x, target, "o", color=style.FOREGROUND, ms=2.6, alpha=0.6)
    ax.set(xlabel="input", ylabel="output", ylim=view)
    data = {
        "params": params, "x": x, "target": target, "axis": axis, "view": view, "p": p, "activation": activation,
        "start": start, "seed": seed + 1,
    }  # fmt: skip
    hint = "Set p, draw other masks, and drag the input along the lower edge of the chart (or use the arrow keys)."
    return Interactive("thinned", data, still=Figure([net[0], canvas], alt=alt), hint=hint)


def _draw_network(ax, params, masks) -> None:
    """Draw units as circles, the dropped ones hollow, and the weights between those that are there."""
    kept = [np.ones(1, bool), *(mask[0] for mask in masks), np.ones(1, bool)]
    height = [0.5 - (np.arange(len(layer)) + 0.5) / len(layer) for layer in kept]
    for level, (weight, _) in enumerate(params):
        largest = np.abs(weight).max() or 1.0
        for (k, d), w in np.ndenumerate(weight):
            if kept[level][d] and kept[level + 1][k]:
                ax.plot([level, level + 1], [height[level][d], height[level + 1][k]], lw=0.3 + 1.5 * abs(w) / largest,
                        color=style.PALETTE["orange" if w < 0 else "blue"], alpha=0.6, zorder=1)  # fmt: skip
    for level, layer in enumerate(kept):
        for there, at in zip(layer, height[level], strict=True):
            ax.plot(level, at, "o", ms=8, color=style.FOREGROUND if there else style.PALETTE["grey"],
                    mfc=style.FOREGROUND if there else "none", alpha=1 if there else 0.6, zorder=2)  # fmt: skip
    names = ["input", *(f"hidden {i + 1}" for i in range(len(masks))), "output"]
    ax.set(xlim=(-0.4, len(params) + 0.4), ylim=(-0.56, 0.56), xticks=range(len(kept)), yticks=[])
    ax.set_xticklabels(names)
    ax.set(xlabel="layer", ylabel="units")
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
