"""Gradients by differences: what they are good for, and how far they are off.

A difference is wrong twice. Its formula leaves out terms of order h^p: that error shrinks with h. And the two values
that it subtracts are rounded: that error grows as eps / h. Their sum is a V on logarithmic axes, and no h makes it 0.
"""

import warnings
from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from dlbook.numpy.backpropagation.primitive import value
from dlbook.numpy.backpropagation.tape import Tape
from dlbook.numpy.backpropagation.twice import is_float
from dlbook.numpy.backpropagation.variable import Variable
from dlbook.shapes import ShapeError, describe, leaves, refill

__all__ = ["numerical_gradient", "step_sweep"]

Scheme = Literal["central", "forward", "five-point", "complex"]
# Steps near the bottom of each scheme's V, for arguments of size 1.
STEPS = {
    "float64": {"central": 1e-6, "forward": 1e-8, "five-point": 1e-4, "complex": 1e-20},
    "float32": {"central": 1e-3, "forward": 3e-4, "five-point": 1e-2, "complex": 1e-20},
}
# Values at x + t h u, and the weights with which they are summed.
STENCILS = {
    "central": ((1, 1 / 2), (-1, -1 / 2)),
    "forward": ((1, 1.0), (0, -1.0)),
    "five-point": ((2, -1 / 12), (1, 8 / 12), (-1, -8 / 12), (-2, 1 / 12)),
}


def numerical_gradient(
    f: Callable, x: np.ndarray, dy: np.ndarray | None = None, *, scheme: Scheme = "central", h: float | None = None
) -> np.ndarray:
    r"""Measure a gradient entry by entry: as many evaluations as x has entries, times two or more.

    $$\frac{f(x + h e_i) - f(x)}{h} = f'_i + O(h), \qquad
    \frac{f(x + h e_i) - f(x - h e_i)}{2h} = f'_i + O(h^2), \qquad
    \frac{\operatorname{Im} f(x + \mathrm i h e_i)}{h} = f'_i + O(h^2)$$

    The five-point formula is off by O(h^4). The complex step subtracts nothing, so that h may be 1e-20.

    Parameters
    ----------
    f : a function of one array; for the complex step one that computes with complex numbers.
    x : a float array.
    dy : the cotangent of f(x), 1 by default when that is a scalar.
    scheme : which formula.
    h : the step, by default one that suits the scheme and x's dtype, times the largest entry of x if above 1.

    Returns
    -------
    dx : x's shape.

    Raises
    ------
    ShapeError : when f(x) is no scalar and dy is missing, or when dy has another shape.
    TypeError : when x is no float array.
    ValueError : when the scheme is unknown or the step is not positive.

    **Source** Press et al. (2007), section 5.7; Squire and Trapp (1998) for the complex step.
    **Book** eq-central-difference
    """
    x, h = _start("numerical_gradient", x, scheme, h)
    dy = _cotangent("numerical_gradient", dy, value(f(x)))
    units = np.eye(x.size, dtype=x.dtype).reshape(-1, *x.shape)
    slopes = [np.sum(dy * _difference(f, x, u, scheme, h)) for u in units]
    return np.array(slopes, x.dtype).reshape(x.shape)


def step_sweep(
    f: Callable,
    x: np.ndarray,
    dy: np.ndarray | None = None,
    *,
    scheme: Scheme = "central",
    steps: tuple[float, ...] | np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    r"""Measure the error of a numerical gradient for many steps: the data of the V-shaped curve.

    $$\text{error}(h) \approx
    \underbrace{a\,h^p}_{\text{truncation}} + \underbrace{b\,\frac{\epsilon}{h}}_{\text{rounding}},
    \qquad h^* = \Big(\frac{b\,\epsilon}{a\,p}\Big)^{1/(p+1)}$$

    Parameters
    ----------
    f : a function of one array made of `@differentiable` functions: the exact gradient comes from its pullbacks.
    x, dy, scheme : as in `numerical_gradient`.
    steps : the steps h, by default 57 from 1e-14 to 1.

    Returns
    -------
    steps, errors : the steps, and the largest error of an entry relative to the largest entry of the gradient.

    Raises
    ------
    ValueError : when the gradient is 0, so that no error is relative to it.

    **Source** Press et al. (2007), section 5.7.
    **Book** eq-v-curve
    """
    steps = np.logspace(-14, 0, 57) if steps is None else np.asarray(steps, float)
    tape = Tape()
    variable = tape.variable(x)
    y = f(variable)
    (exact,) = tape.gradients(y, (variable,), dy)
    size = float(np.abs(exact).max(initial=0.0))
    if size == 0:
        raise ValueError("step_sweep: the gradient is 0 at x, expected a point with a slope")
    numeric = (numerical_gradient(f, x, dy, scheme=scheme, h=float(h)) for h in steps)
    return steps, np.array([float(np.abs(n - exact).max()) / size for n in numeric])


def _start(function: str, x: Any, scheme: str, h: float | None) -> tuple[np.ndarray, float]:
    if not is_float(x):
        raise TypeError(f"{function}: x is {describe(x)}, expected a float array")
    if scheme not in STEPS["float64"]:
        raise ValueError(f"{function}: scheme is {scheme!r}, expected one of {', '.join(map(repr, STEPS['float64']))}")
    if h is None:
        steps = STEPS.get(str(x.dtype), STEPS["float64"])
        h = steps[scheme] * max(1.0, float(np.abs(x).max(initial=0.0)))
    if not 0 < h < np.inf:
        raise ValueError(f"{function}: h is {h}, expected a positive number")
    return np.asarray(x), h


def _cotangent(function: str, dy, y):
    if dy is None and np.shape(y) != ():
        raise ShapeError(f"{function}: f(x) has shape {np.shape(y)} and dy is missing; only a scalar starts with 1")
    if dy is not None and np.shape(dy) != np.shape(y):
        raise ShapeError(f"{function}: dy is {describe(np.asarray(dy))}, expected the shape of f(x), {np.shape(y)}")
    return np.ones(()) if dy is None else np.asarray(dy)


def _difference(f, x, u, scheme: str, h: float):
    """Return J u as the scheme measures it."""
    if scheme != "complex":
        return sum(weight * np.asarray(f((x + t * h * u).astype(x.dtype))) for t, weight in STENCILS[scheme]) / h
    z = x + 1j * h * u
    with warnings.catch_warnings():
        warnings.simplefilter("error", np.exceptions.ComplexWarning)  # an imaginary part dropped is a derivative of 0
        try:
            y = f(z)
        except ShapeError:  # a @differentiable function refuses complex numbers
            y = value(f(Variable(z, _Unchecked())))
    return np.imag(y) / h


class _Unchecked:
    """A tape that notes nothing and calls definitions without their checks: complex numbers pass."""

    def record(self, f, *args, **options):
        y, _ = f.definition(*refill(args, (value(leaf) for _, leaf in leaves(args))), **options)
        return refill(y, (Variable(np.asarray(leaf), self) for _, leaf in leaves(y)))
