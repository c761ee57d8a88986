"""An image that the reader turns, scales, shears and shifts."""

from __future__ import annotations

import numpy as np

from dlbook.figures import style
from dlbook.figures.interactive import Interactive
from dlbook.figures.style import Figure, house_style, panel
from dlbook.numpy.transfer_learning import affine, affine_matrices

__all__ = ["fig_sampling"]


@house_style
def fig_sampling(
    x: np.ndarray, *, alt: str, angle: float = 0.0, scale: float = 1.0, shear: float = 0.0, right: float = 0.0,
    at: tuple[int, int] = (4, 4),
) -> Interactive:
    """Draw an image and its changed version; the reader moves the change, and asks where a pixel comes from.

    Parameters
    ----------
    x : array (H, W)
        The image, from 0 to 1, at most 20 x 20.
    alt : str
        The figure's message in words.
    angle, scale, shear, right : float
        The change at first, as in `affine_matrices`: radian, factor, pixels for each pixel below, pixels.
    at : tuple
        The output pixel that is marked at first.

    Raises
    ------
    ValueError
        If the image has the wrong shape.
    """
    x = np.asarray(x, float)
    if x.ndim != 2 or max(x.shape) > 20:
        raise ValueError(f"fig_sampling: x must be at most 20 x 20, got {x.shape}")
    changes = {"angle": angle, "scale": scale, "shear": (shear, 0.0), "translate": (right, 0.0)}
    theta = affine_matrices(1, x.shape, **changes)[0]
    corners = np.array([[-1, -1, 1], [1, -1, 1], [1, 1, 1], [-1, 1, 1], [-1, -1, 1]])
    half = np.array([x.shape[1], x.shape[0]]) / 2
    pixel = np.array([(2 * at[1] + 1) / x.shape[1] - 1, (2 * at[0] + 1) / x.shape[0] - 1, 1.0])
    edge = (corners[:, :2] + 1) * half - 0.5
    frame = (corners @ theta.T + 1) * half - 0.5
    beyond = np.clip([edge.min(axis=0) - frame.min(axis=0), frame.max(axis=0) - edge.max(axis=0)], 0.2, None).max()
    panels = []
    for title, image, matrix in (
        ("input: where it is read", x, theta), ("output", affine(x[None, None], **changes)[0, 0], np.eye(2, 3)),
    ):
        canvas, ax = panel(style.HALF, style.HALF * x.shape[0] / x.shape[1] + 0.3)
        ink = np.zeros((*image.shape, 4))
        ink[..., :3], ink[..., 3] = style.rgb(style.PALETTE["blue"]), np.clip(image, 0, 1)
        ax.imshow(ink, interpolation="nearest")
        ax.plot(*edge.T, color=style.FOREGROUND, lw=0.8)
        ax.plot(*((corners @ matrix.T + 1) * half - 0.5).T, color=style.PALETTE["orange"], ls=(0, (4, 2)), lw=1.6)
        ax.plot(*((pixel @ matrix.T + 1) * half - 0.5), "o", color=style.PALETTE["orange"], ms=6)
        # Both panels have room for the frame, so that a pixel is as large in one as in the other.
        ax.set(xticks=[], yticks=[], title=title, xlim=(edge[:, 0].min() - beyond, edge[:, 0].max() + beyond))
        ax.set_ylim(edge[:, 1].max() + beyond, edge[:, 1].min() - beyond)
        ax.spines[:].set_visible(False)
        ax.grid(visible=False)
        panels.append(canvas)
    hint = "Move the sliders; drag the dot on the output, or focus it and use the arrow keys, to see where it is read."
    data = {"x": x, "angle": angle, "scale": scale, "shear": shear, "right": right, "at": list(at)}
    return Interactive("sampling", data, still=Figure(panels, alt=alt), hint=hint)
