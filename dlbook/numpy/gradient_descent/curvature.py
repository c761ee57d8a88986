"""How long a step may be: curvature, without ever building the matrix of second derivatives."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from dlbook.numpy.gradient_descent.trees import check_params, inner, tree_map
from dlbook.numpy.linear_classifiers.arguments import above_zero, whole_number
from dlbook.shapes import leaves

__all__ = ["Eigenpair", "contraction_factor", "hessian_vector_product", "largest_curvature", "power_iteration"]


class Eigenpair(NamedTuple):
    """An eigenvalue, its eigenvector of length 1, and the certificate |A v - value v|.

    For a symmetric A some eigenvalue lies no farther from `value` than `residual`.
    """

    value: float
    vector: Any
    residual: float


def contraction_factor(lr: float, eigenvalues) -> float:
    r"""Say by which factor a step of gradient descent shrinks the distance to the minimum of a bowl, at worst.

    $$\rho(\eta) = \max_i |1 - \eta \lambda_i|$$

    Below 1, that is for $\eta < 2 / \lambda_{\max}$, the descent converges; it is smallest, at
    $(\kappa - 1) / (\kappa + 1)$ with $\kappa = \lambda_{\max} / \lambda_{\min}$, for
    $\eta = 2 / (\lambda_{\min} + \lambda_{\max})$.

    Parameters
    ----------
    lr : eta, above 0.
    eigenvalues : the bowl's curvatures, any number of them.

    Returns
    -------
    rho : at least 0.

    Raises
    ------
    ValueError : for a learning rate that is not positive, or no eigenvalue.

    Examples
    --------
    >>> round(contraction_factor(2 / (1 + 9), [1, 9]), 12)
    0.8

    **Source** Polyak (1964).
    **Book** eq-contraction
    """
    lr = above_zero("contraction_factor", "lr", lr)
    if np.size(eigenvalues) == 0:
        raise ValueError("contraction_factor: eigenvalues is empty, expected at least one number")
    return float(np.abs(1 - lr * np.asarray(eigenvalues)).max())


def hessian_vector_product(value_and_grad: Callable, params: Any, v: Any, *data) -> Any:
    r"""Multiply the matrix of second derivatives by a vector, for the price of two gradients.

    $$H v = \frac{\nabla f(\theta + h v) - \nabla f(\theta - h v)}{2 h} + O(h^2)$$

    The step balances truncation against rounding: $h |v| = \epsilon^{1/3} \max(1, |\theta|)$, epsilon the
    spacing of the parameters' dtype.

    Parameters
    ----------
    value_and_grad : maps `(params, *data)` to `(value, grads)`.
    params : theta, a float array or a tree of them.
    v : the direction, of the same structure.
    *data : passed on.

    Returns
    -------
    Hv : of the structure of params; about 10 digits are right in float64, 4 in float32.

    **Source** Pearlmutter (1994).
    **Book** eq-hessian-vector
    """
    check_params("hessian_vector_product", params)
    check_params("hessian_vector_product", v, "v")
    length = np.sqrt(inner(v, v))
    if length == 0:
        return tree_map(np.zeros_like, params)
    eps = max(float(np.finfo(leaf.dtype).eps) for _, leaf in leaves(params))
    h = float(np.cbrt(eps) * max(1.0, np.sqrt(inner(params, params))) / length)
    _, ahead = value_and_grad(tree_map(lambda p, d: p + h * d, params, v), *data)
    _, behind = value_and_grad(tree_map(lambda p, d: p - h * d, params, v), *data)
    return tree_map(lambda a, b: (a - b) / (2 * h), ahead, behind)


def power_iteration(operator, start: Any, *, steps: int = 100, tol: float = 1e-9) -> Eigenpair:
    r"""Find the eigenvalue of largest size by multiplying again and again.

    $$v_{s+1} = \frac{A v_s}{|A v_s|}, \qquad \lambda_s = \langle v_s,\, A v_s \rangle$$

    The error of v shrinks by $|\lambda_2 / \lambda_1|$ a step: slowly when the two largest are close, and never
    from a start that is orthogonal to the eigenvector, which a random start is not.

    Parameters
    ----------
    operator : a symmetric matrix (D, D), or a function that multiplies a tree by one.
    start : v_0, a float array or a tree of them, not 0.
    steps : multiplications at most, at least 1.
    tol : stop when the residual is below tol times |lambda|, above 0.

    Returns
    -------
    Eigenpair : value, vector and residual; look at the residual when steps ran out.

    Raises
    ------
    ValueError : for a start of length 0, or an option outside its range.

    Examples
    --------
    >>> import numpy as np
    >>> round(power_iteration(np.diag([3.0, 1.0]), np.array([1.0, 1.0])).value, 6)
    3.0

    **Source** von Mises and Pollaczek-Geiringer (1929); Golub and Van Loan (2013), section 7.3.
    **Book** eq-power-iteration
    """
    steps = whole_number("power_iteration", "steps", steps, 1)
    tol = above_zero("power_iteration", "tol", tol)
    check_params("power_iteration", start, "start")
    multiply = operator if callable(operator) else lambda v: operator @ v
    length = np.sqrt(inner(start, start))
    if length == 0:
        raise ValueError("power_iteration: start is 0, expected a vector with a direction")
    vector, image = None, start
    for _ in range(steps):
        vector = tree_map(lambda w, length=length: w / float(length), image)
        image = multiply(vector)
        value = inner(vector, image)
        rest = tree_map(lambda w, v, value=value: w - value * v, image, vector)
        residual, length = np.sqrt(inner(rest, rest)), np.sqrt(inner(image, image))
        if residual <= tol * abs(value) or length == 0:
            break
    return Eigenpair(value, vector, float(residual))


def largest_curvature(
    value_and_grad: Callable, params: Any, *data, rng: np.random.Generator, steps: int = 100, tol: float = 1e-6
) -> Eigenpair:
    r"""Find the largest curvature L of a real loss at a point: steps up to $2 / L$ descend there.

    $$L = \lambda_{\max}\big(\nabla^2 f(\theta)\big) \quad \text{by power iteration on} \quad v \mapsto H v$$

    Parameters
    ----------
    value_and_grad : maps `(params, *data)` to `(value, grads)`.
    params : theta, a float array or a tree of them.
    *data : passed on.
    rng : draws the direction to start from.
    steps : products with the Hessian at most, two gradients each.
    tol : as in `power_iteration`.

    Returns
    -------
    Eigenpair : value is L (or the most negative curvature, if that is larger in size), vector its direction.

    **Source** LeCun, Simard and Pearlmutter (1993).
    **Book** eq-power-iteration
    """
    check_params("largest_curvature", params)
    start = tree_map(lambda p: rng.standard_normal(np.shape(p)).astype(p.dtype), params)
    return power_iteration(
        lambda v: hessian_vector_product(value_and_grad, params, v, *data), start, steps=steps, tol=tol
    )
