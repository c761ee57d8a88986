"""Strategies shared by the entries of `architectures`: small images, and layers that fit them."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.operation import Example
from dlbook.laws.trees import flatten

# No ties: a batch norm makes equal numbers zero up to rounding, and there the rectifier bends.
KINDS = ("iota", "normal")
INTEGERS = {"integers for floats": lambda e: e.with_arg(0, e.args[0].astype(int))}


def layer(rng: np.random.Generator, before: int, after: int, kernel: int, rest: int, norm: int = 0) -> tuple:
    """Return a layer: weight alone, with a bias, or with gamma and beta of `norm` channels (by default its own)."""
    weight = rng.normal(size=(after, before, kernel, kernel)) / kernel
    if rest == 2:
        norm = norm or after
        return weight, rng.uniform(0.5, 1.5, norm), rng.normal(size=norm)
    return (weight, rng.normal(size=after)) if rest else (weight,)


def statistics(rng: np.random.Generator, norms: list[int]) -> tuple:
    """Return a mean and a variance for each batch norm."""
    return tuple((rng.normal(size=n), rng.uniform(0.5, 2, n)) for n in norms)


def bound(example: Example) -> float:
    """Bound the values inside a block: each layer enlarges by its weights, its norm by 1 / sqrt(eps) at most."""
    x, *params = example.args
    size = max(1.0, float(np.abs(x).max()))
    for array in flatten(tuple(params)):
        if array.ndim > 1:
            size *= max(1.0, float(np.abs(array).reshape(len(array), -1).sum(axis=1).max()))
        elif array.size:
            size = 2 * size + float(np.abs(array).max())
    return 10 * size


def agree(a, b, example: Example, what: str = "") -> None:
    """Require two arrays to be equal up to the rounding of their sums."""
    np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12 * bound(example), err_msg=what)


def sizes(low: int = 1, high: int = 2) -> st.SearchStrategy[int]:
    """Draw a number of images or channels."""
    return st.integers(low, high)
