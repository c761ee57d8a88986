"""Regularizers that act on the weights after a step: decay that the gradient never sees, and a longest length."""

from collections.abc import Callable
from typing import Any

import numpy as np

from dlbook.numpy.gradient_descent.trees import tree_map
from dlbook.numpy.linear_classifiers.arguments import above_zero, at_least_zero
from dlbook.shapes import Array, Float, describe

__all__ = ["constrained", "decoupled", "max_norm"]


def decoupled(optimizer: Callable, *, weight_decay: float) -> Callable:
    r"""Give an optimizer a weight decay that does not pass through its gradient.

    $$(\theta', z_{s+1}) = \text{optimizer}(\theta_s, g_s, z_s), \qquad
    \theta_{s+1} = \theta' - \eta \lambda\, \theta_s$$

    With `adam` this is `adamw`. As in PyTorch the learning rate is a factor of the decay; in the paper only its
    schedule is.

    Parameters
    ----------
    optimizer : maps `(params, grads, state, lr=...)` to `(params, state)`.
    weight_decay : lambda, at least 0.

    Returns
    -------
    An optimizer, to be given to `optimize`.

    Raises
    ------
    ValueError : for a negative decay.

    **Source** Loshchilov and Hutter (2019), algorithms 1 and 2.
    **Book** eq-decoupled
    """
    weight_decay = at_least_zero("decoupled", "weight_decay", weight_decay)

    def step(params: Any, grads: Any, state: Any = None, *, lr: float, **options) -> tuple[Any, Any]:
        moved, state = optimizer(params, grads, state, lr=lr, **options)
        return tree_map(lambda new, old: new - lr * weight_decay * old, moved, params), state

    return step


def max_norm(weight: Float[Array, "K D"], *, limit: float) -> Float[Array, "K D"]:
    r"""Pull each row of weights that is too long back to the sphere: the nearest point that is allowed.

    $$w_k \leftarrow w_k \min\Big(1,\; \frac{c}{\lVert w_k \rVert}\Big)$$

    Parameters
    ----------
    weight : (K, D) the incoming weights of one unit per row.
    limit : c, above 0.

    Returns
    -------
    weight : (K, D), rows of length c at most.

    Raises
    ------
    ValueError : for a limit that is not positive, or an array of another shape.

    Examples
    --------
    >>> max_norm(np.array([[3.0, 4.0], [0.3, 0.4]]), limit=2.5)
    array([[1.5, 2. ],
           [0.3, 0.4]])

    **Source** Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov (2014), section 5.1.
    **Book** eq-max-norm
    """
    limit = above_zero("max_norm", "limit", limit)
    if weight.ndim != 2:
        raise ValueError(f"max_norm: weight is {describe(weight)}, expected shape (K, D)")
    lengths = np.sqrt((weight**2).sum(axis=1, keepdims=True))
    return weight * (limit / np.maximum(lengths, limit))


def constrained(optimizer: Callable, *, limit: float) -> Callable:
    r"""Give an optimizer a longest length for the incoming weights of each unit.

    $$\theta_{s+1} = \Pi\big(\text{optimizer}(\theta_s, g_s)\big), \qquad \Pi = \text{max\_norm of each weight}$$

    Parameters
    ----------
    optimizer : maps `(params, grads, state, lr=...)` to `(params, state)`.
    limit : c of `max_norm`, above 0; arrays of two axes are projected, biases go free.

    Returns
    -------
    An optimizer, to be given to `optimize`.

    Raises
    ------
    ValueError : for a limit that is not positive.

    **Source** Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov (2014), section 5.1.
    **Book** eq-max-norm
    """
    limit = above_zero("constrained", "limit", limit)

    def step(params: Any, grads: Any, state: Any = None, *, lr: float, **options) -> tuple[Any, Any]:
        moved, state = optimizer(params, grads, state, lr=lr, **options)
        return tree_map(lambda leaf: max_norm(leaf, limit=limit) if leaf.ndim == 2 else leaf, moved), state

    return step
