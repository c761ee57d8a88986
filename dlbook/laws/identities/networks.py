"""Values and pullbacks of linear maps, rearrangements and activations: the references against the table's formulas."""

import math

import numpy as np

from dlbook.differentiable import vjp
from dlbook.laws.identities.identity import identity
from dlbook.numpy import backpropagation, deep_networks, linear_classifiers

erf = np.vectorize(math.erf, otypes=[float])


def both(operation, dy, *args, **options):
    """Return the reference's value and gradients, without those of labels."""
    y, pullback = vjp(operation, *args, **options)
    return (y, *(grad for grad in pullback(np.asarray(dy)) if grad is not None))


def sigma(x):
    """Return the sigmoid."""
    return 1 / (1 + np.exp(-x))


def one_hot(t, k):
    """Return a row for each label."""
    return np.eye(k)[t]


# --------------------------------------------------------------------------------------- linear maps


@identity(wrong={
    "the weight transposed": lambda x, w, b, g: (x @ w.T + b, g @ w, x.T @ g, g.sum(axis=0)),
    "the bias averaged": lambda x, w, b, g: (x @ w.T + b, g @ w, g.T @ x, g.mean(axis=0)),
})  # fmt: skip
def pullback_of_linear(x: "N D", w: "K D", b: "K", g: "N K"):
    r"""A layer of weights.

    $$ Y = X W^\top + \mathbf 1 b^\top , \qquad \bar X = \bar Y W ,\; \bar W = \bar Y^\top X ,\;
    \bar b = \bar Y^\top \mathbf 1 $$

    **Book** eq-linear
    """
    return both(linear_classifiers.linear, g, x, w, b), (x @ w.T + b, g @ w, g.T @ x, g.sum(axis=0))


@identity(wrong={"no transposes": lambda a, b, g: (a @ b, g @ b, a @ g)})
def pullback_of_matmul(a: "B N D", b: "B D K", g: "B N K"):
    r"""A matrix product, or a batch of them.

    $$ Y = A B , \qquad \bar A = \bar Y B^\top ,\; \bar B = A^\top \bar Y $$

    **Book** eq-matmul-pullback
    """
    return both(backpropagation.matmul, g, a, b), (a @ b, g @ b.swapaxes(1, 2), a.swapaxes(1, 2) @ g)


@identity(wrong={"spread, not copied": lambda x, g: (x.sum(axis=0), np.broadcast_to(g / len(x), x.shape))})
def pullback_of_sum(x: "N D", g: "D"):
    r"""A sum over the examples; its pullback is broadcasting.

    $$ y = X^\top \mathbf 1 , \qquad \bar X = \mathbf 1 \bar y^\top $$

    **Book** eq-sum-and-mean
    """
    return both(backpropagation.sum, g, x, axis=0), (x.sum(axis=0), np.broadcast_to(g, x.shape))


@identity(wrong={"averaged, not added": lambda x, g: (np.broadcast_to(x, g.shape), g.mean(axis=0))})
def pullback_of_broadcast_to(x: "D", g: "N D"):
    r"""Broadcasting; its pullback is a sum.

    $$ Y = \mathbf 1 x^\top , \qquad \bar x = \bar Y^\top \mathbf 1 $$

    **Book** eq-broadcast-adjoint
    """
    return both(backpropagation.broadcast_to, g, x, shape=g.shape), (np.broadcast_to(x, g.shape), g.sum(axis=0))


def _scatter(x, i, g, add=True):
    dx = np.zeros_like(x)
    if add:
        np.add.at(dx, i, g)
    else:
        dx[i] = g
    return dx


@identity(wrong={"the last one wins": lambda x, i, g: (x[i], _scatter(x, i, g, add=False))})
def pullback_of_index_select(x: "N D", i: "labels:N M", g: "M D"):
    r"""Gathering rows; its pullback scatters and adds. P has one row for each index, one-hot.

    $$ Y = P X , \qquad \bar X = P^\top \bar Y $$

    **Book** eq-index-adjoint
    """
    return both(backpropagation.index_select, g, x, i), (x[i], one_hot(i, len(x)).T @ g)


@identity(wrong={"gathered from itself": lambda x, i, g: (one_hot(i, len(g)).T @ x, g[: len(x)])})
def pullback_of_index_add(x: "M D", i: "labels:N M", g: "N D"):
    r"""Scattering and adding; its pullback gathers.

    $$ Y = P^\top X , \qquad \bar X = P \bar Y $$

    **Book** eq-index-adjoint
    """
    return both(backpropagation.index_add, g, x, i, size=len(g)), (one_hot(i, len(g)).T @ x, g[i])


