"""Solutions of the exercises of `gradient_descent`, written as a reader would write them."""

import numpy as np

from dlbook.numpy.gradient_descent import minibatches, sgd, value_and_grad
from dlbook.numpy.linear_classifiers import mse_loss

__all__ = ["exact_step", "excess_within_epoch", "mean_of_iterates", "two_rates", "updates"]


def updates(n, batch_size, epochs):
    """Count the updates of a training; the last batch of an epoch may be smaller, but it is one.

    Parameters
    ----------
    n : examples.
    batch_size : examples per update.
    epochs : passes over all examples.

    Examples
    --------
    >>> updates(45_000, 100, 40), updates(45_050, 100, 40)
    (18000, 18040)
    >>> updates(7, 3, 1) == len(list(minibatches(7, 3, None)))
    True
    """
    return epochs * -(-n // batch_size)  # rounded up: minus, divide rounding down, minus


def two_rates(mu, largest):
    r"""Find the two step sizes that, taken in turns, shrink every curvature between mu and L the fastest.

    The product $(1 - \eta_1 \lambda)(1 - \eta_2 \lambda)$ is the Chebyshev polynomial of degree 2, moved to
    $[\mu, L]$ and scaled to 1 at $\lambda = 0$. The steps are one over its zeros, $m \pm r / \sqrt 2$ with
    $m = (L + \mu) / 2$ and $r = (L - \mu) / 2$.

    Parameters
    ----------
    mu, largest : the smallest and the largest curvature.

    Returns
    -------
    rates : the long and the short step.
    factor : by how much two steps shrink the distance, at worst.

    Examples
    --------
    >>> rates, factor = two_rates(1.0, 10.0)
    >>> curvatures = np.linspace(1, 10, 1001)
    >>> worst = np.abs((1 - rates[0] * curvatures) * (1 - rates[1] * curvatures)).max()
    >>> bool(np.isclose(worst, factor)), bool(factor < (9 / 11) ** 2), bool(rates[0] > 2 / 10)
    (True, True, True)
    """
    middle, radius = (largest + mu) / 2, (largest - mu) / 2
    zeros = middle + np.array([-1, 1]) * radius / np.sqrt(2)
    return 1 / zeros, 1 / (2 * (middle / radius) ** 2 - 1)


def exact_step(grad, hessian):
    r"""Find the step along the negative gradient that reaches the lowest point of a bowl on that line.

    $\eta = \lVert g \rVert^2 / g^\top H g$: one over the curvature along the gradient.

    Parameters
    ----------
    grad : (D,) the gradient, not 0.
    hessian : (D, D) symmetric, positive definite.

    Examples
    --------
    >>> hessian, x = np.diag([1.0, 10.0]), np.array([10.0, 1.0])
    >>> factors = []
    >>> for _ in range(4):
    ...     step = x - exact_step(hessian @ x, hessian) * (hessian @ x)
    ...     factors.append(float(round((step @ hessian @ step) / (x @ hessian @ x), 4)))
    ...     x = step
    >>> factors == [round((9 / 11) ** 2, 4)] * 4
    True
    """
    return (grad @ grad) / (grad @ hessian @ grad)


def mean_of_iterates(start, samples, lr):
    r"""Estimate a mean by SGD with a constant step, and average the second half of its path.

    Minimizes the mean of $\frac12 (\theta - a_i)^2$ over the samples, one sample a step.

    Parameters
    ----------
    start : theta_0, a number.
    samples : (N,) the a_i.
    lr : eta, between 0 and 2.

    Returns
    -------
    last, average : the last iterate, and the mean of the second half of all iterates.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> ends = np.array([mean_of_iterates(5.0, rng.standard_normal(2000), 0.1) for _ in range(100)])
    >>> last, average = (ends**2).mean(axis=0)
    >>> bool(0.03 < last < 0.09), bool(average < last / 20)
    (True, True)
    """
    theta, path = start, []
    for a in samples:
        theta = theta - lr * (theta - a)
        path.append(theta)
    return theta, np.mean(path[len(path) // 2 :])


def excess_within_epoch(value_and_grad, params, data, *, lr, batch_size, epochs, rng):
    """Descend by shuffled mini-batches; report the cost on all data in the middle and at the end of the epochs.

    Parameters
    ----------
    value_and_grad, params, data, lr, batch_size, epochs, rng : as in `sgd`; params is a tuple of arrays.

    Returns
    -------
    middle, end : the mean cost over the second half of the epochs.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> a = rng.standard_normal((400, 1))
    >>> cost = mean_distance()
    >>> start = (a.mean(axis=0, keepdims=True),)
    >>> middle, end = excess_within_epoch(cost, start, (a,), lr=0.01, batch_size=10, epochs=100, rng=rng)
    >>> best = cost(start, a)[0]
    >>> bool(middle - best > 3 * (end - best))
    True
    """
    middles, ends = [], []
    for _ in range(epochs):
        batches = list(minibatches(len(data[0]), batch_size, rng))
        half = len(batches) // 2
        for part, found in ((batches[:half], middles), (batches[half:], ends)):
            rows = np.concatenate(part)
            dealt = tuple(column[rows] for column in data)
            params = sgd(value_and_grad, params, dealt, lr=lr, batch_size=batch_size, epochs=1, rng=None).params
            found.append(value_and_grad(params, *data)[0])
    return np.mean(middles[epochs // 2 :]), np.mean(ends[epochs // 2 :])


def mean_distance():
    """Return the mean squared distance of one number from many, in the form that `sgd` wants."""
    squared = value_and_grad(mse_loss)

    def both(params, a):
        (theta,) = params
        value, grad = squared(np.repeat(theta, len(a), axis=0), a)
        return value, (grad.sum(axis=0, keepdims=True),)

    return both
