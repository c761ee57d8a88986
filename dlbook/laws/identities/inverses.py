"""Inverses of sums, products and blocks; pseudo-inverses, least squares and projections."""

import numpy as np

from dlbook.laws.identities.identity import identity, inequality

det, eye, inv, pinv = np.linalg.det, np.eye, np.linalg.inv, np.linalg.pinv


@identity(wrong={"order kept": lambda a, b: inv(a) @ inv(b)})
def inverse_of_product(a: "N N full", b: "N N full"):
    r"""An inverse reverses the order, as a transpose does.

    $$ (A B)^{-1} = B^{-1} A^{-1} $$

    A and B invertible.

    **Book** eq-id-inverse-of-product
    """
    return inv(a @ b), inv(b) @ inv(a)


@identity(wrong={"as for numbers, the other way round": lambda a, b: inv(a) @ (a - b) @ inv(b)})
def difference_of_inverses(a: "N N full", b: "N N full"):
    r"""A difference of inverses, exactly; for B near A it is the derivative of the inverse.

    $$ A^{-1} - B^{-1} = A^{-1} (B - A)\, B^{-1} $$

    A and B invertible.

    **Book** eq-id-difference-of-inverses
    """
    return inv(a) - inv(b), inv(a) @ (b - a) @ inv(b)


@identity(wrong={"A stays where it is": lambda a, b: a @ inv(eye(len(a)) + a @ b)})
def push_through(a: "M N contraction", b: "N M contraction"):
    r"""A factor is pushed through an inverse, and the order inside changes.

    $$ (I + A B)^{-1} A = A\, (I + B A)^{-1} $$

    I + A B invertible.

    **Book** eq-id-push-through
    """
    m, n = a.shape
    return inv(eye(m) + a @ b) @ a, a @ inv(eye(n) + b @ a)


@identity(wrong={"the transpose on the wrong side": lambda x, c: inv(x @ x.T + c * eye(len(x))) @ x.T})
def ridge_two_ways(x: "N D", c: "positive"):
    r"""Ridge regression: solve in the features, or in the examples.

    $$ (X^\top X + \lambda I)^{-1} X^\top = X^\top (X X^\top + \lambda I)^{-1} $$

    $\lambda > 0$.

    **Book** eq-id-ridge-two-ways
    """
    n, d = x.shape
    return inv(x.T @ x + c * eye(d)) @ x.T, x.T @ inv(x @ x.T + c * eye(n))


def _woodbury(a, u, c, v, middle):
    return inv(a) - inv(a) @ u @ inv(middle + v @ inv(a) @ u) @ v @ inv(a)


@identity(wrong={"C for its inverse": lambda a, u, c, v: _woodbury(a, u, c, v, c),
                 "no inverse of the small sum": lambda a, u, c, v:
                 inv(a) - inv(a) @ u @ (inv(c) + v @ inv(a) @ u) @ v @ inv(a)})  # fmt: skip
def woodbury(a: "N N full", u: "N K contraction", c: "K K full", v: "K N contraction"):
    r"""Woodbury: an inverse after a change of rank K costs the inverse of a (K, K) matrix.

    $$ (A + U C V)^{-1} = A^{-1} - A^{-1} U\, (C^{-1} + V A^{-1} U)^{-1}\, V A^{-1} $$

    A, C and their sum invertible.

    **Book** eq-id-woodbury
    """
    return inv(a + u @ c @ v), _woodbury(a, u, c, v, inv(c))


@identity(wrong={
    "the sign of the denominator": lambda a, u, v: inv(a) - inv(a) @ np.outer(u, v) @ inv(a) / (1 - v @ inv(a) @ u),
    "the denominator forgotten": lambda a, u, v: inv(a) - inv(a) @ np.outer(u, v) @ inv(a),
})  # fmt: skip
def sherman_morrison(a: "N N full", u: "N contraction", v: "N contraction"):
    r"""Sherman and Morrison: the case of rank one.

    $$ (A + u v^\top)^{-1} = A^{-1} - \frac{A^{-1} u\, v^\top A^{-1}}{1 + v^\top A^{-1} u} $$

    A invertible and the denominator not zero.

    **Book** eq-id-sherman-morrison
    """
    return inv(a + np.outer(u, v)), inv(a) - inv(a) @ np.outer(u, v) @ inv(a) / (1 + v @ inv(a) @ u)


