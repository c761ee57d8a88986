"""A residual network of any depth for small images, and the same network without its shortcuts."""

from collections.abc import Callable, Sequence

import numpy as np

from dlbook.differentiable import differentiable, vjp
from dlbook.numpy.architectures.layers import Layer, Norms, Stats, activate, check_layer, convolve
from dlbook.numpy.architectures.shortcuts import after, before, check_block
from dlbook.numpy.deep_networks.rectifiers import relu
from dlbook.numpy.deep_networks.training import add_penalty
from dlbook.numpy.linear_classifiers.arguments import (
    above_zero,
    at_least_zero,
    check_generator,
    float_dtype,
    whole_number,
)
from dlbook.numpy.linear_classifiers.cross_entropy import cross_entropy
from dlbook.numpy.linear_classifiers.linear import linear
from dlbook.numpy.normalization.batch import batch_statistics, init_running
from dlbook.shapes import Array, Float, ShapeError

__all__ = ["init_residual_network", "residual_network", "residual_network_objective"]

Block = tuple[tuple[Layer, ...], Layer]
Params = tuple[Layer, tuple[tuple[Block, ...], ...], Layer, Layer]


def check_parts(function: str, params) -> None:
    """Refuse what is no network: a layer in its place, or a network together with its statistics."""
    if len(params) != 4:
        raise ShapeError(
            f"{function}: params has {len(params)} parts, expected (stem, stages, last, head); an objective takes "
            "(params, running) with track = True, and params alone without it"
        )


def forward(function: str, x: Array, params: Params, norms: Norms, preactivation: bool, skip: bool):
    """Return the scores and the pullback, which gives gradients of x, of params and of the statistics."""
    check_parts(function, params)
    stem, stages, last, head = params
    check_layer(function, "the stem", stem, x.shape[1])
    h, stem_pullback = convolve(x, stem, norms)
    h, relu_pullback = vjp(relu, h)
    run, blocks = before if preactivation else after, []
    for s, stage in enumerate(stages):
        for b, (branch, shortcut) in enumerate(stage):
            check_block(f"{function}, stage {s}, block {b}", h, branch, shortcut, preactivation, skip)
            h, block_pullback = run(h, branch, shortcut, norms, 2 if s and not b else 1, skip)
            blocks.append(block_pullback)
    if [a.shape for a in last] not in ([], [(h.shape[1],)] * 2):
        raise ShapeError(f"{function}: last has {[a.shape for a in last]}, expected gamma, beta of {h.shape[1]} or ()")
    if len(head) != 2 or [a.shape for a in head] != [(len(head[-1]), h.shape[1]), (len(head[-1]),)]:
        raise ShapeError(f"{function}: head has {[a.shape for a in head]}, expected (K, {h.shape[1]}) and (K,)")
    if last:
        h, last_pullback = activate(h, (head[0], *last), norms)
    y, head_pullback = vjp(linear, h.mean(axis=(2, 3)), *head)
    norms.done()

    def pullback(dy):
        dh, *dhead = head_pullback(dy)
        dh = np.broadcast_to(dh[:, :, None, None] / (h.shape[2] * h.shape[3]), h.shape)
        dlast, of_running, found = (), (), []
        if last:
            dh, dlast, of_running = last_pullback(dh)
        for block_pullback in reversed(blocks):
            dh, dbranch, dshortcut, of_norms = block_pullback(dh)
            found.append((dbranch, dshortcut))
            of_running = (*of_norms, *of_running)
        dx, dstem, of_norm = stem_pullback(*relu_pullback(dh))
        found.reverse()
        grads = iter(found)
        dstages = tuple(tuple(next(grads) for _ in stage) for stage in stages)
        return dx, (dstem, dstages, dlast, tuple(dhead)), (*of_norm, *of_running)

    return y, pullback


@differentiable
def residual_network(
    x: Float[Array, "N C H W"], params: Params, running: Stats | None = None, *, preactivation: bool = False,
    skip: bool = True, eps: float = 1e-5,
) -> Float[Array, "N K"]:
    r"""Send images through a residual network: a convolution, stages of blocks, the mean of each map, a linear layer.

    $$h_0 = \max\big(0,\, \operatorname{bn}(w \star x)\big), \qquad h_{l+1} = \text{residual\_block}(h_l), \qquad
    y = W \operatorname{mean}(h_L) + b$$

    Parameters
    ----------
    x : (N, C, H, W).
    params : (stem, stages, last, head). The stem is a layer as in `residual_block`; a stage is a tuple of blocks
        (branch, shortcut), and the first block of every stage but the first has a stride of two; last is gamma and
        beta of a batch norm with a rectifier behind the blocks, which pre-activated blocks need, or (); head is
        (weight, bias).
    running : for each batch norm in the order of the forward pass, a shortcut's behind its branch's, a pair (mean,
        variance), which are then used, in evaluation. None uses the batch.
    preactivation, eps : as in `residual_block`.
    skip : False leaves all shortcuts out: the plain network of the same layers.

    Returns
    -------
    y : (N, K), scores.

    Raises
    ------
    ShapeError : when a layer does not fit the one before, or the statistics do not fit.

    **Source** He, Zhang, Ren and Sun (2016), section 4.2.
    **Book** eq-resnet
    """
    norms = Norms("residual_network", running, above_zero("residual_network", "eps", eps))
    y, pullback = forward("residual_network", x, params, norms, preactivation, skip)

    def back(dy):
        dx, grads, of_running = pullback(dy)
        return dx, grads, None if running is None else of_running

    return y, back


