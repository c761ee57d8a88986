"""Early stopping: when to give up, on a curve that is known and while it is being made."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from dlbook.numpy.gradient_descent.descent import Descent, Rate, rate_of
from dlbook.numpy.linear_classifiers.arguments import at_least_zero, whole_number
from dlbook.numpy.optimization.adam import adam
from dlbook.numpy.optimization.loop import optimize
from dlbook.shapes import Array

__all__ = ["Stop", "early_stopping", "optimize_with_patience"]


class Stop(NamedTuple):
    """Where patience ended.

    Parameters
    ----------
    best : index of the best value seen.
    last : index at which training stops: the first that is `patience` steps after the best, or the end of the curve.
    """

    best: int
    last: int


def early_stopping(curve: Sequence[float], *, patience: int, min_delta: float = 0.0) -> Stop:
    r"""Find where a curve has not come down for too long.

    $$\mathrm{last} = \min \Big\{ e : e - \arg\min_{e' \le e} v_{e'} \ge P \Big\}$$

    Parameters
    ----------
    curve : the numbers to be made small, a validation loss after each epoch for instance; the first is before training.
    patience : P, how many numbers in a row may fail to be a new best, at least 1.
    min_delta : by how much a number has to be below the best to count, at least 0.

    Returns
    -------
    Stop : (best, last).

    Raises
    ------
    ValueError : for an empty curve, a number in it that is nan, a patience below 1, or a negative min_delta.

    Examples
    --------
    >>> early_stopping([3.0, 2.0, 2.5, 2.4, 1.0], patience=2)
    Stop(best=1, last=3)
    >>> early_stopping([3.0, 2.0, 2.5, 2.4, 1.0], patience=3)
    Stop(best=4, last=4)

    **Source** Prechelt (1998); Goodfellow, Bengio and Courville (2016), algorithm 7.1.
    **Book** eq-early-stopping
    """
    patience = whole_number("early_stopping", "patience", patience, 1)
    min_delta = at_least_zero("early_stopping", "min_delta", min_delta)
    if len(curve) == 0:
        raise ValueError("early_stopping: curve is empty, expected at least one value")
    best = 0
    for e, value in enumerate(curve):
        if value != value:  # nan is neither better nor worse than anything
            raise ValueError(f"early_stopping: curve[{e}] is {value}, expected a number")
        if value < curve[best] - min_delta:
            best = e
        if e - best >= patience:
            return Stop(best, e)
    return Stop(best, len(curve) - 1)


def optimize_with_patience(
    value_and_grad: Callable, params: Any, data: tuple[Array, ...], *, measure: Callable, patience: int,
    watch: str = "validation_loss", min_delta: float = 0.0, optimizer: Callable = adam, lr: Rate, batch_size: int,
    epochs: int, rng: np.random.Generator | None, **options,
) -> Descent:
    r"""Walk downhill by mini-batches until a measured number has not improved for some epochs; return the best.

    Parameters
    ----------
    value_and_grad, params, data, optimizer, batch_size, rng : as in `optimize`.
    measure : maps params to a dict of numbers, called before the first epoch and after each.
    patience, min_delta : as in `early_stopping`, in epochs.
    watch : the name of the number to be made small.
    lr : eta, above 0, or a function of the step number, counted through all epochs.
    epochs : the most that are run.
    **options : options of the optimizer.

    Returns
    -------
    Descent : params are those of the best epoch; values, rates and measured go on to the last epoch that was run, and
        state is what the optimizer remembers then.

    Raises
    ------
    ValueError : for empty or unequal data, or an option outside its range.
    KeyError : when measure does not find the number that is watched.
    FloatingPointError : when a batch's value becomes infinite or nan.

    **Source** Goodfellow, Bengio and Courville (2016), algorithm 7.1.
    **Book** eq-early-stopping
    """
    epochs = whole_number("optimize_with_patience", "epochs", epochs, 0)
    rate_of("optimize_with_patience", lr, 0)
    found, values, rates, steps, state = [measure(params)], [], [], 0, None
    if watch not in found[0]:
        raise KeyError(f"optimize_with_patience: watch is {watch!r}, expected one of {list(found[0])}, "
                       "which measure finds")
    best = params
    for epoch in range(1, epochs + 1):
        run = optimize(
            value_and_grad, params, data, optimizer=optimizer, lr=partial(rate_after, lr, steps), batch_size=batch_size,
            epochs=1, rng=rng, state=state, **options,
        )  # fmt: skip
        params, state, steps = run.params, run.state, steps + len(run.values)
        values.append(run.values)
        rates.append(run.rates)
        found.append(measure(params))
        stop = early_stopping([row[watch] for row in found], patience=patience, min_delta=min_delta)
        best = params if stop.best == epoch else best
        if epoch - stop.best >= patience:
            break
    measured = {name: np.array([row[name] for row in found]) for name in found[0]}
    return Descent(best, np.concatenate(values or [[]]), np.concatenate(rates or [[]]), None, measured, state)


def rate_after(lr: Rate, done: int, step: int) -> float:
    """Return the learning rate of a step that has others before it."""
    return rate_of("optimize_with_patience", lr, done + step)
