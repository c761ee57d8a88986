"""Log-sum-exp and softmax, and second derivatives: Hessians, Gauss-Newton, products of a Hessian with a vector."""

import numpy as np

from dlbook.differentiable import vjp
from dlbook.laws.identities.identity import gradient, identity, inequality
from dlbook.numpy.linear_classifiers import cross_entropy, linear, logsumexp, softmax

BY_DIFFERENCES = 1e-7  # a difference of five points with steps of 1e-3


def _softmax(s):
    """Return the reference's softmax of one vector; its definition also runs on complex numbers."""
    return softmax.definition(s[None])[0][0]


def _slopes(f, x, h=1e-3):
    """Return the Jacobian of f at x (any shapes, flattened) by differences of five points."""
    columns = []
    for i in np.ndindex(x.shape):
        e = np.zeros(x.shape)
        e[i] = h
        columns.append((f(x - 2 * e) - 8 * f(x - e) + 8 * f(x + e) - f(x + 2 * e)).ravel() / (12 * h))
    return np.stack(columns, axis=1)


# --------------------------------------------------------------------------------- softmax and its kin


@inequality(wrong={"the mean for the largest": lambda s: np.mean(s) + np.log(len(s)),
                   "half of the logarithm": lambda s: np.max(s) + np.log(len(s)) / 2})  # fmt: skip
def logsumexp_bounds(s: "K"):
    r"""Log-sum-exp is a soft maximum.

    $$ \max_k s_k \le \log \sum_k e^{s_k} \le \max_k s_k + \log K $$

    **Book** eq-id-logsumexp-bounds
    """
    return np.max(s), logsumexp(s[None])[0], np.max(s) + np.log(len(s))


@gradient(wrong={"one for the largest score": lambda s: (s == s.max()).astype(float),
                 "the logarithms": lambda s: s - logsumexp(s[None])[0]})  # fmt: skip
def gradient_of_logsumexp(s: "K"):
    r"""The gradient of log-sum-exp is the softmax.

    $$ f = \log \sum_k e^{s_k} , \qquad \nabla f = p = \operatorname{softmax}(s) $$

    **Book** eq-id-gradient-of-logsumexp
    """
    return np.log(np.sum(np.exp(s))), _softmax(s)


@identity(wrong={"the diagonal alone": lambda s: np.diag((p := _softmax(s)) * (1 - p)),
                 "the sign of the second term": lambda s: np.diag(p := _softmax(s)) + np.outer(p, p)})  # fmt: skip
def softmax_jacobian(s: "K"):
    r"""The Jacobian of the softmax, which is the Hessian of log-sum-exp.

    $$ \frac{\partial p_i}{\partial s_j} = [\,i = j\,]\, p_i - p_i p_j , \qquad
    J = \operatorname{diag}(p) - p p^\top $$

    **Book** eq-id-softmax-jacobian
    """
    p, h = _softmax(s), 1e-20
    columns = [np.imag(_softmax(s + 1j * h * e)) / h for e in np.eye(len(s))]
    return np.stack(columns, axis=1), np.diag(p) - np.outer(p, p)


@inequality(wrong={"the quarter of the sigmoid": lambda s, x: np.full(2, x @ x / 4)})
def softmax_curvature(s: "K", x: "K"):
    r"""As a quadratic form it is a variance, and so it lies between zero and one half.

    $$ 0 \le x^\top \big( \operatorname{diag}(p) - p p^\top \big)\, x = \sum_k p_k x_k^2 - \Big( \sum_k p_k x_k \Big)^2
    \le \tfrac 12 \lVert x \rVert^2 $$

    **Book** eq-id-softmax-curvature
    """
    p = _softmax(s)
    form = x @ (np.diag(p) - np.outer(p, p)) @ x
    variance = p @ (x - p @ x) ** 2
    return np.array([0.0, variance]), np.array([variance, form]), np.array([form, variance]), np.full(2, x @ x / 2)


@inequality(wrong={"the quarter of the sigmoid": lambda s, t: np.linalg.norm(s - t) / 4})
def softmax_lipschitz(s: "K", t: "K"):
    r"""Therefore probabilities move at most half as far as scores do.

    $$ \lVert \operatorname{softmax}(s) - \operatorname{softmax}(t) \rVert \le \tfrac 12 \lVert s - t \rVert $$

    **Book** eq-id-softmax-lipschitz
    """
    return np.linalg.norm(_softmax(s) - _softmax(t)), np.linalg.norm(s - t) / 2


# ------------------------------------------------------------------------------------------- Hessians


