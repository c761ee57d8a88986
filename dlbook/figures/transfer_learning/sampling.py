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
    panels = []
    for title, image, matrix in (
        ("input: where it is read", x, theta), ("output", affine(x[None, None], **changes)[0, 0], np.eye(2, 3)),
    ):
        canvas, ax = panel(style.HALF, style.HALF * x.shape[0] / x.shape[1] + 0.3)
        ink = np.zeros((*image.shape, 4))
        ink[..., :3], ink[..., 3] = style.rgb(style.PALETTE["blue"]), np.clip(image, 0, 1)
        ax.imshow(ink, interpolation="nearest")
        ax.plot(*((corners @ matrix.T + 1) * half - 0.5).T, color=style.PALETTE["orange"], ls=(0, (4, 2)), lw=1.6)
        ax.plot(*((pixel @ matrix.T + 1) * half - 0.5), "o", color=style.PALETTE["orange"], ms=6)
        ax.set(xticks=[], yticks=[], title=title)
        ax.grid(visible=False)
        panels.append(canvas)
    hint = "Move the sliders; drag the dot on the output, or focus it and use the arrow keys, to see where it is read."
    data = {"x": x, "angle": angle, "scale": scale, "shear": shear, "right": right, "at": list(at)}
    return Interactive("sampling", data, still=Figure(panels, alt=alt), hint=hint)
