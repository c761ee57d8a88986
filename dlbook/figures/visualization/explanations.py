"""Images, and below them what different methods say of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from dlbook.figures.convolution.images import _bare, _signed
from dlbook.figures.style import Figure, house_style

__all__ = ["fig_explanations"]


@house_style
def fig_explanations(
    rows: Mapping[str, Sequence[np.ndarray]], *, alt: str, titles: Sequence[str] = (), width: float = 5.0
) -> Figure:
    """Draw rows of colour images and of maps, which may have different sizes.

    Parameters
    ----------
    rows : mapping
        `rows[name]` holds the pictures of one row, equally many in each: colour images (3, H, W) from 0 to 1, or
        maps (H, W), blue above zero and orange below, each on a scale of its own that leaves out its largest hundredth.
    alt : str
        The figure's message in words.
    titles : sequence of str
        What stands above the columns; nothing by default.
    width : float
        Of the whole figure, in inches.

    Raises
    ------
    ValueError
        If the rows are not equally long, or a picture is of another shape.
    """
    counts = {len(row) for row in rows.values()}
    if len(counts) != 1 or not (columns := counts.pop()) or (titles and len(titles) != columns):
        raise ValueError(
            "fig_explanations: rows must be equally long and as many as titles, "
            f"got {[len(row) for row in rows.values()]} pictures and {len(titles)} titles"
        )
    for name, row in rows.items():
        for picture in row:
            if np.ndim(picture) != 2 and (np.ndim(picture) != 3 or np.shape(picture)[0] != 3):
                raise ValueError(
                    f"fig_explanations: a picture of {name!r} has shape {np.shape(picture)}, "
                    "expected (H, W) or (3, H, W)"
                )
    room = 1.2
    side = (width - room) / columns
    canvas = Canvas(figsize=(width, len(rows) * (side + 0.03) + (0.2 if titles else 0)), layout="constrained")
    canvas.get_layout_engine().set(w_pad=0.015, h_pad=0.015)
    axes = canvas.subplots(len(rows), columns, squeeze=False)
    for line, (name, row) in zip(axes, rows.items(), strict=True):
        line[0].text(-0.12, 0.5, name, transform=line[0].transAxes, ha="right", va="center", fontsize=8.5)
        for ax, picture in zip(line, row, strict=True):
            _draw(ax, np.asarray(picture, float))
    for ax, title in zip(axes[0], titles, strict=False):
        ax.set_title(title, loc="center", pad=3, fontweight="normal", fontsize=8.5)
    return Figure([canvas], alt=alt)


def _draw(ax: Axes, picture: np.ndarray) -> None:
    """Draw one picture: colours as they are, a map by sign and strength."""
    if picture.ndim == 3:
        ax.imshow(np.clip(np.moveaxis(picture, 0, -1), 0, 1), interpolation="nearest")
    else:
        scale = np.quantile(np.abs(picture), 0.99) or np.abs(picture).max() or 1.0
        ax.imshow(np.clip(_signed(picture, scale), 0, 1), interpolation="nearest")
    _bare(ax)