@identity(wrong={"the formula of rank one": lambda a, u, v: det(a) * (1 + np.trace(v.T @ inv(a) @ u)),
                 "det A forgotten": lambda a, u, v: det(eye(u.shape[1]) + v.T @ inv(a) @ u)})  # fmt: skip
def determinant_lemma(a: "N N full", u: "N K", v: "N K"):
    r"""The determinant after a change of rank K.

    $$ \det(A + U V^\top) = \det(I + V^\top A^{-1} U)\, \det A $$

    A invertible.

    **Book** eq-id-determinant-lemma
    """
    return det(a + u @ v.T), det(eye(u.shape[1]) + v.T @ inv(a) @ u) * det(a)


@identity(wrong={"the first two terms": lambda a, b: 1 + np.trace(a @ b)})
def sylvester_determinant(a: "M N", b: "N M"):
    r"""Sylvester: a large determinant is a small one.

    $$ \det(I + A B) = \det(I + B A) $$

    **Book** eq-id-sylvester-determinant
    """
    m, n = a.shape
    return det(eye(m) + a @ b), det(eye(n) + b @ a)


@identity(wrong={"as for numbers": lambda a, b, c, d: det(a) * det(d) - det(b) * det(c),
                 "blocks taken to commute": lambda a, b, c, d: det(a @ d - b @ c)})  # fmt: skip
def schur_determinant(a: "M M full", b: "M N", c: "N M", d: "N N"):
    r"""A determinant of blocks, by elimination. The matrix $D - C A^{-1} B$ is the Schur complement of A.

    $$ \det \begin{pmatrix} A & B \\ C & D \end{pmatrix} = \det A\, \det(D - C A^{-1} B) $$

    A invertible.

    **Book** eq-id-schur-determinant
    """
    return det(np.block([[a, b], [c, d]])), det(a) * det(d - c @ inv(a) @ b)


def _blocks(a, b, c, d, sign=-1, corner=True):
    s = inv(d - c @ inv(a) @ b)
    top = inv(a) + (inv(a) @ b @ s @ c @ inv(a) if corner else 0)
    return np.block([[top, sign * inv(a) @ b @ s], [sign * s @ c @ inv(a), s]])


@identity(wrong={"signs forgotten": lambda a, b, c, d: _blocks(a, b, c, d, sign=1),
                 "the corner left as it was": lambda a, b, c, d: _blocks(a, b, c, d, corner=False)})  # fmt: skip
def block_inverse(a: "M M full", b: "M N contraction", c: "N M contraction", d: "N N full"):
    r"""The inverse of a matrix of blocks; $S = D - C A^{-1} B$.

    $$ \begin{pmatrix} A & B \\ C & D \end{pmatrix}^{-1} = \begin{pmatrix}
    A^{-1} + A^{-1} B S^{-1} C A^{-1} & - A^{-1} B S^{-1} \\ - S^{-1} C A^{-1} & S^{-1} \end{pmatrix} $$

    A and S invertible.

    **Book** eq-id-block-inverse
    """
    return inv(np.block([[a, b], [c, d]])), _blocks(a, b, c, d)


@identity(wrong={"the linear term doubled": lambda x, a, b: (x - 2 * inv(a) @ b) @ a @ (x - 2 * inv(a) @ b)
                 - 4 * b @ inv(a) @ b + b @ inv(a) @ b,
                 "the constant forgotten": lambda x, a, b: (x - inv(a) @ b) @ a @ (x - inv(a) @ b)})  # fmt: skip
def completing_the_square(x: "N", a: "N N spd", b: "N"):
    r"""Completing the square: where a bowl has its bottom, and how deep it is.

    $$ x^\top A x - 2\, b^\top x = (x - A^{-1} b)^\top A\, (x - A^{-1} b) - b^\top A^{-1} b $$

    A symmetric and invertible.

    **Book** eq-id-completing-the-square
    """
    m = inv(a) @ b
    return x @ a @ x - 2 * b @ x, (x - m) @ a @ (x - m) - b @ m


