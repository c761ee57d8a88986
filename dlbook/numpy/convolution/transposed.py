"""Transposed convolution: the way back of a convolution, used as a layer that enlarges."""

from dlbook.differentiable import differentiable
from dlbook.numpy.convolution.conv import Both
from dlbook.numpy.convolution.geometry import Axis, conv_transpose_output_size, pair
from dlbook.numpy.convolution.lowered import collect, correlate, spread
from dlbook.numpy.linear_classifiers.arguments import whole_number
from dlbook.shapes import Array, Float, ShapeError

__all__ = ["conv_transpose1d", "conv_transpose2d"]


def transposed_axes(
    function: str, x: Array, weight: Array, stride, padding, output_padding, dilation
) -> tuple[Axis, Axis]:
    """Return the geometry of the convolution that is transposed: x has its windows, the result its entries."""
    strides, gaps = pair(function, "stride", stride, 1), pair(function, "dilation", dilation, 1)
    sides, extra = pair(function, "padding", padding, 0), pair(function, "output_padding", output_padding, 0)
    axes = []
    for size, kernel, s, p, e, d in zip(x.shape[2:], weight.shape[2:], strides, sides, extra, gaps, strict=True):
        if e >= max(s, d):
            raise ValueError(
                f"{function}: output_padding is {output_padding}, expected less than the stride {s} or the dilation {d}"
            )
        if (large := (size - 1) * s - 2 * p + d * (kernel - 1) + 1 + e) < 1:
            raise ShapeError(f"{function}: {size} entries with padding {p} would give {large}, expected at least 1")
        whole = conv_transpose_output_size(size, kernel, stride=s, padding=p, output_padding=e, dilation=d)
        axes.append(Axis(whole, size, kernel, s, d, p, p))
    return axes[0], axes[1]


def check_transposed(function: str, x: Array, weight: Array, bias, groups: int) -> int:
    groups = whole_number(function, "groups", groups, 1)
    if x.shape[1] != len(weight) or len(weight) % groups:
        raise ShapeError(
            f"{function}: x has {x.shape[1]} channels and weight shape {weight.shape} with groups = {groups}, "
            f"expected weight to have as many rows as x channels, a multiple of groups"
        )
    if bias is not None and len(bias) != groups * weight.shape[1]:
        raise ShapeError(
            f"{function}: bias has {len(bias)} entries, expected groups * {weight.shape[1]} = "
            f"{groups * weight.shape[1]}, one for each output channel"
        )
    return groups


@differentiable
def conv_transpose2d(
    x: Float[Array, "N C P Q"], weight: Float[Array, "C J R S"], bias: Float[Array, " F"] | None = None, *,
    stride: Both = 1, padding: Both = 0, output_padding: Both = 0, groups: int = 1, dilation: Both = 1,
) -> Float[Array, "N F H W"]:
    r"""Let every entry of a small image paint its kernel into a large one: the adjoint of a convolution.

    $$y_{nfij} = b_f + \sum_{c} \; \sum_{p s_h + r d_h = i + p_h} \; \sum_{q s_w + s d_w = j + p_w}
    w_{cfrs}\; x_{ncpq}$$

    It is the pullback of `conv2d` with respect to its input, as a function of the cotangent, and so its own
    pullback is a convolution.

    Parameters
    ----------
    x : (N, C, P, Q).
    weight : (C, F / groups, R, S): the first axis counts the channels of x, as it counts the filters of the
        convolution that is transposed.
    bias : (F,) or None.
    stride, padding, dilation, groups : of the convolution that is transposed.
    output_padding : which of the sizes that this convolution would shrink to P and Q; below stride or dilation.

    Returns
    -------
    y : (N, F, H, W), with H and W as `conv_transpose_output_size` says.

    Raises
    ------
    ShapeError : when channels, kernels, bias and groups do not fit, or nothing would be left.
    ValueError : for an option out of range.

    **Source** Dumoulin and Visin (2016), chapter 4.
    **Book** eq-conv-transpose, eq-conv-transpose-size
    """
    groups = check_transposed("conv_transpose2d", x, weight, bias, groups)
    rows, columns = transposed_axes("conv_transpose2d", x, weight, stride, padding, output_padding, dilation)
    y = spread(x, weight, rows, columns, groups)
    if bias is not None:
        y += bias[:, None, None]

    def pullback(dy):
        dx = correlate(dy, weight, rows, columns, groups)
        dweight = collect(dy, x, rows, columns, groups)  # dy plays the image, x the cotangent
        dbias = None if bias is None else dy.sum(axis=(0, 2, 3))
        return dx, dweight, dbias

    return y, pullback


@differentiable
def conv_transpose1d(
    x: Float[Array, "N C Q"], weight: Float[Array, "C J S"], bias: Float[Array, " F"] | None = None, *,
    stride: int = 1, padding: int = 0, output_padding: int = 0, groups: int = 1, dilation: int = 1,
) -> Float[Array, "N F W"]:
    r"""Let every entry of a short signal paint its kernel into a long one: the adjoint of `conv1d`.

    $$y_{nfj} = b_f + \sum_{c} \; \sum_{q t + s d = j + p} w_{cfs}\; x_{ncq}$$

    Parameters
    ----------
    x : (N, C, Q).
    weight : (C, F / groups, S).
    bias : (F,) or None.
    stride, padding, output_padding, groups, dilation : as in `conv_transpose2d`.

    Returns
    -------
    y : (N, F, W), with W as `conv_transpose_output_size` says.

    Raises
    ------
    ShapeError : when channels, kernels, bias and groups do not fit, or nothing would be left.
    ValueError : for an option out of range.

    **Source** Dumoulin and Visin (2016), chapter 4.
    **Book** eq-conv-transpose1d
    """
    groups = check_transposed("conv_transpose1d", x, weight, bias, groups)
    small, kernels = x[:, :, None], weight[:, :, None]
    rows, columns = transposed_axes(
        "conv_transpose1d", small, kernels, (1, stride), (0, padding), (0, output_padding), (1, dilation)
    )
    y = spread(small, kernels, rows, columns, groups)[:, :, 0]
    if bias is not None:
        y += bias[:, None]

    def pullback(dy):
        large = dy[:, :, None]
        dx = correlate(large, kernels, rows, columns, groups)[:, :, 0]
        dweight = collect(large, small, rows, columns, groups)[:, :, 0]
        dbias = None if bias is None else dy.sum(axis=(0, 2))
        return dx, dweight, dbias

    return y, pullback
