"""Ways back through a rectifier that are not its gradient: the deconvolutional network and guided back-propagation."""

from typing import Literal

import numpy as np

from dlbook.differentiable import vjp
from dlbook.numpy.convolution.conv import conv2d
from dlbook.numpy.convolution.network import convnet
from dlbook.numpy.convolution.pooling import max_pool2d
from dlbook.numpy.deep_networks.rectifiers import relu
from dlbook.numpy.linear_classifiers.arguments import as_classes, check_rows
from dlbook.numpy.visualization.gradients import check_integers
from dlbook.shapes import Array, Float, Int, ShapeError

__all__ = ["guided_saliency", "relu_backward"]

Rule = Literal["gradient", "deconvnet", "guided"]


def check_rule(function: str, rule) -> None:
    """Refuse a rule that does not exist."""
    if rule not in ("gradient", "deconvnet", "guided"):
        raise ValueError(f"{function}: rule is {rule!r}, expected 'gradient', 'deconvnet' or 'guided'")


def relu_backward(x: Float[Array, "*S"], dy: Float[Array, "*S"], *, rule: Rule = "guided") -> Float[Array, "*S"]:
    r"""Go back through a rectifier by one of three rules, of which the first is its gradient.

    $$\bar x = [x > 0]\; \bar y, \qquad \bar x = [\bar y > 0]\; \bar y, \qquad
    \bar x = [x > 0]\; [\bar y > 0]\; \bar y$$

    Parameters
    ----------
    x : what went into the rectifier.
    dy : what comes back from above, of x's shape.
    rule : "gradient", "deconvnet" or "guided".

    Returns
    -------
    dx : x's shape.

    Raises
    ------
    ShapeError : when the two shapes differ.
    ValueError : for another rule.

    Examples
    --------
    >>> x, dy = np.array([1.0, 1.0, -1.0, -1.0]), np.array([2.0, -2.0, 2.0, -2.0])
    >>> [relu_backward(x, dy, rule=rule).tolist() for rule in ("gradient", "deconvnet", "guided")]
    [[2.0, -2.0, 0.0, 0.0], [2.0, 0.0, 2.0, 0.0], [2.0, 0.0, 0.0, 0.0]]

    **Source** Zeiler and Fergus (2014), section 2.1; Springenberg, Dosovitskiy, Brox and Riedmiller (2015).
    **Book** eq-relu-rules
    """
    if x.shape != dy.shape:
        raise ShapeError(f"relu_backward: x has shape {x.shape} and dy {dy.shape}, expected the same")
    check_rule("relu_backward", rule)
    passes = np.ones(x.shape, bool)
    if rule != "deconvnet":
        passes &= x > 0
    if rule != "gradient":
        passes &= dy > 0
    return np.where(passes, dy, dy.dtype.type(0))


def guided_saliency(
    x: Float[Array, "N C H W"], target: Int[Array, " N"], params: tuple, *, rule: Rule = "guided", pool: int = 2,
    average: bool = False,
) -> Float[Array, "N C H W"]:  # fmt: skip
    r"""Walk from a score of a `convnet` back to the image with another rule at the rectifiers.

    $$\bar h^{(l-1)} = \big(w^{(l)}\star\big)^\top\, \text{rule}\big(z^{(l)},\; \text{unpool}\,(\bar h^{(l)})\big),
    \qquad \bar h^{(k-1)} = \frac{\partial s_t}{\partial h^{(k-1)}}$$

    Parameters
    ----------
    x : (N, C, H, W) images.
    target : (N,) the class whose score is asked about, for each image.
    params : of a `convnet`: one pair (weight, bias) for each convolution, and a linear layer.
    rule : as in `relu_backward`; "gradient" gives `saliency`.
    pool, average : as in `convnet`.

    Returns
    -------
    maps : x's shape.

    Raises
    ------
    ValueError : for a class or a rule that does not exist.

    **Source** Springenberg, Dosovitskiy, Brox and Riedmiller (2015).
    **Book** eq-guided
    """
    check_rows("guided_saliency", x=x, target=target)
    check_integers("guided_saliency", target)
    check_rule("guided_saliency", rule)
    h, layers = x, []
    for weight, bias in params[:-1]:
        z, conv_pullback = vjp(conv2d, h, weight, bias, padding="same")
        h, pool_pullback = vjp(max_pool2d, relu(z), kernel_size=pool)
        layers.append((z, conv_pullback, pool_pullback))
    scores, pullback = vjp(convnet, h, params[-1:], average=average)
    dy = np.zeros_like(scores)
    dy[np.arange(len(x)), as_classes("guided_saliency", target, scores.shape[1])] = 1
    dh = pullback(dy)[0]
    for z, conv_pullback, pool_pullback in reversed(layers):
        dh = conv_pullback(relu_backward(z, pool_pullback(dh)[0], rule=rule))[0]
    return dh
