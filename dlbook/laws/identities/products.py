"""Inner products, traces, transposes, and what becomes of them when matrices are laid out as vectors."""

import numpy as np

from dlbook.laws.identities.identity import identity

tr, det, inv, kron = np.trace, np.linalg.det, np.linalg.inv, np.kron


def _vec(a):
    """Stack the columns."""
    return a.reshape(-1, order="F")


@identity(wrong={"one transpose forgotten": lambda a, b: tr(a @ b)})
def inner_product(a: "M N", b: "M N"):
    r"""An inner product of matrices is a trace.

    $$ \langle A, B \rangle = \sum_{ij} A_{ij} B_{ij} = \operatorname{tr}(A^\top B) $$

    **Book** eq-id-inner-product
    """
    return np.sum(a * b), tr(a.T @ b)


@identity(wrong={"factors exchanged": lambda a, b, c: tr(a @ c @ b)})
def trace_cyclic(a: "M N", b: "N K", c: "K M"):
    r"""The trace does not care where a product begins, but it does care about the order.

    $$ \operatorname{tr}(A B C) = \operatorname{tr}(B C A) = \operatorname{tr}(C A B) $$

    **Book** eq-id-trace-cyclic
    """
    return tr(a @ b @ c), tr(b @ c @ a), tr(c @ a @ b)


@identity(wrong={"order kept": lambda a, b: a.T @ b.T})
def transpose_of_product(a: "M N", b: "N K"):
    r"""A transpose reverses the order.

    $$ (A B)^\top = B^\top A^\top $$

    **Book** eq-id-transpose-of-product
    """
    return (a @ b).T, b.T @ a.T


@identity(
    wrong={
        "no transpose": lambda a, b, c: np.sum((b @ a) * c),
        "from the wrong side": lambda a, b, c: np.sum((a @ b.T) * c),
    }
)
def moving_factors(a: "M N", b: "M K", c: "K N"):
    r"""A factor changes sides of an inner product by being transposed, and stays on its own side of the product.

    $$ \langle A, B C \rangle = \langle A C^\top, B \rangle = \langle B^\top A, C \rangle $$

    **Book** eq-id-moving-factors
    """
    return np.sum(a * (b @ c)), np.sum((a @ c.T) * b), np.sum((b.T @ a) * c)


@identity(wrong={"a matrix product for the entrywise one": lambda a, b, c: np.sum((a @ b) * c)})
def moving_hadamard(a: "M N", b: "M N", c: "M N"):
    r"""An entrywise factor changes sides as it is.

    $$ \langle A, B \odot C \rangle = \langle A \odot B, C \rangle $$

    **Book** eq-id-moving-hadamard
    """
    return np.sum(a * (b * c)), np.sum((a * b) * c)


@identity(wrong={"the vectors exchanged": lambda a, x, y: y @ a @ x})
def inner_with_outer(a: "M N", x: "M", y: "N"):
    r"""An inner product with an outer product is a bilinear form.

    $$ \langle A, x y^\top \rangle = x^\top A y $$

    **Book** eq-id-inner-with-outer
    """
    return np.sum(a * np.outer(x, y)), x @ a @ y


@identity(wrong={"columns for rows": lambda a, x: a @ np.diag(x)})
def diagonal_scaling(a: "N M", x: "N"):
    r"""A diagonal matrix from the left scales rows: in NumPy, broadcasting of a column.

    $$ \operatorname{diag}(x)\, A = (x \mathbf 1^\top) \odot A $$

    **Book** eq-id-diagonal-scaling
    """
    return np.diag(x) @ a, x[:, None] * a


@identity(wrong={"a transpose forgotten": lambda x, y, a, b: tr(np.diag(x) @ a @ np.diag(y) @ b)})
def hadamard_bilinear(x: "M", y: "N", a: "M N", b: "M N"):
    r"""A bilinear form in an entrywise product is a trace.

    $$ x^\top (A \odot B)\, y = \operatorname{tr}\big(\operatorname{diag}(x)\, A \operatorname{diag}(y)\, B^\top\big) $$

    **Book** eq-id-hadamard-bilinear
    """
    return x @ (a * b) @ y, tr(np.diag(x) @ a @ np.diag(y) @ b.T)


