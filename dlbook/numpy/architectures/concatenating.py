"""Blocks that put channels side by side: inception, and the dense block."""

import numpy as np

from dlbook.differentiable import differentiable, vjp
from dlbook.numpy.architectures.layers import Layer, Norms, Stats, activate, check_layer, convolve
from dlbook.numpy.convolution.conv import conv2d
from dlbook.numpy.convolution.pooling import max_pool2d
from dlbook.numpy.deep_networks.rectifiers import relu
from dlbook.numpy.linear_classifiers.arguments import above_zero
from dlbook.shapes import Array, Float, ShapeError

__all__ = ["dense_block", "inception_block"]


@differentiable
def inception_block(
    x: Float[Array, "N C H W"], branches: tuple[tuple[Layer, ...], ...]
) -> Float[Array, "N F H W"]:
    r"""Look at x with kernels of several sizes at once and put all that they find side by side.

    $$y = \big[\, \rho(w_1 \star x),\;\; \rho(w_3 \star \rho(v_3 \star x)),\;\; \rho(w_5 \star \rho(v_5 \star x)),\;\;
    \rho(w_p \star \operatorname{maxpool} x) \,\big], \qquad \rho = \max(0, \cdot)$$

    Parameters
    ----------
    x : (N, C, H, W).
    branches : of each branch its layers (weight, bias) with odd kernels, each followed by a rectifier. The last
        branch begins with the maximum of windows of 3 x 3. In GoogLeNet: one layer of 1 x 1; 1 x 1 and 3 x 3; 1 x 1
        and 5 x 5; 1 x 1 behind the pooling.

    Returns
    -------
    y : (N, F, H, W), the channels of all branches in their order.

    Raises
    ------
    ShapeError : when there is no branch, a branch has no layer, or layers do not fit.

    **Source** Szegedy and others (2015), fig. 2(b).
    **Book** eq-inception
    """
    if not branches or not all(branches):
        raise ShapeError("inception_block: branches must hold at least one branch, each of at least one layer")
    norms = Norms("inception_block", None, 1e-5)
    found, pullbacks = [], []
    for b, branch in enumerate(branches):
        h, parts = x, []
        if b == len(branches) - 1:
            h, pool_pullback = vjp(max_pool2d, h, kernel_size=3, stride=1, padding=1)
        for i, layer in enumerate(branch):
            check_layer("inception_block", f"branches[{b}][{i}]", layer, h.shape[1])
            h, conv_pullback = convolve(h, layer, norms)
            h, relu_pullback = vjp(relu, h)
            parts.append((conv_pullback, relu_pullback))
        found.append(h)
        pullbacks.append(parts)
    ends = np.cumsum([h.shape[1] for h in found])[:-1]

    def pullback(dy):
        dx, dbranches = np.zeros_like(x), []
        for b, (dh, parts) in enumerate(zip(np.split(dy, ends, axis=1), pullbacks, strict=True)):
            grads = []
            for conv_pullback, relu_pullback in reversed(parts):
                dh, own, _ = conv_pullback(*relu_pullback(dh))
                grads.append(own)
            if b == len(pullbacks) - 1:
                (dh,) = pool_pullback(dh)
            dx += dh  # every branch has looked at x
            dbranches.append(tuple(reversed(grads)))
        return dx, tuple(dbranches)

    return np.concatenate(found, axis=1), pullback


@differentiable
def dense_block(
    x: Float[Array, "N C H W"], params: tuple[Layer, ...], running: Stats | None = None, *, eps: float = 1e-5
) -> Float[Array, "N F H W"]:
    r"""Let each layer see what all layers before it have found, and add its own few channels to the pile.

    $$h_0 = x, \qquad h_l = w_l \star \max\big(0,\, \operatorname{bn}_l [h_0, \dots, h_{l-1}]\big), \qquad
    y = [h_0, \dots, h_L]$$

    Parameters
    ----------
    x : (N, C, H, W).
    params : of each layer (weight, gamma, beta), gamma and beta of the channels that it is given, or (weight, bias)
        or (weight,) without a batch norm; odd kernels. A layer sees C plus all that the layers before it have added.
    running : for each batch norm a pair (mean, variance), which are then used, in evaluation; None uses the batch.
    eps : of the batch norms.

    Returns
    -------
    y : (N, F, H, W): x's channels first, then those of each layer.

    Raises
    ------
    ShapeError : when a layer does not fit what stands before it.

    **Source** Huang, Liu, van der Maaten and Weinberger (2017), eq. 2.
    **Book** eq-dense-block
    """
    norms = Norms("dense_block", running, above_zero("dense_block", "eps", eps))
    y, parts = x, []
    for i, layer in enumerate(params):
        check_layer("dense_block", f"params[{i}]", layer, y.shape[1], norm_first=True)
        h, activate_pullback = activate(y, layer, norms)
        bias = layer[1:] if len(layer) == 2 else ()
        h, conv_pullback = vjp(conv2d, h, layer[0], *bias, padding=layer[0].shape[2] // 2)
        parts.append((activate_pullback, conv_pullback, y.shape[1]))
        y = np.concatenate([y, h], axis=1)
    norms.done()

    def pullback(dy):
        grads, of_running = [], ()
        for activate_pullback, conv_pullback, known in reversed(parts):
            dh, *own = conv_pullback(dy[:, known:])
            dh, of_gamma_beta, of_norm = activate_pullback(dh)
            dy = dy[:, :known] + dh  # what was known is handed on, and was looked at
            grads.append((*own, *of_gamma_beta))
            of_running = (*of_norm, *of_running)
        return dy.copy(), tuple(reversed(grads)), None if running is None else of_running

    return y.copy(), pullback
