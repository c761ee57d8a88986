"""Checks before a training: each takes any model as `value_and_grad(params, *batch)` and says what it found."""

from collections.abc import Callable
from typing import Any

import numpy as np

from dlbook.numpy.gradient_descent.descent import Rate, gradient_descent
from dlbook.numpy.gradient_descent.trees import check_params, inner, tree_map
from dlbook.numpy.linear_classifiers.arguments import (
    above_zero,
    at_least_zero,
    check_generator,
    check_rows,
    whole_number,
)
from dlbook.numpy.training.verdict import Check
from dlbook.shapes import Array, describe, leaves

__all__ = ["initial_loss", "input_matters", "input_scale", "overfit_small", "repeatable", "slope_check"]


def input_scale(x: Array, *, low: float = 0.1, high: float = 10.0) -> Check:
    r"""Look whether the inputs are numbers of size one, as weights and learning rates take for granted.

    $$\text{low} \le \sqrt{\tfrac1{ND} \textstyle\sum x^2} \le \text{high}$$

    Parameters
    ----------
    x : (N, ...) the inputs, as the model gets them.
    low, high : the root mean square that is accepted.

    Returns
    -------
    Check

    Raises
    ------
    ValueError : for no inputs.

    **Source** LeCun, Bottou, Orr and Mueller (1998), section 4.3.
    **Book** eq-input-scale
    """
    wide = np.asarray(x, np.float64)
    if not wide.size:
        raise ValueError(f"input_scale: x is {describe(wide)}, expected at least one number")
    mean, size = float(wide.mean()), float(np.sqrt((wide**2).mean()))
    return Check(
        "input scale", bool(low <= size <= high and np.isfinite(wide).all()),
        f"mean {mean:.3g}, root mean square {size:.3g}", f"a root mean square from {low:g} to {high:g}",
        "inputs that nobody standardized, or standardized twice; a missing value", size,
    )  # fmt: skip


def initial_loss(
    value_and_grad: Callable, params: Any, *batch, expected: float, low: float = 0.9, high: float = 1.6
) -> Check:
    r"""Compare the loss before the first step with the loss of guessing.

    $$\mathbb E\, \ell \approx \ln K + \tfrac12 \Big(1 - \frac1K\Big) \sigma^2, \qquad
    s_k \sim \mathcal N(0, \sigma^2) \text{ independently}$$

    Parameters
    ----------
    value_and_grad : maps `(params, *batch)` to `(value, grads)`.
    params : a float array or a tree of them, as they are before training.
    *batch : some hundred examples.
    expected : the loss of guessing, ln K for K equally frequent classes.
    low, high : the parts of it that are accepted; random scores cost a little more than guessing, never less.

    Returns
    -------
    Check

    **Source** the expansion is derived on the page; the check is folklore, in writing in Karpathy's recipe (2019).
    **Book** eq-initial-loss
    """
    check_params("initial_loss", params)
    expected = above_zero("initial_loss", "expected", expected)
    return judge_initial(float(value_and_grad(params, *batch)[0]), expected, low, high)


def judge_initial(value: float, expected: float, low: float, high: float) -> Check:
    """Judge the first loss."""
    return Check(
        "initial loss", bool(low * expected <= value <= high * expected), f"{value:.4g}",
        f"{low * expected:.3g} to {high * expected:.3g} (guessing: {expected:.3g})",
        "above: inputs or first weights too large, a sum in place of a mean, a penalty that outweighs the loss; "
        "below: the answer is in the input", value,
    )  # fmt: skip


def slope_check(
    value_and_grad: Callable, params: Any, *batch, rng: np.random.Generator, step: float = 1e-5, tol: float = 1e-3
) -> Check:
    r"""Compare the gradient with a difference of the loss along one random direction, in float64.

    $$\langle \nabla f, u \rangle \approx \frac{f(\theta + h u) - f(\theta - h u)}{2h}$$

    Parameters
    ----------
    value_and_grad, params, batch : as in `initial_loss`.
    rng : draws the direction, leaf by leaf in proportion to the gradient's own size there.
    step : h, above 0.
    tol : the relative error that is accepted, above 0; a few kinks within the step cost about the step itself.

    Returns
    -------
    Check

    Raises
    ------
    ValueError : for a step or a tol that is not positive.

    **Source** `dlbook.numpy.backpropagation.gradient_check` is the thorough one.
    **Book** eq-slope-check
    """
    check_params("slope_check", params)
    check_generator("slope_check", rng)
    step, tol = above_zero("slope_check", "step", step), above_zero("slope_check", "tol", tol)
    params = tree_map(lambda p: p.astype(np.float64), params)
    batch = [a.astype(np.float64) if isinstance(a, np.ndarray) and a.dtype.kind == "f" else a for a in batch]
    _, grads = value_and_grad(params, *batch)
    # A direction with a part along the gradient: a purely random one is nearly perpendicular to it.
    direction = tree_map(lambda g: g + rng.standard_normal(g.shape) * (np.linalg.norm(g) / g.size**0.5), grads)
    length = inner(direction, direction) ** 0.5 or 1.0
    above, below = (
        float(value_and_grad(tree_map(lambda p, u, h=h: p + h / length * u, params, direction), *batch)[0])
        for h in (step, -step)
    )
    return judge_slope((above - below) / (2 * step), inner(grads, direction) / length, tol)


