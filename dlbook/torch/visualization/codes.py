"""Codes in the plane by a shadow: the two directions in which they differ most."""

from typing import NamedTuple

import torch
from torch import Tensor

from dlbook.numpy.linear_classifiers.arguments import whole_number

__all__ = ["Principal", "pca"]


class Principal(NamedTuple):
    """The principal components of a cloud of points: see `dlbook.numpy.visualization.Principal`."""

    mean: Tensor
    directions: Tensor
    codes: Tensor
    share: Tensor


def pca(x: Tensor, components: int) -> Principal:
    """Find the directions in which a cloud of points spreads most, and its shadow on them."""
    components = whole_number("pca", "components", components, 1)
    if components > min(x.shape):
        raise ValueError(f"pca: components is {components}, expected at most {min(x.shape)}, as x is {tuple(x.shape)}")
    if (x == x[0]).all():
        raise ValueError("pca: all rows of x are equal, expected points that differ")
    mean = x.mean(dim=0)
    values, vectors = torch.linalg.eigh((x - mean).T @ (x - mean))  # another way than the reference's
    directions = vectors.T.flip(0)[:components]
    leading = directions.gather(1, directions.abs().argmax(dim=1, keepdim=True))
    directions = directions * leading.sign()
    return Principal(mean, directions, (x - mean) @ directions.T, values.flip(0)[:components] / values.sum())
