"""ConvNeXt: a ResNet that has taken over, one by one, the habits of the Transformers for images."""

from collections.abc import Sequence
from functools import partial

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from dlbook.torch.architectures.building import published, scaled

__all__ = ["ChannelNorm", "ConvNeXt", "ConvNeXtBlock", "DropPath", "convnext_tiny"]


class ChannelNorm(nn.LayerNorm):
    """Layer norm over the channels of each place of (N, C, H, W) maps."""

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N C H W"]:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Permute(nn.Module):
    """Reorder the axes."""

    def __init__(self, *axes: int):
        super().__init__()
        self.axes = axes

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(self.axes)


class DropPath(nn.Module):
    """In training, drop whole examples of a branch with probability p, and enlarge the others by 1 / (1 - p).

    **Source** Huang, Sun, Liu, Sedra and Weinberger (2016).
    """

    def __init__(self, p: float):
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        kept = x.new_empty((len(x), *[1] * (x.ndim - 1))).bernoulli_(1 - self.p)
        return x * kept / (1 - self.p)


class ConvNeXtBlock(nn.Module):
    r"""A depthwise convolution of 7 x 7, then at each place a network of two layers with four times the channels.

    $$y = x + \gamma\, W_2\, \mathrm{gelu}(W_1\, \mathrm{layernorm}(\mathrm{depthwise}(x)))$$

    Parameters
    ----------
    channels : of input and output.
    drop : probability with which the branch is dropped, example by example.
    layer_scale : what gamma, one number for each channel, starts with.

    **Source** Liu and others (2022), figure 4.
    """

    def __init__(self, channels: int, *, drop: float = 0.0, layer_scale: float = 1e-6):
        super().__init__()
        self.block = nn.Sequential(
            nn.Conv2d(channels, channels, kernel_size=7, padding=3, groups=channels),
            Permute(0, 2, 3, 1),  # a linear layer works on the last axis
            nn.LayerNorm(channels, eps=1e-6),
            nn.Linear(channels, 4 * channels),
            nn.GELU(),
            nn.Linear(4 * channels, channels),
            Permute(0, 3, 1, 2),
        )
        self.layer_scale = nn.Parameter(torch.full((channels, 1, 1), layer_scale))
        self.stochastic_depth = DropPath(drop)

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N C H W"]:
        return x + self.stochastic_depth(self.layer_scale * self.block(x))


class ConvNeXt(nn.Module):
    r"""Patches, four stages of blocks with a 2 x 2 convolution between them, a mean and a linear layer.

    Parameters
    ----------
    channels, blocks : of each stage.
    num_classes : number of scores.
    drop : the probability of `DropPath` in the last block; it grows along a line from zero in the first.
    patch : side of the patches that the first convolution takes in, in pixels.
    in_channels : channels of the image.
    width : factor of all numbers of channels.
    layer_scale : as in `ConvNeXtBlock`.

    **Source** Liu and others (2022), section 2 and table 9.
    """

    def __init__(
        self, channels: Sequence[int], blocks: Sequence[int], num_classes: int = 1000, *, drop: float = 0.0,
        patch: int = 4, in_channels: int = 3, width: float = 1.0, layer_scale: float = 1e-6,
    ):
        super().__init__()
        sizes = [scaled(c, width) for c in channels]
        drops = iter([drop * i / max(1, sum(blocks) - 1) for i in range(sum(blocks))])
        stem = nn.Conv2d(in_channels, sizes[0], kernel_size=patch, stride=patch)
        self.features = nn.Sequential(nn.Sequential(stem, ChannelNorm(sizes[0], eps=1e-6)))
        for i, (c, repeats) in enumerate(zip(sizes, blocks, strict=True)):
            if i:
                shrink = nn.Conv2d(sizes[i - 1], c, kernel_size=2, stride=2)
                self.features.append(nn.Sequential(ChannelNorm(sizes[i - 1], eps=1e-6), shrink))
            stage = (ConvNeXtBlock(c, drop=next(drops), layer_scale=layer_scale) for _ in range(repeats))
            self.features.append(nn.Sequential(*stage))
        self.classifier = nn.Sequential(
            ChannelNorm(sizes[-1], eps=1e-6), nn.Flatten(1), nn.Linear(sizes[-1], num_classes)
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.trunc_normal_(module.weight, std=0.02)
                nn.init.zeros_(module.bias)

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N K"]:
        return self.classifier(F.adaptive_avg_pool2d(self.features(x), 1))


def convnext_tiny(num_classes: int = 1000, *, weights: str | None = None) -> ConvNeXt:
    r"""Build ConvNeXt-T: 28 589 128 parameters.

    Parameters
    ----------
    num_classes : number of scores.
    weights : None, or "torchvision" for the published ones.

    Raises
    ------
    ValueError, ModuleNotFoundError, ConnectionError : as in `published`.

    **Source** Liu and others (2022), table 9.
    """
    build = partial(ConvNeXt, (96, 192, 384, 768), (3, 3, 9, 3), drop=0.1)
    return published("convnext_tiny", build, num_classes, weights)
