"""The patches of images that excite the units of a network most."""

from typing import NamedTuple

import numpy as np

from dlbook.numpy.convolution.receptive import Field
from dlbook.numpy.linear_classifiers.arguments import whole_number
from dlbook.shapes import Array, Float, Int

__all__ = ["Patches", "maximal_patches"]


class Patches(NamedTuple):
    """The patches that excite the units of a layer most, strongest first.

    Parameters
    ----------
    values : (F, M) what the unit answers.
    images : (F, M) in which image the patch stands.
    places : (F, M, 2) row and column of the unit in its map.
    patches : (F, M, C, R, R) all that the unit sees there; zero where it looks beyond the border.
    """

    values: Float[Array, "F M"]
    images: Int[Array, "F M"]
    places: Int[Array, "F M 2"]
    patches: Float[Array, "F M C R R"]


def maximal_patches(h: Float[Array, "N F P Q"], x: Float[Array, "N C H W"], field: Field, *, count: int) -> Patches:
    r"""Find for each map of a layer the images and places where it is largest, and cut out what was seen there.

    $$(n, p, q)_1, (n, p, q)_2, \dots \quad \text{with the largest} \quad \max_{p, q} h_{nfpq},
    \quad \text{one for each } n$$

    Parameters
    ----------
    h : (N, F, P, Q) maps of the images.
    x : (N, C, H, W) the images.
    field : the receptive field of a unit of the map, as `receptive_field` computes it.
    count : M, patches for each map, each from another image, at most N.

    Returns
    -------
    Patches : values, images, places and the patches themselves.

    Raises
    ------
    ValueError : for a number of patches out of range, or numbers of images that differ.

    **Source** Zeiler and Fergus (2014); Girshick, Donahue, Darrell and Malik (2014).
    **Book** eq-maximal-patches
    """
    n, f, _, q = h.shape
    count = whole_number("maximal_patches", "count", count, 1)
    if len(x) != n or count > n:
        raise ValueError(f"maximal_patches: got maps of {n} and {len(x)} images, expected equally many, and count <= N")
    flat = h.reshape(n, f, -1)
    best = flat.max(axis=2).T  # (F, N): the most that each image has to offer
    images = np.argsort(-best, axis=1, kind="stable")[:, :count]
    at = flat.argmax(axis=2).T[np.arange(f)[:, None], images]
    places = np.stack([at // q, at % q], axis=-1)
    before = max(0, -field.start)  # the border is as wide as the outermost units look beyond it, no wider
    ends = [(units - 1) * field.step + field.start + field.size for units in h.shape[2:]]
    borders = [(before, max(0, end - pixels)) for end, pixels in zip(ends, x.shape[2:], strict=True)]
    bordered = np.pad(x, [(0, 0), (0, 0), *borders])
    corners = places * field.step + field.start + before
    patches = [
        [bordered[i, :, r : r + field.size, c : c + field.size] for i, (r, c) in zip(row, corner, strict=True)]
        for row, corner in zip(images, corners, strict=True)
    ]
    return Patches(np.take_along_axis(best, images, axis=1), images, places, np.array(patches))
