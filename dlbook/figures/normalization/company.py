"""A batch as a table, in which the reader changes one number and sees which normalized numbers move."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from dlbook.figures import style
from dlbook.figures.interactive import Interactive
from dlbook.figures.style import Figure, house_style, panel
from dlbook.numpy.normalization import batch_norm, batch_norm_eval, layer_norm, rms_norm

__all__ = ["fig_company"]

KINDS = {"batch": "batch norm", "eval": "batch norm, evaluation", "layer": "layer norm", "rms": "RMS norm"}


def normalized(kind: str, x: np.ndarray, start: np.ndarray, eps: float) -> np.ndarray:
    """Normalize the table x; in evaluation by the statistics of the table `start`."""
    if kind == "eval":
        return batch_norm_eval(x, start.mean(axis=0), start.var(axis=0), eps=eps)
    return {"batch": batch_norm, "layer": layer_norm, "rms": rms_norm}[kind](x, eps=eps)


@house_style
def fig_company(
    x: np.ndarray, *, alt: str, cell: tuple[int, int], value: float, kind: str = "batch", eps: float = 1e-5,
    rows: Sequence[str] | None = None, columns: Sequence[str] | None = None,
) -> Interactive:
    """Draw a batch before and after normalization; the reader changes a number and sees which others answer.

    Parameters
    ----------
    x : array (N, D)
        The first batch, one example in each row, of about five by five.
    alt : str
        The figure's message in words.
    cell : two ints
        Which number is chosen at first.
    value : float
        What it has been changed to.
    kind : str
        "batch", "eval", "layer" or "rms": the normalization that is shown at first.
    eps : float
        Of the normalization.
    rows, columns : sequences of str, optional
        Names of the examples and of the features.

    Raises
    ------
    ValueError
        If x is no table, the cell is not in it, or the kind is unknown.
    """
    x = np.asarray(x, float)
    if x.ndim != 2 or min(x.shape) < 2:
        raise ValueError(f"fig_company: x must be a table (N, D) of at least two by two, got shape {x.shape}")
    if not (0 <= cell[0] < x.shape[0] and 0 <= cell[1] < x.shape[1]):
        raise ValueError(f"fig_company: cell must lie in a table of shape {x.shape}, got {cell}")
    if kind not in KINDS:
        raise ValueError(f"fig_company: kind must be one of {sorted(KINDS)}, got {kind!r}")
    rows = [f"example {i + 1}" for i in range(len(x))] if rows is None else list(rows)
    columns = [f"feature {i + 1}" for i in range(x.shape[1])] if columns is None else list(columns)
    changed = x.copy()
    changed[cell] = value
    panels = []
    for title, table, before in [
        ("comes in", changed, x),
        *((KINDS[k], normalized(k, changed, x, eps), normalized(k, x, x, eps)) for k in ("batch", "layer")),
    ]:
        canvas, ax = panel(style.THIRD, 0.32 * len(x) + 0.75)
        _table(ax, table, np.abs(table - before) > 0.005)
        ax.set_title(title, fontweight="normal")
        panels.append(canvas)
    data = {"start": x, "eps": eps, "cell": list(cell), "value": value, "kind": kind, "kinds": KINDS,
            "rows": rows, "columns": columns}  # fmt: skip
    hint = (
        "Choose a number on the left, move it with the slider (arrow keys work too), and switch between the norms. "
        "Framed numbers differ from those of the first batch."
    )
    return Interactive("normalization", data, still=Figure(panels, alt=alt), hint=hint)


def _table(ax: Axes, table: np.ndarray, framed: np.ndarray) -> None:
    """Draw a table of numbers, tinted by sign and size, with a frame around some of them."""
    n, d = table.shape
    for i in range(n):
        for j in range(d):
            colour = style.rgb(style.PALETTE["orange" if table[i, j] < 0 else "blue"])
            strength = 0.45 * min(1.0, abs(table[i, j]) / 2)
            look = {"ec": style.FOREGROUND, "lw": 1.6} if framed[i, j] else {"ec": "none"}
            ax.add_patch(Rectangle((j + 0.04, n - 1 - i + 0.04), 0.92, 0.92, fc=(*colour, strength), **look))
            number = f"{round(table[i, j], 1) + 0.0:.1f}".replace("-", "−")  # without a minus before a zero
            ax.text(j + 0.5, n - 1 - i + 0.5, number, ha="center", va="center", fontsize=8)
    ax.set(xlim=(0, d), ylim=(0, n), xticks=[], yticks=[], xlabel="features", ylabel="examples")
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
