"""DenseNet: every layer sees the maps of all layers before it in its block, side by side."""

from collections.abc import Sequence
from functools import partial

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from dlbook.torch.architectures.building import he_init, published

__all__ = ["DenseBlock", "DenseLayer", "DenseNet", "Transition", "densenet121", "densenet169", "densenet201"]


class DenseLayer(nn.Module):
    r"""Batch norm, rectifier and a bottleneck of 1 x 1; then the same with a 3 x 3 that makes a few new maps.

    Parameters
    ----------
    channels : of the input.
    growth : number of new maps, k.
    bottleneck : the 1 x 1 makes `bottleneck * growth` maps.

    **Source** Huang, Liu, van der Maaten and Weinberger (2017), section 3.
    """

    def __init__(self, channels: int, growth: int, *, bottleneck: int = 4):
        super().__init__()
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv1 = nn.Conv2d(channels, bottleneck * growth, kernel_size=1, bias=False)
        self.norm2 = nn.BatchNorm2d(bottleneck * growth)
        self.conv2 = nn.Conv2d(bottleneck * growth, growth, kernel_size=3, padding=1, bias=False)

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N G H W"]:
        x = self.conv1(F.relu(self.norm1(x)))
        return self.conv2(F.relu(self.norm2(x)))


class DenseBlock(nn.Module):
    r"""Layers that each put their new maps beside all that they were given.

    $$x_l = [x_{l-1},\ H_l(x_{l-1})], \qquad \text{channels: } C + l k$$

    Parameters
    ----------
    channels : of the input, C.
    layers : how many.
    growth : new maps of each, k.

    **Source** Huang, Liu, van der Maaten and Weinberger (2017), equation 2.
    """

    def __init__(self, channels: int, layers: int, growth: int):
        super().__init__()
        for i in range(layers):
            self.add_module(f"denselayer{i + 1}", DenseLayer(channels + i * growth, growth))

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N F H W"]:
        for layer in self.children():
            x = torch.cat([x, layer(x)], dim=1)
        return x


class Transition(nn.Module):
    """Halve the number of maps by a 1 x 1 convolution, and the image by a mean."""

    def __init__(self, channels: int, filters: int):
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)
        self.conv = nn.Conv2d(channels, filters, kernel_size=1, bias=False)
        self.pool = nn.AvgPool2d(2)

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N F P Q"]:
        return self.pool(self.conv(F.relu(self.norm(x))))


class DenseNet(nn.Module):
    r"""A stem, dense blocks with transitions between them, a mean and a linear layer.

    Parameters
    ----------
    blocks : how many layers each block has.
    num_classes : number of scores.
    growth : new maps of each layer, k.
    stem : maps of the first convolution; None for 2 k, as the paper has it.
    in_channels : channels of the image.
    small : for images of 32 pixels: the stem is one convolution of 3 x 3.

    **Source** Huang, Liu, van der Maaten and Weinberger (2017), table 1.
    """

    def __init__(
        self, blocks: Sequence[int], num_classes: int = 1000, *, growth: int = 32, stem: int | None = None,
        in_channels: int = 3, small: bool = False,
    ):
        super().__init__()
        channels = 2 * growth if stem is None else stem
        first = {"kernel_size": 3, "padding": 1} if small else {"kernel_size": 7, "stride": 2, "padding": 3}
        self.features = nn.Sequential()
        self.features.add_module("conv0", nn.Conv2d(in_channels, channels, bias=False, **first))
        if not small:
            self.features.add_module("norm0", nn.BatchNorm2d(channels))
            self.features.add_module("relu0", nn.ReLU())
            self.features.add_module("pool0", nn.MaxPool2d(3, stride=2, padding=1))
        for i, layers in enumerate(blocks, start=1):
            self.features.add_module(f"denseblock{i}", DenseBlock(channels, layers, growth))
            channels += layers * growth
            if i < len(blocks):
                self.features.add_module(f"transition{i}", Transition(channels, channels // 2))
                channels //= 2
        self.features.add_module(f"norm{len(blocks) + 1}", nn.BatchNorm2d(channels))
        self.classifier = nn.Linear(channels, num_classes)
        he_init(self, mode="fan_in")

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N K"]:
        x = F.relu(self.features(x))
        return self.classifier(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))


def densenet121(num_classes: int = 1000, *, weights: str | None = None) -> DenseNet:
    r"""Build DenseNet-121: 7 978 856 parameters.

    Parameters
    ----------
    num_classes : number of scores.
    weights : None, or "torchvision" for the published ones.

    Raises
    ------
    ValueError, ModuleNotFoundError, ConnectionError : as in `published`.

    **Source** Huang, Liu, van der Maaten and Weinberger (2017), table 1.
    """
    return published("densenet121", partial(DenseNet, (6, 12, 24, 16)), num_classes, weights)


def densenet169(num_classes: int = 1000, *, weights: str | None = None) -> DenseNet:
    """Build DenseNet-169: 14 149 480 parameters. See `densenet121`."""
    return published("densenet169", partial(DenseNet, (6, 12, 32, 32)), num_classes, weights)


def densenet201(num_classes: int = 1000, *, weights: str | None = None) -> DenseNet:
    """Build DenseNet-201: 20 013 928 parameters. See `densenet121`."""
    return published("densenet201", partial(DenseNet, (6, 12, 48, 32)), num_classes, weights)
