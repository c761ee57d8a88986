"""Solutions of the exercises of `optimization`, written as a reader would write them."""

import numpy as np

__all__ = ["largest_rate", "momentum_rate"]


def momentum_rate(lr, momentum, eigenvalues):
    r"""Say by which factor heavy-ball momentum shrinks the distance per step in the long run, at worst.

    The larger root of $z^2 - (1 + \mu - \eta \lambda) z + \mu = 0$ in size, over all curvatures.

    Parameters
    ----------
    lr : eta.
    momentum : mu.
    eigenvalues : the bowl's curvatures.

    Examples
    --------
    >>> round(momentum_rate(0.1, 0.0, [1, 10]), 6)  # without momentum 1 - 0.1 is left
    0.9
    >>> round(momentum_rate(4 / (1 + 9**0.5) ** 2, 0.25, [1, 9]), 6)  # (3 - 1) / (3 + 1), the best there is
    0.5
    """
    trace = 1 + momentum - lr * np.asarray(eigenvalues, complex)
    root = np.sqrt(trace**2 - 4 * momentum)
    return float(np.maximum(np.abs(trace + root), np.abs(trace - root)).max() / 2)


def largest_rate(descends, low, high, *, tries=20):
    """Find the largest learning rate with which a training still works, by halving on a logarithmic scale.

    Parameters
    ----------
    descends : maps a rate to True or False.
    low, high : a rate that works and one that does not.
    tries : how often to halve.

    Examples
    --------
    >>> round(largest_rate(lambda lr: lr < 0.2, 1e-3, 10), 4)
    0.2
    """
    for _ in range(tries):
        middle = np.sqrt(low * high)
        low, high = (middle, high) if descends(middle) else (low, middle)
    return float(low)