# ------------------------------------------------------------------------------------- vec and Kronecker


@identity(wrong={"a transpose forgotten": lambda a, x, b: kron(b, a) @ _vec(x),
                 "factors exchanged": lambda a, x, b: kron(a, b.T) @ _vec(x)})  # fmt: skip
def vec_of_product(a: "M N", x: "N K", b: "K L"):
    r"""Columns stacked, a product with X in the middle is one matrix times vec X.

    $$ \operatorname{vec}(A X B) = (B^\top \otimes A) \operatorname{vec} X $$

    **Book** eq-id-vec-of-product
    """
    return _vec(a @ x @ b), kron(b.T, a) @ _vec(x)


@identity(wrong={"the rule for stacked columns": lambda a, x, b: kron(b.T, a) @ x.ravel()})
def ravel_of_product(a: "M N", x: "N K", b: "K L"):
    r"""Rows laid end to end, as NumPy and PyTorch flatten, the factors stand the other way round.

    $$ \operatorname{ravel}(A X B) = (A \otimes B^\top) \operatorname{ravel} X $$

    **Book** eq-id-ravel-of-product
    """
    return (a @ x @ b).ravel(), kron(a, b.T) @ x.ravel()


@identity(wrong={"the vectors in their old order": lambda x, y: (kron(x, y), kron(x, y))})
def vec_of_outer(x: "M", y: "N"):
    r"""An outer product, stacked, is a Kronecker product in the opposite order.

    $$ \operatorname{vec}(x y^\top) = y \otimes x , \qquad \operatorname{ravel}(x y^\top) = x \otimes y $$

    **Book** eq-id-vec-of-outer
    """
    return (_vec(np.outer(x, y)), np.outer(x, y).ravel()), (kron(y, x), kron(x, y))


@identity(wrong={"outer with outer, inner with inner": lambda a, b, c, d: kron(a @ d, b @ c)})
def kronecker_mixed(a: "M N", b: "K L", c: "N P", d: "L Q"):
    r"""Kronecker products multiply factor by factor.

    $$ (A \otimes B)(C \otimes D) = A C \otimes B D $$

    **Book** eq-id-kronecker-mixed
    """
    return kron(a, b) @ kron(c, d), kron(a @ c, b @ d)


@identity(wrong={"reversed as for a product": lambda a, b: kron(b.T, a.T)})
def kronecker_transpose(a: "M N", b: "K L"):
    r"""A transpose does not reverse a Kronecker product.

    $$ (A \otimes B)^\top = A^\top \otimes B^\top $$

    **Book** eq-id-kronecker-transpose
    """
    return kron(a, b).T, kron(a.T, b.T)


@identity(wrong={"reversed as for a product": lambda a, b: kron(inv(b), inv(a))})
def kronecker_inverse(a: "M M full", b: "N N full"):
    r"""Nor does an inverse.

    $$ (A \otimes B)^{-1} = A^{-1} \otimes B^{-1} $$

    A and B invertible.

    **Book** eq-id-kronecker-inverse
    """
    return inv(kron(a, b)), kron(inv(a), inv(b))


@identity(wrong={
    "each with its own exponent": lambda a, b: (tr(a) * tr(b), det(a) ** len(a) * det(b) ** len(b)),
    "the trace of a sum": lambda a, b: (tr(a) + tr(b), det(a) ** len(b) * det(b) ** len(a)),
})  # fmt: skip
def kronecker_trace_det(a: "M M full", b: "N N full"):
    r"""Trace and determinant of a Kronecker product of an (M, M) and an (N, N) matrix.

    $$ \operatorname{tr}(A \otimes B) = \operatorname{tr} A \operatorname{tr} B , \qquad
    \det(A \otimes B) = (\det A)^N (\det B)^M $$

    **Book** eq-id-kronecker-trace-det
    """
    return (tr(kron(a, b)), det(kron(a, b))), (tr(a) * tr(b), det(a) ** len(b) * det(b) ** len(a))
