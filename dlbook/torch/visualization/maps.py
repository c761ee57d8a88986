"""The patches of images that excite the units of a network most."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from dlbook.numpy.convolution.receptive import Field
from dlbook.numpy.linear_classifiers.arguments import whole_number

__all__ = ["Patches", "maximal_patches"]


class Patches(NamedTuple):
    """The patches that excite the units of a layer most: see `dlbook.numpy.visualization.Patches`."""

    values: Tensor
    images: Tensor
    places: Tensor
    patches: Tensor


def maximal_patches(h: Tensor, x: Tensor, field: Field, *, count: int) -> Patches:
    """Find for each map of a layer the images and places where it is largest, and cut out what was seen there."""
    count = whole_number("maximal_patches", "count", count, 1)
    if len(x) != len(h) or count > len(h):
        raise ValueError(
            f"maximal_patches: got maps of {len(h)} and {len(x)} images, expected equally many, and count <= N"
        )
    best, at = h.flatten(2).max(dim=2)
    values, images = best.T.sort(dim=1, descending=True, stable=True)
    values, images = values[:, :count], images[:, :count]
    at = at.T.gather(1, images)
    places = torch.stack([at // h.shape[3], at % h.shape[3]], dim=-1)
    # Every place's window at once: `unfold` on the bordered images, whose windows lie `step` apart.
    before = -field.start
    ends = [(n - 1) * field.step + field.size - before - size for n, size in zip(h.shape[2:], x.shape[2:], strict=True)]
    bordered = F.pad(x, (before, ends[1], before, ends[0]))
    windows = bordered.unfold(2, field.size, field.step).unfold(3, field.size, field.step)
    return Patches(values, images, places, windows[images, :, places[..., 0], places[..., 1]])
