"""Least squares with a price on the weights: the one classifier of this book with a formula for its minimum."""

import numpy as np

from dlbook.numpy.linear_classifiers.arguments import at_least_zero, check_rows
from dlbook.shapes import Array, Float, describe

__all__ = ["ridge_regression"]


def ridge_regression(
    x: Float[Array, "N D"], target: Float[Array, "N K"], *, strength: float
) -> tuple[Float[Array, "K D"], Float[Array, " K"]]:
    r"""Minimize the mean squared error plus a price on the weights, in closed form.

    The minimum of `mse_loss(linear(x, weight, bias), target) + l2_penalty(weight)`,

    $$J(W, b) = \frac{1}{NK} \sum_{nk} (w_k^\top x_n + b_k - t_{nk})^2 + \lambda \sum_{kd} w_{kd}^2$$

    With the means of the columns taken out of X and T the bias, which goes free, drops out, and

    $$W^\top = (X^\top X + NK \lambda I)^{-1} X^\top T = V \, \mathrm{diag}\Big(\frac{s_i}{s_i^2 + NK\lambda}\Big) \,
    U^\top T, \qquad b = \bar t - W \bar x, \qquad X = U \, \mathrm{diag}(s) \, V^\top$$

    The second form is the one computed: building $X^\top X$ would square the ratio of the largest to the smallest
    singular value, and lose twice as many digits. Directions in which the inputs do not vary at all get no weight,
    so that strength 0 gives the least-squares solution of least length, whether or not there are others.

    Parameters
    ----------
    x : (N, D).
    target : (N, K) the numbers to predict, such as one-hot rows; or (N,) for a single one.
    strength : lambda, at least 0.

    Returns
    -------
    weight, bias : (K, D) and (K,); (D,) and a number for a target of shape (N,).

    Raises
    ------
    ValueError : for arrays that do not fit, no examples, integers, or a negative strength.

    **Source** Hoerl and Kennard (1970); Golub and Van Loan (2013), section 6.1.
    **Book** eq-ridge
    """
    strength = at_least_zero("ridge_regression", "strength", strength)
    n = check_rows("ridge_regression", x=x, target=target)
    if x.ndim != 2 or target.ndim not in (1, 2) or x.dtype.kind != "f" or x.dtype != target.dtype:
        raise ValueError(
            f"ridge_regression: x is {describe(x)} and target {describe(target)}, "
            "expected float arrays of one dtype, of shapes (N, D) and (N, K) or (N,)"
        )
    columns = target.reshape(n, -1)
    x_mean, t_mean = x.mean(axis=0), columns.mean(axis=0)
    u, s, vt = np.linalg.svd(x - x_mean, full_matrices=False)
    # A singular value within the rounding of the largest is a zero that was not hit exactly.
    real = s > max(x.shape) * np.finfo(x.dtype).eps * s.max(initial=0)
    gain = np.where(real, s, 0) / np.where(real, s**2 + columns.size * strength, 1)
    weight = ((u.T @ (columns - t_mean)).T * gain.astype(x.dtype)) @ vt
    bias = t_mean - weight @ x_mean
    return (weight[0], float(bias[0])) if target.ndim == 1 else (weight, bias)
