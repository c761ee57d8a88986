"""Examples and what augmentation makes of them, row by row."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure as Canvas

from dlbook.figures import style
from dlbook.figures.style import Figure, house_style

__all__ = ["fig_versions"]


@house_style
def fig_versions(rows: Mapping[str, np.ndarray], *, alt: str) -> Figure:
    """Draw versions of the same examples, a row for each kind of change.

    Parameters
    ----------
    rows : mapping
        `rows[name]` holds the same examples in one version: gray images (M, H, W), dark where the number is large,
        colour images (M, 3, H, W) from 0 to 1, or signals (M, T).
    alt : str
        The figure's message in words.

    Raises
    ------
    ValueError
        If the rows do not all have one shape, or it is none of the three.
    """
    arrays = {name: np.asarray(row, float) for name, row in rows.items()}
    shapes = {row.shape for row in arrays.values()}
    if len(shapes) != 1 or (shape := shapes.pop())[1:2] == () or len(shape) not in {2, 3, 4}:
        raise ValueError(
            f"fig_versions: rows must have one shape, (M, T), (M, H, W) or (M, 3, H, W), "
            f"got {[row.shape for row in arrays.values()]}"
        )
    if len(shape) == 4 and shape[1] != 3:
        raise ValueError(f"fig_versions: colour images must have shape (M, 3, H, W), got {shape}")
    columns, room = shape[0], 1.0
    side = (style.WIDE - room) / columns
    height = 0.55 * side if len(shape) == 2 else side * shape[-2] / shape[-1]
    canvas = Canvas(figsize=(style.WIDE, len(arrays) * (height + 0.05)), layout="constrained")
    canvas.get_layout_engine().set(w_pad=0.02, h_pad=0.02)
    axes = canvas.subplots(len(arrays), columns, squeeze=False, sharex=True, sharey=True)
    for line, (name, row) in zip(axes, arrays.items(), strict=True):
        line[0].text(-0.12, 0.5, name, transform=line[0].transAxes, ha="right", va="center", fontsize=8.5)
        for ax, one in zip(line, row, strict=True):
            if one.ndim == 1:
                ax.axhline(0, color=style.FOREGROUND, lw=0.5, alpha=0.5)
                ax.plot(one, color=style.PALETTE["blue"], lw=1.0)
            elif one.ndim == 2:
                # Strength is opacity, so that an empty pixel is the page itself.
                ink = np.zeros((*one.shape, 4))
                ink[..., :3], ink[..., 3] = style.rgb(style.PALETTE["blue"]), np.clip(one, 0, 1)
                ax.imshow(ink, interpolation="none")
            else:
                ax.imshow(np.clip(np.moveaxis(one, 0, -1), 0, 1), interpolation="none")
            ax.set(xticks=[], yticks=[])
            ax.grid(visible=False)
            ax.spines[:].set(visible=True, alpha=0.35, linewidth=0.6)
    return Figure([canvas], alt=alt)