# ----------------------------------------------------------------------- pseudo-inverses and projections


def _low_rank(a, b):
    """Return the product, which has the rank of the narrower factor, and its pseudo-inverse."""
    return a @ b, pinv(a @ b, rcond=1e-10)


@identity(wrong={"a true inverse from the left": lambda a, b: ((x := _low_rank(a, b))[0], x[1], x[0] @ x[1],
                                                               eye(b.shape[1]))})  # fmt: skip
def penrose(a: "M K full", b: "K N full"):
    r"""Penrose: the four equations that define the pseudo-inverse. Its products with A are symmetric, not the identity.

    $$ A A^+ A = A , \quad A^+ A A^+ = A^+ , \quad (A A^+)^\top = A A^+ , \quad (A^+ A)^\top = A^+ A $$

    Every matrix A, of any rank.

    **Book** eq-id-penrose
    """
    x, p = _low_rank(a, b)
    return (x @ p @ x, p @ x @ p, (x @ p).T, (p @ x).T), (x, p, x @ p, p @ x)


@identity(tall="MN", wrong={"the formula for full row rank": lambda a: a.T @ inv(a @ a.T + 1e-12 * eye(len(a))),
                            "the transpose": lambda a: a.T})  # fmt: skip
def pinv_of_tall(a: "M N full"):
    r"""With linearly independent columns the pseudo-inverse has a formula.

    $$ A^+ = (A^\top A)^{-1} A^\top $$

    A has full column rank.

    **Book** eq-id-pinv-of-tall
    """
    return pinv(a), inv(a.T @ a) @ a.T


@identity(wrong={"reversed as for an inverse": lambda a, b: pinv(b, rcond=1e-10) @ pinv(a, rcond=1e-10)})
def pinv_of_product(a: "M K full", b: "K N full"):
    r"""The pseudo-inverse of a product has two corrections; without them the rule of the inverse fails.

    $$ (A B)^+ = (A^+ A B)^+ (A B_1 B_1^+)^+ , \qquad B_1 = A^+ A B $$

    **Book** eq-id-pinv-of-product
    """

    def plus(m):
        return pinv(m, rcond=1e-10)

    b1 = plus(a) @ a @ b
    return plus(a @ b), plus(b1) @ plus(a @ b1 @ plus(b1))


@inequality(wrong={"the transpose for the pseudo-inverse": lambda a, b, x: (np.linalg.norm(a @ a.T @ b - b),
                                                                          np.linalg.norm(a @ x - b))})  # fmt: skip
def least_squares_is_least(a: "M N", b: "M", x: "N"):
    r"""No vector leaves a smaller residual than the pseudo-inverse's.

    $$ \lVert A A^+ b - b \rVert \le \lVert A x - b \rVert $$

    Every x.

    **Book** eq-id-least-squares-is-least
    """
    return np.linalg.norm(a @ pinv(a, rcond=1e-10) @ b - b), np.linalg.norm(a @ x - b)


@identity(wrong={"the trace is the number of rows": lambda a, b: (*((x := _low_rank(a, b))[0] @ x[1],) * 2, len(a))})
def projection(a: "M K full", b: "K N full"):
    r"""The orthogonal projection onto the columns of A: applied twice it does no more, and its trace is a rank.

    $$ P = A A^+ , \qquad P^2 = P = P^\top , \qquad \operatorname{tr} P = \operatorname{rank} A $$

    **Book** eq-id-projection
    """
    x, plus = _low_rank(a, b)
    p = x @ plus
    return (p @ p, p.T, np.trace(p)), (p, p, np.float64(min(a.shape + b.shape)))


@identity(wrong={"lengths added": lambda a, x: (np.linalg.norm(p := a @ pinv(a) @ x) + np.linalg.norm(x - p)) ** 2})
def pythagoras(a: "M N full", x: "M"):
    r"""Pythagoras: what is projected and what is left are orthogonal.

    $$ \lVert x \rVert^2 = \lVert P x \rVert^2 + \lVert x - P x \rVert^2 $$

    **Book** eq-id-pythagoras
    """
    p = a @ pinv(a) @ x
    return x @ x, p @ p + (x - p) @ (x - p)
