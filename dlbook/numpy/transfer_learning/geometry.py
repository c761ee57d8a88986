"""Turning, stretching, shearing, shifting and cropping images: the matrices, and changes drawn at random."""

from typing import Literal

import numpy as np

from dlbook.numpy.linear_classifiers.arguments import above_zero, check_generator, whole_number
from dlbook.numpy.transfer_learning.arguments import check_images, each, sides, two
from dlbook.numpy.transfer_learning.sampling import affine_grid, crop, grid_sample
from dlbook.shapes import Array, Float

__all__ = ["affine", "affine_matrices", "random_crop", "random_resized_crop"]

Each = float | Array  # one number for all images, or one for each


def affine_matrices(
    n: int, size: tuple[int, int], *, angle: Each = 0.0, scale: Each = 1.0, shear: tuple[Each, Each] = (0.0, 0.0),
    translate: tuple[Each, Each] = (0.0, 0.0),
) -> Float[Array, "N 2 3"]:
    r"""Make the matrices by which `affine_grid` turns, scales, shears and shifts images around their middle.

    What moves a point of the picture forwards, in pixels,

    $$\begin{pmatrix} u \\ v \end{pmatrix} \mapsto F \begin{pmatrix} u \\ v \end{pmatrix} + t, \qquad
    F = s \begin{pmatrix} \cos\alpha & \sin\alpha \\ -\sin\alpha & \cos\alpha \end{pmatrix}
    \begin{pmatrix} 1 & k_u \\ k_v & 1 \end{pmatrix},$$

    has to be undone, since the grid says where an output is read: with $D = \mathrm{diag}(W/2, H/2)$ the matrix is
    $D^{-1} F^{-1} (D, -t)$.

    Parameters
    ----------
    n : N, how many images.
    size : (H, W) in pixels.
    angle : alpha in radian, against the clock.
    scale : s, above 0; 2 makes things twice as large.
    shear : (k_u, k_v), by how much a point moves right for each pixel that it lies below, and down for each that it
        lies right of the middle.
    translate : t, in pixels to the right and down.

    Each of these is one number for all images or an array (N,).

    Returns
    -------
    theta : (N, 2, 3) float64.

    Raises
    ------
    ValueError : for numbers that are neither one nor N or not finite, a scale that is not above 0, a shear that
        flattens, or what should be two numbers and is not.

    Examples
    --------
    >>> affine_matrices(1, (4, 4), translate=(1.0, 0.0))
    array([[[ 1. ,  0. , -0.5],
            [ 0. ,  1. ,  0. ]]])

    **Source** plane geometry.
    **Book** eq-affine-matrix
    """
    n = whole_number("affine_matrices", "n", n, 0)
    height, width = sides("affine_matrices", size)
    shear, translate = (two("affine_matrices", name, v) for name, v in (("shear", shear), ("translate", translate)))
    named = {"angle": angle, "scale": scale, "shear[0]": shear[0], "shear[1]": shear[1],
             "translate[0]": translate[0], "translate[1]": translate[1]}  # fmt: skip
    found = (each("affine_matrices", name, value, n) for name, value in named.items())
    a, s, ku, kv, right, down = (np.broadcast_to(v.astype(float), (n,)) for v in found)
    if not (s > 0).all() or not (ku * kv < 1).all():
        raise ValueError("affine_matrices: expected scale above 0 and a product of the two shears below 1, got "
                         f"scale {s.min()} and product {(ku * kv).max()}")
    turn = np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])
    slant = np.array([[np.ones(n), ku], [kv, np.ones(n)]])
    back = np.linalg.inv((s * np.einsum("ijn,jkn->ikn", turn, slant)).transpose(2, 0, 1))
    unit = np.array([width, height]) / 2  # pixels from the middle to the edge, where places are 1
    moved = back @ np.stack([right, down], axis=1)[..., None]
    return np.concatenate([back * unit, -moved], axis=2) / unit[:, None] + 0.0  # no minus before a zero


def affine(
    x: Float[Array, "N C H W"], *, mode: Literal["bilinear", "nearest"] = "bilinear",
    padding_mode: Literal["zeros", "border"] = "zeros", **changes: Each | tuple[Each, Each],
) -> Float[Array, "N C H W"]:
    r"""Turn, scale, shear and shift images around their middle.

    $$y = \text{grid\_sample}(x,\; \text{affine\_grid}(\Theta))$$

    Parameters
    ----------
    x : (N, C, H, W).
    mode, padding_mode : as in `grid_sample`; "nearest" for masks.
    **changes : angle, scale, shear and translate, as in `affine_matrices`.

    Returns
    -------
    y : of x's shape.

    Raises
    ------
    ValueError : as `affine_matrices`.

    **Source** Jaderberg, Simonyan, Zisserman and Kavukcuoglu (2015).
    **Book** eq-affine-matrix
    """
    check_images("affine", x)
    theta = affine_matrices(len(x), x.shape[2:], **changes).astype(x.dtype)
    return grid_sample(x, affine_grid(theta, size=x.shape), mode=mode, padding_mode=padding_mode)


