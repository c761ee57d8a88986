"""shapes32: ten shapes in 32x32 colour, posed, filled and lit at random, in the format of CIFAR-10."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from dlbook.data.drawing import balanced_labels, in_blocks
from dlbook.data.outlines import SHAPES, inside
from dlbook.data.textures import bank, fill

Columns = dict[str, np.ndarray]
SIZE = 32
OVERSAMPLE = 2  # each pixel is the mean of 2x2 inside tests, so edges are smooth
CONTRAST = 0.25  # smallest difference between shape and ground, in some channel
TRIES = 8  # fillings drawn until the contrast is reached


@dataclass(frozen=True)
class Level:
    """Ranges that a difficulty draws from.

    Parameters
    ----------
    rotation : largest turn to either side, radian
    scale : smallest and largest radius, in half widths of the image
    aspect : largest logarithm of the stretch of one axis
    kinds : probability of plain, stripes, checks, crop as the filling
    noise : standard deviation of the pixel noise
    """

    rotation: float
    scale: tuple[float, float]
    aspect: float
    kinds: tuple[float, float, float, float]
    noise: float


LEVELS = {
    "easy": Level(0.35, (0.6, 0.95), 0.1, (0.5, 0.15, 0.1, 0.25), 0.02),
    "medium": Level(0.6, (0.5, 0.9), 0.15, (0.4, 0.2, 0.15, 0.25), 0.03),
    "hard": Level(np.pi, (0.45, 0.85), 0.2, (0.25, 0.25, 0.2, 0.3), 0.04),
}


def shapes32(
    *, n: int, n_test: int, seed: int, level: str = "easy", texture: str = "noise"
) -> tuple[Columns, Columns, tuple[str, ...]]:
    """Draw images of one shape each: x (N, 3, 32, 32), t (N,), mask (N, 32, 32) bool.

    Colour, filling, ground and light are drawn without looking at the class, so only the outline tells it.

    Parameters
    ----------
    level : "easy", "medium" or "hard": how far pose and filling vary
    texture : "noise" (NumPy alone, the same bytes everywhere) or "photo" (pieces of scikit-image's
        photographs)

    Raises
    ------
    ValueError : no such level or texture
    """
    if level not in LEVELS:
        raise ValueError(f"shapes32: level must be one of {', '.join(LEVELS)}, got {level!r}")
    make = partial(_block, level=LEVELS[level], images=bank(texture))
    train, test = (in_blocks("shapes32", size, seed, split, make) for split, size in enumerate((n, n_test)))
    return train, test, SHAPES


def _block(n: int, rng: np.random.Generator, level: Level, images: tuple[np.ndarray, ...]) -> Columns:
    t = balanced_labels(n, len(SHAPES), rng)
    cover = _cover(t, level, rng)
    ground = fill(np.where(rng.random(n) < 0.7, 3, 0), SIZE, images, rng)
    filling = _contrasting(cover, ground, level, images, rng)
    x = ground + (filling - ground) * cover[..., None]
    # Light falls from above or below: the image grows brighter by up to a quarter towards one edge.
    height = (np.arange(SIZE) + 0.5) / SIZE * 2 - 1
    x *= 1 + rng.uniform(-0.25, 0.25, (n, 1, 1, 1)) * height[:, None, None]
    x += level.noise * rng.normal(size=x.shape)
    x = np.rint(255 * np.clip(x, 0, 1)).astype(np.uint8)
    return {"x": np.ascontiguousarray(x.transpose(0, 3, 1, 2)), "t": t, "mask": cover >= 0.5}


def _cover(t: np.ndarray, level: Level, rng: np.random.Generator) -> np.ndarray:
    """Pose every shape and say how much of each pixel it covers: (N, 32, 32) in [0, 1]."""
    n, fine = len(t), SIZE * OVERSAMPLE
    scale = rng.uniform(*level.scale, n)
    turn = rng.uniform(-level.rotation, level.rotation, n)
    stretch = np.exp(rng.uniform(-level.aspect, level.aspect, n))
    centre = rng.uniform(-0.8, 0.8, (2, n)) * (1 - scale)
    grid = (np.arange(fine) + 0.5) / fine * 2 - 1
    hits = np.empty((n, fine, fine), bool)
    for label, shape in enumerate(SHAPES):
        rows = np.flatnonzero(t == label)
        c, s, cx, cy, a, b = (
            value[rows, None, None] for value in (np.cos(turn), np.sin(turn), *centre, scale * stretch, scale / stretch)
        )
        du, dv = grid - cx, grid[:, None] - cy
        hits[rows] = inside(shape, (du * c + dv * s) / a, (dv * c - du * s) / b)
    return hits.reshape(n, SIZE, OVERSAMPLE, SIZE, OVERSAMPLE).mean(axis=(2, 4))


def _contrasting(
    cover: np.ndarray,
    ground: np.ndarray,
    level: Level,
    images: tuple[np.ndarray, ...],
    rng: np.random.Generator,
) -> np.ndarray:
    """Draw fillings until the mean colour under the shape differs from the ground's, at most TRIES times."""
    weight = cover / cover.sum(axis=(1, 2), keepdims=True)
    behind = np.einsum("nhw,nhwc->nc", weight, ground)
    filling = np.empty_like(ground)
    open_rows = np.arange(len(cover))
    for _ in range(TRIES):
        kind = rng.choice(4, p=level.kinds, size=len(open_rows))
        filling[open_rows] = fill(kind, SIZE, images, rng)
        front = np.einsum("nhw,nhwc->nc", weight[open_rows], filling[open_rows])
        open_rows = open_rows[np.abs(front - behind[open_rows]).max(axis=1) <= CONTRAST]
        if len(open_rows) == 0:
            break
    return filling
