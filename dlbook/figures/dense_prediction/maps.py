"""Images beside what is said of their pixels: classes, depths, mistakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure as Canvas

from dlbook.figures import style
from dlbook.figures.convolution.images import _bare
from dlbook.figures.style import Figure, house_style

__all__ = ["fig_predictions"]

HUES = ("grey", "blue", "orange", "green", "purple")  # of classes; told apart without colour by their lightness
LIGHT = (0.25, 0.55, 0.95, 0.75, 0.9)


def _colours(image: np.ndarray, title: str, low: float, high: float) -> np.ndarray:
    """Return what imshow is to draw: colour images as they are, classes as colours, mistakes and depths as shades."""
    if image.ndim == 3 and len(image) == 3:
        return np.clip(image.transpose(1, 2, 0), 0, 1)
    if image.ndim != 2:
        raise ValueError(f"fig_predictions: {title!r} has shape {image.shape}, expected (3, H, W) or (H, W)")
    painted = np.zeros((*image.shape, 4))
    if image.dtype == bool:
        painted[image] = [*style.rgb(style.PALETTE["orange"]), 1.0]
    elif image.dtype.kind in "iu":
        if image.min() < 0 or image.max() >= len(HUES):
            most = len(HUES) - 1
            raise ValueError(f"fig_predictions: {title!r} has labels up to {image.max()}, expected 0 to {most}")
        for label, (hue, light) in enumerate(zip(HUES, LIGHT, strict=True)):
            painted[image == label] = [*style.rgb(style.PALETTE[hue]), light]
    else:
        painted[..., :3] = style.rgb(style.PALETTE["blue"])
        painted[..., 3] = 1 - 0.95 * np.clip((image - low) / max(high - low, 1e-12), 0, 1)
    return painted


@house_style
def fig_predictions(rows: Sequence[Mapping[str, np.ndarray]], *, alt: str, width: float = 6.4) -> Figure:
    """Draw rows of images and maps: colour images, classes, places of mistakes, and depths (near is dark).

    Parameters
    ----------
    rows : sequence of mappings
        `rows[i][title]` is an image (3, H, W) in [0, 1], integer labels 0 to 4 (H, W), booleans (H, W), or numbers
        (H, W), which are shaded on one scale within a row. All rows have the same titles.
    alt : str
        The figure's message in words.
    width : float
        Of the whole grid, in inches.

    Raises
    ------
    ValueError
        If there is no row, titles differ, or something is no map.
    """
    if not rows or any(list(row) != list(rows[0]) for row in rows):
        raise ValueError("fig_predictions: rows must hold at least one row, and all of them the same titles")
    columns = len(rows[0])
    shape = np.shape(next(iter(rows[0].values())))[-2:]
    canvas = Canvas(figsize=(width, len(rows) * width / columns * shape[0] / shape[1] + 0.3), layout="constrained")
    canvas.get_layout_engine().set(w_pad=0.02, h_pad=0.02)
    for i, (row, axes) in enumerate(zip(rows, canvas.subplots(len(rows), columns, squeeze=False), strict=True)):
        numbers = [m for m in map(np.asarray, row.values()) if m.ndim == 2 and m.dtype.kind == "f"]
        low, high = (min(m.min() for m in numbers), max(m.max() for m in numbers)) if numbers else (0.0, 1.0)
        for ax, (title, image) in zip(axes, row.items(), strict=True):
            ax.imshow(_colours(np.asarray(image), title, low, high), interpolation="nearest")
            if i == 0:
                ax.set_title(title, loc="center", pad=3, fontweight="normal", fontsize=8.5)
            _bare(ax)
    return Figure([canvas], alt=alt)
