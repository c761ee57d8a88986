"""Gradients that are cut before they do harm."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from dlbook.numpy.gradient_descent.trees import check_params, tree_map
from dlbook.numpy.linear_classifiers.arguments import above_zero
from dlbook.shapes import leaves

__all__ = ["clip_norm", "clip_value", "clipped"]


def clip_value(grads: Any, max_value: float) -> Any:
    r"""Cut every number of a gradient at both sides.

    $$g_i \mapsto \max(-c, \min(c, g_i))$$

    Parameters
    ----------
    grads : g, a float array or a tree of them.
    max_value : c, above 0.

    Returns
    -------
    grads : of the same structure; nan stays nan.

    Raises
    ------
    ValueError : for a limit that is not positive.

    **Source** Mikolov (2012), in his thesis; `torch.nn.utils.clip_grad_value_`.
    **Book** eq-clip-value
    """
    limit = above_zero("clip_value", "max_value", max_value)
    check_params("clip_value", grads, "grads")
    return tree_map(lambda g: np.clip(g, -limit, limit), grads)


def clip_norm(
    grads: Any, max_norm: float, *, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> tuple[Any, float]:
    r"""Shorten a gradient that is too long, without turning it.

    $$g \mapsto \min\left(1, \frac{c}{\lVert g \rVert_p + 10^{-6}} \right) g$$

    The norm is that of all leaves together, as if they were one vector.

    Parameters
    ----------
    grads : g, a float array or a tree of them.
    max_norm : c, above 0.
    norm_type : p, above 0; `math.inf` for the largest entry.
    error_if_nonfinite : refuse a norm that is infinite or nan; otherwise an infinite entry comes back as nan and
        every other as 0, and with a nan all become nan.

    Returns
    -------
    grads, norm : of the same structure, and the norm before.

    Raises
    ------
    ValueError : for a limit or a norm_type that is not positive.
    FloatingPointError : for a norm that is not finite, if that is asked for.

    Examples
    --------
    >>> import numpy as np
    >>> grads, norm = clip_norm((np.array([3.0]), np.array([4.0])), 1.0)
    >>> norm, grads[0].round(3)
    (5.0, array([0.6]))

    **Source** Pascanu, Mikolov and Bengio (2013), algorithm 1; `torch.nn.utils.clip_grad_norm_`.
    **Book** eq-clip-norm
    """
    limit = above_zero("clip_norm", "max_norm", max_norm)
    p = norm_type if norm_type == math.inf else above_zero("clip_norm", "norm_type", norm_type)
    check_params("clip_norm", grads, "grads")
    sizes = [float(np.linalg.norm(np.ravel(g), p)) if np.size(g) else 0.0 for _, g in leaves(grads)]
    norm = float(np.linalg.norm(sizes, p))
    if error_if_nonfinite and not math.isfinite(norm):
        raise FloatingPointError(f"clip_norm: the norm of the gradient is {norm}, expected a finite number")
    factor = limit / (norm + 1e-6)
    if factor >= 1:
        return tree_map(np.array, grads), norm
    with np.errstate(invalid="ignore"):  # an infinite entry times the factor 0 is nan, as the docstring says
        return tree_map(lambda g: g * factor, grads), norm


def clipped(value_and_grad: Callable, *, max_norm: float | None = None, max_value: float | None = None) -> Callable:
    """Build a function that clips the gradients of another: what a descent is given in its place.

    Parameters
    ----------
    value_and_grad : maps `(params, *data)` to `(value, grads)`.
    max_norm : as in `clip_norm`, or None to leave the length alone.
    max_value : as in `clip_value`, or None to leave the entries alone; they are cut before the length.

    Returns
    -------
    A function of the same arguments that returns `(value, clipped grads)`.

    Raises
    ------
    ValueError : when both limits are None, or one is not positive.

    **Source** Pascanu, Mikolov and Bengio (2013), algorithm 1.
    **Book** eq-clip-norm
    """
    limits = {"max_norm": max_norm, "max_value": max_value}
    for name, limit in limits.items():
        if limit is not None:
            above_zero("clipped", name, limit)
    if max_norm is None and max_value is None:
        raise ValueError("clipped: max_norm and max_value are None, expected at least one limit")

    def both(params, *data):
        value, grads = value_and_grad(params, *data)
        if max_value is not None:
            grads = clip_value(grads, max_value)
        if max_norm is not None:
            grads, _ = clip_norm(grads, max_norm)
        return value, grads

    return both