def init_residual_network(
    channels: int, widths: Sequence[int], blocks: int, classes: int, rng: np.random.Generator, *,
    bottleneck: int = 0, preactivation: bool = False, skip: bool = True, dtype: str = "float32",
) -> tuple[Params, Stats]:
    r"""Draw a residual network, and the statistics with which its running averages begin.

    $$w \sim \mathcal N\Big(0, \frac{2}{R^2 F}\Big), \qquad \gamma = 1, \qquad \beta = 0$$

    Parameters
    ----------
    channels : C, of the images.
    widths : the channels of each stage; a stage halves the image.
    blocks : how many blocks a stage has. With basic blocks the network has 2 * blocks * len(widths) + 2 layers.
    classes : K.
    rng : draws the weights in float64, layer by layer.
    bottleneck : 0 for basic blocks; a whole number e for bottlenecks, with widths / e channels inside.
    preactivation : as in `residual_network`.
    skip : False draws no projections, for a plain network.
    dtype : of all arrays.

    Returns
    -------
    params, running : for `residual_network`.

    Raises
    ------
    ValueError : for a number out of range.

    **Source** He, Zhang, Ren and Sun (2015), eq. 14, for the outputs; (2016), section 4.2.
    **Book** eq-resnet
    """
    check_generator("init_residual_network", rng)
    dtype = float_dtype("init_residual_network", dtype)
    numbers = {"channels": channels, "blocks": blocks, "classes": classes}
    channels, blocks, classes = (whole_number("init_residual_network", name, n, 1) for name, n in numbers.items())
    widths = [whole_number("init_residual_network", f"widths[{i}]", w, 1) for i, w in enumerate(widths)]
    inner = whole_number("init_residual_network", "bottleneck", bottleneck, 0)
    if not widths or (inner and any(w % inner for w in widths)):
        raise ValueError(
            f"init_residual_network: widths is {widths}, expected at least one, multiples of bottleneck {inner}"
        )
    running = []

    def layer(before: int, after: int, kernel: int, *, norm: int):
        if norm:
            running.append(init_running(norm, dtype=dtype))
        weight = rng.standard_normal((after, before, kernel, kernel)) * (2 / (after * kernel**2)) ** 0.5
        return (weight.astype(dtype), *((np.ones(norm, dtype), np.zeros(norm, dtype)) if norm else ()))

    stem, stages, width = layer(channels, widths[0], 3, norm=widths[0]), [], widths[0]
    for stage, w in enumerate(widths):
        built = []
        for b in range(blocks):
            kernels = (1, 3, 1) if inner else (3, 3)
            path = [width, *((w // inner, w // inner) if inner else (w,)), w]
            branch = tuple(
                layer(path[i], path[i + 1], k, norm=path[i] if preactivation else path[i + 1])
                for i, k in enumerate(kernels)
            )
            changes = skip and (width != w or (stage and not b))
            built.append((branch, layer(width, w, 1, norm=0 if preactivation else w) if changes else ()))
            width = w
        stages.append(tuple(built))
    last = ()
    if preactivation:
        last = np.ones(width, dtype), np.zeros(width, dtype)
        running.append(init_running(width, dtype=dtype))
    head = (rng.standard_normal((classes, width)) / width**0.5).astype(dtype), np.zeros(classes, dtype)
    return (stem, tuple(stages), last, head), tuple(running)


def residual_network_objective(
    loss: Callable = cross_entropy, *, preactivation: bool = False, skip: bool = True, strength: float = 0.0,
    eps: float = 1e-5, track: bool = False, **loss_options,
) -> Callable:
    r"""Build the cost of a residual network in training mode: the mean loss of its scores, and a price on its weights.

    $$J(\theta; B) = \frac{1}{|B|} \sum_{n \in B} \ell\big(f(x_n; \theta, B),\, t_n\big)
    + \lambda \sum_l \lVert w^{(l)} \rVert^2$$

    Parameters
    ----------
    loss : a `@differentiable` function of `(scores, target)` with a scalar value.
    preactivation, skip, eps : as in `residual_network`.
    strength : lambda, at least 0; gamma, beta and bias go free.
    track : also return the statistics of the batch, for an optimizer made by `track_running`.
    **loss_options : options of the loss.

    Returns
    -------
    A function of `(params, x, target)` that returns `(cost, grads)`; with track a function of
    `((params, running), x, target)` that returns `(cost, (grads, statistics))`.

    Raises
    ------
    ValueError : for an option outside its range.

    **Source** He, Zhang, Ren and Sun (2016), section 4.2.
    **Book** eq-resnet
    """
    strength = at_least_zero("residual_network_objective", "strength", strength)
    eps = above_zero("residual_network_objective", "eps", eps)

    def value_and_grad(network, x, target):
        params = network[0] if track else network
        norms = Norms("residual_network_objective", None, eps)
        scores, pullback = forward("residual_network_objective", x, params, norms, preactivation, skip)
        cost, loss_pullback = vjp(loss, scores, target, **loss_options)
        _, grads, _ = pullback(loss_pullback(1.0)[0])
        cost = add_penalty(cost, params, grads, strength)
        return cost, (grads, tuple(map(batch_statistics, norms.seen))) if track else grads

    return value_and_grad