@identity(
    relative=BY_DIFFERENCES, wrong={"A taken to be symmetric": lambda x, a: 2 * a, "one term only": lambda x, a: a}
)
def hessian_of_quadratic_form(x: "N", a: "N N"):
    r"""The Hessian of a quadratic form is symmetric, whatever its matrix is.

    $$ f = x^\top A x , \qquad \nabla^2 f = A + A^\top $$

    **Book** eq-id-hessian-of-quadratic-form
    """
    return _slopes(lambda y: (a + a.T) @ y, x), a + a.T


@identity(relative=BY_DIFFERENCES, wrong={"the projection forgotten": lambda x: np.eye(len(x)) / np.linalg.norm(x)})
def hessian_of_length(x: "N positive"):
    r"""A length is curved across, not along.

    $$ f = \lVert x \rVert , \qquad \nabla^2 f = \frac{1}{\lVert x \rVert} \big( I - u u^\top \big) , \quad
    u = \frac{x}{\lVert x \rVert} $$

    x is not zero.

    **Book** eq-id-hessian-of-length
    """
    u = x / np.linalg.norm(x)
    measured = _slopes(lambda y: y / np.linalg.norm(y), x)
    return measured, (np.eye(len(x)) - np.outer(u, u)) / np.linalg.norm(x)


def _blocks(w, x, left):
    """Sum the Kronecker products of (K, K) curvature and (D, D) input over the examples."""
    total = 0
    for row in x:
        p = _softmax(w @ row)
        curved, inputs = np.diag(p) - np.outer(p, p), np.outer(row, row)
        total = total + (np.kron(curved, inputs) if left else np.kron(inputs, curved))
    return total / len(x)


@identity(relative=BY_DIFFERENCES, wrong={"the order of stacked columns": lambda w, x, t: _blocks(w, x, left=False),
                 "a sum for the mean": lambda w, x, t: _blocks(w, x, left=True) * len(x)})  # fmt: skip
def hessian_of_cross_entropy(w: "K D", x: "N D", t: "labels:K N"):
    r"""The Hessian of the mean cross-entropy of scores $s_n = W x_n$, in the rows of W laid end to end.

    $$ \nabla^2_{\operatorname{ravel} W} L = \frac 1N \sum_n
    \big( \operatorname{diag}(p_n) - p_n p_n^\top \big) \otimes x_n x_n^\top $$

    It does not depend on the labels.

    **Book** eq-id-hessian-of-cross-entropy
    """

    def slope(weight):
        scores, back = vjp(linear, x, weight, np.zeros(len(weight)))
        return back(vjp(cross_entropy, scores, t)[1](np.float64(1.0))[0])[1]

    return _slopes(slope, w), _blocks(w, x, left=True)


def _tanh_fit(x, a, b):
    r = np.tanh(a @ x) - b
    slope = 1 - np.tanh(a @ x) ** 2
    return r, slope[:, None] * a, -2 * np.tanh(a @ x) * slope


@identity(relative=BY_DIFFERENCES, wrong={
    "Gauss-Newton taken to be exact": lambda x, a, b: (j := _tanh_fit(x, a, b)[1]).T @ j,
    "the transpose on the wrong side": lambda x, a, b: (j := _tanh_fit(x, a, b)[1]) @ j.T,
})  # fmt: skip
def gauss_newton(x: "N normal", a: "M N normal", b: "M normal"):
    r"""The Hessian of half a sum of squared residuals $r_i(x)$, J their Jacobian: what Gauss-Newton keeps, and a rest.

    $$ \nabla^2\, \tfrac 12 \lVert r(x) \rVert^2 = J^\top J + \sum_i r_i \nabla^2 r_i $$

    The first term is positive semidefinite; the second vanishes with the residuals.

    **Book** eq-id-gauss-newton
    """

    def slope(y):
        r, j, _ = _tanh_fit(y, a, b)
        return j.T @ r

    r, j, second = _tanh_fit(x, a, b)
    return _slopes(slope, x), j.T @ j + a.T @ np.diag(r * second) @ a


@identity(wrong={"entry by entry": lambda x, a, v: a.T @ ((p := _softmax(a @ x)) * (1 - p) * (a @ v)),
                 "times the value": lambda x, a, v: a.T @ (_softmax(a @ x) * (a @ v))})  # fmt: skip
def hessian_vector_product(x: "N", a: "M N", v: "N"):
    r"""A Hessian times a vector is the derivative of the gradient along it. Here f is log-sum-exp of A x.

    $$ \nabla^2 f(x)\, v = \frac{d}{d\varepsilon} \nabla f(x + \varepsilon v) \Big|_{\varepsilon = 0}
    = A^\top \big( \operatorname{diag}(p) - p p^\top \big) A v $$

    **Book** eq-id-hessian-vector-product
    """
    p, h = _softmax(a @ x), 1e-20
    along = np.imag(a.T @ _softmax(a @ (x + 1j * h * v))) / h
    return along, a.T @ (np.diag(p) - np.outer(p, p)) @ (a @ v)
