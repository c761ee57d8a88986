"""A kernel on an image: what an output, a pixel and a weight have to do with one another."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from dlbook.figures import style
from dlbook.figures.convolution.images import _bare, _signed
from dlbook.figures.interactive import Interactive
from dlbook.figures.style import Figure, house_style, panel
from dlbook.numpy.convolution import conv2d

__all__ = ["fig_sliding"]


@house_style
def fig_sliding(
    x: np.ndarray, weight: np.ndarray, *, alt: str, stride: int = 1, padding: int = 0, at: tuple[int, int] = (1, 1)
) -> Interactive:
    """Draw an image, a kernel and their convolution; the reader drags a window, a pixel or a weight.

    Three things can be dragged, and each shows its own sum: an output sums over the window that it saw, a pixel
    sums what the outputs that saw it send back, and a weight sums over all places where it was used. The cotangent
    is the output itself, as if half the sum of its squares were the loss.

    Parameters
    ----------
    x : array (H, W)
        The image, at most 12 x 12.
    weight : array (R, S)
        The kernel, at most 5 x 5 and not larger than the image.
    alt : str
        The figure's message in words.
    stride, padding : int
        At first; the reader may change them.
    at : tuple
        The output that is marked at first.

    Raises
    ------
    ValueError
        If image or kernel has the wrong shape.
    """
    x, weight = np.asarray(x, float), np.asarray(weight, float)
    if x.ndim != 2 or max(x.shape) > 12 or weight.ndim != 2 or max(weight.shape) > 5 or (
        weight.shape[0] > x.shape[0] or weight.shape[1] > x.shape[1]
    ):
        raise ValueError(
            f"fig_sliding: x must be at most 12 x 12 and weight at most 5 x 5 and no larger than x, "
            f"got {x.shape} and {weight.shape}"
        )
    y = conv2d(x[None, None], weight[None, None], stride=stride, padding=padding)[0, 0]
    corner = [place * stride - padding for place in at]
    drawn = {"image": (x, corner, weight.shape), "kernel": (weight, (0, 0), weight.shape), "output": (y, at, (1, 1))}
    panels = []
    for title, (values, start, size) in drawn.items():
        canvas, ax = panel(style.THIRD, style.THIRD * values.shape[0] / values.shape[1] + 0.25)
        _cells(ax, values)
        ax.add_patch(
            Rectangle((start[1] - 0.5, start[0] - 0.5), size[1], size[0], fill=False, lw=2.2, ec=style.FOREGROUND)
        )
        ax.set_title(title)
        panels.append(canvas)
    hint = "Drag the dot on the output, on the image or on the kernel, or focus it and use the arrow keys."
    data = {"x": x, "weight": weight, "stride": stride, "padding": padding, "at": list(at)}
    return Interactive("sliding", data, still=Figure(panels, alt=alt), hint=hint)


def _cells(ax: Axes, values: np.ndarray) -> None:
    """Draw numbers as coloured cells."""
    ax.imshow(_signed(values, np.abs(values).max() or 1.0) * [1, 1, 1, 0.6], interpolation="nearest")
    for i, j in np.ndindex(values.shape):
        ax.text(j, i, f"{values[i, j]:.3g}".replace("-", "−"), ha="center", va="center", fontsize=6.5)
    _bare(ax)
