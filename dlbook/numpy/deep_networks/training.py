"""Training a network of k layers: the cost of its parameters, and the loop around it."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from dlbook.differentiable import vjp
from dlbook.numpy.deep_networks.network import ACTIVATIONS, Activation, Params, check_layers, init_mlp, mlp
from dlbook.numpy.gradient_descent.descent import Descent, Rate
from dlbook.numpy.gradient_descent.stochastic import sgd
from dlbook.numpy.linear_classifiers.arguments import at_least_zero, check_rows
from dlbook.numpy.linear_classifiers.cross_entropy import cross_entropy
from dlbook.numpy.linear_classifiers.linear import linear
from dlbook.numpy.linear_classifiers.metrics import accuracy
from dlbook.numpy.linear_classifiers.penalties import l2_penalty
from dlbook.shapes import Array, leaves

__all__ = ["measure_splits", "mlp_objective", "network_objective", "train_mlp"]

Split = tuple[Array, Array]


def add_penalty(cost, params, grads, strength: float):
    """Add the price of the weights, all arrays of more than one axis, to a cost, and its slope to the gradients."""
    if strength:
        # a bias has one axis, and so have gamma and beta
        weights, dweights = ([a for _, a in leaves(tree) if a.ndim > 1] for tree in (params, grads))
        penalty, penalty_pullback = vjp(l2_penalty, weights, strength=strength)
        cost = cost + penalty
        for dweight, slope in zip(dweights, penalty_pullback(1.0)[0], strict=True):
            dweight += slope
    return cost


def network_objective(
    network: Callable, loss: Callable = cross_entropy, *, strength: float = 0.0, **loss_options
) -> Callable:
    r"""Build the cost of any network: the mean loss of its scores plus a price on all its weights.

    $$J(\theta) = \frac1N \sum_n \ell\big(f(x_n; \theta),\, t_n\big) + \lambda \sum_l \lVert W^{(l)} \rVert^2$$

    Parameters
    ----------
    network : a `@differentiable` function of `(x, params)`, such as `mlp`.
    loss : a `@differentiable` function of `(scores, *target)` with a scalar value.
    strength : lambda, at least 0, the price of the arrays of params with two axes or more; those with one, the biases,
        go free.
    **loss_options : options of the loss.

    Returns
    -------
    A function of `(params, x, *target)` that returns `(cost, grads)`, grads of the structure of params.

    Raises
    ------
    ValueError : for a negative strength.

    Examples
    --------
    >>> params = ((np.eye(3), np.zeros(3)),)  # one layer, which says what it sees
    >>> cost, (layer,) = network_objective(mlp, strength=0.1)(params, np.eye(3), np.arange(3))
    >>> round(float(cost), 4), round(float(np.log(np.e + 2) - 1 + 0.1 * 3), 4)
    (0.8514, 0.8514)
    >>> [a.shape for a in layer]
    [(3, 3), (3,)]

    **Source** Goodfellow, Bengio and Courville (2016), eq. 7.1.
    **Book** eq-mlp-objective
    """
    strength = at_least_zero("network_objective", "strength", strength)

    def value_and_grad(params, x, *target):
        scores, network_pullback = vjp(network, x, params)
        cost, loss_pullback = vjp(loss, scores, *target, **loss_options)
        dscores, *_ = loss_pullback(1.0)
        _, grads = network_pullback(dscores)
        return add_penalty(cost, params, grads, strength), grads

    return value_and_grad


def mlp_objective(
    loss: Callable = cross_entropy, *, activation: Activation = "relu", strength: float = 0.0, **loss_options
) -> Callable:
    r"""Build the cost of a k-layer network: `network_objective` of `mlp`, without the gradient that nobody asks for.

    $$J(\theta) = \frac1N \sum_n \ell\big(f(x_n; \theta),\, t_n\big) + \lambda \sum_l \lVert W^{(l)} \rVert^2$$

    Parameters
    ----------
    loss : a `@differentiable` function of `(scores, target)` with a scalar value.
    activation : the function between the layers, by name.
    strength : lambda, at least 0; the biases go free.
    **loss_options : options of the loss.

    Returns
    -------
    A function of `(params, x, target)` that returns `(cost, grads)`, grads of the structure of params.

    Raises
    ------
    ValueError : for a negative strength.

    **Source** KTH DD2424, assignment 3; Goodfellow, Bengio and Courville (2016), eq. 7.1.
    **Book** eq-mlp-objective
    """
    strength = at_least_zero("mlp_objective", "strength", strength)
    between = ACTIVATIONS[activation]

    def value_and_grad(params: Params, x, target):
        check_layers("mlp_objective", x, params)
        h, pullbacks = linear(x, *params[0]), []
        for weight, bias in params[1:]:
            h, activation_pullback = vjp(between, h)
            h, linear_pullback = vjp(linear, h, weight, bias)
            pullbacks.append((activation_pullback, linear_pullback))
        cost, loss_pullback = vjp(loss, h, target, **loss_options)
        ds, *_ = loss_pullback(1.0)
        grads = []
        for activation_pullback, linear_pullback in reversed(pullbacks):
            dh, dweight, dbias = linear_pullback(ds)
            grads.append((dweight, dbias))
            (ds,) = activation_pullback(dh)
        grads.append((ds.T @ x, ds.sum(axis=0)))  # the first layer owes nobody a dx: nobody asks data to change
        grads.reverse()
        return add_penalty(cost, params, grads, strength), tuple(grads)

    return value_and_grad


def measure_splits(
    train: Split, validation: Split | None = None, *, predict: Callable = mlp, loss: Callable = cross_entropy
) -> Callable:
    """Build the measurement that a descent takes before its first epoch and after each: loss and accuracy.

    Parameters
    ----------
    train : (x, target), x of shape (N, ...), target labels of shape (N,).
    validation : a second pair that is measured and never trained on, or None.
    predict : maps `(x, params)` to scores (N, K); in evaluation mode, where a network has two.
    loss : a function of `(scores, target)`, without the penalty.

    Returns
    -------
    A function of params that returns a dict of "loss" and "accuracy" on train, and with a validation pair of
    "validation_loss" and "validation_accuracy".

    Raises
    ------
    ValueError : for empty or unequal data.

    **Source** KTH DD2424, assignment 3.
    **Book** eq-mlp-objective
    """
    splits = {"": train} if validation is None else {"": train, "validation_": validation}
    for prefix, (x, target) in splits.items():
        check_rows("measure_splits", **{f"{prefix}x": x, f"{prefix}target": target})

    def measure(params) -> dict[str, float]:
        found = {}
        for prefix, (x, target) in splits.items():
            # A thousand rows at a time: what lies between two layers stays in the cache.
            parts = [predict(x[start : start + 1000], params) for start in range(0, len(x), 1000)]
            scores = parts[0] if len(parts) == 1 else np.concatenate(parts)
            found |= {f"{prefix}loss": float(loss(scores, target)), f"{prefix}accuracy": accuracy(scores, target)}
        return found

    return measure


def train_mlp(
    train: Split, validation: Split | None = None, *, hidden: Sequence[int] = (), activation: Activation = "relu",
    loss: Callable = cross_entropy, strength: float = 0.0, gain: float = 2.0, lr: Rate = 0.1, epochs: int = 40,
    batch_size: int = 100, rng: np.random.Generator, watch: bool = True,
) -> Descent:
    r"""Train a k-layer network by mini-batch gradient descent, and watch it after each epoch.

    Draw the parameters by `init_mlp`, then descend on `mlp_objective` by `sgd`.

    Parameters
    ----------
    train : (x, target), x of shape (N, D), target labels 0..K-1 of shape (N,); K is one more than the largest label.
    validation : a second pair that is measured and never trained on, or None.
    hidden : the widths of the hidden layers; none gives a linear classifier.
    activation, loss, strength : as in `mlp_objective`.
    gain : as in `init_mlp`.
    lr, epochs, batch_size : as in `sgd`.
    rng : draws the first weights, then the order of the examples.
    watch : measure; without it the result's measured is empty, and the training quicker.

    Returns
    -------
    Descent : params is the network. measured has epochs + 1 entries each of "loss" and "accuracy" on train, and of
        "validation_loss" and "validation_accuracy".

    Raises
    ------
    ValueError : for empty or unequal data, or an option outside its range.
    FloatingPointError : when the cost becomes infinite or nan.

    **Source** KTH DD2424, assignment 3.
    **Book** eq-mlp-objective
    """
    measure = measure_splits(train, validation, predict=partial(mlp, activation=activation), loss=loss)
    x, target = train
    params = init_mlp((x.shape[1], *hidden, int(target.max()) + 1), rng, gain=gain, dtype=x.dtype)
    return sgd(
        mlp_objective(loss, activation=activation, strength=strength), params, train, lr=lr, batch_size=batch_size,
        epochs=epochs, rng=rng, measure=measure if watch else None,
    )  # fmt: skip
