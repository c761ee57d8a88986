"""Solutions of the second assignment that are code: the rate of its sheet, and training cycle by cycle."""

from dlbook.numpy.deep_networks import mlp_objective
from dlbook.numpy.gradient_descent import sgd
from dlbook.numpy.optimization import triangular_lr

__all__ = ["cyclical_rate", "train_in_cycles"]


def cyclical_rate(t, low, high, n):
    r"""Compute the rate of update t as the assignment's sheet writes it, cycle by cycle.

    With $l = \lfloor t / 2n \rfloor$, the rate climbs for $2ln \le t < (2l+1)n$ and falls for
    $(2l+1)n \le t < 2(l+1)n$:

    $$\eta_t = \eta_{\min} + \frac{t - 2ln}{n} (\eta_{\max} - \eta_{\min}), \qquad
    \eta_t = \eta_{\max} - \frac{t - (2l+1)n}{n} (\eta_{\max} - \eta_{\min})$$

    Parameters
    ----------
    t : the number of the update, from 0.
    low, high : the ends of the rate.
    n : updates of a climb, and of a fall.

    Examples
    --------
    >>> [cyclical_rate(t, 0.0, 1.0, 2) for t in range(6)]
    [0.0, 0.5, 1.0, 0.5, 0.0, 0.5]
    """
    within = t % (2 * n)
    if within < n:
        return low + within / n * (high - low)
    return high - (within - n) / n * (high - low)


def train_in_cycles(train, params, *, cycles, n, low, high, strength, rng, batch_size=100, measure=None):
    """Train a ReLU network for some cycles of the rate and keep its parameters at the end of each, where it is low.

    Parameters
    ----------
    train : (x, target).
    params : where to start, as in `mlp`.
    cycles : how many.
    n : updates of a climb; a cycle of 2 n updates must be a whole number of epochs.
    low, high : the ends of the rate.
    strength : of the L2 penalty.
    rng : the order of the examples.
    batch_size : examples of an update.
    measure : as in `sgd`.

    Returns
    -------
    The runs, one for each cycle; each goes on where the one before ended.

    Examples
    --------
    >>> import numpy as np
    >>> from dlbook.numpy.deep_networks import init_mlp
    >>> rng = np.random.default_rng(0)
    >>> x, target = rng.normal(size=(20, 3)), rng.integers(0, 2, 20)
    >>> net = init_mlp((3, 4, 2), rng, dtype="float64")
    >>> runs = train_in_cycles((x, target), net, cycles=3, n=2, low=0.1, high=0.5, strength=0.0, rng=rng, batch_size=10)
    >>> [run.rates.round(3).tolist() for run in runs]
    [[0.1, 0.3, 0.5, 0.3], [0.1, 0.3, 0.5, 0.3], [0.1, 0.3, 0.5, 0.3]]
    """
    updates_per_epoch = -(-len(train[0]) // batch_size)
    epochs, rest = divmod(2 * n, updates_per_epoch)
    if rest:
        raise ValueError(f"train_in_cycles: a cycle of {2 * n} updates is no whole number of epochs of "
                         f"{updates_per_epoch} updates")
    runs = []
    for _ in range(cycles):
        run = sgd(
            mlp_objective(strength=strength), params, train, lr=triangular_lr(low, high, step_size_up=n),
            batch_size=batch_size, epochs=epochs, rng=rng, measure=measure,
        )  # fmt: skip
        params = run.params
        runs.append(run)
    return runs
