"""Draw the arrays of an identity from the shapes in its signature: `x: "N"`, `a: "N N spd"`, `t: "labels:K N"`."""

from collections.abc import Callable, Mapping

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import SEEDS, fill
from dlbook.laws.operation import Example

LARGEST = 5  # sizes are drawn from 1 to this


def _rotations(rows: int, columns: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the singular vectors of a Gaussian matrix."""
    u, _, vt = np.linalg.svd(rng.normal(size=(rows, columns)), full_matrices=False)
    return u, vt


def _full(shape, rng):
    """Singular values between 0.5 and 2, no two of them near each other: full rank, any shape."""
    u, vt = _rotations(*shape, rng)
    s = np.linspace(0.5, 2.0, min(shape)) + 0.05 * rng.uniform(size=min(shape))
    return (u * s) @ vt


def _spd(shape, rng):
    """Eigenvalues between 0.5 and 2, no two of them near each other."""
    u, _ = _rotations(*shape, rng)
    a = (u * (np.linspace(0.5, 2.0, shape[0]) + 0.05 * rng.uniform(size=shape[0]))) @ u.T
    return (a + a.T) / 2


def _symmetric(shape, rng):
    """Eigenvalues of both signs, no two of them near each other."""
    u, _ = _rotations(*shape, rng)
    a = (u * (np.linspace(-1.0, 1.6, shape[0]) + 0.05 * rng.uniform(size=shape[0]))) @ u.T
    return (a + a.T) / 2


def _contraction(shape, rng):
    """A matrix or vector that shortens everything: of norm 0.4."""
    a = rng.normal(size=shape)
    return 0.4 * a / np.linalg.norm(a, 2 if a.ndim else None)


def _semidefinite(shape, rng):
    """A Gram matrix, of any rank."""
    x = rng.normal(size=(shape[0], rng.integers(1, shape[0] + 1)))
    return x @ x.T


def _probabilities(shape, rng):
    """Positive numbers whose last axis sums to one."""
    e = np.exp(rng.normal(size=shape))
    return e / e.sum(axis=-1, keepdims=True)


def _away(shape, rng):
    """A vector of a length between 0.5 and 2: differences need room around the origin."""
    a = rng.normal(size=shape)
    return rng.uniform(0.5, 2.0) * a / np.linalg.norm(a)


KINDS: Mapping[str, Callable] = {
    "full": _full,
    "spd": _spd,
    "symmetric": _symmetric,
    "contraction": _contraction,
    "semidefinite": _semidefinite,
    "probabilities": _probabilities,
    "away": _away,
    "normal": lambda shape, rng: rng.normal(size=shape),
    "positive": lambda shape, rng: rng.uniform(0.2, 2.0, size=shape),
}
ANY = ("iota", "normal", "ties")


def draw_one(shapes: str, sizes: Mapping[str, int], kind: str, seed: int) -> np.ndarray:
    """Return the array of one argument, such as "N D" or "N N spd"; `kind` decides where no kind is named."""
    words = shapes.split()
    shape = tuple(sizes[w] for w in words if w.isupper())
    own = [w for w in words if not w.isupper()]
    if own and own[0].startswith("labels:"):
        return np.random.default_rng(seed).integers(0, sizes[own[0].removeprefix("labels:")], shape)
    if own:
        return np.asarray(KINDS[own[0]](shape, np.random.default_rng(seed)))
    return fill(shape, kind, seed)


def letters(shapes: Mapping[str, str]) -> list[str]:
    """Return the letters of the axes, in order of appearance."""
    words = [w.removeprefix("labels:") for text in shapes.values() for w in text.split()]
    return list(dict.fromkeys(w for w in words if w.isupper()))


def examples(
    shapes: Mapping[str, str], tall: str = "", *, largest: int = LARGEST, kinds: tuple[str, ...] = ANY
) -> st.SearchStrategy[Example]:
    """Draw calls of an identity.

    Parameters
    ----------
    shapes : for each argument the letters of its axes, and perhaps a kind of matrix.
    tall : two letters, of which the first gets the larger size.
    largest : the largest size.
    kinds : what arrays without a kind of their own are filled with: see `fill`.
    """

    @st.composite
    def calls(draw):
        sizes = {letter: draw(st.integers(1, largest)) for letter in letters(shapes)}
        if tall:
            high, low = tall
            sizes[high], sizes[low] = max(sizes[high], sizes[low]), min(sizes[high], sizes[low])
        return Example(
            tuple(draw_one(text, sizes, draw(st.sampled_from(kinds)), draw(SEEDS)) for text in shapes.values())
        )

    return calls()
