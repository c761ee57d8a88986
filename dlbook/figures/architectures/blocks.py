"""Blocks of networks as boxes and arrows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from dlbook.figures import style
from dlbook.figures.style import Figure, house_style, panel

__all__ = ["fig_blocks"]

_COLOURS = (("max", "green"), ("mean", "green"), ("norm", "purple"), ("ReLU", "orange"), ("GELU", "orange"))
_KEYS = {"columns", "join", "skip", "tail"}
_STEP, _BOX, _WIDE = 1.0, 0.56, 1.5


@house_style
def fig_blocks(blocks: Mapping[str, Mapping[str, object]], *, alt: str) -> Figure:
    """Draw blocks of networks from top to bottom: boxes in one or more columns, and what joins them.

    Parameters
    ----------
    blocks : mapping
        `blocks[title]` has "columns", a list of lists of the boxes' texts; where they end "join", the text of a circle
        ("+") or of a box; "skip", the text beside a line that goes from the input past the boxes to the circle, ""
        for a line without text; "tail", boxes behind the circle. All but columns may be left out. Five blocks at most.
    alt : str
        The figure's message in words.

    Raises
    ------
    ValueError
        If there is no block, a block has an unknown part or no box, or a skip without a "+" to arrive at.
    """
    if not 0 < len(blocks) <= 5:
        raise ValueError(f"fig_blocks: blocks must hold one to five blocks, got {len(blocks)}")
    longest = max(map(_length, blocks.values()))
    panels = []
    for title, block in blocks.items():
        columns = block.get("columns", ())
        if set(block) - _KEYS or not columns or ("skip" in block and block.get("join") != "+"):
            raise ValueError(f"fig_blocks: {title!r} has {dict(block)}, expected columns and perhaps "
                             "join, skip (which needs the join '+') and tail")  # fmt: skip
        width = 1.0 + 0.78 * len(columns) + (0.55 if "skip" in block else 0)
        canvas, ax = panel(max(1.45, 0.72 * width), 0.38 * (longest + 2))
        _block(ax, block, longest)
        ax.set_title(title)
        panels.append(canvas)
    return Figure(panels, alt=alt, legend=[])


def _length(block: Mapping[str, object]) -> int:
    """Return how many rows a block takes."""
    return max(map(len, block.get("columns", [[]]))) + ("join" in block) + len(block.get("tail", ()))


def _box(ax: Axes, x: float, y: float, text: str, width: float = _WIDE) -> None:
    colour = next((name for part, name in _COLOURS if part in text), "blue")
    face = (*style.rgb(style.PALETTE[colour]), 0.22)
    ax.add_patch(Rectangle((x - width / 2, y - _BOX / 2), width, _BOX, facecolor=face, lw=0.9,
                           edgecolor=style.PALETTE[colour], zorder=2))  # fmt: skip
    ax.text(x, y, text, ha="center", va="center_baseline", fontsize=7.5, zorder=3)


def _line(ax: Axes, points: Sequence[tuple[float, float]], *, arrow: bool = True, **look) -> None:
    """Draw a line through points, with the head of an arrow at its end."""
    xs, ys = zip(*points, strict=True)
    look = {"color": style.FOREGROUND, "lw": 0.9, **look}
    ax.plot(xs, ys, zorder=1, solid_joinstyle="round", **look)
    if arrow:
        marker = "v" if xs[-1] == xs[-2] else "<"
        shift = 0.07 if marker == "v" else 0
        ax.plot(xs[-1] - (0 if shift else -0.07), ys[-1] + shift, marker, ms=3.6, color=look["color"], zorder=3)


def _block(ax: Axes, block: Mapping[str, object], longest: int) -> None:
    columns, join, tail = block["columns"], block.get("join"), block.get("tail", ())
    places = [1.75 * (i - (len(columns) - 1) / 2) for i in range(len(columns))]
    rows, top = max(map(len, columns)), 0.0
    ax.text(0, top + 0.1, "x", ha="center", va="bottom", style="italic")
    fork, end = top - 0.28, -(rows + 0.75) * _STEP
    for x, column in zip(places, columns, strict=True):
        # A short column stands at the end, so that its last box is level with the others'.
        at = [-(rows - len(column) + i + 1) * _STEP for i in range(len(column))]
        _line(ax, [(0, top), (0, fork), (x, fork), (x, at[0] + _BOX / 2)] if x else [(0, top), (0, at[0] + _BOX / 2)])
        for i, (y, text) in enumerate(zip(at, column, strict=True)):
            _box(ax, x, y, text)
            if i:
                _line(ax, [(x, at[i - 1] - _BOX / 2), (x, y + _BOX / 2)], arrow=len(column) < 3)
        if join and x:
            _line(ax, [(x, at[-1] - _BOX / 2), (x, end + 0.36), (0, end + 0.36)], arrow=False)
    y = -rows * _STEP - _BOX / 2
    if join == "+":
        _line(ax, [(0, y), (0, end + 0.24)])
        ax.plot(0, end, "o", ms=11, mfc="none", mec=style.FOREGROUND, mew=0.9)
        ax.text(0, end, "+", ha="center", va="center_baseline", fontsize=9)
        y = end - 0.24
    elif join:
        _line(ax, [(0, y), (0, end - 0.1 + _BOX / 2)] if 0 in places else [(0, end + 0.36), (0, end - 0.1 + _BOX / 2)])
        _box(ax, 0, end - 0.1, str(join), 2.2)
        y = end - 0.1 - _BOX / 2
    if "skip" in block:
        right = places[-1] + 1.25
        _line(ax, [(0, fork), (right, fork), (right, end), (0.24, end)], color=style.PALETTE["green"], lw=2)
        if block["skip"]:
            ax.text(right + 0.12, (fork + end) / 2, str(block["skip"]), rotation=90, va="center", fontsize=7.5)
    for text in tail:
        _line(ax, [(0, y), (0, y - 0.38)])
        y -= 0.38 + _BOX / 2
        _box(ax, 0, y, text)
        y -= _BOX / 2
    _line(ax, [(0, y), (0, y - 0.4)])
    ax.text(0, y - 0.5, "y", ha="center", va="top", style="italic")
    ax.set_axis_off()
    ax.set(ylim=(-(longest + 1.9), 0.7), xlim=(places[0] - 0.95, places[-1] + (1.75 if "skip" in block else 0.95)))
