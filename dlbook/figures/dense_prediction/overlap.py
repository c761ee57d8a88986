"""Kernels that overlap: how often a transposed convolution paints each entry."""

from __future__ import annotations

import numpy as np
from matplotlib.patches import Rectangle

from dlbook.figures import style
from dlbook.figures.interactive import Interactive
from dlbook.figures.style import Figure, house_style, panel
from dlbook.numpy.dense_prediction import overlap_counts

__all__ = ["fig_overlap"]

PLANE = 12  # pixels of the plane that are shown, along each axis


@house_style
def fig_overlap(kernel_size: int = 3, stride: int = 2, *, alt: str, size: int = 6) -> Interactive:
    """Draw the kernels that a few entries paint, and how often each place is painted; the reader moves both numbers.

    Parameters
    ----------
    kernel_size, stride : int
        At first, 1 to 8 and 1 to 4; the reader may change them.
    alt : str
        The figure's message in words.
    size : int
        Entries of the input, 2 to 8.

    Raises
    ------
    ValueError
        If a number is out of range.
    """
    for name, value, low, high in (("kernel_size", kernel_size, 1, 8), ("stride", stride, 1, 4), ("size", size, 2, 8)):
        if not low <= value <= high:
            raise ValueError(f"fig_overlap: {name} is {value}, expected {low} to {high}")
    counts = overlap_counts(size, kernel_size, stride=stride)
    canvas, ax = panel(style.HALF, 2.7)
    for p in range(size):
        colour = style.PALETTE["orange" if p % 2 else "blue"]
        ax.add_patch(Rectangle((p * stride, -p - 0.85), kernel_size, 0.7, fc=colour, alpha=0.55, ec=style.FOREGROUND))
    for i, count in enumerate(counts):
        shade = 0.75 * count / counts.max()
        ax.add_patch(Rectangle((i, -size - 1.9), 1, 1.4, fc=style.FOREGROUND, alpha=shade, lw=0))
        ax.add_patch(Rectangle((i, -size - 1.9), 1, 1.4, fill=False, lw=0.4, ec=style.FOREGROUND))
        ax.text(i + 0.5, -size - 2.15, str(count), ha="center", va="top", fontsize=7.5)
    ax.set(xlim=(0, len(counts)), ylim=(-size - 2.9, 0), xticks=[], yticks=[])
    ax.set_title("each entry paints its kernel")
    ax.spines[:].set_visible(False)
    ax.grid(visible=False)
    inner = np.array([-(-max(0, kernel_size - rho) // stride) for rho in range(stride)])
    plane = np.outer(np.resize(inner, PLANE), np.resize(inner, PLANE))
    canvas_of_plane, ax = panel(2.4, 2.7)
    for (i, j), count in np.ndenumerate(plane):
        shade = 0.75 * count / max(1, plane.max())
        ax.add_patch(Rectangle((j, -i - 1), 1, 1, fc=style.FOREGROUND, alpha=shade, lw=0))
    ax.set(xlim=(0, PLANE), ylim=(-PLANE, 0), xticks=[], yticks=[], aspect="equal")
    ax.set_title("how often a pixel is painted")
    ax.grid(visible=False)
    hint = "Move the two sliders, and drag the dot along the result to see which kernels paint an entry."
    data = {"kernel": kernel_size, "stride": stride, "size": size}
    return Interactive("overlap", data, still=Figure([canvas, canvas_of_plane], alt=alt), hint=hint)
