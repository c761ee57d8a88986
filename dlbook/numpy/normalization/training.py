"""Training a normalized network: its cost, and a descent that carries running statistics along."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from dlbook.differentiable import vjp
from dlbook.numpy.deep_networks.network import Activation
from dlbook.numpy.deep_networks.training import measure_splits
from dlbook.numpy.gradient_descent.descent import Descent, Rate, check_finite, rate_of, stacked
from dlbook.numpy.gradient_descent.stochastic import minibatches
from dlbook.numpy.gradient_descent.trees import check_params, tree_map
from dlbook.numpy.linear_classifiers.arguments import above_zero, at_least_zero, between, check_rows, whole_number
from dlbook.numpy.linear_classifiers.cross_entropy import cross_entropy
from dlbook.numpy.linear_classifiers.penalties import l2_penalty
from dlbook.numpy.normalization.batch import update_running
from dlbook.numpy.normalization.network import (
    Norm,
    Params,
    State,
    check_normalized_layers,
    forward,
    init_normalized_mlp,
    layer_backward,
    normalized_mlp,
)
from dlbook.shapes import Array

__all__ = [
    "StatefulDescent",
    "normalized_mlp_objective",
    "population_statistics",
    "sgd_with_state",
    "train_normalized_mlp",
]

Split = tuple[Array, Array]


@dataclass(frozen=True)
class StatefulDescent(Descent):
    """What a descent leaves behind that carried a state along, running statistics for instance: `state`."""

    state: Any = None


def normalized_mlp_objective(
    loss: Callable = cross_entropy, *, norm: Norm = "batch", activation: Activation = "relu", strength: float = 0.0,
    momentum: float = 0.1, eps: float = 1e-5, **loss_options,
) -> Callable:
    r"""Build the cost of a normalized network in training mode, with the step of its running statistics.

    $$J(\theta) = \frac1N \sum_n \ell\big(f(x_n; \theta, B),\, t_n\big) + \lambda \sum_l \lVert W^{(l)} \rVert^2$$

    B is the batch itself: with batch norm the scores of an example depend on its company.

    Parameters
    ----------
    loss : a `@differentiable` function of `(scores, target)` with a scalar value.
    norm, activation, eps : as in `normalized_mlp`.
    strength : lambda, at least 0; gamma, beta and biases go free.
    momentum : as in `update_running`.
    **loss_options : options of the loss.

    Returns
    -------
    A function of `(params, running, x, target)` that returns `(cost, grads, running)`, with running the statistics
    after this batch; None stays None.

    Raises
    ------
    ValueError : for an option outside its range.

    **Source** KTH DD2424, assignment 3; Ioffe and Szegedy (2015), algorithm 2.
    **Book** eq-normalized-objective
    """
    strength = at_least_zero("normalized_mlp_objective", "strength", strength)
    momentum = between("normalized_mlp_objective", "momentum", momentum, 0, 1)
    eps = above_zero("normalized_mlp_objective", "eps", eps)

    def value_and_grad(params: Params, running: State | None, x, target):
        check_normalized_layers("normalized_mlp_objective", x, params, running, norm)
        scores, normalized, pullbacks = forward(x, params, None, norm, activation, eps)
        cost, loss_pullback = vjp(loss, scores, target, **loss_options)
        dy, *_ = loss_pullback(1.0)
        grads = []
        for parts in reversed(pullbacks[1:]):
            dy, own, _ = layer_backward(parts, dy, False)
            dy, dweight, *dbias = parts[0](dy)
            grads.append((dweight, *own, *dbias))
        dy, own, _ = layer_backward(pullbacks[0], dy, False)
        grads.append((dy.T @ x, *(own or (dy.sum(axis=0),))))  # nobody asks the data to change
        grads.reverse()
        if strength:
            for (weight, *_), (dweight, *_) in zip(params, grads, strict=True):
                penalty, penalty_pullback = vjp(l2_penalty, weight, strength=strength)
                cost = cost + penalty
                dweight += penalty_pullback(1.0)[0]
        if running is not None:
            pairs = zip(running, normalized, strict=True)
            running = tuple(update_running(old, s, momentum=momentum) for old, s in pairs)
        return cost, tuple(grads), running

    return value_and_grad


def population_statistics(
    x: Array, params: Params, *, activation: Activation = "relu", eps: float = 1e-5
) -> State:
    """Compute the statistics of every batch norm over all of x at once, as if x were one batch.

    What running averages estimate, without their lag: the mean, and the variance with 1 / (N - 1), of every layer's
    scores, the layers below being normalized by the same statistics.

    Parameters
    ----------
    x : (N, D), the training set.
    params : of `normalized_mlp`, with a batch norm.
    activation, eps : as there.

    Returns
    -------
    running : for each hidden layer (mean, variance).

    Raises
    ------
    ShapeError : when a layer does not fit.

    **Source** Ioffe and Szegedy (2015), algorithm 2, lines 8 to 10.
    **Book** eq-running
    """
    check_normalized_layers("population_statistics", x, params, None, "batch")
    _, normalized, _ = forward(x, params, None, "batch", activation, eps)
    nothing = (tuple(np.zeros(s.shape[1], s.dtype) for _ in range(2)) for s in normalized)
    return tuple(update_running(old, s, momentum=1.0) for old, s in zip(nothing, normalized, strict=True))


def sgd_with_state(
    value_and_grad: Callable, params: Any, state: Any, data: tuple[Array, ...], *, lr: Rate, batch_size: int,
    epochs: int, rng: np.random.Generator | None, drop_last: bool = False, measure: Callable | None = None,
    keep_path: bool = False,
) -> StatefulDescent:
    r"""Walk downhill by the gradients of mini-batches, and hand a state from step to step.

    $$\theta_{s+1} = \theta_s - \eta_s\, g(\theta_s, B_s), \qquad \sigma_{s+1} = u(\sigma_s, \theta_s, B_s)$$

    The state has no gradient: it is what each step leaves for the next one, and for evaluation.

    Parameters
    ----------
    value_and_grad : maps `(params, state, *batch)` to `(value, grads, state)`.
    params, data, lr, batch_size, epochs, rng, drop_last, keep_path : as in `sgd`.
    state : where the state begins, anything; None where there is none.
    measure : maps `(params, state)`, one pair, to a dict of numbers, called before the first epoch and after each.

    Returns
    -------
    StatefulDescent : as of `sgd`, and `state`, where the state ended.

    Raises
    ------
    ValueError : for empty or unequal data, or an option outside its range.
    FloatingPointError : when a batch's value becomes infinite or nan.

    **Source** Ioffe and Szegedy (2015), algorithm 2; Bottou, Curtis and Nocedal (2018), section 4.
    **Book** eq-running
    """
    n = check_rows("sgd_with_state", **{f"data[{i}]": column for i, column in enumerate(data)})
    epochs = whole_number("sgd_with_state", "epochs", epochs, 0)
    minibatches(n, batch_size, rng, drop_last=drop_last)  # refuses, if it must, before the work begins
    rate_of("sgd_with_state", lr, 0)
    check_params("sgd_with_state", params)
    params = tree_map(np.array, params)
    values, rates, found = [], [], [measure((params, state))] if measure else []
    visited = [params] if keep_path else []
    for _ in range(epochs):
        for rows in minibatches(n, batch_size, rng, drop_last=drop_last):
            value, grads, state = value_and_grad(params, state, *(column.take(rows, axis=0) for column in data))
            check_finite("sgd_with_state", value, len(values))
            rate = rate_of("sgd_with_state", lr, len(values))
            values.append(value)
            rates.append(rate)
            params = tree_map(lambda p, g, rate=rate: p - rate * g, params, grads)
            if keep_path:
                visited.append(params)
        if measure:
            found.append(measure((params, state)))
    measured = {name: np.array([row[name] for row in found]) for name in found[0]} if found else {}
    return StatefulDescent(params, np.array(values), np.array(rates), stacked(visited), measured, state)


def train_normalized_mlp(
    train: Split, validation: Split | None = None, *, hidden: Sequence[int] = (), norm: Norm = "batch",
    activation: Activation = "relu", loss: Callable = cross_entropy, strength: float = 0.0,
    sigma: float | None = None, gain: float = 2.0, momentum: float = 0.1, eps: float = 1e-5, lr: Rate = 0.1,
    epochs: int = 40, batch_size: int = 100, rng: np.random.Generator,
) -> StatefulDescent:
    r"""Train a k-layer network with or without normalization, and watch it after each epoch in evaluation mode.

    Draw the parameters by `init_normalized_mlp`, descend on `normalized_mlp_objective` by `sgd_with_state`; what is
    measured is `normalized_mlp` with the running statistics of that moment.

    Parameters
    ----------
    train : (x, target), x of shape (N, D), target labels 0..K-1 of shape (N,); K is one more than the largest label.
    validation : a second pair that is measured and never trained on, or None.
    hidden : the widths of the hidden layers.
    norm, activation, eps : as in `normalized_mlp`; norm "none" trains what `mlp` computes.
    loss, strength, momentum : as in `normalized_mlp_objective`.
    sigma, gain : as in `init_normalized_mlp`.
    lr, epochs, batch_size : as in `sgd`; lr may be a function of the step number.
    rng : draws the first weights, then the order of the examples.

    Returns
    -------
    StatefulDescent : params and state are the network, `normalized_mlp(x, run.params, run.state)` its scores.
        measured has epochs + 1 entries each of "loss" and "accuracy" on train, and of "validation_loss" and
        "validation_accuracy".

    Raises
    ------
    ValueError : for empty or unequal data, or an option outside its range.
    FloatingPointError : when the cost becomes infinite or nan.

    **Source** KTH DD2424 (2019), assignment 3.
    **Book** eq-normalized-objective
    """
    predict = partial(_scores, norm=norm, activation=activation, eps=eps)
    measure = measure_splits(train, validation, predict=predict, loss=loss)
    x, target = train
    sizes = (x.shape[1], *hidden, int(target.max()) + 1)
    params, running = init_normalized_mlp(sizes, rng, norm=norm, sigma=sigma, gain=gain, dtype=x.dtype)
    cost = normalized_mlp_objective(
        loss, norm=norm, activation=activation, strength=strength, momentum=momentum, eps=eps
    )
    return sgd_with_state(
        cost, params, running, train, lr=lr, batch_size=batch_size, epochs=epochs, rng=rng, measure=measure
    )


def _scores(x: Array, network: tuple[Params, State | None], **options) -> Array:
    """Return the scores of a network that is given as a pair (params, running)."""
    return normalized_mlp(x, *network, **options)
