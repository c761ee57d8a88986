"""Two-dimensional toys: what a linear classifier can separate, and what it cannot."""

from collections.abc import Callable

import numpy as np

from dlbook.data.drawing import balanced_labels, stream

Columns = dict[str, np.ndarray]
Made = tuple[Columns, Columns, tuple[str, ...]]


def _splits(name: str, n: int, n_test: int, seed: int, classes: int, place: Callable) -> Made:
    """Draw balanced labels for both splits and let `place(t, rng)` put the points."""
    splits = []
    for split, size in enumerate((n, n_test)):
        rng = stream(name, seed, split)
        t = balanced_labels(size, classes, rng)
        splits.append({"x": place(t, rng).astype(np.float32), "t": t})
    return splits[0], splits[1], tuple(f"class {k}" for k in range(classes))


def _positive(name: str, **values: float) -> None:
    for key, value in values.items():
        if not value > 0:
            raise ValueError(f"{name}: {key} must be positive, got {value!r}")


def blobs(*, n: int, n_test: int, seed: int, classes: int = 3, spread: float = 0.8) -> Made:
    """Draw one round Gaussian cloud per class, centres evenly on a circle of radius 2.

    x = 2 (cos a, sin a) + spread e, a = 2 pi k / classes + pi / 2, e ~ N(0, I). The best classifier of
    equal clouds is linear, so the accuracy that is missing is overlap, not a lack of capacity.

    Parameters
    ----------
    classes : number of clouds, at least 2
    spread : standard deviation, in units of the axes

    **Source** definition
    """
    _positive("blobs", spread=spread, classes=classes - 1)

    def place(t, rng):
        angle = 2 * np.pi * t / classes + np.pi / 2
        return 2 * np.stack([np.cos(angle), np.sin(angle)], axis=1) + spread * rng.normal(size=(len(t), 2))

    return _splits("blobs", n, n_test, seed, classes, place)


def moons(*, n: int, n_test: int, seed: int, noise: float = 0.15) -> Made:
    """Draw two half circles that reach into each other.

    Class 0 lies on (cos a, sin a), class 1 on (1 - cos a, 1/2 - sin a), a uniform in [0, pi]; Gaussian noise.

    Parameters
    ----------
    noise : standard deviation, in units of the axes

    **Source** definition, as in scikit-learn's `make_moons`
    """
    _positive("moons", noise=noise)

    def place(t, rng):
        a = rng.uniform(0, np.pi, len(t))
        upper = np.stack([np.cos(a), np.sin(a)], axis=1)
        lower = np.stack([1 - np.cos(a), 0.5 - np.sin(a)], axis=1)
        return np.where(t[:, None] == 0, upper, lower) + noise * rng.normal(size=(len(t), 2))

    return _splits("moons", n, n_test, seed, 2, place)


def spiral(*, n: int, n_test: int, seed: int, classes: int = 3, turns: float = 0.7, noise: float = 0.2) -> Made:
    """Draw interleaved spiral arms, one per class.

    Radius r uniform in [0, 1], angle 2 pi (k / classes + turns r) + noise e: the angle is noisy, so the arms
    are thin at the centre and wide at the end.

    Parameters
    ----------
    classes : number of arms, at least 2
    turns : how often an arm winds round the centre
    noise : standard deviation of the angle, radian

    **Source** the spiral of Stanford's CS231n notes
    """
    _positive("spiral", turns=turns, noise=noise, classes=classes - 1)

    def place(t, rng):
        r = rng.uniform(0, 1, len(t))
        angle = 2 * np.pi * (t / classes + turns * r) + noise * rng.normal(size=len(t))
        return np.stack([r * np.cos(angle), r * np.sin(angle)], axis=1)

    return _splits("spiral", n, n_test, seed, classes, place)


def xor(*, n: int, n_test: int, seed: int, noise: float = 0.3) -> Made:
    """Draw four clouds at the corners (+-1, +-1); the class is 1 where the signs differ.

    Parameters
    ----------
    noise : standard deviation, in units of the axes

    **Source** Minsky & Papert, Perceptrons, 1969
    """
    _positive("xor", noise=noise)

    def place(t, rng):
        first = rng.choice([-1.0, 1.0], len(t))
        corner = np.stack([first, np.where(t == 0, first, -first)], axis=1)
        return corner + noise * rng.normal(size=(len(t), 2))

    return _splits("xor", n, n_test, seed, 2, place)


def rings(*, n: int, n_test: int, seed: int, classes: int = 2, noise: float = 0.1) -> Made:
    """Draw concentric circles of radius 1/K, 2/K, ..., 1, one per class.

    Parameters
    ----------
    classes : number K of rings, at least 2
    noise : standard deviation of the radius, in units of the axes

    **Source** definition
    """
    _positive("rings", noise=noise, classes=classes - 1)

    def place(t, rng):
        angle = rng.uniform(0, 2 * np.pi, len(t))
        radius = (t + 1) / classes + noise * rng.normal(size=len(t))
        return radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)

    return _splits("rings", n, n_test, seed, classes, place)