def random_crop(
    x: Float[Array, "N C H W"], rng: np.random.Generator, *, size: int | tuple[int, int], padding: int = 0
) -> Float[Array, "N C P Q"]:
    r"""Cut a window out of each image, at a place drawn anew for each.

    $$r_n \sim \mathrm{Uniform}\{0, \dots, H + 2b - P\}, \qquad s_n \sim \mathrm{Uniform}\{0, \dots, W + 2b - Q\}$$

    Parameters
    ----------
    x : (N, C, H, W).
    rng : draws the corners.
    size : (P, Q), or one number for both; with the image's own size and a padding it is a shift.
    padding : b, zeros around the image first.

    Returns
    -------
    y : (N, C, P, Q).

    Raises
    ------
    ValueError : for windows larger than the padded image.
    TypeError : when rng is no generator.

    **Source** Krizhevsky, Sutskever and Hinton (2012), section 4.1.
    **Book** eq-crop
    """
    check_generator("random_crop", rng)
    check_images("random_crop", x)
    padding, size = whole_number("random_crop", "padding", padding, 0), sides("random_crop", size)
    room = np.array(x.shape[2:]) + 2 * padding - size
    if (room < 0).any():
        raise ValueError(f"random_crop: size is {size}, expected at most the image {x.shape[2:]} with its border of "
                         f"{padding} on each side")
    return crop(x, rng.integers(0, room + 1, (len(x), 2)), size=size, padding=padding)


def random_resized_crop(
    x: Float[Array, "N C H W"], rng: np.random.Generator, *, size: int | tuple[int, int] | None = None,
    scale: tuple[float, float] = (0.08, 1.0), ratio: tuple[float, float] = (3 / 4, 4 / 3),
) -> Float[Array, "N C P Q"]:
    r"""Cut a window of random area and proportions out of each image and stretch it to one size.

    $$a \sim \mathrm{Uniform}(\text{scale}), \quad \log \rho \sim \mathrm{Uniform}(\log \text{ratio}), \qquad
    w = \min\big(1, \sqrt{a \rho}\big), \quad h = \min\big(1, \sqrt{a / \rho}\big)$$

    in widths and heights of the image; the place is uniform among those where the window lies inside.

    Parameters
    ----------
    x : (N, C, H, W).
    rng : draws area, proportions and place.
    size : (P, Q), or one number for both; the image's own by default.
    scale : the least and the largest share of the area, 0 < least <= largest <= 1.
    ratio : the least and the largest quotient of width and height, relative to the image's own.

    Returns
    -------
    y : (N, C, P, Q).

    Raises
    ------
    ValueError : for ends that are no range.
    TypeError : when rng is no generator.

    **Source** Szegedy and others (2015), section 6, for the areas and proportions.
    **Book** eq-resized-crop
    """
    check_generator("random_resized_crop", rng)
    check_images("random_resized_crop", x)
    check_ranges(scale, ratio)
    area = rng.uniform(*scale, len(x))
    proportion = np.exp(rng.uniform(*np.log(ratio), len(x)))
    share = np.minimum(1, np.sqrt([area * proportion, area / proportion]))  # (2, N): of the width and of the height
    middle = (1 - share) * rng.uniform(-1, 1, (2, len(x)))  # places: the image reaches from -1 to 1
    theta = np.zeros((len(x), 2, 3))
    theta[:, 0, 0], theta[:, 1, 1] = share
    theta[:, :, 2] = middle.T
    shape = (*x.shape[:2], *(x.shape[2:] if size is None else sides("random_resized_crop", size)))
    return grid_sample(x, affine_grid(theta.astype(x.dtype), size=shape), padding_mode="border")


def check_ranges(scale: tuple[float, float], ratio: tuple[float, float]) -> None:
    """Refuse areas and proportions of a window that are no ranges."""
    for name, value, most in (("scale", scale, 1.0), ("ratio", ratio, np.inf)):
        low, high = two("random_resized_crop", name, value, "the two ends of a range")
        low, high = (above_zero("random_resized_crop", name, end) for end in (low, high))
        if not low <= high <= most:
            raise ValueError(f"random_resized_crop: {name} is {(low, high)}, expected the ends of a range"
                             + (" up to 1" if name == "scale" else ""))
