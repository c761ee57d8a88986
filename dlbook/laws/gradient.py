"""Is a pullback the transposed derivative? Held against differences, with a tolerance that is a model.

For a random cotangent g and a random direction u, <g, J u> must equal <pullback(g), u>. The left side is a
difference of two values of f. It is off by the truncation of the difference, which a second step size
measures, and by rounding, which the size of the numbers bounds. The law allows a multiple of their sum and
nothing else: no tolerance is tuned by hand, none is the same for 1e-6 and 1e6.
"""

import numpy as np

from dlbook.laws.operation import Example, Op, argument_names
from dlbook.laws.trees import flatten, inner, random_like, rebuild

EPS = np.finfo(np.float64).eps
STEP = 1e-6
ALLOWED = 30  # times (truncation + rounding)


def moved(example: Example, index: int, u, t: float) -> Example:
    """Return the example with argument `index` moved by t in the direction u."""
    arg = example.args[index]
    steps = [a + t * d for a, d in zip(flatten(arg), flatten(u), strict=True)]
    return example.with_arg(index, rebuild(arg, steps))


def slopes(f, example: Example, index: int, u, g: list, h: float, kinks: bool) -> tuple[float, float, float]:
    """Return the lowest and the highest slope that differences allow for <g, f(x + t u)>, and the sum of |g| |f|.

    Without kinks both are the central difference. With kinks each entry of f lies between its one-sided slopes.
    """
    ahead, behind = (flatten(f(*moved(example, index, u, t).args, **example.options)) for t in (h, -h))
    weight = sum(float((np.abs(gi) * (np.abs(a) + np.abs(b))).sum()) for gi, a, b in zip(g, ahead, behind, strict=True))
    if not kinks:
        slope = sum(float((gi * (a - b)).sum()) for gi, a, b in zip(g, ahead, behind, strict=True)) / (2 * h)
        return slope, slope, weight
    here = flatten(f(*example.args, **example.options))
    low = high = 0.0
    for gi, a, y, b in zip(g, ahead, here, behind, strict=True):
        right, left = gi * (a - y) / h, gi * (y - b) / h
        low += float(np.minimum(right, left).sum())
        high += float(np.maximum(right, left).sum())
    return low, high, weight


def probe(op: Op, f, example: Example, index: int, rng: np.random.Generator) -> tuple[float, float, float, float]:
    """Probe one argument in one random direction.

    Returns
    -------
    error, tolerance, analytic, numeric : |analytic - nearest allowed slope|, what the model allows, and both sides.
    """
    y, pullback = f.vjp(*example.args, **example.options)
    dy = random_like(y, rng)
    u = random_like(example.args[index], rng)
    gradient = pullback(dy)[index]
    g = flatten(dy)
    size = max((float(np.abs(a).max()) for a in flatten(example.args[index]) if a.size), default=0.0)
    h = STEP * max(1.0, size)
    low, high, weight = slopes(f, example, index, u, g, h, op.kinks)
    wide = slopes(f, example, index, u, g, 2 * h, op.kinks)
    analytic = inner(gradient, u)
    numeric = min(max(analytic, low), high)
    truncation = abs((wide[0] + wide[1]) - (low + high)) / 2
    total = sum(float(np.abs(gi).sum()) for gi in g)
    sides = sum(float(np.abs(a * b).sum()) for a, b in zip(flatten(gradient), flatten(u), strict=True))
    rounding = EPS * (weight + total * op.scale(example)) / h + EPS * size / h * sides
    return abs(analytic - numeric), ALLOWED * (truncation + rounding), analytic, numeric


def worst_entry(op: Op, f, example: Example, index: int, rng: np.random.Generator) -> str:
    """Say which single entry of the gradient of argument `index` is farthest from its central difference."""
    y, pullback = f.vjp(*example.args, **example.options)
    dy = random_like(y, rng)
    gradient = flatten(pullback(dy)[index])
    g, arg = flatten(dy), flatten(example.args[index])
    if sum(a.size for a in arg) > 200:
        return ""
    found = (0.0, "")
    name = argument_names(op.reference, len(example.args))[index]
    for k, a in enumerate(arg):
        for where in np.ndindex(a.shape):
            u = [np.zeros_like(b) for b in arg]
            u[k][where] = 1.0
            tree = rebuild(example.args[index], u)
            h = STEP * max(1.0, float(np.abs(a).max()))
            low, high, _ = slopes(f, example, index, tree, g, h, op.kinks)
            got = float(gradient[k][where])
            numeric = min(max(got, low), high)
            if abs(got - numeric) > found[0]:
                place = f"{name}{list(where) if where else ''}"
                found = abs(got - numeric), f"at {place}: got {got:.6g}, differences give {numeric:.6g}"
    return found[1]
