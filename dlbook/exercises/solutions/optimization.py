"""Solutions of the exercises of `optimization`, written as a reader would write them."""

import numpy as np

from dlbook.numpy.optimization import minimize, optimize, sgd_momentum

__all__ = ["descends", "drift", "largest_rate", "read_range_test"]


def largest_rate(works, low, high, *, tries=20):
    """Find the largest learning rate with which something works, by halving on a logarithmic scale.

    Parameters
    ----------
    works : maps a rate to True or False.
    low, high : a rate that works and one that does not.
    tries : how often to halve.

    Examples
    --------
    >>> round(largest_rate(lambda lr: lr < 0.2, 1e-3, 10), 4)
    0.2
    """
    for _ in range(tries):
        middle = np.sqrt(low * high)
        low, high = (middle, high) if works(middle) else (low, middle)
    return float(low)


def descends(function, start, *data, momentum, steps):
    """Build the question whether a walk with momentum ends lower than it began, as a function of the rate.

    Parameters
    ----------
    function, start, *data : as in `minimize`.
    momentum, steps : of the walk.

    Examples
    --------
    >>> from dlbook.numpy.gradient_descent import quadratic, value_and_grad
    >>> works = descends(value_and_grad(quadratic), np.ones(1), np.eye(1), momentum=0.0, steps=50)
    >>> works(1.9), works(2.1)
    (True, False)
    """

    def works(lr):
        try:
            with np.errstate(over="ignore"):  # a walk that explodes says so by its value
                run = minimize(function, start, *data, optimizer=sgd_momentum, momentum=momentum, lr=lr, steps=steps)
        except FloatingPointError:
            return False
        return bool(run.values[-1] < run.values[0])

    return works


def drift(optimizer, *, period, large, rounds, lr, **options):
    """Let an optimizer meet one large positive gradient and then small negative ones, and say where it ends.

    Parameters
    ----------
    optimizer, lr, **options : as in `optimize`.
    period : gradients in a round: one is `large`, the others are -1.
    large : above period - 1, so that the mean gradient is positive and downhill is to the left.
    rounds : how many.

    Examples
    --------
    >>> round(drift(sgd_momentum, period=3, large=3.0, rounds=10, lr=0.1, momentum=0.0), 6)
    -1.0
    >>> from dlbook.numpy.optimization import adam
    >>> drift(adam, period=3, large=3.0, rounds=10, lr=0.1, betas=(0.0, 0.1)) > 0
    True
    """
    gradients = np.tile([large, *[-1.0] * (period - 1)], rounds)
    run = optimize(
        lambda place, g: (g[0] * place[0], g), np.zeros(1), (gradients,), optimizer=optimizer, lr=lr, batch_size=1,
        epochs=1, rng=None, **options,
    )  # fmt: skip
    return float(run.params[0])


def read_range_test(rates, values, *, window=15):
    """Read two rates off a range test: where the smoothed loss falls fastest, and where it is lowest.

    Parameters
    ----------
    rates, values : of the test, as `lr_range_test` returns them.
    window : how many values to average.

    Examples
    --------
    >>> rates = np.geomspace(1e-3, 10, 200)
    >>> fastest, lowest = read_range_test(rates, (np.log10(rates) + 0.5) ** 2 + np.tanh(-4 * np.log10(rates) - 6))
    >>> 0.001 < fastest < lowest < 1
    True
    """
    smooth = np.convolve(values, np.ones(window) / window, mode="valid")
    middle = np.asarray(rates)[window // 2 : window // 2 + len(smooth)]
    bottom = smooth.argmin()
    slope = np.gradient(smooth[: bottom + 1], np.log(middle[: bottom + 1]))
    return float(middle[slope.argmin()]), float(middle[bottom])
