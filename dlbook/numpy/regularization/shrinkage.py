"""What regularizers do to the minimum of a bowl: how much of each direction is left."""

import numpy as np

from dlbook.numpy.linear_classifiers.arguments import above_zero, at_least_zero, between, check_rows, whole_number
from dlbook.shapes import Array, Float, describe

__all__ = ["descent_shrinkage", "dropout_regression", "lasso_shrinkage", "ridge_shrinkage"]


def _curvatures(function: str, curvature) -> Array:
    """Return the curvatures as an array; refuse negative ones."""
    curvature = np.asarray(curvature)
    if curvature.dtype.kind != "f" or not (curvature >= 0).all():
        raise ValueError(f"{function}: curvature is {curvature.tolist()}, expected floats of at least 0")
    return curvature


def ridge_shrinkage(curvature: Float[Array, " D"], *, strength: float) -> Float[Array, " D"]:
    r"""Tell which share of each eigen-direction of a bowl is left when weights cost their squares.

    $$\arg\min_w \tfrac12 (w - w^\star)^\top H (w - w^\star) + \lambda \lVert w \rVert^2: \qquad
    \frac{q_i^\top w}{q_i^\top w^\star} = \frac{h_i}{h_i + 2 \lambda}$$

    Parameters
    ----------
    curvature : (D,) the eigenvalues h of the Hessian, at least 0.
    strength : lambda, at least 0; not 0 when a curvature is.

    Returns
    -------
    share : (D,), from 0 to 1.

    Raises
    ------
    ValueError : for a negative curvature or strength, or a flat direction without penalty.

    Examples
    --------
    >>> ridge_shrinkage(np.array([10.0, 1.0, 0.1]), strength=0.5).round(2)
    array([0.91, 0.5 , 0.09])

    **Source** Goodfellow, Bengio and Courville (2016), section 7.1.1.
    **Book** eq-ridge-shrinkage
    """
    h, strength = _curvatures("ridge_shrinkage", curvature), at_least_zero("ridge_shrinkage", "strength", strength)
    if strength == 0 and (h == 0).any():
        raise ValueError("ridge_shrinkage: a curvature is 0 and strength is 0, expected one of them to be positive")
    return h / (h + 2 * strength)


def descent_shrinkage(curvature: Float[Array, " D"], *, lr: float, steps: int) -> Float[Array, " D"]:
    r"""Tell which share of each eigen-direction gradient descent from 0 has covered after some steps.

    $$\frac{q_i^\top w_s}{q_i^\top w^\star} = 1 - (1 - \eta h_i)^s$$

    Parameters
    ----------
    curvature : (D,) the eigenvalues h of the Hessian, at least 0.
    lr : eta, above 0.
    steps : s, at least 0.

    Returns
    -------
    share : (D,), from 0 to 1 as long as eta h is below 1.

    Raises
    ------
    ValueError : for a negative curvature or number of steps, or a learning rate that is not positive.

    Examples
    --------
    >>> descent_shrinkage(np.array([10.0, 1.0, 0.1]), lr=0.1, steps=10).round(2)
    array([1.  , 0.65, 0.1 ])

    **Source** Goodfellow, Bengio and Courville (2016), section 7.8.
    **Book** eq-descent-shrinkage
    """
    h, lr = _curvatures("descent_shrinkage", curvature), above_zero("descent_shrinkage", "lr", lr)
    return 1 - (1 - lr * h) ** whole_number("descent_shrinkage", "steps", steps, 0)


def lasso_shrinkage(
    optimum: Float[Array, " D"], curvature: Float[Array, " D"], *, strength: float
) -> Float[Array, " D"]:
    r"""Move to where the minimum of an axis-parallel bowl goes when weights cost their sizes.

    $$\arg\min_w \sum_i \tfrac12 h_i (w_i - w_i^\star)^2 + \lambda |w_i|
    = \mathrm{sign}(w_i^\star)\, \max\Big(0,\; |w_i^\star| - \frac{\lambda}{h_i}\Big)$$

    Parameters
    ----------
    optimum : (D,) the minimum without penalty.
    curvature : (D,) the curvature h along each axis, above 0.
    strength : lambda, at least 0.

    Returns
    -------
    w : (D,), exactly 0 where the slope of the bowl at 0 is at most lambda.

    Raises
    ------
    ValueError : for a curvature that is not positive, a negative strength, or shapes that differ.

    Examples
    --------
    >>> lasso_shrinkage(np.array([2.0, -2.0, 0.5]), np.array([1.0, 0.25, 1.0]), strength=0.5)
    array([ 1.5, -0. ,  0. ])

    **Source** Goodfellow, Bengio and Courville (2016), section 7.1.2.
    **Book** eq-lasso-shrinkage
    """
    h, strength = _curvatures("lasso_shrinkage", curvature), at_least_zero("lasso_shrinkage", "strength", strength)
    if h.shape != optimum.shape or not (h > 0).all():
        raise ValueError(f"lasso_shrinkage: optimum is {describe(optimum)} and curvature {h.tolist()}, "
                         "expected equal shapes and positive curvatures")
    return np.sign(optimum) * np.maximum(0, np.abs(optimum) - strength / h)


def dropout_regression(
    x: Float[Array, "N D"], target: Float[Array, " N"], *, p: float = 0.5
) -> Float[Array, " D"]:
    r"""Find the weights at which least squares with dropout on the inputs ends up, without drawing a mask.

    The mean over all masks of the squared error is the squared error plus a price,

    $$\mathbb E_m \frac1N \sum_n \big(w^\top \tilde x_n - t_n\big)^2
    = \frac1N \lVert X w - t \rVert^2 + \frac{p}{1 - p} \sum_d w_d^2\, \frac1N \sum_n x_{nd}^2,$$

    with its minimum at $\big(X^\top X + \tfrac{p}{1 - p} \mathrm{diag}(X^\top X)\big)\, w = X^\top t$.

    Parameters
    ----------
    x : (N, D); a bias, if one is wanted, is a matter of centred columns.
    target : (N,) the numbers to predict.
    p : the probability of an input to be dropped, at least 0 and below 1.

    Returns
    -------
    weight : (D,).

    Raises
    ------
    ValueError : for arrays that do not fit, a probability outside [0, 1), or more than one solution.

    **Source** Wager, Wang and Liang (2013); Srivastava et al. (2014), section 9.1.
    **Book** eq-dropout-regression
    """
    if between("dropout_regression", "p", p, 0, 1) == 1:
        raise ValueError("dropout_regression: p is 1, expected less: inputs that are all dropped say nothing")
    check_rows("dropout_regression", x=x, target=target)
    if x.ndim != 2 or target.ndim != 1:
        raise ValueError(f"dropout_regression: x is {describe(x)} and target {describe(target)}, "
                         "expected shapes (N, D) and (N,)")
    gram = x.T @ x
    try:
        return np.linalg.solve(gram + p / (1 - p) * np.diag(np.diag(gram)), x.T @ target)
    except np.linalg.LinAlgError as error:
        raise ValueError(f"dropout_regression: x is {describe(x)} and p {p}, expected one solution; there are many "
                         "when an input is always 0, or when p is 0 and the inputs depend on each other") from error
