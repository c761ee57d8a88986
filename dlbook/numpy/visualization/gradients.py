"""Maps of an image that are made of the gradient of a score: as it is, averaged over noise, and along a path."""

from collections.abc import Callable
from typing import Any

import numpy as np

from dlbook.differentiable import vjp
from dlbook.numpy.linear_classifiers.arguments import (
    as_classes,
    at_least_zero,
    check_generator,
    check_rows,
    whole_number,
)  # fmt: skip
from dlbook.shapes import Array, Float, Int, ShapeError

__all__ = ["integrated_gradients", "saliency", "smooth_grad"]


def check_integers(function: str, target) -> None:
    """Refuse classes that are no whole numbers, which would be cut off without a word."""
    if target.dtype.kind not in "iu":
        raise TypeError(f"{function}: target is {target.dtype}, expected integers")


def score_and_gradient(function: str, f: Callable, x: Array, target: Array, params: tuple, options: dict):
    """Return the score of each row's target class, and the gradient of each row's score by its own input."""
    check_rows(function, x=x, target=target)
    check_integers(function, target)
    scores, pullback = vjp(f, x, *params, **options)
    labels = as_classes(function, target, scores.shape[1])
    rows = np.arange(len(x))
    dy = np.zeros_like(scores)
    dy[rows, labels] = 1  # row n of the scores depends on row n of x alone, so one pullback serves all rows
    return scores[rows, labels], pullback(dy)[0]


def saliency(f: Callable, x: Float[Array, "N *S"], target: Int[Array, " N"], *params: Any, **options):
    r"""Compute the gradient of a class's score by the input: how the score reacts to small changes of each number.

    $$M_n = \frac{\partial\, s_{t_n}(x_n)}{\partial x_n}$$

    Parameters
    ----------
    f : a `@differentiable` function of `(x, *params)` whose value is a row of scores (N, K) for each input.
    x : (N, ...) the inputs.
    target : (N,) the class whose score is asked about, for each input.
    *params, **options : f's other arguments and its options.

    Returns
    -------
    maps : x's shape, with signs; maps for the eye take absolute values, and the largest of the channels.

    Raises
    ------
    ValueError : for a class that does not exist, or another number of classes than inputs.

    Examples
    --------
    >>> from dlbook.numpy import linear
    >>> saliency(linear, np.zeros((1, 3)), np.array([1]), np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))
    array([[4., 5., 6.]])

    **Source** Simonyan, Vedaldi and Zisserman (2014), section 3.
    **Book** eq-saliency
    """
    return score_and_gradient("saliency", f, x, target, params, options)[1]


def smooth_grad(
    f: Callable, x: Float[Array, "N *S"], target: Int[Array, " N"], *params: Any, sigma: float, samples: int,
    rng: np.random.Generator, **options,
):  # fmt: skip
    r"""Average the gradient of a score over noisy copies of the input.

    $$M = \frac1m \sum_{i=1}^m \frac{\partial s_t}{\partial x}(x + \sigma \epsilon_i), \qquad
    \epsilon_i \sim \mathcal N(0, I)$$

    Parameters
    ----------
    f, x, target, *params, **options : as in `saliency`.
    sigma : standard deviation of the noise, in the unit of x, at least 0.
    samples : m, at least 1.
    rng : draws the noise.

    Returns
    -------
    maps : x's shape.

    Raises
    ------
    ValueError : for an option out of range, or as in `saliency`.

    **Source** Smilkov, Thorat, Kim, Viegas and Wattenberg (2017).
    **Book** eq-smooth-grad
    """
    sigma = at_least_zero("smooth_grad", "sigma", sigma)
    samples = whole_number("smooth_grad", "samples", samples, 1)
    check_generator("smooth_grad", rng)
    total = np.zeros_like(x)
    for _ in range(samples):
        noisy = x + sigma * rng.standard_normal(x.shape).astype(x.dtype)
        total += score_and_gradient("smooth_grad", f, noisy, target, params, options)[1]
    return total / samples


def integrated_gradients(
    f: Callable, x: Float[Array, "N *S"], target: Int[Array, " N"], *params: Any,
    baseline: Float[Array, "*S"] | float = 0.0, steps: int = 32, **options,
):  # fmt: skip
    r"""Add up the gradient of a score on the straight way from a baseline to the input, times the way.

    $$A_i = (x_i - x'_i)\; \frac1m \sum_{k=1}^m \frac{\partial s_t}{\partial x_i}
    \Big( x' + \frac{k - \frac12}{m}\, (x - x') \Big)$$

    With m growing, the $A_i$ sum to $s_t(x) - s_t(x')$.

    Parameters
    ----------
    f, x, target, *params, **options : as in `saliency`.
    baseline : x', an input without anything in it: one number, or of the shape of one input.
    steps : m, at least 1.

    Returns
    -------
    maps : x's shape, in the unit of the scores.

    Raises
    ------
    ShapeError : for a baseline of another shape.
    ValueError : for a number of steps below 1, or as in `saliency`.

    **Source** Sundararajan, Taly and Yan (2017), with the middles of the intervals.
    **Book** eq-integrated-gradients
    """
    steps = whole_number("integrated_gradients", "steps", steps, 1)
    if np.shape(baseline) not in ((), x.shape[1:]):
        raise ShapeError(
            f"integrated_gradients: baseline has shape {np.shape(baseline)}, expected one number or {x.shape[1:]}"
        )
    way = x - np.asarray(baseline, x.dtype)
    total = np.zeros_like(x)
    for k in range(steps):
        between = x - way * ((steps - k - 0.5) / steps)
        total += score_and_gradient("integrated_gradients", f, between, target, params, options)[1]
    return way * total / steps
