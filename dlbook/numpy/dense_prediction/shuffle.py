"""Pixel shuffle: trade channels for pixels, and back, without touching a number."""

from dlbook.differentiable import differentiable
from dlbook.numpy.linear_classifiers.arguments import whole_number
from dlbook.shapes import Array, Float, ShapeError

__all__ = ["pixel_shuffle", "pixel_unshuffle"]


def shuffle_factor(function: str, x: Array, option: str, value: int, *, down: bool) -> int:
    """Return the factor u as an integer, after checking that channels or rows and columns are multiples of it."""
    u = whole_number(function, option, value, 1)
    _, c, h, w = x.shape
    if down and (h % u or w % u):
        raise ShapeError(f"{function}: x has images of {h} x {w}, expected multiples of {option} = {u}")
    if not down and c % u**2:
        raise ShapeError(f"{function}: x has {c} channels, expected a multiple of {option}^2 = {u**2}")
    return u


def _to_pixels(x: Array, u: int) -> Array:
    n, c, h, w = x.shape
    parts = x.reshape(n, c // u**2, u, u, h, w)
    return parts.transpose(0, 1, 4, 2, 5, 3).reshape(n, c // u**2, h * u, w * u)


def _to_channels(x: Array, u: int) -> Array:
    n, c, h, w = x.shape
    parts = x.reshape(n, c, h // u, u, w // u, u)
    return parts.transpose(0, 1, 3, 5, 2, 4).reshape(n, c * u**2, h // u, w // u)


@differentiable
def pixel_shuffle(x: Float[Array, "N G P Q"], *, upscale_factor: int) -> Float[Array, "N C H W"]:
    r"""Lay groups of channels out as blocks of pixels: an image that is u times as high and as wide.

    $$y_{n,\,c,\;p u + a,\;q u + b} = x_{n,\,(c,a,b),\,p,\,q}, \qquad 0 \le a, b < u$$

    Parameters
    ----------
    x : (N, C u^2, P, Q).
    upscale_factor : u.

    Returns
    -------
    y : (N, C, u P, u Q), the same numbers.

    Raises
    ------
    ShapeError : when the number of channels is no multiple of u^2.

    **Source** Shi and others (2016).
    **Book** eq-pixel-shuffle
    """
    u = shuffle_factor("pixel_shuffle", x, "upscale_factor", upscale_factor, down=False)
    return _to_pixels(x, u).copy(), lambda dy: (_to_channels(dy, u).copy(),)


@differentiable
def pixel_unshuffle(x: Float[Array, "N C H W"], *, downscale_factor: int) -> Float[Array, "N G P Q"]:
    r"""Turn blocks of pixels into groups of channels: the inverse of `pixel_shuffle`, and its adjoint.

    $$y_{n,\,(c,a,b),\,p,\,q} = x_{n,\,c,\;p u + a,\;q u + b}, \qquad 0 \le a, b < u$$

    Parameters
    ----------
    x : (N, C, H, W).
    downscale_factor : u, which divides H and W.

    Returns
    -------
    y : (N, C u^2, H / u, W / u), the same numbers.

    Raises
    ------
    ShapeError : when the blocks do not tile the image.

    **Source** torch.nn.functional.pixel_unshuffle, which names it; Shi and others (2016).
    **Book** eq-pixel-shuffle
    """
    u = shuffle_factor("pixel_unshuffle", x, "downscale_factor", downscale_factor, down=True)
    return _to_channels(x, u).copy(), lambda dy: (_to_pixels(dy, u).copy(),)
