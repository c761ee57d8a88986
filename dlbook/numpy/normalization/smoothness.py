"""How far a gradient can be trusted: the loss and its gradient along the step that it proposes."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dlbook.numpy.gradient_descent.trees import check_params, inner, tree_map
from dlbook.numpy.linear_classifiers.arguments import above_zero
from dlbook.shapes import Array, Float

__all__ = ["along_gradient"]


def along_gradient(
    value_and_grad: Callable, params: Any, *batch: Array, rates: Sequence[float]
) -> tuple[Float[Array, " T"], Float[Array, " T"]]:
    r"""Walk along the negative gradient, and tell how loss and gradient change on the way.

    $$f(\theta - \eta\, g), \qquad \frac{\lVert \nabla f(\theta - \eta\, g) - g \rVert}{\lVert g \rVert}, \qquad
    g = \nabla f(\theta)$$

    Parameters
    ----------
    value_and_grad : maps `(params, *batch)` to `(value, grads)`.
    params : where the walk begins.
    *batch : what the function is given beside params.
    rates : the learning rates eta to be tried, each from the same beginning, above 0.

    Returns
    -------
    values : (T,) the loss after a step of each length.
    changes : (T,) by how much the gradient has changed, in units of its own length at the beginning.

    Raises
    ------
    ValueError : for a rate that is not positive, or a gradient that is zero or not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from dlbook.numpy.gradient_descent import quadratic, value_and_grad
    >>> along_gradient(value_and_grad(quadratic), np.array([1.0]), np.array([[2.0]]), rates=[0.5, 1.0])
    (array([0., 1.]), array([1., 2.]))

    **Source** Santurkar, Tsipras, Ilyas and Madry (2018), figure 4.
    **Book** eq-gradient-change
    """
    check_params("along_gradient", params)
    _, grads = value_and_grad(params, *batch)
    length = np.sqrt(inner(grads, grads))
    if not 0 < length < float("inf"):
        raise ValueError(f"along_gradient: the gradient has length {length:g} here, expected a direction to walk in")
    values, changes = [], []
    for rate in rates:
        rate = above_zero("along_gradient", "rates", rate)
        value, there = value_and_grad(tree_map(lambda p, g, rate=rate: p - rate * g, params, grads), *batch)
        gap = tree_map(np.subtract, there, grads)
        values.append(float(value))
        changes.append(np.sqrt(inner(gap, gap)) / length)
    return np.array(values), np.array(changes)
