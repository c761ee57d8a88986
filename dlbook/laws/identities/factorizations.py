"""Gradients through inverses, determinants, eigenvalues, singular values, Cholesky factors and square roots."""

import numpy as np

from dlbook.laws.identities.identity import gradient

det, inv, solve = np.linalg.det, np.linalg.inv, np.linalg.solve


@gradient(wrong={"the sign forgotten": lambda x, g: inv(x).T @ g @ inv(x).T,
                 "no transpose": lambda x, g: -inv(x) @ g @ inv(x),
                 "matrices taken to commute": lambda x, g: -inv(x @ x).T @ g})  # fmt: skip
def gradient_of_inverse(x: "N N full", g: "N N"):
    r"""The pullback of an inverse.

    $$ Y = X^{-1} , \qquad \bar X = - Y^\top \bar Y\, Y^\top $$

    **Book** eq-id-gradient-of-inverse
    """
    y = inv(x)
    return np.sum(g * y), -y.T @ g @ y.T


@gradient(wrong={"the outer product transposed": lambda a, b, g: -np.outer(solve(a, b), solve(a.T, g)),
                 "solved with A": lambda a, b, g: -np.outer(solve(a, g), solve(a, b))})  # fmt: skip
def gradient_of_solve(a: "N N full", b: "N", g: "N"):
    r"""The pullback of a linear system costs one more solve, with the transpose, and no inverse.

    $$ x = A^{-1} b , \qquad \bar b = A^{-\top} \bar x , \quad \bar A = - \bar b\, x^\top $$

    **Book** eq-id-gradient-of-solve
    """
    x = solve(a, b)
    return g @ x, -np.outer(solve(a.T, g), x)


@gradient(wrong={"no transpose": lambda x: det(x) * inv(x), "that of the logarithm": lambda x: inv(x).T})
def gradient_of_det(x: "N N full"):
    r"""The gradient of a determinant is the matrix of its cofactors.

    $$ f = \det X , \qquad \nabla f = \det(X)\, X^{-\top} $$

    **Book** eq-id-gradient-of-det
    """
    return det(x), det(x) * inv(x).T


@gradient(wrong={"no transpose": lambda x: inv(x), "the sign of the determinant": lambda x: np.sign(det(x)) * inv(x).T})
def gradient_of_log_det(x: "N N full"):
    r"""The logarithm of the volume: the determinant itself drops out.

    $$ f = \log \lvert \det X \rvert , \qquad \nabla f = X^{-\top} $$

    **Book** eq-id-gradient-of-log-det
    """
    return np.log(det(x) ** 2) / 2, inv(x).T


@gradient(wrong={"the sign forgotten": lambda x, a: (inv(x) @ a @ inv(x)).T,
                 "no transpose": lambda x, a: -inv(x) @ a @ inv(x)})  # fmt: skip
def gradient_of_trace_of_inverse(x: "N N full", a: "N N"):
    r"""The trace of an inverse with a factor.

    $$ f = \operatorname{tr}(A X^{-1}) , \qquad \nabla f = -(X^{-1} A X^{-1})^\top $$

    **Book** eq-id-gradient-of-trace-of-inverse
    """
    return np.trace(a @ inv(x)), -(inv(x) @ a @ inv(x)).T


@gradient(analytic=False, wrong={
    "eigenvectors taken from the rows": lambda a, w: (v := np.linalg.eigh(a)[1]).T @ np.diag(w) @ v,
    "the squares on the diagonal only": lambda a, w: np.diag(np.linalg.eigh(a)[1] ** 2 @ w),
})  # fmt: skip
def gradient_of_eigenvalues(a: "N N symmetric", w: "N"):
    r"""A simple eigenvalue of a symmetric matrix, $A v_k = \lambda_k v_k$ with $\lVert v_k \rVert = 1$.

    $$ \nabla \lambda_k = v_k v_k^\top , \qquad \nabla \sum_k w_k \lambda_k = V \operatorname{diag}(w)\, V^\top $$

    **Book** eq-id-gradient-of-eigenvalues
    """
    sym = (a + a.T) / 2
    values, v = np.linalg.eigh(sym)
    return w @ values, v @ np.diag(w) @ v.T


