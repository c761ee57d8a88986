"""Taking an image apart into windows and putting windows together again: im2col, its adjoint, patches, borders."""

from typing import Literal

import numpy as np

from dlbook.differentiable import differentiable
from dlbook.numpy.convolution.conv import Both
from dlbook.numpy.convolution.geometry import Axis, axis, padded, pair, taps
from dlbook.numpy.linear_classifiers.arguments import whole_number
from dlbook.shapes import Array, Float, ShapeError

__all__ = ["fold", "pad", "patchify", "unfold"]


def _axes(function: str, sizes, kernel_size, stride, padding, dilation) -> tuple[Axis, Axis]:
    kernels, strides = pair(function, "kernel_size", kernel_size, 1), pair(function, "stride", stride, 1)
    sides, gaps = pair(function, "padding", padding, 0), pair(function, "dilation", dilation, 1)
    rows, columns = (
        axis(function, *numbers) for numbers in zip(sizes, kernels, strides, sides, gaps, strict=True)
    )
    return rows, columns


def _take_apart(x: Array, rows: Axis, columns: Axis) -> Array:
    """Return the matrix of all windows: (N, C, H, W) to (N, C R S, P Q)."""
    wide = padded(x, rows, columns)
    shape = *x.shape[:2], rows.kernel, columns.kernel, rows.windows, columns.windows
    windows = np.empty(shape, x.dtype)
    for r, s, where in taps(rows, columns):
        windows[:, :, r, s] = wide[where]
    return windows.reshape(len(x), -1, shape[4] * shape[5])


def _add_up(windows: Array, rows: Axis, columns: Axis) -> Array:
    """Add all windows up where they came from: (N, C R S, P Q) to (N, C, H, W)."""
    windows = windows.reshape(len(windows), -1, rows.kernel, columns.kernel, rows.windows, columns.windows)
    wide = np.zeros((*windows.shape[:2], rows.padded, columns.padded), windows.dtype)
    for r, s, where in taps(rows, columns):
        wide[where] += windows[:, :, r, s]
    return wide[..., rows.inside, columns.inside].copy()


@differentiable
def unfold(
    x: Float[Array, "N C H W"], *, kernel_size: Both, dilation: Both = 1, padding: Both = 0, stride: Both = 1
) -> Float[Array, "N D L"]:
    r"""Write every window of an image as a column of a matrix: im2col.

    $$u_{n,\,(c,r,s),\,(p,q)} = \tilde x_{n,\,c,\,p s_h + r d_h,\,q s_w + s d_w}$$

    Parameters
    ----------
    x : (N, C, H, W).
    kernel_size, dilation, padding, stride : of the windows, one number or a pair each.

    Returns
    -------
    u : (N, C R S, P Q), a column per window; rows in the order of `weight.reshape(F, -1)`.

    Raises
    ------
    ValueError : for an option out of range, or a window that nowhere fits.

    **Source** Chellapilla, Puri and Simard (2006).
    **Book** eq-unfold
    """
    rows, columns = _axes("unfold", x.shape[2:], kernel_size, stride, padding, dilation)
    return _take_apart(x, rows, columns), lambda dy: (_add_up(dy, rows, columns),)


@differentiable
def fold(
    x: Float[Array, "N D L"], *, output_size: Both, kernel_size: Both, dilation: Both = 1, padding: Both = 0,
    stride: Both = 1,
) -> Float[Array, "N C H W"]:
    r"""Add windows up where they lie in an image: the adjoint of `unfold`.

    $$y_{ncij} = \sum_{p s_h + r d_h = i + p_h} \; \sum_{q s_w + s d_w = j + p_w} x_{n,\,(c,r,s),\,(p,q)}$$

    Parameters
    ----------
    x : (N, C R S, P Q), a column per window.
    output_size : (H, W) of the image, or one number for both.
    kernel_size, dilation, padding, stride : of the windows, one number or a pair each.

    Returns
    -------
    y : (N, C, H, W); where windows overlap their entries add up.

    Raises
    ------
    ShapeError : when x has not R S rows per channel, or not one column per window of such an image.
    ValueError : for an option out of range, or a window that nowhere fits.

    **Source** torch.nn.functional.fold, which names it; Chellapilla, Puri and Simard (2006).
    **Book** eq-overlap-add
    """
    sizes = pair("fold", "output_size", output_size, 1)
    rows, columns = _axes("fold", sizes, kernel_size, stride, padding, dilation)
    count, windows = rows.kernel * columns.kernel, rows.windows * columns.windows
    if x.shape[1] % count or x.shape[2] != windows:
        raise ShapeError(
            f"fold: x has shape {x.shape}, expected a multiple of {count} rows and {windows} columns: "
            f"an image of {sizes} has so many windows of {rows.kernel} x {columns.kernel}"
        )
    return _add_up(x, rows, columns), lambda dy: (_take_apart(dy, rows, columns),)


