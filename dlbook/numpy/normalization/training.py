"""Training a normalized network: its cost, and optimizers that carry running statistics along."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from dlbook.differentiable import vjp
from dlbook.numpy.deep_networks.network import ACTIVATIONS, Activation
from dlbook.numpy.deep_networks.training import add_penalty, measure_splits
from dlbook.numpy.gradient_descent.descent import Descent, Rate
from dlbook.numpy.gradient_descent.stochastic import descend_in_batches, plain_step
from dlbook.numpy.linear_classifiers.arguments import above_zero, at_least_zero, between
from dlbook.numpy.linear_classifiers.cross_entropy import cross_entropy
from dlbook.numpy.normalization.batch import batch_statistics, update_running
from dlbook.numpy.normalization.network import (
    Norm,
    NormParams,
    State,
    check_norm,
    check_normalized_layers,
    forward,
    init_normalized_mlp,
    layer_backward,
    normalized_mlp,
)
from dlbook.shapes import Array

__all__ = ["normalized_mlp_objective", "population_statistics", "track_running", "train_normalized_mlp"]

Split = tuple[Array, Array]


def normalized_mlp_objective(
    loss: Callable = cross_entropy, *, norm: Norm = "batch", activation: Activation = "relu", strength: float = 0.0,
    eps: float = 1e-5, track: bool = False, **loss_options,
) -> Callable:
    r"""Build the cost of a normalized network in training mode.

    $$J(\theta; B) = \frac{1}{|B|} \sum_{n \in B} \ell\big(f(x_n; \theta, B),\, t_n\big)
    + \lambda \sum_l \lVert W^{(l)} \rVert^2$$

    The batch B occurs twice: with batch norm the scores of an example depend on its company.

    Parameters
    ----------
    loss : a `@differentiable` function of `(scores, target)` with a scalar value.
    norm, activation, eps : as in `normalized_mlp`.
    strength : lambda, at least 0; gamma, beta and biases go free.
    track : also return the statistics of the batch, for an optimizer made by `track_running`.
    **loss_options : options of the loss.

    Returns
    -------
    A function of `(params, x, target)` that returns `(cost, grads)`; with track a function of
    `((params, running), x, target)` that returns `(cost, (grads, statistics))`, statistics being those of
    `batch_statistics` for each batch norm.

    Raises
    ------
    ValueError : for an option outside its range.

    **Source** KTH DD2424, assignment 3; Ioffe and Szegedy (2015), algorithm 2.
    **Book** eq-normalized-objective
    """
    strength = at_least_zero("normalized_mlp_objective", "strength", strength)
    eps = above_zero("normalized_mlp_objective", "eps", eps)
    check_norm("normalized_mlp_objective", norm)
    ACTIVATIONS[activation]  # an unknown name is refused now, and not by the first batch

    def value_and_grad(network, x, target):
        params = network[0] if track else network
        check_normalized_layers("normalized_mlp_objective", x, params, None, norm)
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
        cost = add_penalty(cost, params, grads, strength)
        grads = tuple(grads)
        return cost, (grads, tuple(map(batch_statistics, normalized))) if track else grads

    return value_and_grad


def track_running(optimizer: Callable = plain_step, *, momentum: float = 0.1) -> Callable:
    r"""Make an optimizer of parameters into one of a network: it steps, and moves the running statistics along.

    $$\theta_{s+1} = \text{optimizer}(\theta_s, g_s), \qquad r_{s+1} = (1 - \alpha)\, r_s + \alpha\, b_s$$

    Parameters
    ----------
    optimizer : maps `(params, grads, state, lr=...)` to `(params, state)`; by default a plain step.
    momentum : alpha, as in `update_running`.

    Returns
    -------
    A function that maps `((params, running), (grads, statistics), state, lr=..., **options)` to
    `((params, running), state)`: what a cost with `track` returns is what it takes.

    Raises
    ------
    ValueError : for a momentum outside [0, 1].

    **Source** Ioffe and Szegedy (2015), algorithm 2.
    **Book** eq-running
    """
    momentum = between("track_running", "momentum", momentum, 0, 1)

    def step(network, found, state=None, **options):
        (params, running), (grads, statistics) = network, found
        params, state = optimizer(params, grads, state, **options)
        pairs = zip(running, statistics, strict=True)
        return (params, tuple(update_running(old, new, momentum=momentum) for old, new in pairs)), state

    return step


def population_statistics(
    x: Array, params: NormParams, *, activation: Activation = "relu", eps: float = 1e-5
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

    **Source** Ioffe and Szegedy (2015), algorithm 2.
    **Book** eq-running
    """
    check_normalized_layers("population_statistics", x, params, None, "batch")
    _, normalized, _ = forward(x, params, None, "batch", activation, eps)
    return tuple(map(batch_statistics, normalized))


