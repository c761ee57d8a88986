"""Past the point where the training data are known by heart: least squares on random features."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dlbook.numpy.deep_networks.network import init_mlp
from dlbook.numpy.deep_networks.rectifiers import relu
from dlbook.numpy.linear_classifiers.arguments import check_generator, check_rows, whole_number
from dlbook.numpy.linear_classifiers.linear import linear
from dlbook.numpy.linear_classifiers.metrics import accuracy, one_hot
from dlbook.numpy.linear_classifiers.ridge import ridge_regression
from dlbook.shapes import Array, Float, Int

__all__ = ["DoubleDescent", "double_descent", "random_features", "ridge_accuracy"]

Split = tuple[Array, Array]


class DoubleDescent(NamedTuple):
    """Least squares on more and more random features.

    Parameters
    ----------
    features : (P,) how many.
    train_loss, test_loss : (P,) mean squared errors against one-hot rows, summed over the classes.
    train_error, test_error : (P,) shares of wrong answers.
    norm : (P,) length of the weights.
    """

    features: Array
    train_loss: Array
    test_loss: Array
    train_error: Array
    test_error: Array
    norm: Array


def random_features(x: Float[Array, "N D"], units: int, rng: np.random.Generator) -> Float[Array, "N units"]:
    r"""Compute a hidden layer that is drawn and never trained.

    $$h_n = \max(0, W x_n), \qquad w_{ij} \sim \mathcal N(0,\, 2 / D)$$

    The first rows of W do not depend on how many follow: more units from the same seed are a longer list.

    Parameters
    ----------
    x : (N, D).
    units : at least 1.
    rng : draws the weights.

    Returns
    -------
    h : (N, units), of x's dtype.

    Raises
    ------
    ValueError : for no unit.
    TypeError : when rng is no generator.

    **Source** Rahimi and Recht (2007), with rectifiers for cosines.
    **Book** eq-random-features
    """
    units = whole_number("random_features", "units", units, 1)
    check_generator("random_features", rng)
    ((weight, bias),) = init_mlp((x.shape[1], units), rng, dtype=str(x.dtype))
    return relu(linear(x, weight, bias))


def _fit(train: Split, classes: int, strength: float) -> tuple[Array, Array]:
    """Regress one-hot rows on x."""
    x, target = train
    return ridge_regression(x, one_hot(target, classes, dtype=str(x.dtype)), strength=strength)


def _classes(train: Split, held: Split) -> int:
    return int(max(train[1].max(), held[1].max())) + 1


def ridge_accuracy(
    train: Split, held: Split, *, strength: float = 0.0, columns: slice | Sequence[int] = slice(None)
) -> float:
    """Fit one-hot rows by ridge regression on the one split, and return the accuracy on the other.

    Parameters
    ----------
    train, held : (x, target), target labels 0..K-1; a class that train lacks is never answered.
    strength : as in `ridge_regression`.
    columns : which features are used; all by default.

    Returns
    -------
    accuracy : from 0 to 1.

    Raises
    ------
    ValueError : for empty or unequal data, or a negative strength.

    **Source** Hoerl and Kennard (1970).
    **Book** eq-minimum-norm
    """
    for split in (train, held):
        check_rows("ridge_accuracy", x=split[0], target=split[1])
    weight, bias = _fit((train[0][:, columns], train[1]), _classes(train, held), strength)
    return accuracy(linear(held[0][:, columns], weight, bias), held[1])


def double_descent(
    train: Split, test: Split, units: Sequence[int], *, strength: float = 0.0, rng: np.random.Generator
) -> DoubleDescent:
    r"""Measure least squares on growing sets of random features, past the point of interpolation.

    $$\min_W \frac{1}{NK} \lVert H W^\top + \mathbf 1 b^\top - T \rVert^2 + \lambda \lVert W \rVert^2,$$

    and for $\lambda = 0$, of all minima, the one with the shortest W.

    Parameters
    ----------
    train, test : (x, target), target labels 0..K-1.
    units : how many features, in any order; the sets are nested.
    strength : lambda, at least 0.
    rng : draws the features.

    Returns
    -------
    DoubleDescent

    Raises
    ------
    ValueError : for empty or unequal data, no unit, or a negative strength.

    **Source** Belkin, Hsu, Ma and Mandal (2019).
    **Book** eq-random-features, eq-minimum-norm
    """
    for split in (train, test):
        check_rows("double_descent", x=split[0], target=split[1])
    units = [whole_number("double_descent", f"units[{i}]", count, 1) for i, count in enumerate(units)]
    if not units:
        raise ValueError("double_descent: units is empty, expected at least one number of features")
    both = random_features(np.concatenate([train[0], test[0]]), max(units), rng)
    h, h_test = both[: len(train[0])], both[len(train[0]) :]
    rows, classes = [], _classes(train, test)
    for count in units:
        weight, bias = _fit((h[:, :count], train[1]), classes, strength)
        row = [float(np.linalg.norm(weight))]
        for features, target in ((h, train[1]), (h_test, test[1])):
            y = linear(features[:, :count], weight, bias)
            row += [_squared_error(y, target, classes), 1 - accuracy(y, target)]
        rows.append(row)
    norm, train_loss, train_error, test_loss, test_error = np.array(rows).T
    return DoubleDescent(np.array(units), train_loss, test_loss, train_error, test_error, norm)


def _squared_error(y: Float[Array, "N K"], target: Int[Array, " N"], classes: int) -> float:
    return float(((y - one_hot(target, classes, dtype=str(y.dtype))) ** 2).sum(axis=1).mean())
