"""VGG: nothing but convolutions of 3 x 3 and poolings of 2 x 2, in five stages."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from dlbook.torch.architectures.building import he_init, published, scaled

__all__ = ["VGG", "vgg11", "vgg13", "vgg16", "vgg19"]

CHANNELS = (64, 128, 256, 512, 512)  # of the five stages
CONVOLUTIONS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}


class VGG(nn.Module):
    r"""Stages of 3 x 3 convolutions, each stage closed by a pooling that halves the image, and three linear layers.

    Parameters
    ----------
    depth : number of layers with weights: 11, 13, 16 or 19, configurations A, B, D and E of the paper.
    num_classes : number of scores.
    batch_norm : normalize behind every convolution; the paper of 2014 did not have that yet.
    in_channels : channels of the image.
    width : factor of all numbers of channels and hidden units.
    dropout : probability with which a hidden unit is dropped.
    small : for images of 32 pixels, which five poolings shrink to one: nothing to average before the linear layers.

    Raises
    ------
    ValueError : for another depth.

    **Source** Simonyan and Zisserman (2015), table 1.
    """

    def __init__(
        self, depth: int, num_classes: int = 1000, *, batch_norm: bool = False, in_channels: int = 3,
        width: float = 1.0, dropout: float = 0.5, small: bool = False,
    ):
        super().__init__()
        if depth not in CONVOLUTIONS:
            raise ValueError(f"VGG: depth is {depth!r}, expected one of {', '.join(map(str, CONVOLUTIONS))}")
        layers: list[nn.Module] = []
        channels = in_channels
        for repeats, filters in zip(CONVOLUTIONS[depth], CHANNELS, strict=True):
            filters = scaled(filters, width)
            for _ in range(repeats):
                layers += [nn.Conv2d(channels, filters, kernel_size=3, padding=1)]
                layers += [nn.BatchNorm2d(filters)] * batch_norm + [nn.ReLU()]
                channels = filters
            layers += [nn.MaxPool2d(2)]
        hidden, grid = scaled(4096, width), 1 if small else 7
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(grid)
        self.classifier = nn.Sequential(
            nn.Linear(channels * grid**2, hidden), nn.ReLU(), nn.Dropout(dropout),
            nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(dropout),
            nn.Linear(hidden, num_classes),
        )  # fmt: skip
        # A slim network's linear layers have so few inputs that the paper's 0.01 would let the signal fade away.
        he_init(self, linear_std=0.01 if width == 1 and not small else None)

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N K"]:
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))


def _vgg(depth: int, num_classes: int, batch_norm: bool, weights: str | None) -> VGG:
    name = f"vgg{depth}" + "_bn" * batch_norm
    return published(name, lambda n: VGG(depth, n, batch_norm=batch_norm), num_classes, weights)


def vgg11(num_classes: int = 1000, *, batch_norm: bool = False, weights: str | None = None) -> VGG:
    """Build VGG-11, configuration A: 132 863 336 parameters without batch norm. See `vgg16`."""
    return _vgg(11, num_classes, batch_norm, weights)


def vgg13(num_classes: int = 1000, *, batch_norm: bool = False, weights: str | None = None) -> VGG:
    """Build VGG-13, configuration B: 133 047 848 parameters without batch norm. See `vgg16`."""
    return _vgg(13, num_classes, batch_norm, weights)


def vgg16(num_classes: int = 1000, *, batch_norm: bool = False, weights: str | None = None) -> VGG:
    r"""Build VGG-16, configuration D: 138 357 544 parameters without batch norm.

    Parameters
    ----------
    num_classes : number of scores.
    batch_norm : normalize behind every convolution.
    weights : None, or "torchvision" for the published ones.

    Raises
    ------
    ValueError, ModuleNotFoundError, ConnectionError : as in `published`.

    **Source** Simonyan and Zisserman (2015), table 1.
    """
    return _vgg(16, num_classes, batch_norm, weights)


def vgg19(num_classes: int = 1000, *, batch_norm: bool = False, weights: str | None = None) -> VGG:
    """Build VGG-19, configuration E: 143 667 240 parameters without batch norm. See `vgg16`."""
    return _vgg(19, num_classes, batch_norm, weights)
