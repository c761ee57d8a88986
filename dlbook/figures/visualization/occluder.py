"""A square that covers a part of an image, and what becomes of the scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.patches import Rectangle

from dlbook.figures import style
from dlbook.figures.convolution.images import _bare, _signed
from dlbook.figures.interactive import Interactive
from dlbook.figures.style import Figure, house_style, panel

__all__ = ["fig_occluder"]


@house_style
def fig_occluder(
    images: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]],
    classes: Sequence[str],
    *,
    size: int,
    stride: int,
    alt: str,
    target: int = 0,
    at: tuple[int, int] = (0, 0),
) -> Interactive:
    """Draw an image with a covered square, the scores that are left, and the map of what each square costs.

    The reader drags the square over the image, chooses the image, and the class whose map is drawn.

    Parameters
    ----------
    images : mapping
        `images[name] = (image, whole, covered)`: a colour image (3, H, W) from 0 to 1, its scores (K,), and the
        scores (P, Q, K) with the square at each of its places. At most four.
    classes : sequence of str
        The K class names.
    size, stride : int
        Side of the square and its step, in pixels.
    alt : str
        The figure's message in words.
    target : int
        The class whose map is drawn at first.
    at : tuple
        Place of the square at first, 0 <= p < P and 0 <= q < Q.

    Raises
    ------
    ValueError
        If there is no image, or scores do not fit the image, the classes and the square.
    """
    if not 1 <= len(images) <= 4:
        raise ValueError(f"fig_occluder: images must hold one to four images, got {len(images)}")
    told = []
    for name, (image, whole, covered) in images.items():
        image, whole, covered = (np.asarray(a, float) for a in (image, whole, covered))
        places = tuple((n - size) // stride + 1 for n in image.shape[1:])
        fits = image.ndim == 3 and len(image) == 3 and whole.shape == (len(classes),)
        if not fits or covered.shape != (*places, *whole.shape):
            raise ValueError(
                f"fig_occluder: {name!r} has shapes {image.shape}, {whole.shape}, {covered.shape}, expected (3, H, W), "
                f"({len(classes)},) and {(*places, len(classes))}"
            )
        told.append({"name": name, "image": np.rint(255 * np.clip(image, 0, 1)).astype(int), "whole": whole,
                     "covered": covered})  # fmt: skip
    image, whole, covered = (np.asarray(a, float) for a in next(iter(images.values())))
    panels = []
    canvas, ax = panel(style.THIRD, style.THIRD + 0.25)
    ax.imshow(np.clip(np.moveaxis(image, 0, -1), 0, 1), interpolation="nearest")
    corner = (at[1] * stride - 0.5, at[0] * stride - 0.5)
    ax.add_patch(Rectangle(corner, size, size, facecolor=style.PALETTE["grey"], edgecolor=style.FOREGROUND, lw=1.5))
    ax.set_title("image")
    _bare(ax)
    panels.append(canvas)
    canvas, ax = panel(style.THIRD, style.THIRD + 0.25)
    rows = np.arange(len(classes))
    ax.barh(rows - 0.2, whole, 0.36, color=style.PALETTE["grey"], label="whole")
    ax.barh(rows + 0.2, covered[at], 0.36, color=style.PALETTE["blue"], label="covered")
    ax.set(xlabel="score", ylabel="class", yticks=rows, yticklabels=classes, title="scores")
    ax.invert_yaxis()
    panels.append(canvas)
    canvas, ax = panel(style.THIRD, style.THIRD + 0.25)
    lost = whole[target] - covered[..., target]
    ax.imshow(_signed(lost, np.abs(lost).max() or 1.0), interpolation="nearest")
    ax.add_patch(Rectangle((at[1] - 0.5, at[0] - 0.5), 1, 1, fill=False, ec=style.FOREGROUND, lw=1.5))
    ax.set_title(f"what {classes[target]} loses")
    _bare(ax)
    panels.append(canvas)
    hint = "Drag the dot to move the square (or use the arrow keys); choose another image or another class."
    data = {"images": told, "classes": list(classes), "size": size, "stride": stride, "target": target, "at": list(at)}
    return Interactive("occluder", data, still=Figure(panels, alt=alt), hint=hint)
