"""Figures of the appendix on gradients and linear algebra."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure as Canvas
from matplotlib.patches import Rectangle

from dlbook.figures import style
from dlbook.figures.style import Figure, house_style, panel

__all__ = ["fig_survivors", "fig_shapes"]


@house_style
def fig_shapes(products: Mapping[str, Sequence[tuple[str, str]]], *, alt: str, lengths: Mapping[str, float]) -> Figure:
    """Draw products of matrices to scale, a panel each: the axes that meet have the same length.

    Parameters
    ----------
    products : mapping
        `products[title]` lists (name, axes) pairs: the result first, then its factors; axes are two letters,
        rows and columns.
    alt : str
        The figure's message in words.
    lengths : mapping
        The length at which each letter's axis is drawn.

    Raises
    ------
    ValueError
        If a product's axes do not fit: rows and columns of the result, and inner axes that meet.
    """
    for title, ((_, outer), *factors) in products.items():
        chain = "".join(axes for _, axes in factors)
        if outer != chain[0] + chain[-1] or any(a != b for a, b in zip(chain[1:-1:2], chain[2:-1:2], strict=True)):
            raise ValueError(f"fig_shapes: the axes of {title!r} do not fit: {outer} from {[a for _, a in factors]}")
    widest = max(_width(matrices, lengths) for matrices in products.values())
    panels = [_product(title, matrices, lengths, widest) for title, matrices in products.items()]
    return Figure(panels, alt=alt)


EQUALS, TIMES = 1.0, 0.65  # the gaps after the result and between factors


def _width(matrices: Sequence[tuple[str, str]], lengths: Mapping[str, float]) -> float:
    """Return the width of a row of rectangles."""
    return EQUALS + TIMES * (len(matrices) - 2) + sum(lengths[axes[1]] for _, axes in matrices)


def _product(title: str, matrices: Sequence[tuple[str, str]], lengths: Mapping[str, float], widest: float) -> Canvas:
    """Draw one product as a row of rectangles with their axes' letters."""
    tallest = max(lengths.values())
    canvas, ax = panel(style.THIRD, 1.5)
    colours, x = list(style.PALETTE.values()), 0.0
    letters = list(lengths)
    for i, (name, (rows, columns)) in enumerate(matrices):
        height, width = lengths[rows], lengths[columns]
        base = (tallest - height) / 2
        face = style.PALETTE["grey"]
        ax.add_patch(Rectangle((x, base), width, height, facecolor=face, alpha=0.16, lw=0))
        left, top = ((x, x), (base, base + height)), ((x, x + width), (base + height,) * 2)
        for letter, ends in ((rows, left), (columns, top)):
            ax.plot(*ends, color=colours[letters.index(letter)], lw=2.6, solid_capstyle="butt")
        ax.text(x + width / 2, base + height / 2, name, ha="center", va="center")
        ax.text(x - 0.12, base + height / 2, rows, ha="right", va="center", fontsize=8.5)
        ax.text(x + width / 2, base + height + 0.1, columns, ha="center", va="bottom", fontsize=8.5)
        x += width + (EQUALS if i == 0 else TIMES)
        if i == 0:
            ax.text(x - 0.68, tallest / 2, "=", ha="center", va="center")
    ax.set(xlim=(-0.5, widest + 0.1), ylim=(-0.15, tallest + 0.55))
    ax.set_aspect("equal")
    ax.set_axis_off()
    ax.set_title(title, fontweight="normal")
    return canvas


@house_style
def fig_survivors(shares: Mapping[str, Mapping[str, float]], *, alt: str) -> Figure:
    """Draw how many wrong formulas each kind of test data lets pass, as bars.

    Parameters
    ----------
    shares : mapping
        `shares[relation][data]` in per cent.
    alt : str
        The figure's message in words.

    Raises
    ------
    ValueError
        If a share is not between 0 and 100.
    """
    relations, kinds = list(shares), list(next(iter(shares.values())))
    canvas, ax = panel(5.2, 0.5 + 0.62 * len(kinds))
    step = 0.8 / len(relations)
    for i, relation in enumerate(relations):
        values = [shares[relation][kind] for kind in kinds]
        if not all(0 <= v <= 100 for v in values):
            raise ValueError(f"fig_survivors: shares must be per cent, from 0 to 100, got {values} for {relation!r}")
        places = [len(kinds) - 1 - k + 0.4 - (i + 0.5) * step for k in range(len(kinds))]
        ax.barh(places, values, height=0.85 * step, color=style.CYCLE[i], label=relation)
    ax.set_yticks(range(len(kinds) - 1, -1, -1), kinds)
    ax.set(xlabel="wrong formulas that pass, per cent", ylabel="test data", xlim=(0, 100))
    ax.grid(axis="y", visible=False)
    return Figure([canvas], alt=alt)