@differentiable
def patchify(x: Float[Array, "N C H W"], *, patch_size: Both) -> Float[Array, "N L D"]:
    r"""Cut an image into patches side by side and write each as a row.

    $$y_{n,\,(p,q),\,(c,r,s)} = x_{n,\,c,\,p R + r,\,q S + s}$$

    Parameters
    ----------
    x : (N, C, H, W).
    patch_size : R and S, which divide H and W; one number or a pair.

    Returns
    -------
    y : (N, H W / (R S), C R S), a row per patch: `y @ weight.reshape(F, -1).T` is a convolution with stride R, S.

    Raises
    ------
    ShapeError : when patches do not tile the image.

    **Source** KTH DD2424 (2025), assignment 3; Dosovitskiy and others (2021), section 3.1.
    **Book** eq-patchify
    """
    r, s = pair("patchify", "patch_size", patch_size, 1)
    n, c, h, w = x.shape
    if h % r or w % s:
        raise ShapeError(f"patchify: x has images of {h} x {w}, expected multiples of the patch size {r} x {s}")
    tiles = n, c, h // r, r, w // s, s
    y = x.reshape(tiles).transpose(0, 2, 4, 1, 3, 5).reshape(n, h * w // (r * s), c * r * s)

    def pullback(dy):
        back = dy.reshape(n, h // r, w // s, c, r, s).transpose(0, 3, 1, 4, 2, 5)
        return (back.reshape(x.shape).copy(),)

    return y.copy(), pullback


def _sources(mode: str, size: int, before: int, after: int) -> Array:
    """Return, for each entry of a padded axis, the index of the entry that it copies."""
    index = np.arange(-before, size + after)
    if mode == "replicate":
        return index.clip(0, size - 1)
    if mode == "circular":
        return index % size
    return (size - 1) - abs((size - 1) - abs(index))  # reflect: mirrors stand on the first and on the last entry


@differentiable
def pad(
    x: Float[Array, "N C *S"], *, pad: tuple[int, ...],
    mode: Literal["constant", "reflect", "replicate", "circular"] = "constant", value: float = 0.0,
) -> Float[Array, "N C *T"]:
    r"""Put a border around signals or images: a constant, a mirror image, the outermost entry, or the other end.

    Along each axis $y_i = x_{\sigma(i)}$, and $\bar x_j = \sum_{i : \sigma(i) = j} \bar y_i$, with

    $$\sigma(i) = i \text{ (inside)}, \qquad |i| \text{ (reflect)}, \qquad
    \min(\max(i, 0), H - 1) \text{ (replicate)}, \qquad i \bmod H \text{ (circular)}$$

    and constant entries copy nothing.

    Parameters
    ----------
    x : (N, C, W) or (N, C, H, W).
    pad : widths of the border, the last axis first: (left, right) or (left, right, top, bottom).
    mode : what stands in the border.
    value : the constant.

    Returns
    -------
    y : x with its border.

    Raises
    ------
    ValueError : when pad has not two numbers for each axis, a number is negative, or too wide for its mode: reflect
        needs less than the axis has entries, circular at most as many.

    **Source** torch.nn.functional.pad, which names the modes.
    **Book** eq-pad
    """
    if len(pad) != 2 * (x.ndim - 2):
        raise ValueError(f"pad: pad is {pad}, expected {2 * (x.ndim - 2)} numbers, two for each axis behind N and C")
    widths = [whole_number("pad", f"pad[{i}]", width, 0) for i, width in enumerate(pad)]
    sides = list(zip(widths[::2], widths[1::2], strict=True))[::-1]  # in the order of the axes
    for size, (before, after) in zip(x.shape[2:], sides, strict=True):
        most = {"reflect": size - 1, "circular": size}.get(mode, np.inf)
        if max(before, after) > most or size == 0:
            raise ValueError(f"pad: {before} + {after} entries of mode {mode!r} on an axis of {size}, at most {most}")
    inside = (..., *(slice(before, before + size) for size, (before, _) in zip(x.shape[2:], sides, strict=True)))
    if mode == "constant":
        y = np.full(
            (*x.shape[:2], *(size + sum(side) for size, side in zip(x.shape[2:], sides, strict=True))), value, x.dtype
        )
        y[inside] = x
        return y, lambda dy: (dy[inside].copy(),)

    y, copies = x, []
    for place, (before, after) in enumerate(sides, 2):
        sources = _sources(mode, x.shape[place], before, after)
        y = y.take(sources, axis=place)
        copies.append(sources[:, None] == np.arange(x.shape[place]))  # entry i of y copies entry j of x

    def pullback(dy):
        for place, copy in enumerate(copies, 2):
            # What the copies of an entry receive adds up.
            dy = np.moveaxis(np.tensordot(dy, copy.astype(dy.dtype), axes=(place, 0)), -1, place)
        return (np.ascontiguousarray(dy),)

    return y, pullback
