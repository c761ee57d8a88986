"""Images that a class likes best, painted by climbing its score."""

from collections.abc import Callable
from typing import Any

import numpy as np

from dlbook.numpy.convolution.conv import conv2d
from dlbook.numpy.convolution.filters import gaussian_kernel
from dlbook.numpy.convolution.windows import pad
from dlbook.numpy.linear_classifiers.arguments import above_zero, at_least_zero, between, whole_number
from dlbook.numpy.visualization.gradients import score_and_gradient
from dlbook.shapes import Array, Float, Int

__all__ = ["activation_maximization"]


def activation_maximization(
    f: Callable, start: Float[Array, "N C H W"], target: Int[Array, " N"], *params: Any, lr: float, steps: int,
    decay: float = 0.0, blur: float = 0.0, **options,
) -> tuple[Float[Array, "N C H W"], Float[Array, "T N"]]:  # fmt: skip
    r"""Climb the score of a class by steps of one length, held back by a price on large and on rough images.

    $$x \leftarrow G_\sigma \star \Big( (1 - \lambda)\, x + \eta\, \frac{g}{\lVert g \rVert} \Big), \qquad
    g = \frac{\partial s_t}{\partial x}$$

    Parameters
    ----------
    f : a `@differentiable` function of `(x, *params)` whose value is a row of scores (N, K) for each image.
    start : (N, C, H, W) images to begin with; they are not changed.
    target : (N,) the class that each image shall please.
    *params, **options : f's other arguments and its options.
    lr : eta, the length of a step, above 0.
    steps : how many, at least 0.
    decay : lambda, the part of the image that is lost at each step, from 0 to 1: a price on its square.
    blur : sigma, the width in pixels of a blur after each step, at least 0: a price on its roughness.

    Returns
    -------
    x : (N, C, H, W) the images.
    scores : (steps + 1, N) the score before each step and at the end.

    Raises
    ------
    ValueError : for an option out of range or a class that does not exist.

    **Source** Erhan, Bengio, Courville and Vincent (2009); Simonyan, Vedaldi and Zisserman (2014), section 2; Yosinski
    and others (2015) for the blur.
    **Book** eq-activation-maximization
    """
    lr = above_zero("activation_maximization", "lr", lr)
    steps = whole_number("activation_maximization", "steps", steps, 0)
    decay = between("activation_maximization", "decay", decay, 0, 1)
    blur = at_least_zero("activation_maximization", "blur", blur)
    width = int(np.ceil(2 * blur))
    bell = gaussian_kernel(2 * width + 1, sigma=blur or 1.0).astype(start.dtype)
    kernels = np.broadcast_to(bell, (start.shape[1], 1, *bell.shape))
    x, scores = start.copy(), []
    for step in range(steps + 1):
        score, g = score_and_gradient("activation_maximization", f, x, target, params, options)
        scores.append(score)
        if step == steps:
            break
        length = np.sqrt((g**2).sum(axis=(1, 2, 3), keepdims=True))
        x = (1 - decay) * x + lr * g / np.maximum(length, np.finfo(x.dtype).tiny)  # a gradient of zero stays zero
        if width:
            x = conv2d(pad(x, pad=(width,) * 4, mode="replicate"), kernels, groups=x.shape[1])
    return x, np.array(scores)
