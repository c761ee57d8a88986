"""Reading an image at other places: affine grids, bilinear sampling, windows: what geometry is made of."""

from typing import Literal

import numpy as np

from dlbook.differentiable import differentiable
from dlbook.numpy.linear_classifiers.arguments import whole_number
from dlbook.shapes import Array, Float, Int, ShapeError

__all__ = ["affine_grid", "crop", "grid_sample"]


@differentiable
def affine_grid(
    theta: Float[Array, "N 2 3"], *, size: tuple[int, int, int, int], align_corners: bool = False
) -> Float[Array, "N P Q 2"]:
    r"""Write down for every pixel of an output at which place of the input it is to be read.

    $$(u', v')_{npq} = A_n \begin{pmatrix} u_q \\ v_p \\ 1 \end{pmatrix}, \qquad
    \bar A_n = \sum_{pq} (\bar u', \bar v')_{npq}^\top \; (u_q, v_p, 1)$$

    Places run from -1 to 1, u to the right and v downwards, whatever the size of the image.

    Parameters
    ----------
    theta : (N, 2, 3) a matrix A for each image, from the output's places to the input's.
    size : (N, C, P, Q) of the output.
    align_corners : whether -1 and 1 are the centres of the outermost pixels (True) or the outer edges (False).

    Returns
    -------
    grid : (N, P, Q, 2), u and v for each pixel.

    Raises
    ------
    ShapeError : when size is no shape of N images, or the images have no pixels.

    **Source** torch.nn.functional.affine_grid; Jaderberg, Simonyan, Zisserman and Kavukcuoglu (2015).
    **Book** eq-affine-grid
    """
    if len(size) != 4 or size[0] != len(theta) or min(size[2:]) < 1:
        raise ShapeError(f"affine_grid: size is {tuple(size)}, expected ({len(theta)}, C, P, Q) with P, Q at least 1")
    v, u = (_centres(n, align_corners) for n in size[2:])
    ones = np.ones(size[2:])
    base = np.stack([u * ones, v[:, None] * ones, ones], axis=-1).astype(theta.real.dtype).reshape(-1, 3)  # (PQ, 3)
    grid = base @ theta.swapaxes(1, 2)

    def pullback(dgrid):
        return (dgrid.reshape(grid.shape).swapaxes(1, 2) @ base,)

    return grid.reshape(len(theta), *size[2:], 2), pullback


def _centres(n: int, align_corners: bool) -> Array:
    """Return the places of the centres of n pixels in a row."""
    if align_corners:
        return np.linspace(-1, 1, n) if n > 1 else np.zeros(1)
    return (2 * np.arange(n) + 1) / n - 1


def _pixels(place: Array, size: int, padding_mode: str, align_corners: bool):
    """Turn places in [-1, 1] into pixel numbers, and say how fast those move with the places."""
    if align_corners:
        at, speed = (place + 1) / 2 * (size - 1), (size - 1) / 2
    else:
        at, speed = ((place + 1) * size - 1) / 2, size / 2
    if padding_mode == "zeros":
        return at, np.full_like(at, speed)
    # Beyond the border the outermost pixel is read, wherever exactly: the place has no influence there.
    return np.clip(at, 0, size - 1), np.where((at > 0) & (at < size - 1), at.dtype.type(speed), 0)


def _corners(i: Array, j: Array, mode: str):
    """Yield the pixels that a place (i, j) is read from, each with a weight and the weight's slopes in i and j."""
    if mode == "nearest":
        yield np.rint(i), np.rint(j), np.ones_like(i), 0, 0
        return
    top, left = np.floor(i), np.floor(j)
    a, b = i - top, j - left  # how far below the upper and right of the left pixel
    for down, part, slope in ((0, 1 - a, -1), (1, a, 1)):
        for right, share, rise in ((0, 1 - b, -1), (1, b, 1)):
            yield top + down, left + right, part * share, slope * share, rise * part


