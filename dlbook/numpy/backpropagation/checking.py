"""Is a pullback right? Held against differences, with what may be off said by a model and not by taste."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dlbook.differentiable import vjp
from dlbook.numpy.backpropagation.differences import STEPS
from dlbook.numpy.backpropagation.twice import is_float
from dlbook.shapes import ShapeError, leaves, refill

__all__ = ["Finding", "GradientCheck", "gradient_check"]

ALLOWED = 30  # times the modelled error


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
    ShapeError : when a gradient has not its argument's shape.

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
        shapes, expected = ([np.shape(a) for a in part] for part in (_floats(grads[i]), floats))
        if shapes != expected:  # <grad, u> would broadcast, and hide a sum that was forgotten
            raise ShapeError(f"gradient_check: the gradient of argument {i} has shapes {shapes}, expected {expected}")
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
