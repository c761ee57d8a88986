"""Images and kernels in a grid, and the matrices that a convolution is made of."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from dlbook.figures import style
from dlbook.figures.style import Figure, house_style, panel

__all__ = ["fig_images", "fig_matrices"]


def _signed(values: np.ndarray, scale: float) -> np.ndarray:
    """Colour numbers by their sign: blue above zero, orange below, and zero is the page."""
    colour = np.zeros((*values.shape, 4))
    colour[..., :3] = np.where(
        values[..., None] > 0, style.rgb(style.PALETTE["blue"]), style.rgb(style.PALETTE["orange"])
    )
    colour[..., 3] = np.abs(values) / scale
    return colour


def _bare(ax: Axes) -> None:
    ax.set(xticks=[], yticks=[])
    ax.grid(visible=False)
    ax.spines[:].set_visible(True)
    ax.spines[:].set(linewidth=0.5, alpha=0.5)


@house_style
def fig_images(
    images: Mapping[str, np.ndarray], *, alt: str, columns: int = 4, signed: bool = False, width: float = style.WIDE
) -> Figure:
    """Draw grey images in a grid, each from its own darkest to its own lightest.

    Parameters
    ----------
    images : mapping
        `images[title]` is an array (H, W); at most thirty.
    alt : str
        The figure's message in words.
    columns : int
        Images in a row.
    signed : bool
        Draw numbers around zero instead, blue above and orange below, each image on its own scale.
    width : float
        Of the whole grid, in inches.

    Raises
    ------
    ValueError
        If there is no image, or one is not of two axes.
    """
    for title, image in images.items():
        if np.ndim(image) != 2:
            raise ValueError(f"fig_images: the image {title!r} must have shape (H, W), got {np.shape(image)}")
    if not images:
        raise ValueError("fig_images: images must hold at least one image, got none")
    rows = -(-len(images) // columns)
    first = np.shape(next(iter(images.values())))
    titled = any(title.strip() for title in images)
    height = width / columns * first[0] / first[1] + (0.22 if titled else 0.06)
    canvas = Canvas(figsize=(width, rows * height), layout="constrained")
    canvas.get_layout_engine().set(w_pad=0.02, h_pad=0.02)
    axes = canvas.subplots(rows, columns, squeeze=False).ravel()
    for ax, (title, image) in zip(axes, images.items(), strict=False):
        image = np.asarray(image, float)
        if signed:
            ax.imshow(_signed(image, np.abs(image).max() or 1.0), interpolation="nearest")
        else:
            ax.imshow(image, cmap="gray", interpolation="nearest")
        if titled:
            ax.set_title(title, loc="center", pad=3, fontweight="normal", fontsize=8.5)
        _bare(ax)
    for ax in axes[len(images) :]:
        ax.set_axis_off()
    return Figure([canvas], alt=alt)


@house_style
def fig_matrices(matrices: Mapping[str, np.ndarray], *, alt: str) -> Figure:
    """Draw matrices as grids of coloured cells: blue above zero, orange below, and a zero is empty.

    Parameters
    ----------
    matrices : mapping
        `matrices[title]` is an array (M, D); one, two or three.
    alt : str
        The figure's message in words.

    Raises
    ------
    ValueError
        If something is no matrix.
    """
    panels = []
    width = {1: style.WIDE, 2: style.HALF}.get(len(matrices), style.THIRD)
    for title, matrix in matrices.items():
        matrix = np.asarray(matrix, float)
        if matrix.ndim != 2:
            raise ValueError(f"fig_matrices: the matrix {title!r} must have two axes, got shape {matrix.shape}")
        canvas, ax = panel(width, float(np.clip(width * matrix.shape[0] / matrix.shape[1], 0.8, 4)) + 0.5)
        ax.imshow(_signed(matrix, np.abs(matrix).max() or 1.0), interpolation="nearest", aspect="auto")
        ax.set_title(title)
        ax.set(xlabel=f"{matrix.shape[1]} columns", ylabel=f"{matrix.shape[0]} rows")
        _bare(ax)
        if max(matrix.shape) <= 60:  # lines between the cells
            ax.set_xticks(np.arange(0.5, matrix.shape[1] - 1), minor=True)
            ax.set_yticks(np.arange(0.5, matrix.shape[0] - 1), minor=True)
            ax.grid(which="minor", lw=0.4, alpha=0.25)
        panels.append(canvas)
    return Figure(panels, alt=alt)
