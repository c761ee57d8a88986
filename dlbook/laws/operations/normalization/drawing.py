"""What the entries of the normalizations share: batches of channels, the size of their intermediates, refusals."""

from collections.abc import Callable

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import SEEDS, array
from dlbook.laws.operation import Example

EPS = st.sampled_from((None, None, 1e-3, 0.5))
REFUSED = {
    "integers for floats": lambda e: e.with_arg(0, np.ones(e.args[0].shape, int)),
    "an eps of zero": lambda e: e.with_options(eps=0.0),
}


def eps_of(example: Example) -> float:
    """Return the example's eps."""
    return example.options.get("eps", 1e-5)


def affine(draw, *shape: int, count: int = 2) -> list:
    """Draw weights and biases of a shape, each of them missing now and then."""
    return [draw(array(*shape)) if draw(st.integers(0, 3)) else None for _ in range(count)]


def values(draw, *shape: int) -> np.ndarray:
    """Draw an array whose mean is, half of the time, far larger than its spread."""
    return draw(array(*shape)) + draw(st.sampled_from((0.0, 50.0)))


def image_shape(draw, least_positions: int = 0) -> tuple[int, ...]:
    """Draw (N, C, *positions) of none to two axes of positions."""
    n, c = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    positions = draw(st.lists(st.integers(1, 3), min_size=least_positions, max_size=2))
    return n, c, *positions


def options(draw, **more) -> dict:
    """Draw the options of a normalization."""
    eps = draw(EPS)
    return more if eps is None else {**more, "eps": eps}


def size_of(rows_of: Callable) -> Callable:
    """Return a bound for the values inside a normalization, given what turns an example into rows to normalize."""

    def size(example: Example) -> float:
        x = rows_of(example)
        inv_std = float(1 / np.sqrt(x.var(axis=1).min() + eps_of(example))) if x.size else 1.0
        bound = max(1.0, float(np.abs(x).max(initial=0.0))) * max(1.0, inv_std)
        for arg in example.args[1:]:
            bound *= 1.0 if arg is None else max(1.0, float(np.abs(arg).max(initial=0.0)))
        return bound

    return size


def bare(example: Example) -> Example:
    """Return the example without weight and bias."""
    return example.with_args(example.args[0], *[None] * (len(example.args) - 1))


def cotangent(example: Example) -> np.ndarray:
    """Draw a gradient that arrives, of x's shape."""
    return example.rng().normal(size=example.args[0].shape)


__all__ = ["EPS", "REFUSED", "SEEDS", "affine", "bare", "cotangent", "eps_of", "image_shape", "options", "size_of",
           "values"]  # fmt: skip
