"""What the losses' strategies share: reductions, shapes, labels."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import SEEDS
from dlbook.laws.operation import Example

REDUCTIONS = st.sampled_from(("mean", "sum", "none"))


def shapes(least: int = 1, most: int = 3) -> st.SearchStrategy[tuple[int, ...]]:
    """Draw a shape of `least` to `most` axes."""
    return st.lists(st.integers(1, 4), min_size=least, max_size=most).map(tuple)


def choices(shape: tuple[int, ...], values: tuple[int, ...]) -> st.SearchStrategy[np.ndarray]:
    """Draw an integer array of the given values; the simplest holds the last of them everywhere."""
    return SEEDS.map(
        lambda seed: np.full(shape, values[-1]) if seed == 0 else np.random.default_rng(seed).choice(values, shape)
    )


def batch(*indices: int):
    """Say that these arguments have the batch as first axis, where each example keeps its own loss."""
    return lambda example: indices if example.options.get("reduction") == "none" else ()


def with_first(example: Example, index: int, value) -> Example:
    """Return the example with the first entry of an argument replaced."""
    changed = example.args[index].copy()
    changed.flat[0] = value
    return example.with_arg(index, changed)


def longer(example: Example, index: int) -> Example:
    """Return the example with an argument that repeats its first entry along the first axis."""
    arg = example.args[index]
    return example.with_arg(index, np.concatenate([arg, arg[:1]]))


def total(f, example: Example, *args, **options) -> float:
    """Return the sum of the losses of a call, whatever the example's reduction."""
    return float(np.sum(f(*args, **{**example.options, **options, "reduction": "sum"})))
