"""Two blocks of later networks: squeeze and excitation, and ConvNeXt."""

from dlbook.differentiable import differentiable, vjp
from dlbook.numpy.architectures.layers import Layer
from dlbook.numpy.convolution.conv import conv2d
from dlbook.numpy.deep_networks.rectifiers import relu
from dlbook.numpy.deep_networks.smooth import gelu
from dlbook.numpy.linear_classifiers.arguments import above_zero
from dlbook.numpy.linear_classifiers.binary import sigmoid
from dlbook.numpy.linear_classifiers.linear import linear
from dlbook.numpy.normalization.features import layer_norm
from dlbook.shapes import Array, Float, ShapeError

__all__ = ["convnext_block", "se_block"]

Parts = tuple[Layer, Layer, Layer, Layer, Float[Array, " C"]]


@differentiable
def se_block(
    x: Float[Array, "N C H W"], w1: Float[Array, "K C"], b1: Float[Array, " K"], w2: Float[Array, "C K"],
    b2: Float[Array, " C"],
) -> Float[Array, "N C H W"]:
    r"""Weigh every channel by a number between 0 and 1 that depends on all channels: squeeze and excitation.

    $$z_c = \frac{1}{HW} \sum_{ij} x_{cij}, \qquad g = \sigma\big(W_2 \max(0,\, W_1 z + b_1) + b_2\big), \qquad
    y_{cij} = g_c\, x_{cij}$$

    Parameters
    ----------
    x : (N, C, H, W).
    w1, b1 : (K, C) and (K,), from the means of the channels to fewer units.
    w2, b2 : (C, K) and (C,), back to a gate for each channel.

    Returns
    -------
    y : x's shape.

    **Source** Hu, Shen and Sun (2018), eqs. 2 to 4.
    **Book** eq-squeeze-excitation, eq-se-backward
    """
    places = x.shape[2] * x.shape[3]
    h, squeeze_pullback = vjp(linear, x.mean(axis=(2, 3)), w1, b1)
    h, relu_pullback = vjp(relu, h)
    s, excite_pullback = vjp(linear, h, w2, b2)
    gate, sigmoid_pullback = vjp(sigmoid, s)
    gate = gate[:, :, None, None]

    def pullback(dy):
        (ds,) = sigmoid_pullback((dy * x).sum(axis=(2, 3)))
        dh, dw2, db2 = excite_pullback(ds)
        dz, dw1, db1 = squeeze_pullback(*relu_pullback(dh))
        # x counts twice: it is weighed, and it decides on the weights.
        return dy * gate + dz[:, :, None, None] / places, dw1, db1, dw2, db2

    return x * gate, pullback


@differentiable
def convnext_block(x: Float[Array, "N C H W"], params: Parts, *, eps: float = 1e-6) -> Float[Array, "N C H W"]:
    r"""Look around in each channel, normalize each place, think in four times the width, and add.

    $$u = \operatorname{ln}(d \star x + b), \qquad
    y = x + \lambda \odot \big(W_2 \operatorname{gelu}(W_1 u + b_1) + b_2\big) \quad \text{at each place}$$

    Parameters
    ----------
    x : (N, C, H, W).
    params : (weight, bias) of a depthwise convolution, (C, 1, R, R) with R odd, 7 in the paper; (gamma, beta) of the
        layer norm, (C,); (w1, b1) from C to D channels; (w2, b2) from D to C; and lambda, (C,).
    eps : of the layer norm.

    Returns
    -------
    y : x's shape.

    Raises
    ------
    ShapeError : when parameters do not fit x or each other.

    **Source** Liu and others (2022), section 2.6 and fig. 4.
    **Book** eq-convnext
    """
    eps, channels = above_zero("convnext_block", "eps", eps), x.shape[1]
    if [len(pair) for pair in params[:4]] != [2] * 4:
        lengths = [len(pair) for pair in params[:4]]
        raise ShapeError(f"convnext_block: the first four of params hold {lengths} arrays, expected two in each")
    depthwise, norm, wide, narrow, scale = params
    shapes = [tuple(a.shape) for pair in params[:4] for a in pair]
    kernel, width = depthwise[0].shape[-1], len(wide[0])
    if kernel % 2 == 0 or [*shapes, scale.shape] != [
        (channels, 1, kernel, kernel), (channels,), (channels,), (channels,), (width, channels), (width,),
        (channels, width), (channels,), (channels,),
    ]:  # fmt: skip
        raise ShapeError(f"convnext_block: params has shapes {[*shapes, scale.shape]}, which do not fit {channels} "
                         "channels: expected (C, 1, R, R), (C,), (C,), (C,), (D, C), (D,), (C, D), (C,), (C,), R odd")
    h, conv_pullback = vjp(conv2d, x, *depthwise, padding=kernel // 2, groups=channels)
    rows = h.transpose(0, 2, 3, 1)  # the channels of a place side by side
    u, norm_pullback = vjp(layer_norm, rows.reshape(-1, channels), *norm, eps=eps)
    h, wide_pullback = vjp(linear, u, *wide)
    h, gelu_pullback = vjp(gelu, h)
    f, narrow_pullback = vjp(linear, h, *narrow)

    def pullback(dy):
        df = dy.transpose(0, 2, 3, 1).reshape(-1, channels)
        dscale = (df * f).sum(axis=0)
        dh, *dnarrow = narrow_pullback(df * scale)
        du, *dwide = wide_pullback(*gelu_pullback(dh))
        dh, *dnorm = norm_pullback(du)
        dx, *ddepthwise = conv_pullback(dh.reshape(rows.shape).transpose(0, 3, 1, 2))
        own = (tuple(ddepthwise), tuple(dnorm), tuple(dwide), tuple(dnarrow), dscale)
        return dy + dx, own

    return x + (f * scale).reshape(rows.shape).transpose(0, 3, 1, 2), pullback
