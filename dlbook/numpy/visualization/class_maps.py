"""Where in an image a class is found: sums of a layer's maps, weighted by what each map means for the class."""

import numpy as np

from dlbook.differentiable import differentiable
from dlbook.numpy.linear_classifiers.arguments import as_classes
from dlbook.shapes import Array, Float, Int

__all__ = ["class_activation", "grad_cam"]


@differentiable
def class_activation(
    h: Float[Array, "N C P Q"], weight: Float[Array, "K C"], target: Int[Array, " N"]
) -> Float[Array, "N P Q"]:
    r"""Weigh the maps of the last layer as the classifier weighs their means.

    $$y_{npq} = \sum_c W_{t_n c}\; h_{ncpq}$$

    Parameters
    ----------
    h : (N, C, P, Q) maps whose means over all places the classifier sees.
    weight : (K, C) of the classifier.
    target : (N,) the class that is looked for.

    Returns
    -------
    y : (N, P, Q), whose mean is the score of the class but for its bias.

    Raises
    ------
    ValueError : for a class that does not exist.

    **Source** Zhou, Khosla, Lapedriza, Oliva and Torralba (2016), eqs. 1 and 2.
    **Book** eq-class-activation
    """
    labels = as_classes("class_activation", target, len(weight))
    chosen = weight[labels]
    y = (chosen[:, :, None, None] * h).sum(axis=1)

    def pullback(dy):
        dweight = np.zeros_like(weight)
        np.add.at(dweight, labels, (dy[:, None] * h).sum(axis=(2, 3)))  # images of one class add up
        return chosen[:, :, None, None] * dy[:, None], dweight, None

    return y, pullback


@differentiable
def grad_cam(h: Float[Array, "N C P Q"], dh: Float[Array, "N C P Q"]) -> Float[Array, "N P Q"]:
    r"""Weigh the maps of a layer by their mean gradient, and keep what is positive.

    $$\alpha_{nc} = \frac{1}{PQ} \sum_{p, q} \bar h_{ncpq}, \qquad
    y_{npq} = \max\Big(0,\; \sum_c \alpha_{nc}\, h_{ncpq} \Big)$$

    Parameters
    ----------
    h : (N, C, P, Q) maps of any layer.
    dh : (N, C, P, Q) the gradient of the score that is asked about by these maps.

    Returns
    -------
    y : (N, P, Q), at least 0.

    **Source** Selvaraju and others (2017), eqs. 1 and 2.
    **Book** eq-grad-cam
    """
    alpha = dh.mean(axis=(2, 3), keepdims=True)
    y = np.maximum((alpha * h).sum(axis=1), 0)

    def pullback(dy):
        g = (dy * (y > 0))[:, None]
        dalpha = (g * h).sum(axis=(2, 3), keepdims=True)
        places = h.shape[2] * h.shape[3]
        return alpha * g, np.broadcast_to(dalpha / places, h.shape).copy()

    return y, pullback
