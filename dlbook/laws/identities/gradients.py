"""Gradients in vectors and in the entries of a matrix: the value first, then the formula of the page."""

import numpy as np

from dlbook.laws.identities.identity import gradient

inv, norm, solve = np.linalg.inv, np.linalg.norm, np.linalg.solve


def _length(x):
    """Return the Euclidean length, for the complex step too: no conjugate."""
    return np.sqrt(np.sum(x * x))


# ------------------------------------------------------------------------------------------ the rules


@gradient(wrong={"one term only": lambda x, a, b: a * (b @ x)})
def gradient_of_product(x: "N", a: "N", b: "N"):
    r"""The product rule, for $f = a^\top x$ and $g = b^\top x$.

    $$ \nabla (f g) = g\, \nabla f + f\, \nabla g $$

    **Book** eq-id-gradient-of-product
    """
    return (a @ x) * (b @ x), (b @ x) * a + (a @ x) * b


@gradient(wrong={"the terms exchanged": lambda x, a, b: ((a @ x) * b - (b @ x) * a) / (b @ x) ** 2,
                 "the square forgotten": lambda x, a, b: ((b @ x) * a - (a @ x) * b) / (b @ x)})  # fmt: skip
def gradient_of_quotient(x: "N positive", a: "N", b: "N positive"):
    r"""The quotient rule, for $f = a^\top x$ and $g = b^\top x$.

    $$ \nabla \frac fg = \frac{g\, \nabla f - f\, \nabla g}{g^2} $$

    g is not zero.

    **Book** eq-id-gradient-of-quotient
    """
    return (a @ x) / (b @ x), ((b @ x) * a - (a @ x) * b) / (b @ x) ** 2


@gradient(wrong={"no transpose": lambda x, a: a @ (1 - np.tanh(a @ x) ** 2),
                 "the slope at x": lambda x, a: a.T @ (1 - np.tanh(x) ** 2)})  # fmt: skip
def gradient_of_chain(x: "N", a: "M N"):
    r"""The chain rule: the slopes of the outer function at A x, pulled back by the transpose. Here it is the tanh.

    $$ f = \sum_i \varphi\big((A x)_i\big), \qquad \nabla f = A^\top \varphi'(A x) $$

    **Book** eq-id-gradient-of-chain
    """
    return np.sum(np.tanh(a @ x)), a.T @ (1 - np.tanh(a @ x) ** 2)


# ------------------------------------------------------------------------------------------ in a vector


@gradient(wrong={"the variable itself": lambda x, a: x})
def gradient_of_linear_form(x: "N", a: "N"):
    r"""A linear form has a constant gradient.

    $$ f = a^\top x , \qquad \nabla f = a $$

    **Book** eq-id-gradient-of-linear-form
    """
    return a @ x, a + 0 * np.real(x)


@gradient(wrong={"A taken to be symmetric": lambda x, a: 2 * a @ x, "one term only": lambda x, a: a @ x})
def gradient_of_quadratic_form(x: "N", a: "N N"):
    r"""A quadratic form sees only the symmetric part of its matrix.

    $$ f = x^\top A x , \qquad \nabla f = (A + A^\top)\, x $$

    **Book** eq-id-gradient-of-quadratic-form
    """
    return x @ a @ x, (a + a.T) @ x


@gradient(wrong={"no transpose": lambda x, a, b: 2 * a @ (a @ x - b),
                 "the factor forgotten": lambda x, a, b: a.T @ (a @ x - b),
                 "the residual turned round": lambda x, a, b: 2 * a.T @ (b - a @ x)})  # fmt: skip
def gradient_of_least_squares(x: "N", a: "M N", b: "M"):
    r"""Least squares.

    $$ f = \lVert A x - b \rVert^2 , \qquad \nabla f = 2 A^\top (A x - b) $$

    **Book** eq-id-gradient-of-least-squares
    """
    return np.sum((a @ x - b) ** 2), 2 * a.T @ (a @ x - b)


@gradient(wrong={"W taken to be symmetric": lambda x, a, b, w: 2 * a.T @ w @ (a @ x - b)})
def gradient_of_weighted_squares(x: "N", a: "M N", b: "M", w: "M M"):
    r"""Least squares with a matrix of weights.

    $$ f = (A x - b)^\top W (A x - b) , \qquad \nabla f = A^\top (W + W^\top)(A x - b) $$

    **Book** eq-id-gradient-of-weighted-squares
    """
    return (a @ x - b) @ w @ (a @ x - b), a.T @ (w + w.T) @ (a @ x - b)


@gradient(wrong={"that of half the square": lambda x: x, "that of the square": lambda x: 2 * x})
def gradient_of_length(x: "N away"):
    r"""The gradient of a length is the direction: of length one, wherever one stands.

    $$ f = \lVert x \rVert , \qquad \nabla f = \frac{x}{\lVert x \rVert} $$

    x is not zero.

    **Book** eq-id-gradient-of-length
    """
    return _length(x), x / _length(x)


@gradient(wrong={"the length taken as constant": lambda x, g: g / norm(x),
                 "the length forgotten": lambda x, g: g - x * (x @ g) / (x @ x)})  # fmt: skip
def gradient_of_direction(x: "N away", g: "N"):
    r"""The pullback of a normalization takes out what points along x.

    $$ u = \frac{x}{\lVert x \rVert} , \qquad
    \bar x = \frac{1}{\lVert x \rVert} \big( \bar u - u\, (u^\top \bar u) \big) $$

    x is not zero.

    **Book** eq-id-gradient-of-direction
    """
    u = x / _length(x)
    return g @ u, (g - u * (u @ g)) / _length(x)


