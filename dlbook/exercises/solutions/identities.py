"""Solutions of the appendix on gradients and linear algebra that are code."""

import numpy as np

__all__ = ["commutation_matrix", "gaussian_log_density", "square_root_pullback"]


def commutation_matrix(m, n):
    r"""Return the permutation that turns a stacked matrix into its stacked transpose.

    $$K \operatorname{vec} A = \operatorname{vec} A^\top$$

    Parameters
    ----------
    m, n : the shape of A.

    Returns
    -------
    k : (m n, m n), zeros and ones; its transpose is its inverse.

    Examples
    --------
    >>> a = np.arange(6.0).reshape(2, 3)
    >>> commutation_matrix(2, 3) @ a.ravel(order="F")
    array([0., 1., 2., 3., 4., 5.])
    >>> k = commutation_matrix(2, 3)
    >>> np.array_equal(k @ k.T, np.eye(6)), np.array_equal(k.T, commutation_matrix(3, 2))
    (True, True)
    """
    places = np.arange(m * n).reshape(m, n, order="F")  # where each entry of A stands in vec A
    return np.eye(m * n)[places.ravel()]  # vec of the transpose lists the rows of A


def gaussian_log_density(x, mean, cov):
    r"""Return the mean log-density of rows under a Gaussian, and its gradients in mean and covariance.

    $$\bar\mu = \Sigma^{-1} (m - \mu) , \qquad \bar\Sigma = -\tfrac12 (\Sigma^{-1} - \Sigma^{-1} C \Sigma^{-1})$$

    Here m is the mean of the rows and $C = \frac1N \sum_n (x_n - \mu)(x_n - \mu)^\top$.

    Parameters
    ----------
    x : (N, D).
    mean : (D,).
    cov : (D, D), symmetric and positive definite.

    Returns
    -------
    value, dmean, dcov : a number, (D,), (D, D); the entries of cov count as free.

    Examples
    --------
    >>> value, dmean, dcov = gaussian_log_density(np.array([[1.0], [-1.0]]), np.zeros(1), np.eye(1))
    >>> round(float(value), 4), dmean, dcov
    (-1.4189, array([0.]), array([[-0.]]))
    """
    n, d = x.shape
    centred = x - mean
    scatter = centred.T @ centred / n
    inverse = np.linalg.inv(cov)
    value = -(d * np.log(2 * np.pi) + np.linalg.slogdet(cov)[1] + np.sum(inverse * scatter)) / 2
    return value, inverse @ centred.mean(axis=0), -(inverse - inverse @ scatter @ inverse) / 2


def square_root_pullback(root, droot):
    r"""Pull a gradient back through the positive square root of a symmetric matrix, with Kronecker products.

    $$(I \otimes S + S \otimes I) \operatorname{vec} \bar A = \operatorname{vec} \tfrac12 (\bar S + \bar S^\top)$$

    Parameters
    ----------
    root : (N, N), the square root S, symmetric and positive definite.
    droot : (N, N), the gradient that arrives.

    Returns
    -------
    da : (N, N), symmetric.

    Examples
    --------
    >>> square_root_pullback(np.diag([1.0, 3.0]), np.ones((2, 2)))
    array([[0.5       , 0.25      ],
           [0.25      , 0.16666667]])
    """
    n = len(root)
    system = np.kron(np.eye(n), root) + np.kron(root, np.eye(n))
    return np.linalg.solve(system, ((droot + droot.T) / 2).ravel()).reshape(n, n)
