"""Networks as rows of boxes: how large and how many the maps are from layer to layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.patches import Rectangle

from dlbook.figures import style
from dlbook.figures.style import Figure, house_style, panel

__all__ = ["fig_maps"]

_KINDS = {"input": "grey", "convolution": "blue", "pooling": "green", "linear": "orange"}


@house_style
def fig_maps(networks: Mapping[str, Sequence[tuple[str, int, int]]], *, alt: str) -> Figure:
    """Draw the maps that networks compute: a box for each layer, as high as the maps are, as wide as they are many.

    Heights and widths are square roots of the numbers, so that the small ones can be seen.

    Parameters
    ----------
    networks : mapping
        `networks[title]` is a list of (kind, channels, size), kind one of "input", "convolution", "pooling" and
        "linear", size the height of the maps, 1 for a vector. Twenty layers at most.
    alt : str
        The figure's message in words.

    Raises
    ------
    ValueError
        If a network is empty or longer, or has an unknown kind.
    """
    panels = []
    for title, layers in networks.items():
        if not 0 < len(layers) <= 20 or {kind for kind, *_ in layers} - set(_KINDS):
            raise ValueError(
                f"fig_maps: {title!r} must have 1 to 20 layers of the kinds {', '.join(_KINDS)}, got {len(layers)} "
                f"of the kinds {sorted({kind for kind, *_ in layers})}"
            )
        canvas, ax = panel(6.4, 1.9)
        left = 0.0
        for number, (kind, channels, size) in enumerate(layers):
            width, height, colour = 0.55 * channels**0.5, size**0.5, style.PALETTE[_KINDS[kind]]
            box = Rectangle((left, -height / 2), width, height, facecolor=(*style.rgb(colour), 0.25), edgecolor=colour)
            ax.add_patch(box)
            ax.text(left + width / 2, height / 2 + 0.35, f"{channels}", ha="center", va="bottom", fontsize=7)
            if size > 1:
                ax.text(left + width / 2, -height / 2 - 0.35, f"{size}²", ha="center", va="top", fontsize=7)
            shown = kind not in {k for k, *_ in layers[:number]}
            box.set_label(kind if shown else None)
            left += width + max(1.0, 4.2 - width)
        tallest = max(size for *_, size in layers) ** 0.5
        ax.set(xlim=(-1, left), ylim=(-tallest / 2 - 2, tallest / 2 + 2), title=title)
        ax.set_axis_off()
        panels.append(canvas)
    return Figure(panels, alt=alt)