def check_last_batch(function: str, norm: Norm, examples: int, batch_size: int) -> None:
    """Refuse a batch norm that would be given a single example, at once and not at the end of an epoch."""
    if norm == "batch" and isinstance(batch_size, int) and batch_size > 0 and 1 in (batch_size, examples % batch_size):
        raise ValueError(f"{function}: batch_size is {batch_size}, which leaves a batch of one of {examples} examples "
                         "without a variance; expected another size")


def train_normalized_mlp(
    train: Split, validation: Split | None = None, *, hidden: Sequence[int] = (), norm: Norm = "batch",
    activation: Activation = "relu", loss: Callable = cross_entropy, strength: float = 0.0,
    sigma: float | None = None, gain: float = 2.0, momentum: float = 0.1, eps: float = 1e-5, lr: Rate = 0.1,
    epochs: int = 40, batch_size: int = 100, rng: np.random.Generator, optimizer: Callable = plain_step,
) -> Descent:
    r"""Train a k-layer network with or without normalization, and watch it after each epoch in evaluation mode.

    Draw the network by `init_normalized_mlp` and descend on `normalized_mlp_objective`; what is measured is
    `normalized_mlp` with the running statistics of that moment.

    Parameters
    ----------
    train : (x, target), x of shape (N, D), target labels 0..K-1 of shape (N,); K is one more than the largest label.
    validation : a second pair that is measured and never trained on, or None.
    hidden : the widths of the hidden layers.
    norm, activation, eps : as in `normalized_mlp`; norm "none" trains what `mlp` computes.
    loss, strength : as in `normalized_mlp_objective`.
    sigma, gain : as in `init_normalized_mlp`.
    momentum : as in `update_running`.
    lr, epochs, batch_size : as in `sgd`; lr may be a function of the step number.
    rng : draws the first weights, then the order of the examples.
    optimizer : maps `(params, grads, state, lr=...)` to `(params, state)`; by default a plain step.

    Returns
    -------
    Descent : params is the pair (params, running), so that `normalized_mlp(x, *run.params)` is the network in
        evaluation mode. measured has epochs + 1 entries each of "loss" and "accuracy" on train, and of
        "validation_loss" and "validation_accuracy".

    Raises
    ------
    ValueError : for empty or unequal data, an option outside its range, or a batch of one example for a batch norm.
    FloatingPointError : when the cost becomes infinite or nan.

    **Source** KTH DD2424 (2019), assignment 3.
    **Book** eq-normalized-objective
    """
    predict = partial(_scores, norm=norm, activation=activation, eps=eps)
    measure = measure_splits(train, validation, predict=predict, loss=loss)
    x, target = train
    check_last_batch("train_normalized_mlp", norm if hidden else "none", len(x), batch_size)
    sizes = (x.shape[1], *hidden, int(target.max()) + 1)
    network = init_normalized_mlp(sizes, rng, norm=norm, sigma=sigma, gain=gain, dtype=x.dtype)
    cost = normalized_mlp_objective(loss, norm=norm, activation=activation, strength=strength, eps=eps, track=True)
    return descend_in_batches(
        "train_normalized_mlp", track_running(optimizer, momentum=momentum), cost, network, train, lr=lr,
        batch_size=batch_size, epochs=epochs, rng=rng, measure=measure,
    )  # fmt: skip


def _scores(x: Array, network: tuple[NormParams, State], **options) -> Array:
    """Return the scores of a network that is given as a pair (params, running)."""
    return normalized_mlp(x, *network, **options)
