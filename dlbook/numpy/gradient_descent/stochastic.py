"""Stochastic gradient descent: many cheap, noisy steps instead of few exact ones."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from dlbook.numpy.gradient_descent.descent import Descent, Rate, check_finite, rate_of, stacked
from dlbook.numpy.gradient_descent.trees import check_params, inner, references, tree_map
from dlbook.numpy.linear_classifiers.arguments import (
    as_classes,
    check_generator,
    check_rows,
    float_dtype,
    whole_number,
)
from dlbook.shapes import Array, Float, Int

__all__ = ["class_weights", "gradient_noise", "minibatches", "sgd"]


def minibatches(
    n: int, batch_size: int, rng: np.random.Generator | None, *, drop_last: bool = False, replace: bool = False,
    weights: Float[Array, " N"] | None = None,
) -> Iterator[Int[Array, " B"]]:
    r"""Deal the numbers 0 to n - 1 into batches, each number once: one epoch.

    With a shuffled deal the mean gradient of a batch is an unbiased estimate of the gradient of all n,

    $$\mathbb{E}\, \nabla f_B = \frac1n \sum_i \nabla f_i, \qquad
    \mathrm{Cov}\, \nabla f_B = \frac{1}{B} \, \frac{n - B}{n - 1} \, \mathrm{Cov}\, \nabla f_i$$

    Batches of independent draws (`replace`) have the covariance without the middle factor. With weights the draws have
    the probabilities $p_i = w_i / \sum_j w_j$, and $\mathbb{E}\, \nabla f_B = \sum_i p_i \nabla f_i$.

    Parameters
    ----------
    n : how many examples there are, at least 1.
    batch_size : B, at least 1.
    rng : shuffles; None deals in order.
    drop_last : leave out the last batch when it is smaller than the others.
    replace : draw every number independently of all others, so that in one epoch some come twice and some never.
    weights : (n,) of at least 0, for draws with replacement: how often each number comes, relative to the others;
        None for all alike.

    Yields
    ------
    rows : (B,) row numbers; the last batch may be smaller.

    Raises
    ------
    ValueError : for n or batch_size below 1, batches that would all be dropped, draws without a generator, or weights
        that are not n numbers of at least 0, or without replacement.
    TypeError : when rng is neither None nor a generator.

    Examples
    --------
    >>> [rows.tolist() for rows in minibatches(5, 2, None)]
    [[0, 1], [2, 3], [4]]

    **Source** Bottou, Curtis and Nocedal (2018), section 3; Cochran (1977), chapter 2, for the covariance.
    **Book** eq-minibatch-gradient
    """
    n = whole_number("minibatches", "n", n, 1)
    batch_size = whole_number("minibatches", "batch_size", batch_size, 1)
    if rng is not None:
        check_generator("minibatches", rng)
    if drop_last and batch_size > n:
        raise ValueError(f"minibatches: batch_size is {batch_size} with drop_last, expected at most n = {n}")
    if replace and rng is None:
        raise ValueError("minibatches: rng is None with replace, expected a generator that draws")
    chances = None if weights is None else _chances(n, weights, replace)
    return _deal(n, batch_size, rng, drop_last, replace, chances)


def _chances(n: int, weights: Array, replace: bool) -> Array:
    """Return the probability of each number."""
    if not replace:
        raise ValueError("minibatches: weights without replace, expected replace=True: dealt cards come once")
    weights = np.asarray(weights, np.float64)  # float32 would not sum to one closely enough
    if weights.shape != (n,):
        raise ValueError(f"minibatches: weights has shape {weights.shape}, expected ({n},)")
    if not (np.isfinite(weights) & (weights >= 0)).all() or not weights.any():
        raise ValueError(f"minibatches: weights run from {weights.min()} to {weights.max()}, expected finite numbers "
                         "of at least 0, and one above 0")
    return weights / weights.sum()


def _deal(n: int, batch_size: int, rng, drop_last: bool, replace: bool, chances: Array | None) -> Iterator[Array]:
    """Generate the batches: a function of its own, so that wrong arguments are refused before the first batch."""
    if chances is not None:
        rows = rng.choice(n, size=n, p=chances)
    else:
        rows = np.arange(n) if rng is None else rng.integers(n, size=n) if replace else rng.permutation(n)
    end = n - n % batch_size if drop_last else n
    for start in range(0, end, batch_size):
        yield rows[start : min(start + batch_size, end)]


def class_weights(target: Int[Array, " N"], num_classes: int, *, dtype: str = "float32") -> Float[Array, " K"]:
    r"""Weigh the classes so that all of them count the same, however many examples they have.

    $$w_k = \frac{N}{K N_k}, \qquad \sum_n w_{t_n} = N$$

    Given to a loss as its `weight`, or looked up for each example and given to `sgd` as the `weights` of its draws,
    they have the same gradient in expectation.

    Parameters
    ----------
    target : (N,) labels 0..K-1.
    num_classes : K, at least 1.
    dtype : of the weights.

    Returns
    -------
    weights : (K,), 1 for a class with its fair share of the examples, more for a rare one.

    Raises
    ------
    ValueError : for a class without examples, a label outside 0..K-1, or a dtype that holds no fractions.

    Examples
    --------
    >>> class_weights(np.array([0, 0, 0, 1]), 2, dtype="float64").round(3)
    array([0.667, 2.   ])

    **Source** `sklearn.utils.class_weight.compute_class_weight`, "balanced"; KTH DD2424, assignment 3 (option).
    **Book** eq-balanced-draws
    """
    num_classes = whole_number("class_weights", "num_classes", num_classes, 1)
    if np.ndim(target) != 1:
        raise ValueError(f"class_weights: target has shape {np.shape(target)}, expected (N,), one label per example")
    counts = np.bincount(as_classes("class_weights", target, num_classes), minlength=num_classes)
    if not counts.all():
        raise ValueError(f"class_weights: class {counts.argmin()} has no example, expected one of each class")
    return (len(target) / (num_classes * counts)).astype(float_dtype("class_weights", dtype))


def gradient_noise(
    value_and_grad: Callable, params: Any, data: tuple[Array, ...], *, batch_size: int,
    rng: np.random.Generator | None, epochs: int = 1,
) -> float:
    r"""Measure how far the gradient of a mini-batch lies from the gradient of all examples.

    $$\mathbb{E}\, |\nabla f_B - \nabla f|^2 = \frac{1}{B} \, \frac{n - B}{n - 1} \;
    \frac1n \sum_i |\nabla f_i - \nabla f|^2$$

    The mean over all full batches of some epochs; with batch_size 1 it is the last factor, exactly.

    Parameters
    ----------
    value_and_grad : maps `(params, *batch)` to `(value, grads)`.
    params : where to look, a float array or a tree of them.
    data : arrays with one row per example.
    batch_size : B, at least 1.
    rng : deals the batches.
    epochs : deals to average over, at least 1.

    Returns
    -------
    noise : in squared units of the gradient.

    Raises
    ------
    ValueError : for empty or unequal data, or an option outside its range.

    **Source** Cochran (1977), chapter 2, for the variance; Bottou, Curtis and Nocedal (2018), section 4.
    **Book** eq-minibatch-gradient
    """
    n = check_rows("gradient_noise", **{f"data[{i}]": column for i, column in enumerate(data)})
    epochs = whole_number("gradient_noise", "epochs", epochs, 1)
    check_params("gradient_noise", params)
    _, full = value_and_grad(params, *data)
    distances = []
    for _ in range(epochs):
        for rows in minibatches(n, batch_size, rng, drop_last=True):
            _, grads = value_and_grad(params, *(column.take(rows, axis=0) for column in data))
            gap = tree_map(np.subtract, grads, full)
            distances.append(inner(gap, gap))
    return float(np.mean(distances))


def sgd(
    value_and_grad: Callable, params: Any, data: tuple[Array, ...], *, lr: Rate, batch_size: int, epochs: int,
    rng: np.random.Generator | None, drop_last: bool = False, replace: bool = False, weights: Array | None = None,
    measure: Callable | None = None, keep_path: bool = False,
) -> Descent:
    r"""Walk downhill by the gradients of mini-batches.

    $$\theta_{s+1} = \theta_s - \eta_s \nabla f_{B_s}(\theta_s), \qquad
    f_B(\theta) = \frac{1}{|B|} \sum_{i \in B} f_i(\theta)$$

    Parameters
    ----------
    value_and_grad : maps `(params, *batch)` to `(value, grads)`, batch being the same rows of each array of data.
    params : where to start, a float array or nested tuples, lists and dicts of them; it is not changed.
    data : arrays with one row per example, inputs and labels for instance.
    lr : eta, above 0, or a function of the step number 0, 1, ...
    batch_size : examples per step, at least 1.
    epochs : how often each example is used, at least 0.
    rng : shuffles before each epoch; None takes the examples in order.
    drop_last, replace, weights : as in `minibatches`.
    measure : maps params to a dict of numbers, called before the first epoch and after each.
    keep_path : keep the parameters of every step (memory: steps + 1 times the parameters).

    Returns
    -------
    Descent : values and rates have one entry per step, measured has epochs + 1 entries for each number.

    Raises
    ------
    ValueError : for empty or unequal data, or an option outside its range.
    FloatingPointError : when a batch's value becomes infinite or nan.

    **Source** Robbins and Monro (1951); Bottou, Curtis and Nocedal (2018), section 4.
    **Book** eq-sgd-step
    """
    return descend_in_batches(
        "sgd", plain_step, value_and_grad, params, data, lr=lr, batch_size=batch_size, epochs=epochs, rng=rng,
        drop_last=drop_last, replace=replace, weights=weights, measure=measure, keep_path=keep_path,
    )  # fmt: skip


def plain_step(params, grads, state, *, lr: float):
    """Return the parameters after a step against the gradient, and the state, which a plain step does without."""
    return tree_map(lambda p, g: p - lr * g, params, grads), state


def descend_in_batches(
    function: str, update: Callable, value_and_grad: Callable, params: Any, data: tuple[Array, ...], *, lr: Rate,
    batch_size: int, epochs: int, rng: np.random.Generator | None, drop_last: bool = False, replace: bool = False,
    weights: Array | None = None, measure: Callable | None = None, keep_path: bool = False, state: Any = None,
    until: Callable | None = None, in_place: Callable | None = None,
) -> Descent:
    """Go through the data batch by batch, and let `update(params, grads, state, lr=)` make each step.

    Every optimizer of the book runs in this loop. `until(step, value)` may end it before a step. `in_place` is the
    same update, allowed to overwrite params and state; it makes the steps whose arrays nobody but the loop has.
    """
    n = check_rows(function, **{f"data[{i}]": column for i, column in enumerate(data)})
    epochs = whole_number(function, "epochs", epochs, 0)
    deal = partial(minibatches, n, batch_size, rng, drop_last=drop_last, replace=replace, weights=weights)
    deal()  # refuses, if it must, before the work begins
    rate_of(function, lr, 0)
    check_params(function, params)
    params = tree_map(np.array, params)
    data = tuple(np.ascontiguousarray(column) for column in data)  # else every batch would copy all the rows first
    values, rates, found = [], [], [measure(params)] if measure else []
    visited, ended = [params] if keep_path else [], False
    ours = False  # a first state is the caller's
    for _ in range(epochs):
        for rows in deal():
            batch = [column.take(rows, axis=0) for column in data]
            if ours:  # lend the arrays out: one that is kept, or comes back as a gradient, is ours alone no more
                before = references(params)
                value, grads = value_and_grad(tree_map(lambda p: p, params), *batch)
                ours = references(params) == before
            else:
                value, grads = value_and_grad(params, *batch)
            if until and (ended := until(len(values), value)):
                break
            check_finite(function, value, len(values))
            rate = rate_of(function, lr, len(values))
            values.append(value)
            rates.append(rate)
            params, state = (in_place if ours else update)(params, grads, state, lr=rate)
            ours = in_place is not None and not keep_path
            if keep_path:
                visited.append(params)
        if measure:
            found.append(measure(params))
            ours = False
        if ended:
            break
    measured = {name: np.array([row[name] for row in found]) for name in found[0]} if found else {}
    return Descent(params, np.array(values), np.array(rates), stacked(visited), measured, state)
