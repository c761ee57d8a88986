"""Solutions of the exercises of `backpropagation`, written as a reader would write them."""

import numpy as np

from dlbook.numpy.linear_classifiers import log_softmax

__all__ = ["Dual", "cheapest_order", "inverse_pullback", "recursive_schedule", "second_difference",
           "two_layer_gradients"]  # fmt: skip


def two_layer_gradients(x, y, w1, b1, w2, b2):
    r"""Derive the mean cross-entropy of a network with one hidden layer of tanh.

    $$H = \tanh(X W_1^\top + b_1), \quad S = H W_2^\top + b_2, \qquad
    \bar S = (P - Y) / N, \quad \bar H = \bar S W_2, \quad \bar A = \bar H \odot (1 - H^2)$$

    Parameters
    ----------
    x : (N, D) examples.
    y : (N, K) one-hot labels.
    w1, b1 : (M, D) and (M,), the hidden layer.
    w2, b2 : (K, M) and (K,), the scores.

    Returns
    -------
    loss : the mean cross-entropy.
    grads : the gradients of w1, b1, w2, b2.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x, y = rng.standard_normal((5, 3)), np.eye(2)[[0, 1, 1, 0, 1]]
    >>> w1, b1, w2, b2 = rng.standard_normal((4, 3)), np.zeros(4), rng.standard_normal((2, 4)), np.zeros(2)
    >>> loss, (dw1, *_) = two_layer_gradients(x, y, w1, b1, w2, b2)
    >>> moved = w1.copy()
    >>> moved[2, 1] += 1e-6
    >>> slope = (two_layer_gradients(x, y, moved, b1, w2, b2)[0] - loss) / 1e-6
    >>> bool(abs(slope - dw1[2, 1]) < 1e-5)
    True
    """
    h = np.tanh(x @ w1.T + b1)
    log_p = log_softmax(h @ w2.T + b2)
    loss = -(y * log_p).sum() / len(x)
    ds = (np.exp(log_p) - y) / len(x)
    da = (ds @ w2) * (1 - h**2)
    return loss, (da.T @ x, da.sum(axis=0), ds.T @ h, ds.sum(axis=0))


def inverse_pullback(y, dy):
    r"""Carry a gradient back through a matrix inverse, given the inverse.

    From $A Y = I$ follows $dA\, Y + A\, dY = 0$, hence $dY = -Y\, dA\, Y$ and $\bar A = -Y^\top \bar Y\, Y^\top$.

    Parameters
    ----------
    y : (N, N) the inverse of A.
    dy : (N, N) the gradient that arrives.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> a, dy, u = rng.standard_normal((3, 4, 4))
    >>> forward = (np.linalg.inv(a + 1e-6 * u) - np.linalg.inv(a - 1e-6 * u)) / 2e-6
    >>> back = inverse_pullback(np.linalg.inv(a), dy)
    >>> bool(np.isclose(np.vdot(dy, forward), np.vdot(back, u), rtol=1e-6))
    True
    """
    return -y.T @ dy @ y.T


class Dual:
    """A number with a tangent: forward mode, by giving the operators a second thing to do.

    Parameters
    ----------
    value, tangent : a number and the rate at which it changes.

    Examples
    --------
    >>> x = Dual(0.7, 1.0)
    >>> y = x * x.exp() + x
    >>> bool(abs(y.tangent - (np.exp(0.7) * 1.7 + 1)) < 1e-15)
    True
    """

    def __init__(self, value, tangent=0.0):
        self.value, self.tangent = value, tangent

    def __add__(self, other):
        return Dual(self.value + other.value, self.tangent + other.tangent)

    def __sub__(self, other):
        return Dual(self.value - other.value, self.tangent - other.tangent)

    def __mul__(self, other):
        return Dual(self.value * other.value, self.tangent * other.value + self.value * other.tangent)

    def exp(self):
        """Return the exponential, its own derivative."""
        y = np.exp(self.value)
        return Dual(y, y * self.tangent)

    def log(self):
        """Return the natural logarithm."""
        return Dual(np.log(self.value), self.tangent / self.value)


def second_difference(f, x, h):
    r"""Measure a second derivative: $(f(x + h) - 2 f(x) + f(x - h)) / h^2$.

    Parameters
    ----------
    f : a function of a number or an array, entry by entry.
    x : where.
    h : the step; 1e-4 is about the best.

    Examples
    --------
    >>> errors = {h: abs(second_difference(np.exp, 1.0, h) / np.e - 1) for h in (1e-2, 1e-4, 1e-7)}
    >>> bool(errors[1e-4] < errors[1e-2] < errors[1e-7])
    True
    """
    return (f(x + h) - 2 * f(x) + f(x - h)) / h**2


def recursive_schedule(layers):
    """Count memory and work when a chain is halved again and again, with a checkpoint in each middle.

    To go back through a chain of one layer, run nothing. Otherwise run its first half from its beginning to reach
    the middle, keep that, go back through the second half, forget the middle, and go back through the first half.

    Parameters
    ----------
    layers : length of the chain, a power of two.

    Returns
    -------
    memory : checkpoints held at the worst moment, the input included.
    work : layers evaluated in all, the ones that the pullbacks belong to included.

    Examples
    --------
    >>> recursive_schedule(1), recursive_schedule(2), recursive_schedule(64)
    ((1, 1), (2, 3), (7, 256))
    """
    if layers == 1:
        return 1, 1
    memory, work = recursive_schedule(layers // 2)
    return memory + 1, 2 * work + layers // 2


def cheapest_order(sizes):
    """Find the fewest multiplications for a product of Jacobians.

    Parameters
    ----------
    sizes : the sizes n_0, ..., n_L of the values; Jacobian i has shape (n_i, n_(i-1)).

    Returns
    -------
    best, backward, forward : multiplications of the best order, from the output on, and from the input on.

    Examples
    --------
    >>> cheapest_order([10, 1000, 1000, 1])
    (1010000, 1010000, 10010000)
    >>> best, backward, forward = cheapest_order([100, 2, 100, 3, 100])
    >>> best < min(backward, forward)
    True
    """
    count = len(sizes) - 1
    best = {(i, i): 0 for i in range(count)}  # for the product of the Jacobians i, ..., j
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            # The last multiplication joins i ... k and k + 1 ... j.
            best[i, j] = min(best[i, k] + best[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1] for k in range(i, j))
    backward = sum(sizes[-1] * sizes[i] * sizes[i + 1] for i in range(count - 1))
    forward = sum(sizes[0] * sizes[i] * sizes[i + 1] for i in range(1, count))
    return best[0, count - 1], backward, forward
