"""Covering parts of an image, one after the other, and watching the score."""

from collections.abc import Callable
from typing import Any

import numpy as np

from dlbook.numpy.convolution.geometry import conv_output_size
from dlbook.numpy.linear_classifiers.arguments import as_classes, check_rows, whole_number
from dlbook.numpy.visualization.gradients import check_integers
from dlbook.shapes import Array, Float, Int, ShapeError

__all__ = ["occlusion_map"]


def occlusion_map(
    f: Callable, x: Float[Array, "N C H W"], target: Int[Array, " N"], *params: Any, size: int, stride: int = 1,
    fill: Float[Array, " C"] | float = 0.0, **options,
) -> Float[Array, "N P Q"]:  # fmt: skip
    r"""Cover each square of the image in turn and note how much of the score is lost.

    $$M_{npq} = s_{t_n}(x_n) - s_{t_n}\big(x_n \text{ with } x_{c,\, ps + r,\, qs + r'} = a_c
    \text{ for } r, r' < R\big)$$

    Parameters
    ----------
    f : a function of `(x, *params)` whose value is a row of scores (N, K) for each image.
    x : (N, C, H, W) images.
    target : (N,) the class whose score is watched.
    *params, **options : f's other arguments and its options.
    size : R, the side of the square, in pixels.
    stride : s, by how much it moves.
    fill : a, what it is painted with, one number or one for each channel.

    Returns
    -------
    maps : (N, P, Q), positive where something spoke for the class.

    Raises
    ------
    ShapeError : when the square is larger than the image, or fill is of another shape.
    ValueError : for an option out of range or a class that does not exist.

    **Source** Zeiler and Fergus (2014), on occlusion.
    **Book** eq-occlusion
    """
    check_rows("occlusion_map", x=x, target=target)
    size, stride = (
        whole_number("occlusion_map", option, value, 1) for option, value in (("size", size), ("stride", stride))
    )
    if size > min(x.shape[2:]):
        raise ShapeError(f"occlusion_map: size is {size}, expected at most {min(x.shape[2:])}, as x is {x.shape}")
    if np.shape(fill) not in ((), (x.shape[1],)):
        raise ShapeError(f"occlusion_map: fill has shape {np.shape(fill)}, expected one number or ({x.shape[1]},)")
    check_integers("occlusion_map", target)
    whole = f(x, *params, **options)
    chosen = np.arange(len(x)), as_classes("occlusion_map", target, whole.shape[1])
    rows, columns = (conv_output_size(n, size, stride=stride) for n in x.shape[2:])
    paint = np.broadcast_to(np.asarray(fill, x.dtype).reshape(-1, 1, 1), (x.shape[1], size, size))
    lost = np.empty((len(x), rows, columns), x.dtype)
    for p, q in np.ndindex(rows, columns):
        covered = x.copy()
        covered[..., p * stride : p * stride + size, q * stride : q * stride + size] = paint
        lost[:, p, q] = (whole - f(covered, *params, **options))[chosen]
    return lost
