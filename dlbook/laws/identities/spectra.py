"""Eigenvalues, singular values, norms, and the inequalities between them."""

import numpy as np

from dlbook.laws.identities.identity import identity, inequality

eigh, eigvals, norm = np.linalg.eigh, np.linalg.eigvals, np.linalg.norm


def _sigma(a):
    return np.linalg.svd(a, compute_uv=False)


def _spectral(a):
    return norm(a, 2)


def _nuclear(a):
    return np.sum(_sigma(a))


@identity(wrong={"eigenvectors taken from the rows": lambda a: (v := eigh(a)[1]).T @ np.diag(eigh(a)[0] ** 3) @ v,
                 "the power entry by entry": lambda a: a**3})  # fmt: skip
def spectral_theorem(a: "N N symmetric"):
    r"""A symmetric matrix acts on orthogonal directions one by one, and so does a function of it.

    $$ A = V \Lambda V^\top = \sum_k \lambda_k v_k v_k^\top , \qquad A^3 = V \Lambda^3 V^\top $$

    A symmetric.

    **Book** eq-id-spectral-theorem
    """
    values, v = eigh(a)
    return a @ a @ a, v @ np.diag(values**3) @ v.T


@identity(wrong={"singular values for eigenvalues": lambda a: (np.sum(_sigma(a)), np.prod(_sigma(a)))})
def trace_and_det(a: "N N normal"):
    r"""Trace and determinant in terms of eigenvalues, complex ones and repeated ones included.

    $$ \operatorname{tr} A = \sum_k \lambda_k , \qquad \det A = \prod_k \lambda_k $$

    **Book** eq-id-trace-and-det
    """
    values = eigvals(a)
    return (np.trace(a), np.linalg.det(a)), (np.sum(values).real, np.prod(values).real)


@identity(wrong={"singular values not squared": lambda a: _sigma(a)[::-1],
                 "descending for ascending": lambda a: _sigma(a) ** 2})  # fmt: skip
def singular_values(a: "M N normal"):
    r"""Singular values are roots of the eigenvalues of a Gram matrix.

    $$ X = U \Sigma V^\top , \qquad \sigma_k(X)^2 = \lambda_k(X^\top X) $$

    In the same order; the larger Gram matrix has zeros besides.

    **Book** eq-id-singular-values
    """
    gram = a.T @ a if a.shape[1] <= len(a) else a @ a.T
    return np.linalg.eigvalsh(gram), _sigma(a)[::-1] ** 2


@identity(wrong={"the largest alone": lambda a: _spectral(a) ** 2,
                 "not squared": lambda a: np.sum(_sigma(a))})  # fmt: skip
def frobenius_norm(a: "M N"):
    r"""The Frobenius norm is the Euclidean length of the entries, and of the singular values.

    $$ \lVert X \rVert_F^2 = \sum_{ij} X_{ij}^2 = \operatorname{tr}(X^\top X) = \sum_k \sigma_k^2 $$

    **Book** eq-id-frobenius-norm
    """
    return np.sum(a**2), np.trace(a.T @ a), np.sum(_sigma(a) ** 2)


@inequality(wrong={"the largest entry of the diagonal": lambda x, a: np.max(np.diag(a)),
                   "the mean eigenvalue": lambda x, a: np.trace(a) / len(a)})  # fmt: skip
def rayleigh_quotient(x: "N normal", a: "N N symmetric"):
    r"""Rayleigh's quotient is a weighted mean of the eigenvalues.

    $$ \lambda_{\min} \le \frac{x^\top A x}{x^\top x} \le \lambda_{\max} $$

    A symmetric, x not zero.

    **Book** eq-id-rayleigh-quotient
    """
    values = eigh(a)[0]
    return values[0], x @ a @ x / (x @ x), values[-1]


@inequality(wrong={"the factor forgotten": lambda a: norm(a)})
def norms_in_order(a: "M N"):
    r"""The three norms are the largest value, the length and the sum of the singular values; r is the rank.

    $$ \lVert A \rVert_2 \le \lVert A \rVert_F \le \lVert A \rVert_* \le \sqrt r\, \lVert A \rVert_F $$

    **Book** eq-id-norms-in-order
    """
    rank = np.linalg.matrix_rank(a)
    return _spectral(a), norm(a), _nuclear(a), np.sqrt(rank) * norm(a)


@inequality(wrong={"spectral norms": lambda a, b: _spectral(a) * _spectral(b)})
def cauchy_schwarz(a: "M N", b: "M N"):
    r"""Cauchy and Schwarz, for matrices.

    $$ \lvert \langle A, B \rangle \rvert \le \lVert A \rVert_F \lVert B \rVert_F $$

    **Book** eq-id-cauchy-schwarz
    """
    return np.abs(np.sum(a * b)), norm(a) * norm(b)


def _dual(a, b, left=_spectral, right=_nuclear):
    """Return a product of norms for the pair (A, B), and for (U V', B), where the duality is an equality."""
    u, _, vt = np.linalg.svd(b, full_matrices=False)
    return np.array([left(a) * right(b), left(u @ vt) * right(b)])


