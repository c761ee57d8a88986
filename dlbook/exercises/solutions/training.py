"""Solutions of the exercises of `training`, written as a reader would write them."""

import numpy as np

__all__ = ["class_prior_bias", "kahan_sum", "median_stopping"]


def class_prior_bias(params, target):
    """Return the parameters with a last bias that makes scores of zero guess as often as the classes occur.

    Parameters
    ----------
    params : one pair (weight, bias) per layer, as for `mlp`.
    target : (N,) labels 0..K-1 of the training set; each class occurs.

    Examples
    --------
    >>> params = ((np.zeros((2, 3)), np.zeros(2)),)
    >>> ((_, bias),) = class_prior_bias(params, np.array([0, 0, 0, 1]))
    >>> np.exp(bias)
    array([0.75, 0.25])
    """
    *below, (weight, bias) = params
    frequency = np.bincount(target, minlength=len(bias)) / len(target)
    return (*below, (weight, np.log(frequency).astype(bias.dtype)))


def median_stopping(curves, *, grace=1):
    """Find after which epoch each run would be given up, if it has to be as good as the median of all by then.

    Parameters
    ----------
    curves : (N, E) the score of each run after e epochs, e = 0 included.
    grace : epochs that every run may have.

    Examples
    --------
    >>> curves = np.array([[0.1, 0.2, 0.3], [0.1, 0.3, 0.4], [0.1, 0.4, 0.5]])
    >>> median_stopping(curves).tolist()
    [1, 2, 2]
    """
    best = np.maximum.accumulate(curves, axis=1)
    behind = best < np.median(best, axis=0)
    behind[:, :grace] = False
    behind[:, -1] = True  # at the latest, every run ends with its last epoch
    return behind.argmax(axis=1)


def kahan_sum(x):
    """Add numbers up in their own precision, and carry along what each addition rounded away.

    Parameters
    ----------
    x : (N,) of any float dtype.

    Examples
    --------
    >>> float(kahan_sum(np.ones(5000, np.float16)))
    5000.0
    """
    total = lost = x.dtype.type(0)
    for value in x:
        corrected = value - lost
        larger = total + corrected
        lost = (larger - total) - corrected
        total = larger
    return total
