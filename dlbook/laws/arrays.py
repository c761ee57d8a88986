"""Strategies for arrays, by recipe: Hypothesis draws a shape, a kind and a seed, not thousands of floats.

Arrays drawn float by float are mostly one repeated value, often symmetric, and hide transposes and ties.
A recipe shrinks to something readable (0.1, 0.2, 0.3, ...) and draws ties, huge and tiny values on purpose.
"""

import numpy as np
from hypothesis import strategies as st

KINDS = ("iota", "normal", "ties", "large", "small", "zeros")
SEEDS = st.integers(0, 2**16 - 1)


def fill(shape: tuple[int, ...], kind: str, seed: int) -> np.ndarray:
    """Return a float64 array of one kind.

    `iota` 0.1, -0.2, 0.3, ... (no two equal, both signs), `normal` N(0, 1), `ties` small integers full of equal
    values and exact zeros, `large` about 1e3, `small` about 1e-6, `zeros`.
    """
    count = int(np.prod(shape))
    if kind == "iota":
        values = 0.1 * np.arange(1, count + 1) * np.where(np.arange(count) % 2, -1, 1)
        return (values if seed == 0 else np.random.default_rng(seed).permutation(values)).reshape(shape)
    if kind == "zeros":
        return np.zeros(shape)
    rng = np.random.default_rng(seed)
    if kind == "ties":
        return rng.integers(-2, 3, shape).astype(float)
    factor = {"normal": 1.0, "large": 1e3, "small": 1e-6}[kind]
    return factor * rng.normal(size=shape)


def sizes(count: int, low: int = 1, high: int = 5) -> st.SearchStrategy[tuple[int, ...]]:
    """Draw `count` sizes independently, so that axes of length 1 and rectangular shapes both happen."""
    return st.tuples(*[st.integers(low, high)] * count)


def array(*shape: int, kinds: tuple[str, ...] = KINDS) -> st.SearchStrategy[np.ndarray]:
    """Draw a float64 array of the given shape. `kinds` leaves out what an operation is not defined for."""
    return st.builds(lambda kind, seed: fill(shape, kind, seed), st.sampled_from(kinds), SEEDS)


def positive(*shape: int, low: float = 0.1, high: float = 3.0) -> st.SearchStrategy[np.ndarray]:
    """Draw a float64 array of values between low and high: class weights, variances, probabilities."""
    return st.builds(lambda seed: np.random.default_rng(seed).uniform(low, high, shape), SEEDS)


def labels(n: int, classes: int, dtype=np.int64) -> st.SearchStrategy[np.ndarray]:
    """Draw n integer labels 0 .. classes-1; the simplest is all zeros, repeats are common."""
    return st.builds(
        lambda seed: (
            np.zeros(n, dtype) if seed == 0 else np.random.default_rng(seed).integers(0, classes, n).astype(dtype)
        ),
        SEEDS,
    )