@differentiable
def grid_sample(
    x: Float[Array, "N C H W"], grid: Float[Array, "N P Q 2"], *, mode: Literal["bilinear", "nearest"] = "bilinear",
    padding_mode: Literal["zeros", "border"] = "zeros", align_corners: bool = False,
) -> Float[Array, "N C P Q"]:
    r"""Read images at any places, between the pixels too.

    $$y_{ncpq} = \sum_{h, w} x_{nchw}\; k(i_{npq} - h)\; k(j_{npq} - w), \qquad k(r) = \max(0,\, 1 - |r|)$$

    with $(i, j)$ the place in pixels. The image gets back what each reading took from it; the place gets the slope
    of the surface on which it lies.

    Parameters
    ----------
    x : (N, C, H, W) images.
    grid : (N, P, Q, 2) places (u, v), from -1 to 1 inside the image: `affine_grid` makes them.
    mode : between four pixels, or at the nearest one, for labels, of which there are no halves.
    padding_mode : what lies outside: zeros, or the outermost pixel.
    align_corners : as in `affine_grid`.

    Returns
    -------
    y : (N, C, P, Q).

    Raises
    ------
    ShapeError : for images without pixels.

    **Source** torch.nn.functional.grid_sample; Jaderberg, Simonyan, Zisserman and Kavukcuoglu (2015).
    **Book** eq-grid-sample, eq-grid-sample-dx, eq-grid-sample-dgrid
    """
    if 0 in x.shape[2:]:
        raise ShapeError(f"grid_sample: x has shape {x.shape}, expected images with pixels")
    height, width = x.shape[2:]
    i, vertical = _pixels(grid[..., 1], height, padding_mode, align_corners)
    j, horizontal = _pixels(grid[..., 0], width, padding_mode, align_corners)
    pixels = np.moveaxis(x, 1, -1)  # (N, H, W, C): all channels of a pixel are read at once
    image = np.arange(len(x))[:, None, None]
    y, read = 0, []
    for row, column, weight, weight_i, weight_j in _corners(i, j, mode):
        inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
        at = image, np.where(inside, row, 0).astype(np.intp), np.where(inside, column, 0).astype(np.intp)
        values = pixels[at] * inside[..., None]
        y = y + weight[..., None] * values
        read.append((at, weight * inside, values, weight_i, weight_j))

    def pullback(dy):
        g = np.moveaxis(dy, 1, -1)
        dpixels, di, dj = np.zeros(pixels.shape, x.dtype), np.zeros_like(i), np.zeros_like(j)
        for at, weight, values, weight_i, weight_j in read:
            np.add.at(dpixels, at, weight[..., None] * g)  # one pixel may be read many times
            slope = (g * values).sum(axis=-1)
            di += weight_i * slope
            dj += weight_j * slope
        dgrid = np.stack([horizontal * dj, vertical * di], axis=-1)
        return np.ascontiguousarray(np.moveaxis(dpixels, -1, 1)), dgrid

    return np.ascontiguousarray(np.moveaxis(y, -1, 1)), pullback


@differentiable
def crop(
    x: Float[Array, "N C H W"], corner: Int[Array, "N 2"], *, size: tuple[int, int], padding: int = 0
) -> Float[Array, "N C P Q"]:
    r"""Cut a window out of each image, after a border of zeros has been put around it.

    $$y_{ncpq} = \tilde x_{n,\,c,\; r_n + p,\; s_n + q}, \qquad \tilde x_{ncij} = x_{n,\,c,\,i-b,\,j-b}
    \text{ or } 0$$

    The gradient is put back where the window was, and what fell on the border is dropped.

    Parameters
    ----------
    x : (N, C, H, W) images.
    corner : (N, 2) first row and column of each window, in the padded image.
    size : (P, Q) of the windows.
    padding : b, the width of the border, at least 0.

    Returns
    -------
    y : (N, C, P, Q).

    Raises
    ------
    ValueError : for a size below 1, a negative padding, or a window that does not lie within the padded image.

    **Source** definition.
    **Book** eq-crop
    """
    padding = whole_number("crop", "padding", padding, 0)
    p, q = (whole_number("crop", "size", side, 1) for side in size)
    most = np.array(x.shape[2:]) + 2 * padding - [p, q]
    if (most < 0).any():
        raise ValueError(f"crop: size is {(p, q)}, expected at most the image {x.shape[2:]} with its border of "
                         f"{padding} on each side")
    outside = (corner < 0) | (corner > most)
    if outside.any():
        n = int(outside.any(axis=1).argmax())
        raise ValueError(f"crop: corner {n} is {corner[n].tolist()}, expected 0 to {most.tolist()}: windows of "
                         f"{(p, q)} lie within images of {x.shape[2:]} and a border of {padding}")
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    windows = [(slice(None), slice(r, r + p), slice(s, s + q)) for r, s in corner.tolist()]
    y = np.empty((*x.shape[:2], p, q), x.dtype)
    for n, window in enumerate(windows):
        y[n] = padded[n][window]

    def pullback(dy):
        dpadded = np.zeros_like(padded, dtype=dy.dtype)
        for n, window in enumerate(windows):
            dpadded[n][window] = dy[n]
        inner = [slice(padding, padding + side) for side in x.shape[2:]]
        return dpadded[:, :, inner[0], inner[1]].copy(), None

    return y, pullback
