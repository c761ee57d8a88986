"""Solutions of the first assignment that are code: evidence for a gradient, entry by entry."""

import numpy as np

__all__ = ["numerical_gradient", "relative_error"]


def numerical_gradient(value_and_grad, params, *data, h=1e-5):
    r"""Differentiate a cost by central differences, one entry of one array at a time.

    $$\frac{\partial J}{\partial w_i} \approx \frac{J(w + h e_i) - J(w - h e_i)}{2 h}$$

    Two evaluations of the cost for every parameter: for a few hundred parameters and examples, as evidence, not as a
    way to train.

    Parameters
    ----------
    value_and_grad : maps `(params, *data)` to `(cost, grads)`; only the cost is used.
    params : tuple of float arrays; it is not changed.
    *data : passed on.
    h : the step.

    Returns
    -------
    grads : tuple of arrays of the shapes of params.

    Examples
    --------
    >>> from dlbook.numpy.gradient_descent import quadratic
    >>> cost = lambda params: (quadratic(params[0], np.diag([1.0, 3.0])), None)
    >>> numerical_gradient(cost, (np.array([2.0, -1.0]),))[0].round(6)
    array([ 2., -3.])
    """
    params = tuple(np.array(p) for p in params)
    grads = tuple(np.zeros_like(p) for p in params)
    for p, grad in zip(params, grads, strict=True):
        for i in np.ndindex(p.shape):
            here = p[i]
            p[i] = here + h
            ahead, _ = value_and_grad(params, *data)
            p[i] = here - h
            behind, _ = value_and_grad(params, *data)
            p[i] = here
            grad[i] = (ahead - behind) / (2 * h)
    return grads


def relative_error(derived, measured, floor=1e-6):
    r"""Compare two gradients entry by entry and return the worst disagreement.

    $$\max_i \frac{|a_i - b_i|}{\max(\epsilon,\ |a_i| + |b_i|)}$$

    The floor keeps an entry that is nearly 0 in both from deciding by its rounding errors.

    Parameters
    ----------
    derived, measured : tuples of arrays of equal shapes.
    floor : epsilon, above 0.

    Returns
    -------
    error : 0 for equal gradients, 1 for opposite ones.

    Examples
    --------
    >>> relative_error((np.array([1.0, 0.0]),), (np.array([1.0, 0.0]),))
    0.0
    >>> relative_error((np.array([2.0]),), (np.array([-2.0]),))
    1.0
    """
    pairs = zip(derived, measured, strict=True)
    return float(max((np.abs(a - b) / np.maximum(floor, np.abs(a) + np.abs(b))).max() for a, b in pairs))