@gradient(wrong={"lengths taken as constant": lambda x, y: y / (norm(x) * norm(y)),
                 "the arguments exchanged": lambda x, y: (x / norm(x) - (x @ y) / (norm(x) * norm(y))
                                                          * y / norm(y)) / norm(y)})  # fmt: skip
def gradient_of_cosine(x: "N away", y: "N away"):
    r"""Cosine similarity.

    $$ c = \frac{x^\top y}{\lVert x \rVert \lVert y \rVert} , \qquad
    \nabla_x c = \frac{1}{\lVert x \rVert} \Big( \frac{y}{\lVert y \rVert} - c\, \frac{x}{\lVert x \rVert} \Big) $$

    Neither x nor y is zero.

    **Book** eq-id-gradient-of-cosine
    """
    c = (x @ y) / (_length(x) * _length(y))
    return c, (y / _length(y) - c * x / _length(x)) / _length(x)


# ------------------------------------------------------------------------- in a matrix, products only


@gradient(wrong={"the vectors exchanged": lambda x, a, b: np.outer(b, a)})
def gradient_of_bilinear_form(x: "M N", a: "M", b: "N"):
    r"""A bilinear form, as a function of its matrix.

    $$ f = a^\top X b , \qquad \nabla f = a b^\top $$

    **Book** eq-id-gradient-of-bilinear-form
    """
    return a @ x @ b, np.outer(a, b)


@gradient(wrong={"no transpose": lambda x, a: a})
def gradient_of_trace(x: "M N", a: "N M"):
    r"""A trace is an inner product with the transpose.

    $$ f = \operatorname{tr}(A X) , \qquad \nabla f = A^\top $$

    **Book** eq-id-gradient-of-trace
    """
    return np.trace(a @ x), a.T


@gradient(wrong={"A taken to be symmetric": lambda x, a: 2 * a @ x})
def gradient_of_trace_form(x: "M N", a: "M M"):
    r"""Quadratic forms, one for each column of X, added up.

    $$ f = \operatorname{tr}(X^\top A X) , \qquad \nabla f = (A + A^\top) X $$

    **Book** eq-id-gradient-of-trace-form
    """
    return np.trace(x.T @ a @ x), (a + a.T) @ x


@gradient(wrong={"the factor on the wrong side": lambda x, a, b: 2 * (a @ x - b) @ a.T,
                 "the factor forgotten": lambda x, a, b: a.T @ (a @ x - b)})  # fmt: skip
def gradient_of_matrix_squares(x: "N K", a: "M N", b: "M K"):
    r"""Least squares with many right-hand sides.

    $$ f = \lVert A X - B \rVert_F^2 , \qquad \nabla f = 2 A^\top (A X - B) $$

    **Book** eq-id-gradient-of-matrix-squares
    """
    return np.sum((a @ x - b) ** 2), 2 * a.T @ (a @ x - b)


@gradient(wrong={"the cotangent taken to be symmetric": lambda x, g: 2 * x @ g})
def gradient_of_gram(x: "N D", g: "D D"):
    r"""The pullback of a Gram matrix.

    $$ Y = X^\top X , \qquad \bar X = X (\bar Y + \bar Y^\top) $$

    **Book** eq-id-gradient-of-gram
    """
    return np.sum(g * (x.T @ x)), x @ (g + g.T)


@gradient(wrong={"matrices taken to commute": lambda x, g: 3 * x.T @ x.T @ g})
def gradient_of_cube(x: "N N", g: "N N"):
    r"""The pullback of a power: one term for each place at which X stands.

    $$ Y = X^3 , \qquad \bar X = \bar Y X^{\top 2} + X^\top \bar Y X^\top + X^{\top 2}\, \bar Y $$

    **Book** eq-id-gradient-of-cube
    """
    t = x.T
    return np.sum(g * (x @ x @ x)), g @ t @ t + t @ g @ t + t @ t @ g


@gradient(wrong={"no transpose": lambda x: 3 * x @ x, "the power not lowered": lambda x: 3 * (x @ x @ x).T})
def gradient_of_trace_of_cube(x: "N N"):
    r"""Under a trace the terms are equal, and the rule of one variable comes back, transposed.

    $$ f = \operatorname{tr}(X^3) , \qquad \nabla f = 3\, (X^\top)^2 $$

    **Book** eq-id-gradient-of-trace-of-cube
    """
    return np.trace(x @ x @ x), 3 * (x @ x).T


@gradient(wrong={"the diagonal counted twice": lambda x, c: np.tril(c + c.T),
                 "X taken to have free entries": lambda x, c: np.tril(c)})  # fmt: skip
def gradient_on_symmetric(x: "N N", c: "N N"):
    r"""If X is symmetric, and given by its lower triangle, an entry off the diagonal stands in two places.

    $$ f = \langle C, X \rangle , \quad X = X^\top , \qquad
    \frac{\partial f}{\partial X_{ij}} = C_{ij} + C_{ji} - [\,i = j\,]\, C_{ii} \quad (i \ge j) $$

    **Book** eq-id-gradient-on-symmetric
    """
    low = np.tril(x)
    return np.sum(c * (low + low.T - np.diag(np.diag(x)))), np.tril(c + c.T) - np.diag(np.diag(c))
