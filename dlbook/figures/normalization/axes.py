"""What is normalized together, as cubes; and batch normalization as a graph with its numbers both ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Polygon

from dlbook.figures import style
from dlbook.figures.style import Figure, house_style, panel

__all__ = ["fig_batch_norm_graph", "fig_normalized_axes"]

N, C, S = 4, 6, 4  # examples into the depth, channels to the right, positions upwards
DEPTH = np.array([0.5, 0.38])  # where an example further back is drawn


def _together(kind: str, groups: int):
    """Return a function that says of (example, channel, position) whether it is normalized with the front right one."""
    width = C // groups
    return {
        "batch": lambda n, c, s: c == C - 1,
        "layer": lambda n, c, s: n == 0,
        "instance": lambda n, c, s: n == 0 and c == C - 1,
        "group": lambda n, c, s: n == 0 and c >= C - width,
    }[kind]


def _cells():
    """Yield (corner points, cell) for every visible face of the block: front, top and right side."""
    back = DEPTH
    for c in range(C):
        for s in range(S):
            yield np.array([(c, s), (c + 1, s), (c + 1, s + 1), (c, s + 1)]), (0, c, s)
    for n in range(N):
        for c in range(C):
            low, high = np.array([c, S]) + n * back, np.array([c + 1, S]) + n * back
            yield np.array([low, high, high + back, low + back]), (n, c, S - 1)
        for s in range(S):
            low, high = np.array([C, s]) + n * back, np.array([C, s + 1]) + n * back
            yield np.array([low, low + back, high + back, high]), (n, C - 1, s)


@house_style
def fig_normalized_axes(kinds: Mapping[str, str], *, alt: str, groups: int = 2) -> Figure:
    """Draw a batch as a block of examples, channels and positions, and colour what shares one mean and variance.

    Parameters
    ----------
    kinds : mapping
        `kinds[title]` is "batch", "layer", "instance" or "group".
    alt : str
        The figure's message in words.
    groups : int
        Into how many groups the six channels are divided: a divisor of 6.

    Raises
    ------
    ValueError
        For an unknown kind, or groups that do not divide 6.
    """
    if groups < 1 or C % groups:
        raise ValueError(f"fig_normalized_axes: groups must divide {C}, got {groups}")
    panels = []
    for title, kind in kinds.items():
        if kind not in ("batch", "layer", "instance", "group"):
            raise ValueError(f"fig_normalized_axes: kinds must be batch, layer, instance or group, got {kind!r}")
        together = _together(kind, groups)
        canvas, ax = panel(style.THIRD, 2.15)
        for corners, cell in _cells():
            colour = (*style.rgb(style.PALETTE["blue"]), 0.6) if together(*cell) else "none"
            ax.add_patch(Polygon(corners, fc=colour, ec=style.FOREGROUND, lw=0.6))
        look = {"ha": "center", "va": "center", "fontsize": 8.5}
        ax.text(C / 2, -0.6, "channels C", **look)
        ax.text(-0.55, S / 2, "positions", rotation=90, **look)
        ax.text(C + 1.5, 0.1, "examples N", rotation=36, **look)
        ax.set(xlim=(-1, C + 2.6), ylim=(-1.1, S + 1.9), aspect="equal")
        ax.axis("off")
        ax.set_title(title, fontweight="normal")
        panels.append(canvas)
    return Figure(panels, alt=alt)


# Place of each node: column and row (0 above, 1 below), its sign, and whether it holds a number for each example.
_NODES = {
    "x": (0, 0, "x"), "mean": (1, 1, "mean"), "centred": (2, 0, "−"), "square": (3, 1, "( )²"),
    "var": (4, 1, "mean"), "std": (5, 1, "√( )"), "inv_std": (6, 1, "1 / ( )"), "x_hat": (7, 0, "×"),
    "weight": (8, 1, "γ"), "scaled": (8, 0, "×"), "bias": (9, 1, "β"), "y": (9, 0, "+"),
}  # fmt: skip
_EDGES = (
    ("x", "mean"), ("x", "centred"), ("mean", "centred"), ("centred", "square"), ("square", "var"), ("var", "std"),
    ("std", "inv_std"), ("inv_std", "x_hat"), ("centred", "x_hat"), ("x_hat", "scaled"), ("weight", "scaled"),
    ("scaled", "y"), ("bias", "y"),
)  # fmt: skip
_NAMES = {"mean": "μ", "centred": "c", "square": "q", "var": "v", "std": "s", "inv_std": "r", "x_hat": "x̂",
          "scaled": "z", "y": "y"}  # fmt: skip


@house_style
def fig_batch_norm_graph(
    values: Mapping[str, np.ndarray], gradients: Mapping[str, np.ndarray], *, alt: str
) -> Figure:
    """Draw the graph of batch normalization for one channel: values upright, the gradients slanted beside them.

    Parameters
    ----------
    values, gradients : mappings
        For "x", "weight", "bias" and each node of `batch_norm_steps` an array, (N, 1) or (1,), with N at most 5.
    alt : str
        The figure's message in words.

    Raises
    ------
    ValueError
        If a node is missing, or its array has more than one channel.
    """
    for name, table in (("values", values), ("gradients", gradients)):
        for node in _NODES:
            if node not in table or np.ndim(table[node]) not in (1, 2) or np.shape(table[node])[-1] != 1:
                raise ValueError(f"fig_batch_norm_graph: {name}[{node!r}] must have shape (N, 1) or (1,), "
                                 f"got {np.shape(table.get(node))}")
    canvas, ax = panel(7.2, 3.4)
    where = {name: np.array([column, 0.0 if row else 1.0]) for name, (column, row, _) in _NODES.items()}
    for start, end in _EDGES:
        arrow = {"arrowstyle": "->", "color": style.FOREGROUND, "lw": 0.9, "alpha": 0.6, "shrinkA": 12, "shrinkB": 13}
        ax.annotate("", where[end], where[start], arrowprops=arrow)
    for name, (_, row, sign) in _NODES.items():
        at = where[name]
        ax.plot(*at, "o", ms=23, mfc=(*style.rgb(style.PALETTE["grey"]), 0.35), mec=style.FOREGROUND, zorder=2)
        small = {"fontsize": 6.5} if len(sign) > 2 else {"fontsize": 9}
        ax.annotate(sign, at, ha="center", va="center", zorder=3, **small)
        _numbers(ax, at, _NAMES.get(name, ""), values[name], gradients[name], above=not row)
    ax.set(xlim=(-0.5, 9.5), ylim=(-0.85, 1.75))
    ax.axis("off")
    return Figure([canvas], alt=alt)


def _numbers(ax: Axes, at: Sequence[float], head: str, value: np.ndarray, gradient: np.ndarray, *, above: bool):
    """Write a node's values and gradients side by side, outside the graph."""
    columns = [[f"{v:.2f}".replace("-", "−") for v in np.ravel(a)] for a in (value, gradient)]
    place = {"textcoords": "offset points", "va": "bottom" if above else "top", "fontsize": 7.5}
    offset = 15 if above else -15
    for column, side, italic in zip(columns, (-1.5, 1.5), ("normal", "italic"), strict=True):
        text = "\n".join(column)
        ax.annotate(text, at, xytext=(side, offset), ha="right" if side < 0 else "left", style=italic, **place)
    if head:
        beyond = 10.2 * max(map(len, columns)) + 2
        look = {"fontsize": 9, "weight": "bold", "ha": "center"}
        ax.annotate(head, at, xytext=(0, offset + beyond if above else offset - beyond), **{**place, **look})
