"""Layers seen from the side: which entries of the layer below each unit looks at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from dlbook.figures import style
from dlbook.figures.style import Figure, house_style, panel
from dlbook.numpy.convolution import conv_output_size

__all__ = ["fig_stacks"]

Layers = Sequence[Mapping[str, int]]


@house_style
def fig_stacks(stacks: Mapping[str, tuple[int, Layers]], *, alt: str, unit: int | None = None) -> Figure:
    """Draw stacks of layers from the side, along one axis, and all that one unit of the top layer sees.

    Parameters
    ----------
    stacks : mapping
        `stacks[title] = (size, layers)`: entries of the input, and for each layer its kernel_size and, where they
        are not 1, 0 and 1, its stride, padding and dilation. At most four stacks.
    alt : str
        The figure's message in words.
    unit : int, optional
        The unit of the top layer whose view is drawn; the middle one by default.

    Raises
    ------
    ValueError
        If there is no such unit, or a kernel does not fit.
    """
    panels = []
    for title, (size, layers) in stacks.items():
        canvas, ax = panel(style.HALF, 0.75 + 0.62 * len(layers))
        _stack(ax, size, layers, unit)
        ax.set_title(title)
        panels.append(canvas)
    return Figure(panels, alt=alt, legend=[])


def _stack(ax: Axes, size: int, layers: Layers, unit: int | None) -> None:
    """Draw one stack; positions are in the coordinates of the input, so that a unit stands over what it sees."""
    sizes, places = [size], [np.arange(size, dtype=float)]
    for layer in layers:
        stride, padding, dilation = layer.get("stride", 1), layer.get("padding", 0), layer.get("dilation", 1)
        kernel = layer["kernel_size"]
        count = conv_output_size(sizes[-1], kernel, stride=stride, padding=padding, dilation=dilation)
        step = places[-1][1] - places[-1][0] if sizes[-1] > 1 else 1.0
        middle = places[-1][0] + step * (dilation * (kernel - 1) / 2 - padding)
        sizes.append(count)
        places.append(middle + step * stride * np.arange(count))
    top = sizes[-1] // 2 if unit is None else unit
    if not 0 <= top < sizes[-1]:
        raise ValueError(f"fig_stacks: unit is {top}, expected 0 to {sizes[-1] - 1}, a unit of the top layer")
    seen = {top}
    for level in range(len(layers), -1, -1):
        _row(ax, level, places[level], seen)
        if not level:
            break
        layer = layers[level - 1]
        stride, padding, dilation = layer.get("stride", 1), layer.get("padding", 0), layer.get("dilation", 1)
        step = places[level - 1][1] - places[level - 1][0] if sizes[level - 1] > 1 else 1.0
        below = set()
        for u in range(sizes[level]):
            for r in range(layer["kernel_size"]):
                j = u * stride + r * dilation - padding
                inside = 0 <= j < sizes[level - 1]
                at = places[level - 1][0] + step * j
                marked = u in seen
                ax.plot(
                    [places[level][u], at], [level - 0.17, level - 0.83], lw=1.5 if marked else 0.5,
                    color=style.PALETTE["blue"] if marked else style.FOREGROUND, alpha=1 if marked else 0.3,
                    solid_capstyle="butt", zorder=2 if marked else 1,
                )  # fmt: skip
                if not inside:
                    border = Rectangle((at - 0.32, level - 1.17), 0.64, 0.34, fill=False, lw=0.8, ls=(0, (2, 1.5)))
                    border.set_edgecolor(style.FOREGROUND)
                    ax.add_patch(border)
                elif marked:
                    below.add(j)
        seen = below
    ax.set_axis_off()
    ax.autoscale_view()
    ax.set_ylim(-0.3, len(layers) + 0.3)


def _row(ax: Axes, level: int, places: np.ndarray, seen: set[int]) -> None:
    """Draw the units of one layer as boxes, those that are seen filled."""
    for i, place in enumerate(places):
        filled = i in seen
        ax.add_patch(
            Rectangle(
                (place - 0.32, level - 0.17), 0.64, 0.34, zorder=3, lw=0.8, fill=filled,
                facecolor=style.PALETTE["blue"], edgecolor=style.FOREGROUND,
            )
        )  # fmt: skip
