"""Which changes, and how strong: one dial for all of them, RandAugment, and the test whether a label survives."""

from collections.abc import Callable

import numpy as np

from dlbook.numpy.linear_classifiers.arguments import between, check_generator, whole_number
from dlbook.numpy.transfer_learning.arguments import check_images, each
from dlbook.numpy.transfer_learning.colour import (
    adjust_brightness,
    adjust_contrast,
    adjust_saturation,
    posterize,
    solarize,
)
from dlbook.numpy.transfer_learning.geometry import affine
from dlbook.shapes import Array, Float, Int, describe

__all__ = ["brightest_channel", "count_bright", "distort", "heavier_side", "label_kept", "rand_augment"]

# What each change does with strengths s from -1 to 1, one for each image; where there are no two directions the size
# of s counts alone.
CHANGES = {
    "identity": lambda x, s: x.copy(),
    "rotate": lambda x, s: affine(x, angle=s * np.pi / 6),
    "shear_x": lambda x, s: affine(x, shear=(0.3 * s, 0.0)),
    "shear_y": lambda x, s: affine(x, shear=(0.0, 0.3 * s)),
    "translate_x": lambda x, s: affine(x, translate=(0.3 * x.shape[3] * s, 0.0)),
    "translate_y": lambda x, s: affine(x, translate=(0.0, 0.3 * x.shape[2] * s)),
    "brightness": lambda x, s: adjust_brightness(x, 1 + 0.9 * s),
    "contrast": lambda x, s: adjust_contrast(x, 1 + 0.9 * s),
    "saturation": lambda x, s: adjust_saturation(x, 1 + 0.9 * s),
    "posterize": lambda x, s: posterize(x, 8 - np.rint(4 * abs(s)).astype(int)),
    "solarize": lambda x, s: solarize(x, 1 - abs(s)),
}


def distort(
    x: Float[Array, "N C H W"], change: str, *, strength: float | Float[Array, " N"]
) -> Float[Array, "N C H W"]:
    r"""Apply one of the changes of `CHANGES` with a strength from -1 to 1, where 0 changes nothing.

    Parameters
    ----------
    x : (N, C, H, W) from 0 to 1.
    change : its name.
    strength : one number or one for each image, -1 to 1; the sign is the direction, of a turn for instance.

    Returns
    -------
    y : of x's shape.

    Raises
    ------
    ValueError : for another name, or a strength outside [-1, 1].

    **Source** Cubuk, Zoph, Shlens and Le (2020), for the idea of one scale for all.
    **Book** eq-rand-augment
    """
    check_images("distort", x)
    if not isinstance(change, str) or change not in CHANGES:
        raise ValueError(f"distort: change is {change!r}, expected one of {', '.join(CHANGES)}")
    s = each("distort", "strength", strength, len(x), -1, 1).astype(float)
    return CHANGES[change](x, np.broadcast_to(s, (len(x),)))


def rand_augment(
    x: Float[Array, "N C H W"], rng: np.random.Generator, *, num_ops: int = 2, magnitude: float = 5.0,
    changes: tuple[str, ...] = tuple(CHANGES),
) -> Float[Array, "N C H W"]:
    r"""Apply some randomly drawn changes to each image, all with one strength.

    $$T_n = c_{k_1}(\pm \tfrac m{10}) \circ \dots \circ c_{k_r}(\pm \tfrac m{10}), \qquad
    k_i \sim \mathrm{Uniform}(\text{changes})$$

    Parameters
    ----------
    x : (N, C, H, W) from 0 to 1.
    rng : draws, for each image and each of the r places, a change and a sign.
    num_ops : r, how many changes in a row, at least 0.
    magnitude : m, 0 to 10, of all changes.
    changes : names out of `CHANGES`.

    Returns
    -------
    y : of x's shape.

    Raises
    ------
    ValueError : for a number out of its range, or a change that does not exist.
    TypeError : when rng is no generator.

    **Source** Cubuk, Zoph, Shlens and Le (2020), with eleven of their fourteen changes.
    **Book** eq-rand-augment
    """
    check_generator("rand_augment", rng)
    check_images("rand_augment", x)
    if not isinstance(changes, tuple | list) or not changes or not set(changes) <= set(CHANGES):
        raise ValueError(f"rand_augment: changes is {changes!r}, expected some of {', '.join(CHANGES)}")
    strength = between("rand_augment", "magnitude", magnitude, 0, 10) / 10
    y = np.array(x)
    for _ in range(whole_number("rand_augment", "num_ops", num_ops, 0)):
        drawn = rng.integers(len(changes), size=len(x))
        sign = rng.choice([-1, 1], size=len(x))
        for k, change in enumerate(changes):  # images with the same change go together
            rows = np.flatnonzero(drawn == k)
            if len(rows):
                y[rows] = distort(y[rows], change, strength=strength * sign[rows])
    return y


def label_kept(label: Callable, transform: Callable, x: Float[Array, "N C H W"]) -> float:
    r"""Return the share of images whose label a change leaves as it was.

    $$\frac1N \sum_n \big[\, t(T x_n) = t(x_n) \,\big]$$

    Parameters
    ----------
    label : maps images to labels (N,), by a definition, not by a network.
    transform : maps images to changed images.
    x : (N, C, H, W).

    Returns
    -------
    share : 0 to 1; 1 when the change keeps this label on all of these images.

    Raises
    ------
    ValueError : when the labels of changed images are not as many.

    **Source** definition.
    **Book** eq-label-kept
    """
    before, after = np.asarray(label(x)), np.asarray(label(transform(x)))
    if before.shape != after.shape or not before.size:
        raise ValueError(f"label_kept: labels are {describe(before)} before and {describe(after)} after the change, "
                         "expected as many, at least one")
    return float((before == after).mean())


def count_bright(x: Float[Array, "N C H W"]) -> Int[Array, " N"]:
    """Answer: how many pixels are brighter than a half, in the mean of their channels?

    Parameters
    ----------
    x : (N, C, H, W) from 0 to 1.

    **Source** definition.
    **Book** eq-label-kept
    """
    check_images("count_bright", x)
    return (x.mean(axis=1) > 0.5).sum(axis=(1, 2))


def heavier_side(x: Float[Array, "N C H W"]) -> Int[Array, " N"]:
    """Answer: is there more light in the right half (1), or is there not (0)?

    Parameters
    ----------
    x : (N, C, H, W) from 0 to 1.

    **Source** definition.
    **Book** eq-label-kept
    """
    check_images("heavier_side", x)
    half = x.shape[3] // 2  # the middle column of an odd number counts for neither
    columns = x.sum(axis=(1, 2))
    return (columns[:, x.shape[3] - half :].sum(axis=1) > columns[:, :half].sum(axis=1)).astype(np.int64)


def brightest_channel(x: Float[Array, "N C H W"]) -> Int[Array, " N"]:
    """Answer: which channel has the most light?

    Parameters
    ----------
    x : (N, C, H, W) from 0 to 1.

    **Source** definition.
    **Book** eq-label-kept
    """
    check_images("brightest_channel", x)
    return x.sum(axis=(2, 3)).argmax(axis=1)