@inequality(wrong={"spectral norms on both sides": lambda a, b: _dual(a, b, right=_spectral),
                   "a Frobenius norm for the nuclear one": lambda a, b: _dual(a, b, right=norm)})  # fmt: skip
def norm_duality(a: "M N", b: "M N"):
    r"""The spectral and the nuclear norm are dual; for $A = U V^\top$ from the factors of B there is equality.

    $$ \lvert \langle A, B \rangle \rvert \le \lVert A \rVert_2\, \lVert B \rVert_* $$

    **Book** eq-id-norm-duality
    """
    u, _, vt = np.linalg.svd(b, full_matrices=False)
    return np.array([abs(np.sum(a * b)), np.sum((u @ vt) * b)]), _dual(a, b)


@inequality(wrong={"spectral norms on the right": lambda a, b: _spectral(a) * _spectral(b),
                   "the largest entry": lambda a, b: np.abs(a).max() * norm(b)})  # fmt: skip
def norm_of_product(a: "M N", b: "N K"):
    r"""The norm of a product.

    $$ \lVert A B \rVert_F \le \lVert A \rVert_2\, \lVert B \rVert_F $$

    **Book** eq-id-norm-of-product
    """
    return norm(a @ b), _spectral(a) * norm(b)


@inequality(wrong={"the largest entry": lambda a: np.abs(a).max()})
def eigenvalues_below_norm(a: "N N"):
    r"""No eigenvalue is larger than the spectral norm.

    $$ \max_k \lvert \lambda_k(A) \rvert \le \lVert A \rVert_2 $$

    Equality for symmetric matrices.

    **Book** eq-id-eigenvalues-below-norm
    """
    return np.abs(eigvals(a)).max(), _spectral(a)


def _rank_k(a, c):
    """Return the error of the truncated SVD, and of the best matrix whose columns are combinations of those of C."""
    k = c.shape[1]
    best = c @ np.linalg.lstsq(c, a, rcond=None)[0]
    tail = _sigma(a)[k:]
    return np.array([norm(tail), tail[0] if len(tail) else 0.0]), np.array([norm(a - best), _spectral(a - best)])


@inequality(wrong={"one term too few": lambda a, c: (_rank_k(a, c[:, 1:])[0], _rank_k(a, c)[1])})
def eckart_young(a: "M N normal", c: "M K normal"):
    r"""Eckart and Young: cutting the SVD off after k terms is the best approximation of rank k.

    $$ \lVert A - A_k \rVert \le \lVert A - B \rVert , \qquad
    \lVert A - A_k \rVert_2 = \sigma_{k+1} , \quad \lVert A - A_k \rVert_F^2 = \sum_{i > k} \sigma_i^2 $$

    Every B of rank at most k, in the spectral and in the Frobenius norm.

    **Book** eq-id-eckart-young
    """
    return _rank_k(a, c)


@inequality(
    wrong={
        "the condition forgotten": lambda a, x, e: norm(e) / norm(a @ x),
        "the root of the condition": lambda a, x, e: np.sqrt(np.linalg.cond(a)) * norm(e) / norm(a @ x),
    }
)
def condition_number(a: "N N full", x: "N normal", e: "N normal"):
    r"""How much a relative error of the right-hand side is magnified in the solution of $A x = b$.

    $$ \frac{\lVert A^{-1} (b + e) - x \rVert}{\lVert x \rVert} \le
    \kappa(A)\, \frac{\lVert e \rVert}{\lVert b \rVert} , \qquad \kappa(A) = \frac{\sigma_{\max}}{\sigma_{\min}} $$

    A invertible, b not zero.

    **Book** eq-id-condition-number
    """
    b = a @ x
    return norm(np.linalg.solve(a, b + e) - x) / norm(x), np.linalg.cond(a) * norm(e) / norm(b)


@inequality(wrong={"the largest entry": lambda a, e: np.abs(e).max() + 0 * _sigma(a)})
def weyl(a: "M N normal", e: "M N normal"):
    r"""Weyl: no singular value moves further than the norm of the perturbation.

    $$ \lvert \sigma_k(A + E) - \sigma_k(A) \rvert \le \lVert E \rVert_2 $$

    Every k.

    **Book** eq-id-weyl
    """
    return np.abs(_sigma(a + e) - _sigma(a)), _spectral(e) + 0 * _sigma(a)


@inequality(wrong={"the matrix product": lambda a, b: np.linalg.eigvalsh((a @ b + b @ a) / 2)[0]})
def schur_product(a: "N N semidefinite", b: "N N semidefinite"):
    r"""Schur: entrywise products keep positive semidefiniteness; matrix products do not.

    $$ 0 \le \lambda_{\min}(A \odot B) $$

    A and B positive semidefinite.

    **Book** eq-id-schur-product
    """
    return np.float64(0.0), np.linalg.eigvalsh(a * b)[0]
