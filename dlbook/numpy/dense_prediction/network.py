"""Networks that answer at every pixel: down, across and up again."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from dlbook.differentiable import differentiable, vjp
from dlbook.numpy.convolution.conv import conv2d
from dlbook.numpy.convolution.pooling import max_pool2d
from dlbook.numpy.convolution.resize import interpolate
from dlbook.numpy.convolution.transposed import conv_transpose2d
from dlbook.numpy.deep_networks.rectifiers import relu
from dlbook.numpy.linear_classifiers.arguments import check_generator, float_dtype, whole_number
from dlbook.shapes import Array, Float, ShapeError

__all__ = ["fcn", "init_fcn", "init_unet", "unet"]

Layer = tuple[Float[Array, "F I R S"], Float[Array, " F"]]
Wide = tuple[Float[Array, "A B T U"], Float[Array, " B"]]
Head = tuple[Float[Array, "K J Y X"], Float[Array, " K"]]
UNetParams = tuple[tuple[Layer, ...], tuple[tuple[Wide, Layer], ...], Head]
FCNParams = tuple[tuple[Layer, ...], tuple[Head, ...]]


def check_depth(function: str, x, down, what: str, count: int, low: int, high: int) -> None:
    """Refuse a network whose halves or channels do not fit, and images too small to be halved so often."""
    if not down or not low <= count <= high:
        raise ShapeError(
            f"{function}: params has {len(down)} levels down and {count} {what}, expected at least one level and "
            f"{low if low == high else f'{low} to {high}'} {what}"
        )
    if down[0][0].shape[1] != x.shape[1]:
        raise ShapeError(
            f"{function}: x has {x.shape[1]} channels and the first weight shape {tuple(down[0][0].shape)}, "
            f"expected (F, {x.shape[1]}, R, S)"
        )
    if min(x.shape[2:]) >> (len(down) - 1) < 1:
        raise ShapeError(
            f"{function}: x has images of {x.shape[2]} x {x.shape[3]}, too small to be halved {len(down) - 1} times"
        )


def conv_relu(x, weight, bias):
    """Convolve and rectify; return the value and the way back."""
    y, conv_pullback = vjp(conv2d, x, weight, bias, padding="same")
    y, relu_pullback = vjp(relu, y)
    return y, lambda dy: conv_pullback(*relu_pullback(dy))


def encode(x, layers):
    """Convolve at each level and halve between them; return the maps, the finest first, and the way back of all."""
    maps, pullbacks = [], []
    for level, (weight, bias) in enumerate(layers):
        pool_pullback = None
        if level:
            x, pool_pullback = vjp(max_pool2d, x, kernel_size=2)
        x, layer_pullback = conv_relu(x, weight, bias)
        maps.append(x)
        pullbacks.append((layer_pullback, pool_pullback))

    def back(dmaps):
        """Take what arrives at each level, None for nothing; return dx and the gradients of the layers."""
        dx, grads = None, []
        for dmap, (layer_pullback, pool_pullback) in zip(reversed(dmaps), reversed(pullbacks), strict=True):
            dx = dmap if dx is None else dx if dmap is None else dx + dmap  # from below and from across: they add up
            if dx is None:  # nobody has looked at this level or below
                dx = np.zeros_like(maps[len(pullbacks) - 1 - len(grads)])
            dx, *own = layer_pullback(dx)
            grads.append(tuple(own))
            if pool_pullback:
                (dx,) = pool_pullback(dx)
        return dx, tuple(reversed(grads))

    return maps, back


@differentiable
def unet(x: Float[Array, "N C H W"], params: UNetParams, *, skip: bool = True) -> Float[Array, "N K H W"]:
    r"""Shrink an image level by level, enlarge it again, and on the way up look at what was there on the way down.

    $$h^{(l)} = \operatorname{relu}\big(w^{(l)} \star \operatorname{pool}(h^{(l-1)}) + b^{(l)}\big), \qquad
    g^{(l)} = \operatorname{relu}\big(v^{(l)} \star [\, h^{(l)},\; u^{(l)} \star^\top g^{(l+1)} + d^{(l)} \,]
    + c^{(l)}\big), \qquad y = a \star g^{(0)} + e$$

    Parameters
    ----------
    x : (N, C, H, W).
    params : (down, up, head). down: L + 1 convolutions with padding "same", each followed by a rectifier, with
        pooling by two between them. up: L pairs, coarsest first, of a transposed convolution with stride two and a
        convolution with padding "same". head: a last convolution, usually of one by one.
    skip : put the map of the way down beside the enlarged one; False gives the plain encoder-decoder, all of whose
        information passes the narrowest place.

    Returns
    -------
    y : (N, K, H, W), scores or depths for each pixel. H and W need not be even: the way up restores each size.

    Raises
    ------
    ShapeError : when the halves do not fit, or the image is too small to be halved so often.

    **Source** Ronneberger, Fischer and Brox (2015), with one convolution a level and padding.
    **Book** eq-unet
    """
    down, up, head = params
    check_depth("unet", x, down, "stages up", len(up), len(down) - 1, len(down) - 1)
    maps, down_pullback = encode(x, down)
    h, pullbacks = maps[-1], []
    for (wide, mix), across in zip(up, reversed(maps[:-1]), strict=True):
        # Halving has forgotten whether a size was odd: 2 h or 2 h + 1.
        rest = tuple(large - 2 * small for large, small in zip(across.shape[2:], h.shape[2:], strict=True))
        stride = {"stride": 2, "output_padding": rest} if any(rest) else {"stride": 2}
        h, wide_pullback = vjp(conv_transpose2d, h, *wide, **stride)
        if skip:
            h = np.concatenate([across, h], axis=1)
        h, mix_pullback = conv_relu(h, *mix)
        pullbacks.append((wide_pullback, mix_pullback, across.shape[1]))
    y, head_pullback = vjp(conv2d, h, *head, padding="same")

    def pullback(dy):
        dh, *dhead = head_pullback(dy)
        dmaps, dup = [], []
        for wide_pullback, mix_pullback, channels in reversed(pullbacks):
            dh, *dmix = mix_pullback(dh)
            dacross = None
            if skip:
                dacross, dh = dh[:, :channels], np.ascontiguousarray(dh[:, channels:])
            dmaps.append(dacross)
            dh, *dwide = wide_pullback(dh)
            dup.append((tuple(dwide), tuple(dmix)))
        dx, ddown = down_pullback([*dmaps, dh])
        return dx, (ddown, tuple(reversed(dup)), tuple(dhead))

    return y, pullback


@differentiable
def fcn(x: Float[Array, "N C H W"], params: FCNParams) -> Float[Array, "N K H W"]:
    r"""Classify every place of the coarsest map, enlarge the scores, and add those of the finer maps.

    $$s^{(L)} = a^{(L)} \star h^{(L)} + e^{(L)}, \qquad
    s^{(l)} = \operatorname{enlarge}(s^{(l+1)}) + a^{(l)} \star h^{(l)} + e^{(l)}$$

    down to the finest map that has a head; what is left is enlarged at once.

    Parameters
    ----------
    x : (N, C, H, W).
    params : (down, heads). down as in `unet`. heads: convolutions to K channels, usually of one by one, for the
        coarsest map first; one head alone is the network without skips.

    Returns
    -------
    y : (N, K, H, W), scores for each pixel; enlarging is bilinear and has no weights.

    Raises
    ------
    ShapeError : for no head or more heads than levels, or an image too small to be halved so often.

    **Source** Long, Shelhamer and Darrell (2015), section 4.2.
    **Book** eq-fcn
    """
    down, heads = params
    check_depth("fcn", x, down, "heads", len(heads), 1, len(down))
    maps, down_pullback = encode(x, down)
    s, pullbacks = None, []
    for head, h in zip(heads, reversed(maps), strict=False):
        grow_pullback = None
        if s is not None:
            s, grow_pullback = vjp(interpolate, s, size=h.shape[2:], mode="bilinear")
        own, head_pullback = vjp(conv2d, h, *head, padding="same")
        s = own if s is None else s + own
        pullbacks.append((head_pullback, grow_pullback))
    y, last_pullback = vjp(interpolate, s, size=x.shape[2:], mode="bilinear")

    def pullback(dy):
        (ds,) = last_pullback(dy)
        dmaps, dheads = [None] * (len(maps) - len(pullbacks)), []
        for head_pullback, grow_pullback in reversed(pullbacks):
            dh, *dhead = head_pullback(ds)
            dmaps.append(dh)
            dheads.append(tuple(dhead))
            if grow_pullback:
                (ds,) = grow_pullback(ds)
        dx, ddown = down_pullback(dmaps)
        return dx, (ddown, tuple(reversed(dheads)))

    return y, pullback


def _drawn(rng, gain: float, before: int, after: int, kernel: int, *, inputs: int | None = None):
    """Draw the kernels of a layer with variance gain over the inputs of a unit, and zeros for its bias."""
    scale = (gain / (inputs or before * kernel**2)) ** 0.5
    return scale * rng.standard_normal((after, before, kernel, kernel)), np.zeros(after)


def _encoder(function: str, channels: int, widths: Sequence[int], rng, kernel_size: int) -> tuple[list, list[int], int]:
    """Draw the layers of the way down; return them, all numbers of channels, and the size of the kernels."""
    check_generator(function, rng)
    kernel = whole_number(function, "kernel_size", kernel_size, 1)
    all_widths = [whole_number(function, "in_channels", channels, 1)]
    all_widths += [whole_number(function, f"widths[{i}]", w, 1) for i, w in enumerate(widths)]
    if len(all_widths) == 1:
        raise ValueError(f"{function}: widths is {widths}, expected at least one level")
    return [_drawn(rng, 2, a, b, kernel) for a, b in pairwise(all_widths)], all_widths, kernel


def _as_type(tree, dtype):
    """Return nested lists and tuples of arrays as tuples of arrays of one type."""
    return tree.astype(dtype) if isinstance(tree, np.ndarray) else tuple(_as_type(branch, dtype) for branch in tree)


def init_unet(
    in_channels: int, widths: Sequence[int], out_channels: int, rng: np.random.Generator, *, skip: bool = True,
    kernel_size: int = 3, dtype: str = "float32",
) -> UNetParams:
    r"""Draw the weights of a `unet`, the smaller the more inputs their unit adds up.

    $$w \sim \mathcal N\Big(0, \frac{2}{C R^2}\Big), \qquad u, a \sim \mathcal N\Big(0, \frac1C\Big), \qquad b = 0$$

    before a rectifier, and for the layers that enlarge and answer.

    Parameters
    ----------
    in_channels : of the image.
    widths : channels of each level, the finest first.
    out_channels : K.
    rng : draws the weights in float64, layer by layer.
    skip : as in `unet`.
    kernel_size : of the convolutions of the levels; those that enlarge are of two by two, the head of one by one.
    dtype : of weights and biases.

    Returns
    -------
    params : (down, up, head).

    Raises
    ------
    ValueError : for a number out of range, or no level.

    **Source** He, Zhang, Ren and Sun (2015), eq. 10.
    **Book** eq-unet
    """
    out, dtype = whole_number("init_unet", "out_channels", out_channels, 1), float_dtype("init_unet", dtype)
    down, channels, kernel = _encoder("init_unet", in_channels, widths, rng, kernel_size)
    up = []
    for small, large in pairwise(channels[:0:-1]):
        weight, _ = _drawn(rng, 1, large, small, 2, inputs=small)  # with stride two a place sees one tap
        up.append(((weight, np.zeros(large)), _drawn(rng, 2, 2 * large if skip else large, large, kernel)))
    return _as_type((down, up, _drawn(rng, 1, channels[1], out, 1)), dtype)


def init_fcn(
    in_channels: int, widths: Sequence[int], out_channels: int, rng: np.random.Generator, *, heads: int | None = None,
    kernel_size: int = 3, dtype: str = "float32",
) -> FCNParams:
    r"""Draw the weights of an `fcn`, the smaller the more inputs their unit adds up.

    Parameters
    ----------
    in_channels, widths, out_channels, rng, kernel_size, dtype : as in `init_unet`.
    heads : how many levels are classified, the coarsest first; None for all.

    Returns
    -------
    params : (down, heads).

    Raises
    ------
    ValueError : for a number out of range, or no level.

    **Source** He, Zhang, Ren and Sun (2015), eq. 10.
    **Book** eq-fcn
    """
    out, dtype = whole_number("init_fcn", "out_channels", out_channels, 1), float_dtype("init_fcn", dtype)
    down, channels, _ = _encoder("init_fcn", in_channels, widths, rng, kernel_size)
    count = len(down) if heads is None else whole_number("init_fcn", "heads", heads, 1)
    if count > len(down):
        raise ValueError(f"init_fcn: heads is {heads}, expected at most {len(down)}, the number of levels")
    return _as_type((down, [_drawn(rng, 1, c, out, 1) for c in channels[:0:-1][:count]]), dtype)
