"""Values and pullbacks of what takes rows of scores, and of the losses: the references against the table's formulas."""

import numpy as np

from dlbook.laws.identities.identity import identity
from dlbook.laws.identities.networks import both, one_hot, sigma
from dlbook.numpy import backpropagation, linear_classifiers


def _softmax(s):
    e = np.exp(s - s.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@identity(wrong={"the diagonal alone": lambda s, g: ((p := _softmax(s)), g * p * (1 - p)),
                 "the mean for the weighted mean": lambda s, g: ((p := _softmax(s)),
                                                                 p * (g - g.mean(axis=1, keepdims=True)))})  # fmt: skip
def pullback_of_softmax(s: "N K", g: "N K"):
    r"""The softmax of each row.

    $$ p = \operatorname{softmax}(s) , \qquad \bar s = p \odot (\bar p - \mathbf 1\, p^\top \bar p) $$

    **Book** eq-softmax
    """
    p = _softmax(s)
    return both(linear_classifiers.softmax, g, s), (p, p * (g - (p * g).sum(axis=1, keepdims=True)))


@identity(wrong={"the sum forgotten": lambda s, g: (np.log(_softmax(s)), g - _softmax(s))})
def pullback_of_log_softmax(s: "N K", g: "N K"):
    r"""The logarithm of the softmax.

    $$ y = \log \operatorname{softmax}(s) , \qquad \bar s = \bar y - p\, (\mathbf 1^\top \bar y) $$

    **Book** eq-log-softmax
    """
    p = _softmax(s)
    return both(linear_classifiers.log_softmax, g, s), (np.log(p), g - p * g.sum(axis=1, keepdims=True))


@identity(wrong={"to the largest alone": lambda s, g: (
    np.log(np.exp(s).sum(axis=1)), g[:, None] * one_hot(s.argmax(axis=1), s.shape[1]))})  # fmt: skip
def pullback_of_logsumexp(s: "N K", g: "N"):
    r"""The soft maximum.

    $$ y = \log \sum_k e^{s_k} , \qquad \bar s = \bar y\, p $$

    **Book** eq-logsumexp
    """
    return both(linear_classifiers.logsumexp, g, s), (np.log(np.exp(s).sum(axis=1)), g[:, None] * _softmax(s))


@identity(
    wrong={
        "shared as a softmax": lambda x, g: (x.max(axis=1), g[:, None] * _softmax(x)),
        "each of a tie in full": lambda x, g: (x.max(axis=1), g[:, None] * (x == x.max(axis=1)[:, None])),
    }
)
def pullback_of_amax(x: "N K", g: "N"):
    r"""The maximum of each row; entries that share it share the gradient.

    $$ y = \max_k x_k , \qquad \bar x_k = \bar y\, \frac{[\,x_k = y\,]}{\sum_j [\,x_j = y\,]} $$

    **Book** eq-max-gate
    """
    top = x == x.max(axis=1, keepdims=True)
    return both(backpropagation.amax, g, x, axis=1), (x.max(axis=1), g[:, None] * top / top.sum(axis=1)[:, None])


def _cross_entropy(s, t, sign=1, mean=True):
    p = _softmax(s)
    return (
        -np.log(p[np.arange(len(t)), t]).mean(),
        sign * (p - one_hot(t, s.shape[1])) / (len(t) if mean else 1),
    )


@identity(wrong={"the sign": lambda s, t: _cross_entropy(s, t, sign=-1),
                 "the mean forgotten": lambda s, t: _cross_entropy(s, t, mean=False)})  # fmt: skip
def pullback_of_cross_entropy(s: "N K", t: "labels:K N"):
    r"""The mean cross-entropy, with the labels as one-hot rows of Y.

    $$ L = - \frac 1N \sum_n \log p_{n, t_n} , \qquad \bar S = \frac 1N (P - Y)\, \bar L $$

    **Book** eq-cross-entropy
    """
    return both(linear_classifiers.cross_entropy, 1.0, s, t), _cross_entropy(s, t)


@identity(wrong={"the slope of the sigmoid kept": lambda s, t: (
    np.mean(np.log(1 + np.exp(s)) - t * s), (sigma(s) - t) * sigma(s) * (1 - sigma(s)) / s.size)})  # fmt: skip
def pullback_of_binary_cross_entropy_with_logits(s: "N", t: "labels:B N"):
    r"""The mean binary cross-entropy of scores.

    $$ L = \frac 1N \sum_n \big( \log(1 + e^{s_n}) - t_n s_n \big) , \qquad
    \bar s_n = \frac 1N (\sigma(s_n) - t_n)\, \bar L $$

    **Book** eq-binary-cross-entropy-with-logits
    """
    t = (t % 2).astype(float)
    loss = np.mean(np.log(1 + np.exp(s)) - t * s)
    return both(linear_classifiers.binary_cross_entropy_with_logits, 1.0, s, t)[:2], (loss, (sigma(s) - t) / s.size)


def _hinge(s, t, signs=True):
    t = 2 * (t % 2) - 1
    short = 1 - t * s > 0
    return np.mean(np.maximum(0, 1 - t * s)), -(t if signs else 1) * short / s.size


@identity(wrong={"the label forgotten": lambda s, t: _hinge(s, t, signs=False)})
def pullback_of_hinge_loss(s: "N normal", t: "labels:B N"):
    r"""The mean hinge, with labels of minus one and one.

    $$ L = \frac 1N \sum_n \max(0, 1 - t_n s_n) , \qquad \bar s_n = - \frac{t_n}{N}\, [\,t_n s_n < 1\,]\, \bar L $$

    **Book** eq-hinge-loss
    """
    return both(linear_classifiers.hinge_loss, 1.0, s, 2 * (t % 2) - 1), _hinge(s, t)


def _margins(s, t, own=True):
    n, k = s.shape
    y = one_hot(t, k)
    gap = 1 + s - s[np.arange(n), t][:, None]
    over = (gap > 0) * (1 - y)
    ds = over - y * over.sum(axis=1, keepdims=True) if own else over
    return (np.maximum(0, gap) * (1 - y)).sum() / (n * k), ds / (n * k)


@identity(wrong={"the right class forgotten": lambda s, t: _margins(s, t, own=False)})
def pullback_of_multi_margin_loss(s: "N K normal", t: "labels:K N"):
    r"""The hinge of several classes, as PyTorch has it: a mean over the classes too.

    $$ L = \frac{1}{N K} \sum_n \sum_{k \ne t_n} \max(0, 1 + s_{nk} - s_{n t_n}) , \qquad
    \bar S = \frac{1}{N K} (M - Y \odot M \mathbf 1 \mathbf 1^\top)\, \bar L $$

    $M_{nk}$ is one where the margin of a wrong class is not met.

    **Book** eq-multi-margin-loss
    """
    return both(linear_classifiers.multi_margin_loss, 1.0, s, t), _margins(s, t)


@identity(wrong={"the two forgotten": lambda y, t: (np.mean((y - t) ** 2), (y - t) / y.size),
                 "a sum for the mean": lambda y, t: (np.mean((y - t) ** 2), 2 * (y - t))})  # fmt: skip
def pullback_of_mse_loss(y: "N D", t: "N D"):
    r"""The mean squared error, over all entries.

    $$ L = \frac{1}{N D} \sum_{nd} (y_{nd} - t_{nd})^2 , \qquad \bar Y = \frac{2}{N D} (Y - T)\, \bar L $$

    **Book** eq-mse-loss
    """
    return both(linear_classifiers.mse_loss, 1.0, y, t)[:2], (np.mean((y - t) ** 2), 2 * (y - t) / y.size)
