"""The residual block: basic or bottleneck, with the activation after the sum or before each convolution."""

from collections.abc import Callable

from dlbook.differentiable import differentiable, vjp
from dlbook.numpy.architectures.layers import Layer, Norms, Stats, activate, check_layer, convolve
from dlbook.numpy.convolution.conv import conv2d
from dlbook.numpy.deep_networks.rectifiers import relu
from dlbook.numpy.linear_classifiers.arguments import above_zero, whole_number
from dlbook.shapes import Array, Float, ShapeError

__all__ = ["residual_block"]


def place_of_stride(branch: tuple[Layer, ...]) -> int:
    """Return which layer of a branch takes the stride: the first whose kernel looks around, else the first."""
    return next((i for i, layer in enumerate(branch) if layer[0].shape[2] > 1), 0)


def check_block(function: str, x: Array, branch, shortcut: Layer, preactivation: bool, skip: bool) -> None:
    """Refuse layers that do not fit each other, or a shortcut where there is none."""
    if not branch:
        raise ShapeError(f"{function}: branch holds no layer, expected at least one")
    channels = x.shape[1]
    for i, layer in enumerate(branch):
        check_layer(function, f"branch[{i}]", layer, channels, norm_first=preactivation)
        channels = len(layer[0])
    if shortcut:
        check_layer(function, "shortcut", shortcut, x.shape[1])
        if not skip or len(shortcut[0]) != channels or shortcut[0].shape[2] != 1 or (
            preactivation and len(shortcut) == 3
        ):
            raise ShapeError(
                f"{function}: shortcut has weight {shortcut[0].shape}, expected ({channels}, {x.shape[1]}, 1, 1), no "
                "norm with preactivation, and no shortcut at all with skip = False"
            )


def add_up(function: str, a: Array, s: Array) -> Array:
    """Return the sum of branch and shortcut."""
    if a.shape != s.shape:
        raise ShapeError(
            f"{function}: the branch gave {a.shape} and the shortcut {s.shape}; where the branch changes channels or "
            "size the shortcut needs a weight (F, C, 1, 1)"
        )
    return a + s


def after(x: Array, branch, shortcut: Layer, norms: Norms, stride: int, skip: bool) -> tuple[Array, Callable]:
    """Run a block whose last rectifier stands behind the sum."""
    a, parts, place = x, [], place_of_stride(branch)
    for i, layer in enumerate(branch):
        if i:
            a, relu_pullback = vjp(relu, a)
            parts.append(lambda dy, back=relu_pullback: (*back(dy), None, ()))
        a, conv_pullback = convolve(a, layer, norms, stride=stride if i == place else 1)
        parts.append(conv_pullback)
    s, project_pullback = convolve(x, shortcut, norms, stride=stride) if shortcut else (x, None)
    y, relu_pullback = vjp(relu, add_up(norms.function, a, s) if skip else a)

    def pullback(dy):
        (dsum,) = relu_pullback(dy)
        da, grads, of_running, dshortcut = dsum, [], (), ()
        for part in reversed(parts):
            da, own, of_norm = part(da)
            of_running = (*of_norm, *of_running)
            if own is not None:
                grads.append(own)
        ds = dsum
        if project_pullback:
            ds, dshortcut, of_norm = project_pullback(dsum)
            of_running = (*of_running, *of_norm)
        # The gradient comes back on both ways, and the two meet at x in a sum.
        return da + ds if skip else da, tuple(reversed(grads)), dshortcut, of_running

    return y, pullback


def before(x: Array, branch, shortcut: Layer, norms: Norms, stride: int, skip: bool) -> tuple[Array, Callable]:
    """Run a block in which norm and rectifier stand before each convolution, and nothing behind the sum."""
    a, parts, place, first, project_pullback = x, [], place_of_stride(branch), None, None
    for i, layer in enumerate(branch):
        h, activate_pullback = activate(a, layer, norms)
        first = h if first is None else first
        bias = layer[1:] if len(layer) == 2 else ()
        how = {"stride": stride if i == place else 1, "padding": layer[0].shape[2] // 2}
        a, conv_pullback = vjp(conv2d, h, layer[0], *bias, **how)
        parts.append((activate_pullback, conv_pullback))
    s = x
    if shortcut:
        s, project_pullback = convolve(first, shortcut, norms, stride=stride)  # it starts behind the first rectifier
    y = add_up(norms.function, a, s) if skip else a

    def pullback(dy):
        da, grads, of_running, dshortcut = dy, [], (), ()
        for i, (activate_pullback, conv_pullback) in reversed(list(enumerate(parts))):
            dh, *own = conv_pullback(da)
            if i == 0 and project_pullback:
                ds, dshortcut, _ = project_pullback(dy)
                dh = dh + ds
            da, of_gamma_beta, of_norm = activate_pullback(dh)
            grads.append((*own, *of_gamma_beta))
            of_running = (*of_norm, *of_running)
        dx = da + dy if skip and not project_pullback else da
        return dx, tuple(reversed(grads)), dshortcut, of_running

    return y, pullback


@differentiable
def residual_block(
    x: Float[Array, "N C H W"], branch: tuple[Layer, ...], shortcut: Layer = (), running: Stats | None = None, *,
    stride: int = 1, preactivation: bool = False, skip: bool = True, eps: float = 1e-5,
) -> Float[Array, "N F P Q"]:
    r"""Add to x, or to a projection of it, what a few convolutions make of it.

    $$y = \max\big(0,\; S(x) + F(x)\big), \qquad \text{with preactivation} \quad y = S(x) + F(x)$$

    F is the branch: convolution, batch norm, rectifier, ..., convolution, batch norm. With preactivation each of its
    layers is batch norm, rectifier, convolution. S is the identity or the shortcut.

    Parameters
    ----------
    x : (N, C, H, W).
    branch : layers (weight, gamma, beta) with a batch norm, or (weight, bias), or (weight,), with odd kernels: two of
        3 x 3 are the basic block, 1 x 1, 3 x 3 and 1 x 1 the bottleneck. With preactivation gamma and beta are of the
        channels that the layer is given.
    shortcut : such a layer with a kernel of 1 x 1, or () for the identity. With preactivation it has no norm and
        begins behind the first rectifier.
    running : for each batch norm, the shortcut's last, a pair (mean, variance), which are then used, in evaluation.
        None uses the batch.
    stride : of the first layer whose kernel is larger than 1 x 1, and of the shortcut.
    preactivation : normalize and rectify before each convolution and not after.
    skip : False leaves S out, for comparison: a plain block.
    eps : of the batch norms.

    Returns
    -------
    y : (N, F, P, Q).

    Raises
    ------
    ShapeError : when layers do not fit each other, or branch and shortcut do not fit.
    ValueError : for an option out of range.

    **Source** He, Zhang, Ren and Sun (2016), eqs. 1 and 2; (2016b), fig. 4(e), for preactivation.
    **Book** eq-residual-block, eq-preactivation, eq-residual-backward
    """
    stride = whole_number("residual_block", "stride", stride, 1)
    check_block("residual_block", x, branch, shortcut, preactivation, skip)
    norms = Norms("residual_block", running, above_zero("residual_block", "eps", eps))
    run = before if preactivation else after
    y, pullback = run(x, branch, shortcut, norms, stride, skip)
    norms.done()

    def back(dy):
        *grads, of_running = pullback(dy)
        return *grads, None if running is None else of_running

    return y, back
