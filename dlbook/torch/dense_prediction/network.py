"""Networks that answer at every pixel: down, across and up again."""

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor
from torch.utils._pytree import tree_map

from dlbook.numpy import dense_prediction as reference
from dlbook.numpy.dense_prediction.network import check_depth
from dlbook.torch import twin
from dlbook.torch.convolution.conv import conv2d

__all__ = ["fcn", "init_fcn", "init_unet", "unet"]

Layer = tuple[Float[Tensor, "F I R S"], Float[Tensor, " F"]]
Wide = tuple[Float[Tensor, "A B T U"], Float[Tensor, " B"]]
Head = tuple[Float[Tensor, "K J Y X"], Float[Tensor, " K"]]
UNetParams = tuple[tuple[Layer, ...], tuple[tuple[Wide, Layer], ...], Head]
FCNParams = tuple[tuple[Layer, ...], tuple[Head, ...]]


def _down(x: Tensor, layers: tuple[Layer, ...]) -> list[Tensor]:
    """Convolve at each level and halve between them; return the maps, the finest first."""
    maps = []
    for level, layer in enumerate(layers):
        x = F.relu(conv2d(F.max_pool2d(x, 2) if level else x, *layer, padding="same"))
        maps.append(x)
    return maps


@twin
def unet(x: Float[Tensor, "N C H W"], params: UNetParams, *, skip: bool = True) -> Float[Tensor, "N K H W"]:
    """Shrink an image level by level, enlarge it again, and on the way up look at the maps of the way down."""
    down, up, head = params
    check_depth("unet", x, down, "stages up", len(up), len(down) - 1, len(down) - 1)
    maps = _down(x, down)
    h = maps.pop()
    for wide, mix in up:
        across = maps.pop()
        rest = [large - 2 * small for large, small in zip(across.shape[2:], h.shape[2:], strict=True)]
        h = F.conv_transpose2d(h, *wide, stride=2, output_padding=rest)
        h = F.relu(conv2d(torch.cat([across, h], dim=1) if skip else h, *mix, padding="same"))
    return conv2d(h, *head, padding="same")


@twin
def fcn(x: Float[Tensor, "N C H W"], params: FCNParams) -> Float[Tensor, "N K H W"]:
    """Classify every place of the coarsest map, enlarge the scores, and add those of the finer maps."""
    down, heads = params
    check_depth("fcn", x, down, "heads", len(heads), 1, len(down))
    maps = _down(x, down)
    s = conv2d(maps.pop(), *heads[0], padding="same")
    for head in heads[1:]:
        h = maps.pop()
        s = F.interpolate(s, h.shape[2:], mode="bilinear") + conv2d(h, *head, padding="same")
    return F.interpolate(s, x.shape[2:], mode="bilinear")


def init_unet(
    in_channels: int, widths: Sequence[int], out_channels: int, rng: np.random.Generator, *, skip: bool = True,
    kernel_size: int = 3, dtype: str = "float32",
) -> UNetParams:
    """Draw the weights of a `unet`: the reference's own draw, as tensors."""
    drawn = reference.init_unet(
        in_channels, widths, out_channels, rng, skip=skip, kernel_size=kernel_size, dtype=dtype
    )
    return tree_map(torch.from_numpy, drawn)


def init_fcn(
    in_channels: int, widths: Sequence[int], out_channels: int, rng: np.random.Generator, *, heads: int | None = None,
    kernel_size: int = 3, dtype: str = "float32",
) -> FCNParams:
    """Draw the weights of an `fcn`: the reference's own draw, as tensors."""
    drawn = reference.init_fcn(
        in_channels, widths, out_channels, rng, heads=heads, kernel_size=kernel_size, dtype=dtype
    )
    return tree_map(torch.from_numpy, drawn)