def judge_slope(measured: float, claimed: float, tol: float) -> Check:
    """Judge the slope along one direction."""
    error = abs(measured - claimed) / max(abs(measured), abs(claimed), 1e-12)
    return Check(
        "slope", bool(error <= tol), f"the loss has slope {measured:.5g}, the gradient says {claimed:.5g}",
        f"the same within {tol:g}", "a wrong gradient: a sign, a factor, a term that was forgotten", error,
    )  # fmt: skip


def overfit_small(
    value_and_grad: Callable, params: Any, *data, n: int = 10, steps: int = 200, lr: Rate = 0.1, below: float = 0.05
) -> Check:
    r"""Train on a handful of examples and on nothing else: the loss has to vanish.

    $$\frac{f_{1 \dots n}(\theta_S)}{f_{1 \dots n}(\theta_0)} \le \text{below}$$

    Parameters
    ----------
    value_and_grad : maps `(params, *batch)` to `(value, grads)`; without a penalty, which would not vanish.
    params : as they are before training.
    *data : arrays with one row per example; the first n are taken.
    n : how many; of fewer examples all are taken, and the report says so.
    steps, lr : of plain gradient descent.
    below : the part of the first loss that may be left.

    Returns
    -------
    Check

    **Source** Karpathy and others, CS231n notes on neural networks, part 3; KTH DD2424, assignment 2.
    **Book** eq-overfit-small
    """
    check_rows("overfit_small", **{f"data[{i}]": column for i, column in enumerate(data)})
    n = min(whole_number("overfit_small", "n", n, 1), len(data[0]))
    few = [column[:n] for column in data]
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            values = gradient_descent(value_and_grad, params, *few, lr=lr, steps=steps).values
    except FloatingPointError as error:
        return judge_handful(n, steps, None, None, below, str(error))
    return judge_handful(n, steps, float(values[0]), float(values[-1]), below)


def judge_handful(n: int, steps: int, first: float | None, last: float | None, below: float, error: str = "") -> Check:
    """Judge how far a handful of examples was fitted."""
    came = f"diverged ({error})" if error else f"{n} examples, {steps} steps: {first:.3g} to {last:.3g}"
    left = np.inf if error or first <= 0 else last / first  # nothing is left of a loss that began at 0
    return Check(
        "overfit a handful", bool(left <= below), came, f"at most {below:g} of the first loss",
        "a gradient that does not arrive (zeros, dead units), labels that contradict one another, a loss with a floor "
        "above 0; or lr and steps that do not suit", left,
    )  # fmt: skip


def input_matters(
    value_and_grad: Callable, params: Any, x: Array, *rest, steps: int = 50, lr: Rate = 0.1, gain: float = 0.05
) -> Check:
    r"""Train twice for a short while, once with the inputs and once with zeros in their place.

    $$f_{x}(\theta_S) \;\le\; (1 - \text{gain})\, f_{0}(\theta_S)$$

    What the network learns from zeros are the frequencies of the labels. If the inputs add nothing to that although
    there are far more examples than could be memorized, they do not belong to the labels.

    Parameters
    ----------
    value_and_grad, params : as in `overfit_small`.
    x : (N, ...) the inputs, N some hundreds or more.
    *rest : the other arrays of the batch, labels for instance.
    steps, lr : of gradient descent on all of these examples.
    gain : by which part the inputs have to lower the loss.

    Returns
    -------
    Check

    **Source** Karpathy's recipe (2019) has the input-independent baseline.
    **Book** eq-input-matters
    """
    check_rows("input_matters", x=x, **{f"rest[{i}]": column for i, column in enumerate(rest)})
    gain = at_least_zero("input_matters", "gain", gain)
    ends = []
    for seen in (x, np.zeros_like(x)):
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                ends.append(float(gradient_descent(value_and_grad, params, seen, *rest, lr=lr, steps=steps).values[-1]))
        except FloatingPointError:
            ends.append(np.inf)
    return judge_inputs(*ends, steps, gain)


def judge_inputs(seeing: float, blind: float, steps: int, gain: float) -> Check:
    """Judge what the inputs were worth."""
    return Check(
        "input matters", bool(seeing <= (1 - gain) * blind and np.isfinite(seeing)),
        f"after {steps} steps {seeing:.4g} with the inputs, {blind:.4g} with zeros",
        f"at least {100 * gain:g} % less with the inputs",
        "inputs and labels that were shuffled apart or shifted; inputs that are constant; a step that does not suit",
        seeing / blind if np.isfinite(blind) else np.inf,
    )  # fmt: skip


def repeatable(run: Callable, *, seed: int = 0) -> Check:
    """Run something twice from one seed and once from another: the first two have to agree to the last bit.

    Parameters
    ----------
    run : maps a generator to an array or a tree of arrays, a short training for instance.
    seed : of the two equal runs; the third takes the next.

    Returns
    -------
    Check

    Examples
    --------
    >>> repeatable(lambda rng: rng.standard_normal(3))
    ok   repeatable: one seed, the same numbers; another seed, others; expected the same, and others

    **Source** definition.
    **Book** eq-repeatable
    """
    first, again, other = (
        [np.asarray(leaf) for _, leaf in leaves(run(np.random.default_rng(s)))] for s in (seed, seed, seed + 1)
    )
    same = len(first) == len(again) and all(map(np.array_equal, first, again))
    differs = len(first) != len(other) or not all(map(np.array_equal, first, other))
    return Check(
        "repeatable", same and differs,
        f"one seed, {'the same' if same else 'other'} numbers; another seed, {'others' if differs else 'the same'}",
        "the same, and others",
        "chance that does not come from rng; a seed that is set again within; threads that add up in any order",
    )  # fmt: skip
