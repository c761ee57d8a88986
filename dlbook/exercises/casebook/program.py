"""The program of the casebook: a network trained as it should be done, with its evidence."""

from dataclasses import dataclass
from math import log

import numpy as np

from dlbook.differentiable import differentiable, vjp
from dlbook.numpy.deep_networks import init_mlp, layer_values, measure_splits, mlp, relu
from dlbook.numpy.gradient_descent import minibatches
from dlbook.numpy.gradient_descent.trees import tree_map
from dlbook.numpy.linear_classifiers import accuracy, cross_entropy, softmax
from dlbook.numpy.training import Preflight, preflight
from dlbook.shapes import Array, Float, Int, Scalar

__all__ = ["Training", "program", "recorded", "rectified_cross_entropy", "softmax_cross_entropy"]

Split = tuple[Array, Array]


@dataclass(frozen=True)
class Training:
    """What a run of the program leaves behind.

    Parameters
    ----------
    measured : name -> (epochs + 1,) of "loss", "accuracy", "validation_loss", "validation_accuracy"; a loss that is
        no number any more is infinite.
    test_accuracy : on examples that the run has never seen, measured once, at the end.
    report : the checks, as they come out before the first step.
    """

    measured: dict[str, Array]
    test_accuracy: float
    report: Preflight


def recorded(x: Array, target: Array) -> Split:
    """Write signals as the instrument stores them: whole numbers from 0 to 255, the examples sorted by class.

    Parameters
    ----------
    x : (N, D) signals of size about one.
    target : (N,) labels.

    Examples
    --------
    >>> x, target = recorded(np.array([[0.0], [1.0]]), np.array([1, 0]))
    >>> x.tolist(), target.tolist()
    ([[168], [128]], [0, 1])
    """
    order = np.argsort(target, kind="stable")
    return np.clip(np.round(128 + 40 * x[order]), 0, 255).astype(np.uint8), target[order]


@differentiable
def softmax_cross_entropy(scores: Float[Array, "N K"], target: Int[Array, " N"]) -> Scalar:
    """Take probabilities for scores: the loss of one mistake of the casebook."""
    p, softmax_pullback = vjp(softmax, scores)
    loss, pullback = vjp(cross_entropy, p, target)
    return loss, lambda dy: (softmax_pullback(pullback(dy)[0])[0], None)


@differentiable
def rectified_cross_entropy(scores: Float[Array, "N K"], target: Int[Array, " N"]) -> Scalar:
    """Rectify the scores first: the loss of another mistake of the casebook."""
    h, relu_pullback = vjp(relu, scores)
    loss, pullback = vjp(cross_entropy, h, target)
    return loss, lambda dy: (relu_pullback(pullback(dy)[0])[0], None)


def check_and_measure(value_and_grad, params, x, target, lr, measure) -> tuple[Preflight, list[dict[str, float]]]:
    """Return the checks before the first step, and the first measurement."""
    report = preflight(
        value_and_grad, params, x, target, expected_loss=log(10), lr=lr, rng=np.random.default_rng(0),
        hidden=lambda params, x: layer_values(x, params)[1::2],
    )  # fmt: skip
    return report, [measure(params)]


def finished(report: Preflight, found: list[dict[str, float]], scores: Array, target: Array) -> Training:
    """Return the curves and the accuracy on the test set."""
    curves = {name: np.nan_to_num([row[name] for row in found], nan=np.inf) for name in found[0]}
    return Training(curves, accuracy(scores, target), report)


def program(train: Split, validation: Split, test: Split, rng: np.random.Generator, *, epochs: int = 20) -> Training:
    """Train a network with one hidden layer as it should be done.

    Parameters
    ----------
    train, validation, test : signals and labels as they were `recorded`.
    rng : draws the first weights, then the order of the examples.
    epochs : how often each example is used.
    """
    (x, target), (x_held, target_held), (x_test, target_test) = train, validation, test
    x = x.astype(np.float32)
    mean, std = x.mean(axis=0), x.std(axis=0)
    x = (x - mean) / std
    x_held = (x_held - mean) / std
    x_test = (x_test - mean) / std
    params = init_mlp((x.shape[1], 100, 10), rng)
    lr, strength, batch_size = 0.1, 0.0001, 50

    def value_and_grad(params, x, target):
        scores, pullback = vjp(mlp, x, params)
        loss, loss_pullback = vjp(cross_entropy, scores, target)
        return loss, pullback(loss_pullback(1.0)[0])[1]

    measure = measure_splits((x, target), (x_held, target_held))
    report, found = check_and_measure(value_and_grad, params, x, target, lr, measure)
    for _ in range(epochs):
        for rows in minibatches(len(x), batch_size, rng):
            _, grads = value_and_grad(params, x[rows], target[rows])
            params = tree_map(lambda p, g: p - lr * (g + 2 * strength * p), params, grads)
        found.append(measure(params))
    return finished(report, found, mlp(x_test, params), target_test)