# ---------------------------------------------------------------------------------------- entrywise


@identity(wrong={"each its own": lambda a, b, g: (a * b, g * a, g * b)})
def pullback_of_mul(a: "N D", b: "N D", g: "N D"):
    r"""An entrywise product.

    $$ Y = A \odot B , \qquad \bar A = \bar Y \odot B ,\; \bar B = \bar Y \odot A $$

    **Book** eq-product-rule
    """
    return both(backpropagation.mul, g, a, b), (a * b, g * b, g * a)


@identity(wrong={"the sign": lambda a, b, g: (a / b, g / b, g * a / b**2)})
def pullback_of_div(a: "N D", b: "N D positive", g: "N D"):
    r"""An entrywise quotient.

    $$ Y = A \oslash B , \qquad \bar A = \bar Y \oslash B ,\; \bar B = - \bar A \odot Y $$

    **Book** eq-product-rule
    """
    return both(backpropagation.div, g, a, b), (a / b, g / b, -g / b * (a / b))


@identity(wrong={"the slope of the value": lambda x, g: (np.tanh(x), g * (1 - np.tanh(np.tanh(x)) ** 2))})
def pullback_of_tanh(x: "N D", g: "N D"):
    r"""The hyperbolic tangent.

    $$ y = \tanh x , \qquad \bar x = \bar y\, (1 - y^2) $$

    **Book** eq-elementwise
    """
    y = np.tanh(x)
    return both(deep_networks.tanh, g, x), (y, g * (1 - y**2))


@identity(wrong={"y and x confused": lambda x, g: (sigma(x), g * x * (1 - x))})
def pullback_of_sigmoid(x: "N D", g: "N D"):
    r"""The sigmoid.

    $$ y = \sigma(x) = \frac{1}{1 + e^{-x}} , \qquad \bar x = \bar y\, y\, (1 - y) $$

    **Book** eq-sigmoid
    """
    y = sigma(x)
    return both(linear_classifiers.sigmoid, g, x), (y, g * y * (1 - y))


@identity(wrong={"the gradient rectified": lambda x, g: (np.maximum(0, x), np.maximum(0, g) * (x > 0)),
                 "zero counted as on": lambda x, g: (np.maximum(0, x), g * (x >= 0))})  # fmt: skip
def pullback_of_relu(x: "N D", g: "N D"):
    r"""The rectifier.

    $$ y = \max(0, x) , \qquad \bar x = \bar y\, [\,x > 0\,] $$

    **Book** eq-relu
    """
    return both(deep_networks.relu, g, x), (np.maximum(0, x), g * (x > 0))


@identity(wrong={"the slope of a sigmoid": lambda x, g: (np.log(1 + np.exp(x)), g * sigma(x) * (1 - sigma(x)))})
def pullback_of_softplus(x: "N D", g: "N D"):
    r"""The softplus.

    $$ y = \log(1 + e^x) , \qquad \bar x = \bar y\, \sigma(x) $$

    **Book** eq-softplus
    """
    return both(deep_networks.softplus, g, x), (np.log(1 + np.exp(x)), g * sigma(x))


@identity(wrong={"the gate alone": lambda x, g: (x * sigma(x), g * sigma(x))})
def pullback_of_silu(x: "N D", g: "N D"):
    r"""The SiLU.

    $$ y = x\, \sigma(x) , \qquad \bar x = \bar y\, \sigma(x) \big( 1 + x\, (1 - \sigma(x)) \big) $$

    **Book** eq-silu
    """
    s = sigma(x)
    return both(deep_networks.silu, g, x), (x * s, g * s * (1 + x * (1 - s)))


def _phi(x):
    return np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)


def _below(x):
    return (1 + erf(x / np.sqrt(2))) / 2


@identity(wrong={"the gate alone": lambda x, g: (x * _below(x), g * _below(x))})
def pullback_of_gelu(x: "N D", g: "N D"):
    r"""The GELU.

    $$ y = x\, \Phi(x) , \qquad \bar x = \bar y\, \big( \Phi(x) + x\, \phi(x) \big) $$

    **Book** eq-gelu
    """
    return both(deep_networks.gelu, g, x), (x * _below(x), g * (_below(x) + x * _phi(x)))
