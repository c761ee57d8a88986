"""Gradients by differences: what they are good for, how far they are off, and how to hold a pullback against them.

A difference is wrong twice. Its formula leaves out terms of order h^p: that error shrinks with h. And the two values
that it subtracts are rounded: that error grows as eps / h. Their sum is a V on logarithmic axes, and no h makes it 0.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from dlbook.differentiable import vjp
from dlbook.numpy.backpropagation.primitive import value
from dlbook.numpy.backpropagation.tape import Tape
from dlbook.numpy.backpropagation.twice import is_float
from dlbook.numpy.backpropagation.variable import Variable
from dlbook.shapes import ShapeError, describe, leaves, refill

__all__ = ["Finding", "GradientCheck", "gradient_check", "numerical_gradient", "step_sweep"]

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
ALLOWED = 30  # times the modelled error


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


@dataclass(frozen=True)
class Finding:
    """One probe of one argument: both sides of <dy, J u> = <pullback(dy), u>, their distance, and what is allowed."""

    argument: str
    analytic: float
    numeric: float
    error: float
    allowed: float

    @property
    def passed(self) -> bool:
        """Say whether the distance is allowed; it is not when it is NaN."""
        return bool(self.error <= self.allowed)

    def __str__(self) -> str:
        sign = "ok  " if self.passed else "FAIL"
        return (f"{sign} {self.argument}: pullback {self.analytic:.9g}, differences {self.numeric:.9g}, "
                f"off by {self.error:.1e}, allowed {self.allowed:.1e}")


@dataclass(frozen=True)
class GradientCheck:
    """What a gradient check found. It is true when every probe passed; printed it lists them."""

    findings: tuple[Finding, ...]

    def __bool__(self) -> bool:
        return all(finding.passed for finding in self.findings)

    def __str__(self) -> str:
        return "\n".join(map(str, self.findings))


def gradient_check(
    f: Callable,
    *args,
    rng: np.random.Generator | None = None,
    directions: int = 3,
    entries: bool = False,
    kinks: bool = False,
    **options,
) -> GradientCheck:
    r"""Hold a function's pullback against differences, one argument at a time.

    $$\langle \bar y, J u \rangle = \langle J^\top \bar y, u \rangle$$

    The right side is the pullback. The left one is a central difference along a random direction u, weighted with a
    random cotangent: two evaluations whatever the size. A cotangent of ones would not do: the sum of a softmax is
    constant, and a pullback that returns 0 would pass. What is allowed follows from the numbers: a multiple of the
    truncation, which a step of 2h shows, and of the rounding.

    Parameters
    ----------
    f : a `@differentiable` function.
    *args : float arrays or trees of them are checked; anything else is passed on.
    rng : draws cotangents and directions; seed 0 by default.
    directions : how many random directions per argument.
    entries : probe every entry alone instead: slower, but it says which one is wrong.
    kinks : for functions such as max(x, 0): allow anything between the two one-sided slopes.
    **options : options of f.

    Returns
    -------
    A `GradientCheck`, which is true when the gradient passed.

    Raises
    ------
    TypeError : when f is not `@differentiable`, or when no argument holds floats.

    **Source** Griewank and Walther (2008), section 3.1, for the scalar product; Higham (2002) for the rounding.
    **Book** eq-gradient-check
    """
    rng = np.random.default_rng(0) if rng is None else rng
    y, pullback = vjp(f, *args, **options)
    dy = _random(y, rng)
    grads = pullback(dy)
    findings = []
    for i, arg in enumerate(args):
        floats = [leaf for _, leaf in leaves(arg) if is_float(leaf)]
        if entries:
            probes = [(where, unit) for where, unit in _units(arg)]
        else:
            probes = [("", _random(arg, rng)) for _ in range(directions if floats else 0)]

        def along(t, u, i=i, arg=arg):
            return _floats(f(*args[:i], _moved(arg, u, t), *args[i + 1 :], **options))

        name = f"{getattr(f, '__name__', 'f')}, argument {i}"
        findings += [_probe(name + where, along, args, arg, _floats(dy), grads[i], u, kinks) for where, u in probes]
    if not findings:
        raise TypeError(f"gradient_check: {getattr(f, '__name__', 'f')} was given no floats, expected an array of them")
    return GradientCheck(tuple(findings))


def _probe(name, along, args, arg, g, grad, u, kinks) -> Finding:
    """Compare <grad, u> with the difference, and model how far they may be apart."""
    eps = max(float(np.finfo(leaf.dtype).eps) for leaf in _floats(arg))
    size = max(float(np.abs(leaf).max(initial=0.0)) for leaf in _floats(arg))
    h = STEPS["float64" if eps < 1e-10 else "float32"]["central"] * max(1.0, size)
    here, wide = _slopes(along, u, g, h, kinks), _slopes(along, u, g, 2 * h, kinks)
    terms = [a * b for a, b in zip(_floats(grad), _floats(u), strict=True)]
    analytic = float(sum(np.sum(t) for t in terms))
    numeric = min(max(analytic, here[0]), here[1])
    truncation = abs(wide[0] + wide[1] - here[0] - here[1]) / 2
    # Inside f stand numbers as large as the product of the arguments, and each of them is rounded.
    inside = np.prod([max(1.0, float(np.abs(a).max(initial=0.0))) for a in _floats(args)])
    rounding = eps / h * (here[2] + inside * sum(float(np.abs(a).sum()) for a in g))
    rounding += eps * size / h * float(sum(np.abs(t).sum() for t in terms))
    return Finding(name, analytic, numeric, abs(analytic - numeric), ALLOWED * (truncation + rounding))


def _slopes(along, u, g, h, kinks) -> tuple[float, float, float]:
    """Return the lowest and the highest slope that the differences allow, and the sum of |g| |f|."""
    ahead, behind = along(h, u), along(-h, u)
    weight = float(sum(np.sum(np.abs(w) * (np.abs(a) + np.abs(b))) for w, a, b in zip(g, ahead, behind, strict=True)))
    if not kinks:
        slope = float(sum(np.sum(w * (a - b)) for w, a, b in zip(g, ahead, behind, strict=True))) / (2 * h)
        return slope, slope, weight
    sides = [(w * (a - y) / h, w * (y - b) / h) for w, a, y, b in zip(g, ahead, along(0.0, u), behind, strict=True)]
    low, high = (float(sum(np.sum(pick(r, s)) for r, s in sides)) for pick in (np.minimum, np.maximum))
    return low, high, weight


def _floats(tree) -> list[np.ndarray]:
    return [np.asarray(leaf) for _, leaf in leaves(tree) if is_float(leaf)]


def _random(tree, rng):
    """Return a tree like the given one with N(0, 1) in the places of floats."""
    return refill(tree, (rng.standard_normal(np.shape(a)).astype(a.dtype) if is_float(a) else None
                         for _, a in leaves(tree)))  # fmt: skip


def _units(tree):
    """Yield `(where, direction)` for every single float entry of a tree."""
    for where, leaf in leaves(tree):
        for k in np.ndindex(np.shape(leaf)) if is_float(leaf) else ():
            unit = refill(tree, (np.zeros_like(a) if is_float(a) else None for _, a in leaves(tree)))
            dict(leaves(unit))[where][k] = 1
            yield f"{where}{list(k)}", unit


def _moved(tree, u, t: float):
    pairs = zip(leaves(tree), leaves(u), strict=True)
    return refill(tree, (a if d is None else (a + t * d).astype(a.dtype) for (_, a), (_, d) in pairs))


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
