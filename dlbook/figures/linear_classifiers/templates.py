"""The rows of a weight matrix, drawn as what they are compared with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from dlbook.figures import style
from dlbook.figures.style import Figure, house_style

__all__ = ["fig_templates"]


@house_style
def fig_templates(
    weight: np.ndarray,
    classes: Sequence[str],
    image_shape: tuple[int, ...],
    *,
    alt: str,
    columns: int = 5,
    row_label: str = "",
) -> Figure:
    """Draw each row of a weight matrix in the shape of an input.

    Gray images: blue raises the class's score, orange lowers it, and no colour is zero, on one scale for
    all rows. Colour images: each row is spread over the full range of colours, with gray for zero. Signals:
    a line around zero.

    Parameters
    ----------
    weight : array (K, D)
        One row per class.
    classes : sequence of str
        The K class names.
    image_shape : tuple
        (H, W) for gray images, (3, H, W) for colour images, (T,) for signals; its product is D.
    alt : str
        The figure's message in words.
    columns : int
        Templates in a row.
    row_label : str
        For signals: what the horizontal axis counts, with its unit.

    Raises
    ------
    ValueError
        If `weight` fits neither `classes` nor `image_shape`.
    """
    weight = np.asarray(weight, float)
    k, d = len(classes), int(np.prod(image_shape))
    if weight.shape != (k, d):
        expected = f"({k}, {d}) for {k} classes of shape {tuple(image_shape)}"
        raise ValueError(f"fig_templates: weight must have shape {expected}, got {weight.shape}")
    if len(image_shape) not in {1, 2, 3} or (len(image_shape) == 3 and image_shape[0] != 3):
        raise ValueError(f"fig_templates: image_shape must be (H, W), (3, H, W) or (T,), got {tuple(image_shape)}")
    rows = -(-k // columns)
    # Signals are wider than high; images keep their proportions.
    ratio = 1.1 if len(image_shape) == 1 else image_shape[-2] / image_shape[-1]
    canvas = Canvas(figsize=(style.WIDE, rows * (style.WIDE / columns * ratio + 0.22)), layout="constrained")
    canvas.get_layout_engine().set(w_pad=0.03, h_pad=0.02)
    axes = canvas.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
    scale = float(np.abs(weight).max()) or 1.0
    for ax, row, name in zip(axes, weight, classes, strict=False):
        ax.set_title(name, loc="center", pad=3, fontweight="normal")
        _template(ax, row.reshape(image_shape), scale)
    for ax in axes[k:]:
        ax.set_axis_off()
    if row_label:
        canvas.supxlabel(row_label, fontsize=9.5)
    return Figure([canvas], alt=alt)


def _template(ax: Axes, row: np.ndarray, scale: float) -> None:
    """Draw one template: a signal as a line, an image as pixels."""
    if row.ndim == 1:
        ax.axhline(0, color=style.FOREGROUND, lw=0.6)
        ax.plot(row, color=style.PALETTE["blue"], lw=1.3)
        ax.tick_params(labelsize=7.5)
        return
    if row.ndim == 3:
        pixels = 0.5 + 0.5 * np.moveaxis(row, 0, -1) / (np.abs(row).max() or 1.0)
    else:
        pixels = signed_colour(row / scale)
    # Without interpolation the picture keeps its few pixels, and the page its light weight.
    ax.imshow(pixels, interpolation="none")
    ax.grid(visible=False)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set(visible=True, alpha=0.35, linewidth=0.6)


def signed_colour(values: np.ndarray) -> np.ndarray:
    """Return RGBA for numbers in [-1, 1]: blue above zero, orange below, transparent at zero."""
    blue, orange = (style.rgb(style.PALETTE[name]) for name in ("blue", "orange"))
    colour = np.where(values[..., None] > 0, blue, orange)
    return np.concatenate([colour, np.abs(values)[..., None]], axis=-1)