@gradient(analytic=False, wrong={
    "u and v exchanged": lambda x, w: (s := np.linalg.svd(x, full_matrices=False))[2].T[:, :] @ np.diag(w[: len(s[1])])
    @ s[0].T,
    "weights in ascending order": lambda x, w: (s := np.linalg.svd(x, full_matrices=False))[0]
    @ np.diag(w[: len(s[1])][::-1]) @ s[2],
})  # fmt: skip
def gradient_of_singular_values(x: "M N full", w: "M"):
    r"""A simple singular value, $X v_k = \sigma_k u_k$.

    $$ \nabla \sigma_k = u_k v_k^\top , \qquad \nabla \sum_k w_k \sigma_k = U \operatorname{diag}(w)\, V^\top $$

    **Book** eq-id-gradient-of-singular-values
    """
    u, s, vt = np.linalg.svd(x, full_matrices=False)
    return w[: len(s)] @ s, u @ np.diag(w[: len(s)]) @ vt


@gradient(analytic=False, wrong={"that of the Frobenius norm": lambda x: x / np.linalg.norm(x)})
def gradient_of_nuclear_norm(x: "M N full"):
    r"""The sum of the singular values; with $X = U \Sigma V^\top$ of full rank.

    $$ f = \lVert X \rVert_* = \sum_k \sigma_k , \qquad \nabla f = U V^\top $$

    **Book** eq-id-gradient-of-nuclear-norm
    """
    u, s, vt = np.linalg.svd(x, full_matrices=False)
    return np.sum(s), u @ vt


@gradient(analytic=False, wrong={"the exponential entry by entry": lambda a: np.exp(a)})
def gradient_of_trace_function(a: "N N symmetric"):
    r"""A function of a symmetric matrix, $f(A) = V f(\Lambda) V^\top$, under a trace. Here it is the exponential.

    $$ \nabla \operatorname{tr} f(A) = f'(A) $$

    **Book** eq-id-gradient-of-trace-function
    """
    values, v = np.linalg.eigh((a + a.T) / 2)
    return np.sum(np.exp(values)), v @ np.diag(np.exp(values)) @ v.T


def _half_lower(a):
    """Return the lower triangle with half of the diagonal."""
    return np.tril(a) - np.diag(np.diag(a)) / 2


def _cholesky_pullback(low, g, lower):
    s = solve(low.T, solve(low.T, lower(low.T @ g).T).T)
    return (s + s.T) / 2


@gradient(analytic=False, wrong={
    "the diagonal not halved": lambda a, g: _cholesky_pullback(np.linalg.cholesky(a), g, np.tril),
    "the triangle not taken": lambda a, g: _cholesky_pullback(np.linalg.cholesky(a), np.tril(g), lambda m: m / 2),
})  # fmt: skip
def gradient_of_cholesky(a: "N N spd", g: "N N"):
    r"""The pullback of a Cholesky factor; $\Phi$ keeps the lower triangle and half of the diagonal.

    $$ A = L L^\top , \qquad
    \bar A = \operatorname{sym}\big( L^{-\top}\, \Phi(L^\top \bar L)\, L^{-1} \big) , \qquad
    \operatorname{sym} M = \tfrac12 (M + M^\top) $$

    **Book** eq-id-gradient-of-cholesky
    """
    low = np.linalg.cholesky((a + a.T) / 2)
    return np.sum(np.tril(g) * low), _cholesky_pullback(low, np.tril(g), _half_lower)


def _root(a):
    values, v = np.linalg.eigh((a + a.T) / 2)
    return np.sqrt(values), v


@gradient(analytic=False, wrong={
    "matrices taken to commute": lambda a, g: inv((r := _root(a))[1] @ np.diag(r[0]) @ r[1].T) @ (g + g.T) / 4,
})  # fmt: skip
def gradient_of_square_root(a: "N N spd", g: "N N"):
    r"""The pullback of the positive square root solves a Sylvester equation.

    $$ S = A^{1/2} , \qquad S \bar A + \bar A S = \operatorname{sym} \bar S , \qquad
    (V^\top \bar A V)_{ij} = \frac{(V^\top \operatorname{sym}(\bar S)\, V)_{ij}}{\sqrt{\lambda_i} + \sqrt{\lambda_j}} $$

    **Book** eq-id-gradient-of-square-root
    """
    s, v = _root(a)
    return np.sum(g * (v @ np.diag(s) @ v.T)), v @ (v.T @ ((g + g.T) / 2) @ v / (s[:, None] + s)) @ v.T
