"""Data augmentation: examples changed in ways that their labels survive."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from dlbook.differentiable import differentiable
from dlbook.numpy.linear_classifiers.arguments import above_zero, at_least_zero, between, check_generator, whole_number
from dlbook.shapes import Array, Float, Int, describe

__all__ = [
    "add_noise",
    "augmented",
    "cutout",
    "orbit_average",
    "random_cutout",
    "random_flip",
    "random_scale",
    "random_shift",
    "shift",
]


def shift(x: Float[Array, "N *S"], offset: Int[Array, "N A"], *, cyclic: bool = False) -> Float[Array, "N *S"]:
    r"""Move each example along its last axes by a whole number of places.

    $$y_{n i} = x_{n,\, i - o_n} \quad \text{or } 0 \text{ where } i - o_n \text{ lies outside}$$

    Parameters
    ----------
    x : (N, *S) signals or images.
    offset : (N, A) by how many places along each of the last A axes; for images (down, right).
    cyclic : what leaves at one end comes in at the other, instead of zeros.

    Returns
    -------
    y : (N, *S).

    Raises
    ------
    ValueError : when offset does not fit x.

    Examples
    --------
    >>> shift(np.array([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]]), np.array([[1], [-1]]))
    array([[0., 1., 2.],
           [2., 3., 0.]])

    **Source** definition.
    **Book** eq-shift
    """
    fits = offset.ndim == 2 and offset.shape[0] == len(x) and 0 < offset.shape[1] < x.ndim
    if not fits or offset.dtype.kind not in "iu":
        raise ValueError(f"shift: x is {describe(x)} and offset {describe(offset)}, expected integers of shape (N, A), "
                         "A the number of axes to shift along")
    offset = offset.astype(np.intp, copy=False)  # unsigned numbers would not go below zero
    axes = range(x.ndim - offset.shape[1], x.ndim)
    if cyclic:
        y = x.copy()
        for axis, steps in zip(axes, offset.T, strict=True):
            source = (np.arange(x.shape[axis]) - steps[:, None]) % x.shape[axis]
            y = np.take_along_axis(y, np.expand_dims(source, [a for a in range(1, x.ndim) if a != axis]), axis)
        return y
    sizes = x.shape[axes.start :]
    steps = np.clip(offset, np.negative(sizes), sizes)
    reach = np.abs(steps).max(axis=0, initial=0)
    padded = np.zeros((*x.shape[: axes.start], *(sizes + 2 * reach)), x.dtype)
    padded[..., *(slice(r, r + size) for r, size in zip(reach, sizes, strict=True))] = x
    windows = sliding_window_view(padded, sizes, axis=tuple(axes))  # each example, seen from every offset
    others = [slice(None)] * (axes.start - 1)
    return windows[np.arange(len(x)), *others, *(reach - steps).T]


def random_shift(
    x: Float[Array, "N *S"], rng: np.random.Generator, *, reach: int = 1, axes: int = 2, cyclic: bool = False
) -> Float[Array, "N *S"]:
    r"""Move each example by its own random number of places.

    $$o_{na} \sim \mathrm{Uniform}\{-r, \dots, r\}$$

    Parameters
    ----------
    x : (N, *S) signals or images.
    rng : draws.
    reach : r, at least 0.
    axes : along how many of the last axes; 2 for images, 1 for signals.
    cyclic : as in `shift`.

    Returns
    -------
    y : (N, *S).

    Raises
    ------
    ValueError : for a negative reach, or more axes than x has beside the first.
    TypeError : when rng is no generator.

    **Source** Krizhevsky, Sutskever and Hinton (2012), section 4.1.
    **Book** eq-shift
    """
    reach, axes = whole_number("random_shift", "reach", reach, 0), whole_number("random_shift", "axes", axes, 1)
    check_generator("random_shift", rng)
    if x.ndim <= axes:
        raise ValueError(f"random_shift: x is {describe(x)} and axes {axes}, expected at most {max(x.ndim - 1, 0)}: "
                         "the first axis counts the examples")
    return shift(x, rng.integers(-reach, reach + 1, (len(x), axes)), cyclic=cyclic)


def random_flip(x: Float[Array, "N *S W"], rng: np.random.Generator, *, p: float = 0.5) -> Float[Array, "N *S W"]:
    r"""Mirror some of the examples, left against right.

    $$y_{n \cdot j} = x_{n \cdot, W - 1 - j} \quad \text{with probability } p$$

    Parameters
    ----------
    x : (N, *S, W) images, or signals that may be reversed.
    rng : draws.
    p : the probability of being mirrored, 0 to 1.

    Returns
    -------
    y : of x's shape.

    Raises
    ------
    ValueError : for a probability outside [0, 1], or an x without an axis to mirror.
    TypeError : when rng is no generator.

    **Source** Krizhevsky, Sutskever and Hinton (2012), section 4.1.
    **Book** eq-label-invariance
    """
    p = between("random_flip", "p", p, 0, 1)
    if x.ndim < 2:
        raise ValueError(f"random_flip: x is {describe(x)}, expected (N, ..., W): the first axis counts the examples")
    check_generator("random_flip", rng)
    mirrored = (rng.random(len(x)) < p).reshape(-1, *[1] * (x.ndim - 1))
    return np.where(mirrored, x[..., ::-1], x)


def random_scale(
    x: Float[Array, "N *S"], rng: np.random.Generator, *, low: float = 0.8, high: float = 1.25
) -> Float[Array, "N *S"]:
    r"""Multiply each example by a random number: another amplitude, another brightness.

    $$y_n = a_n x_n, \qquad a_n \sim \mathrm{Uniform}(a_-, a_+)$$

    Parameters
    ----------
    x : (N, *S).
    rng : draws one factor for each example.
    low, high : the ends of the range, 0 < low <= high.

    Returns
    -------
    y : of x's shape.

    Raises
    ------
    ValueError : for ends that are no range of positive numbers.
    TypeError : when rng is no generator.

    **Source** definition.
    **Book** eq-label-invariance
    """
    low, high = above_zero("random_scale", "low", low), above_zero("random_scale", "high", high)
    if low > high:
        raise ValueError(f"random_scale: low is {low} and high {high}, expected low <= high")
    check_generator("random_scale", rng)
    return x * rng.uniform(low, high, (len(x), *[1] * (x.ndim - 1))).astype(x.dtype)


def add_noise(x: Float[Array, "N *S"], rng: np.random.Generator, *, std: float = 0.1) -> Float[Array, "N *S"]:
    r"""Add independent Gaussian noise to every entry.

    $$y = x + \sigma \epsilon, \qquad \epsilon \sim \mathcal N(0, 1)$$

    Parameters
    ----------
    x : (N, *S).
    rng : draws.
    std : sigma, at least 0.

    Returns
    -------
    y : of x's shape.

    Raises
    ------
    ValueError : for a negative standard deviation.
    TypeError : when rng is no generator.

    **Source** Bishop (1995).
    **Book** eq-noise-ridge
    """
    std = at_least_zero("add_noise", "std", std)
    check_generator("add_noise", rng)
    return x + std * rng.standard_normal(x.shape).astype(x.dtype)


@differentiable
def cutout(x: Float[Array, "N C H W"], centre: Int[Array, "N 2"], *, size: int) -> Float[Array, "N C H W"]:
    r"""Cut a square out of each image, in all channels; what hangs over the edge is lost.

    $$y_{ncij} = x_{ncij}\, \big(1 - [\,i \in I_n\,]\,[\,j \in J_n\,]\big), \qquad
    I_n = \{ r_n - \lfloor s/2 \rfloor, \dots, r_n - \lfloor s/2 \rfloor + s - 1 \}$$

    and $J_n$ likewise with the column. The gradient is cut in the same places.

    Parameters
    ----------
    x : (N, C, H, W) images.
    centre : (N, 2) row and column of each square's middle (for an even size: of the pixel below and right of it).
    size : s, the side of the square in pixels, at least 0.

    Returns
    -------
    y : of x's shape.

    Raises
    ------
    ValueError : for a negative size.

    **Source** DeVries and Taylor (2017).
    **Book** eq-cutout
    """
    size = whole_number("cutout", "size", size, 0)
    first = centre - size // 2  # (N, 2): the first row and column that are cut
    rows, columns = (
        (np.arange(extent) >= start[:, None]) & (np.arange(extent) < start[:, None] + size)
        for extent, start in zip(x.shape[2:], first.T, strict=True)
    )
    hole = (rows[:, :, None] & columns[:, None, :])[:, None]  # (N, 1, H, W)
    y = np.where(hole, 0, x)

    def pullback(dy):
        return np.where(hole, 0, dy), None

    return y, pullback


def random_cutout(x: Float[Array, "N C H W"], rng: np.random.Generator, *, size: int) -> Float[Array, "N C H W"]:
    r"""Cut a square out of each image, at a place drawn anew for each.

    $$r_n \sim \mathrm{Uniform}\{0, \dots, H - 1\}, \qquad c_n \sim \mathrm{Uniform}\{0, \dots, W - 1\}$$

    Parameters
    ----------
    x : (N, C, H, W) images.
    rng : draws the middles.
    size : the side of the square in pixels.

    Returns
    -------
    y : of x's shape.

    Raises
    ------
    ValueError : for a negative size, or an array of another shape.
    TypeError : when rng is no generator.

    **Source** DeVries and Taylor (2017).
    **Book** eq-cutout
    """
    if x.ndim != 4:
        raise ValueError(f"random_cutout: x is {describe(x)}, expected images (N, C, H, W)")
    check_generator("random_cutout", rng)
    return cutout(x, rng.integers(0, x.shape[2:], (len(x), 2)), size=size)


def augmented(
    value_and_grad: Callable, augment: Callable, rng: np.random.Generator, *, shape: Sequence[int] | None = None,
    **options,
) -> Callable:
    r"""Turn a cost into one that sees other versions of its examples at each call.

    $$J(\theta) = \frac1N \sum_n \ell\big(f(T_n x_n; \theta),\, t_n\big), \qquad T_n \text{ drawn anew each time}$$

    Parameters
    ----------
    value_and_grad : maps `(params, x, *rest)` to `(value, grads)`.
    augment : maps `(x, rng, **options)` to an array of x's shape.
    rng : is passed on to augment.
    shape : of one example as augment wants it, (1, 8, 8) say, when x comes as rows; None leaves x as it is.
    **options : options of augment.

    Returns
    -------
    A function of `(params, x, *rest)` that returns `(value, grads)`.

    Raises
    ------
    TypeError : when rng is no generator.
    ValueError : at a call, when examples do not have that shape, or augment changes the number of entries.

    **Source** Goodfellow, Bengio and Courville (2016), section 7.4.
    **Book** eq-augmented-risk
    """
    check_generator("augmented", rng)

    def both(params, x, *rest):
        if shape is not None and math.prod(shape) * len(x) != x.size:
            raise ValueError(f"augmented: x is {describe(x)}, expected examples of {math.prod(shape)} entries, "
                             f"which is what shape {tuple(shape)} holds")
        changed = augment(x if shape is None else x.reshape(len(x), *shape), rng, **options)
        if changed.size != x.size:
            raise ValueError(f"augmented: augment made {describe(changed)} of {describe(x)}, expected as many entries")
        return value_and_grad(params, changed.reshape(x.shape), *rest)

    return both


def orbit_average(predict: Callable, x: Array, transforms: Sequence[Callable]) -> Array:
    r"""Average a prediction over changed versions of the same examples.

    $$\bar f(x) = \frac{1}{|G|} \sum_{T \in G} f(T x)$$

    When G is a group, $\bar f(T x) = \bar f(x)$ for every T in G: each only changes the order of the sum.

    Parameters
    ----------
    predict : maps x to an array, probabilities for instance.
    x : the examples.
    transforms : maps x to a changed x, one for each T; the identity among them.

    Returns
    -------
    mean : of predict's shape.

    Raises
    ------
    ValueError : for no transforms.

    **Source** Krizhevsky, Sutskever and Hinton (2012), section 4.1, for ten crops.
    **Book** eq-orbit-average
    """
    if not transforms:
        raise ValueError("orbit_average: transforms is empty, expected at least one")
    return sum(predict(transform(x)) for transform in transforms) / len(transforms)
