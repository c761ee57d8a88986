"""How a law says what it found: an error beside its tolerance, or one line that says what is wrong."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from dlbook.laws.operation import Example, Op, argument_names
from dlbook.laws.trees import flatten, random_like, rebuild

Finding = tuple[float, float] | None


class LawBroken(AssertionError):
    """A law does not hold for an example."""


@contextmanager
def calling(example: Example) -> Iterator[None]:
    """Remember the call that a law makes instead of the drawn one: who pastes it sees the failure."""
    try:
        yield
    except Exception as error:
        error.made = getattr(error, "made", None) or example
        raise


def require(truth: bool, message: str) -> None:
    """Raise `LawBroken` unless the statement is true."""
    if not truth:
        raise LawBroken(message)


def names(op: Op, example: Example) -> list[str]:
    """Return the names of the example's positional arguments."""
    return argument_names(op.reference, len(example.args))


def call(f: Callable, example: Example, dtype=None):
    """Return `y`, its cotangent and the gradients of a call, with float leaves cast to `dtype` when given."""
    args = example.args if dtype is None else rebuild(example.args, [a.astype(dtype) for a in flatten(example.args)])
    y, pullback = f.vjp(*args, **example.options)
    dy = random_like(y, example.rng())
    return y, dy, pullback(dy)


def distance(a, b) -> tuple[float, float]:
    """Return the largest difference of two trees of floats and the largest entry of either."""
    error = size = 0.0
    for x, y in zip(flatten(a), flatten(b), strict=True):
        if x.size:
            error = max(error, float(np.abs(x - y).max()))
            size = max(size, float(np.abs(x).max()), float(np.abs(y).max()))
    return error, size


def close(a, b, relative: float, floor: float, what: str) -> Finding:
    """Require two trees of floats to agree to `relative` of their size plus `floor`."""
    require(
        [np.shape(x) for x in flatten(a)] == [np.shape(y) for y in flatten(b)],
        f"{what}: shapes {[np.shape(x) for x in flatten(a)]}, expected {[np.shape(y) for y in flatten(b)]}",
    )
    error, size = distance(a, b)
    tolerance = relative * size + floor
    require(error <= tolerance, f"{what}: off by {error:.3g}, allowed {tolerance:.3g}")
    return error, tolerance


def finite(tree, what: str) -> None:
    """Require every float to be finite. Stands before each comparison: NaN compares as equal to nothing."""
    for leaf in flatten(tree):
        wrong = leaf[~np.isfinite(leaf)]
        if wrong.size:
            raise LawBroken(f"{what}: {wrong.flat[0]}, expected finite numbers")


def worst(*findings: Finding) -> Finding:
    """Return the finding that came nearest to its tolerance."""
    real = [f for f in findings if f is not None]
    return max(real, key=lambda f: f[0] / f[1] if f[1] else float(f[0] > 0), default=None)
