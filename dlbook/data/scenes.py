"""Layered scenes with the true class, object and depth of every pixel."""

from functools import partial

import numpy as np

from dlbook.data.drawing import in_blocks
from dlbook.data.outlines import inside
from dlbook.data.textures import bank, crops, fill

Columns = dict[str, np.ndarray]
SIZE = 48
FOCAL = 1.1 * SIZE  # pixels: a thing of 1 m at 1 m distance is this tall
EYE = 0.5  # height of the camera over the ground, metres
RADIUS = 0.34  # of every object, metres
FAR = 12.0  # depth of sky and of ground farther away, metres
MOST = 4  # objects in a scene

# How far below its centre an object ends, in radii: there it stands on the ground.
BOTTOM = {"disc": 0.85, "square": 0.75, "triangle": 0.5, "star": 0.81, "cross": 0.95, "heart": 0.825}
UPRIGHT = ("triangle", "star")  # drawn with a tip to the right, so they are turned by a quarter


def scenes(*, n: int, n_test: int, seed: int, texture: str = "noise") -> tuple[Columns, Columns, tuple[str, ...]]:
    """Draw objects standing on a plane: x (N, 3, 48, 48); mask, instance (N, 48, 48); depth (N, 48, 48) in metres.

    An object at depth z has the radius FOCAL RADIUS / z and stands on row horizon + FOCAL EYE / z; what is nearer
    hides what is farther, and haze grows with depth: the cues by which one eye sees depth.

    Parameters
    ----------
    texture : "noise" (NumPy alone) or "photo" (pieces of scikit-image's photographs)

    Raises
    ------
    ValueError : another word

    **Source** own; pinhole camera
    """
    make = partial(_block, images=bank(texture))
    train, test = (in_blocks("scenes", size, seed, split, make) for split, size in enumerate((n, n_test)))
    return train, test, ("background", *BOTTOM)


def _block(n: int, rng: np.random.Generator, images: tuple[np.ndarray, ...]) -> Columns:
    row, column = np.mgrid[:SIZE, :SIZE] + 0.5
    horizon = SIZE * rng.uniform(0.3, 0.45, (n, 1, 1))
    below = row > horizon + 1
    depth = np.where(below, np.clip(FOCAL * EYE / np.maximum(row - horizon, 0.5), 1, FAR), FAR)
    sky = 0.5 * crops(n, SIZE, images, rng) + 0.5 * rng.uniform(0.4, 0.9, (n, 1, 1, 3))
    ground = 0.6 * crops(n, SIZE, images, rng) + 0.4 * rng.uniform(0.1, 0.6, (n, 1, 1, 3))
    x = np.where((row > horizon)[..., None], ground, sky)
    mask, instance = np.zeros((2, n, SIZE, SIZE), np.uint8)

    count = rng.integers(2, MOST + 1, n)
    distance = -np.sort(-rng.uniform(1.1, 4, (n, MOST)), axis=1)  # far ones first, so that near ones are painted over
    kind = rng.integers(len(BOTTOM), size=(n, MOST))
    place = SIZE * rng.uniform(0.05, 0.95, (n, MOST))
    for k in range(MOST):
        rows = np.flatnonzero(k < count)
        z = distance[rows, k, None, None]
        hit, height = _stand(kind[rows, k], z, place[rows, k, None, None], horizon[rows], row, column)
        paint = fill(rng.choice(4, p=(0.75, 0.1, 0.05, 0.1), size=len(rows)), SIZE, images, rng)
        paint *= (1 - 0.25 * np.clip(height, -1, 1))[..., None]
        x[rows] = np.where(hit[..., None], paint, x[rows])
        depth[rows] = np.where(hit, z, depth[rows])
        mask[rows] = np.where(hit, 1 + kind[rows, k, None, None], mask[rows])
        instance[rows] = np.where(hit, k + 1, instance[rows])

    haze = (1 - np.exp(-depth / 14))[..., None]
    x += haze * (np.array([0.75, 0.8, 0.9]) - x)
    x = np.rint(255 * np.clip(x + 0.015 * rng.normal(size=x.shape), 0, 1)).astype(np.uint8)
    x = np.ascontiguousarray(x.transpose(0, 3, 1, 2))
    return {"x": x, "mask": mask, "instance": instance, "depth": depth.astype(np.float32)}


def _stand(
    kind: np.ndarray, z: np.ndarray, place: np.ndarray, horizon: np.ndarray, row: np.ndarray, column: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Say which pixels one object per scene covers, and their height in radii, downwards: (N, 48, 48) each."""
    radius = FOCAL * RADIUS / z
    foot = horizon + FOCAL * EYE / z
    hit = np.empty((len(kind), SIZE, SIZE), bool)
    height = np.empty((len(kind), SIZE, SIZE))
    for label, (shape, bottom) in enumerate(BOTTOM.items()):
        rows = np.flatnonzero(kind == label)
        u = (column - place[rows]) / radius[rows]
        v = (row - foot[rows]) / radius[rows] + bottom
        hit[rows] = inside(shape, -v, u) if shape in UPRIGHT else inside(shape, u, v)
        height[rows] = v
    return hit, height
