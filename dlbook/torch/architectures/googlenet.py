"""GoogLeNet: at each step four branches side by side, with bottlenecks of 1 x 1 before the dear ones."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from dlbook.torch.architectures.building import published, scaled

__all__ = ["AuxiliaryHead", "ConvNorm", "GoogLeNet", "GoogLeNetScores", "Inception", "googlenet"]

# Channels of the branches: 1 x 1 | bottleneck, 3 x 3 | bottleneck, "5 x 5" | behind the pooling.
MODULES = {
    "inception3a": (64, 96, 128, 16, 32, 32),
    "inception3b": (128, 128, 192, 32, 96, 64),
    "inception4a": (192, 96, 208, 16, 48, 64),
    "inception4b": (160, 112, 224, 24, 64, 64),
    "inception4c": (128, 128, 256, 24, 64, 64),
    "inception4d": (112, 144, 288, 32, 64, 64),
    "inception4e": (256, 160, 320, 32, 128, 128),
    "inception5a": (256, 160, 320, 32, 128, 128),
    "inception5b": (384, 192, 384, 48, 128, 128),
}


class GoogLeNetScores(NamedTuple):
    """What the network says while it is trained: its scores, and those of the heads at modules 4d and 4a."""

    logits: Tensor
    aux_logits2: Tensor | None
    aux_logits1: Tensor | None


class ConvNorm(nn.Module):
    """A convolution, batch norm and a rectifier."""

    def __init__(self, channels: int, filters: int, **options):
        super().__init__()
        self.conv = nn.Conv2d(channels, filters, bias=False, **options)
        self.bn = nn.BatchNorm2d(filters, eps=0.001)

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N F P Q"]:
        return F.relu(self.bn(self.conv(x)))


class Inception(nn.Module):
    r"""Look at the same maps with windows of 1 x 1, 3 x 3 and larger and with a pooling, and stack what each sees.

    The branch that the paper draws with 5 x 5 has 3 x 3 here, as have the published weights.

    Parameters
    ----------
    channels : of the input.
    one, squeeze3, three, squeeze5, five, pooled : filters of the 1 x 1 branch; of the bottleneck and the 3 x 3; of
        the bottleneck and the "5 x 5"; of the 1 x 1 behind the pooling.

    **Source** Szegedy and others (2015), figure 2(b).
    """

    def __init__(self, channels: int, one: int, squeeze3: int, three: int, squeeze5: int, five: int, pooled: int):
        super().__init__()
        self.branch1 = ConvNorm(channels, one, kernel_size=1)
        self.branch2 = nn.Sequential(
            ConvNorm(channels, squeeze3, kernel_size=1), ConvNorm(squeeze3, three, kernel_size=3, padding=1)
        )
        self.branch3 = nn.Sequential(
            ConvNorm(channels, squeeze5, kernel_size=1), ConvNorm(squeeze5, five, kernel_size=3, padding=1)
        )
        self.branch4 = nn.Sequential(
            nn.MaxPool2d(3, stride=1, padding=1, ceil_mode=True), ConvNorm(channels, pooled, kernel_size=1)
        )

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N F H W"]:
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], dim=1)


class AuxiliaryHead(nn.Module):
    """A classifier in the middle of the network, which gives its lower half a gradient of its own in training."""

    def __init__(self, channels: int, num_classes: int, *, width: float = 1.0, dropout: float = 0.7):
        super().__init__()
        filters, hidden = scaled(128, width), scaled(1024, width)
        self.conv = ConvNorm(channels, filters, kernel_size=1)
        self.fc1, self.fc2 = nn.Linear(filters * 4 * 4, hidden), nn.Linear(hidden, num_classes)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N K"]:
        x = torch.flatten(self.conv(F.adaptive_avg_pool2d(x, 4)), 1)
        return self.fc2(self.dropout(F.relu(self.fc1(x))))


class GoogLeNet(nn.Module):
    r"""Nine Inception modules behind a short stem, and the mean over all places before one linear layer.

    Parameters
    ----------
    num_classes : number of scores.
    aux_logits : have two auxiliary heads; in training the network then returns `GoogLeNetScores`.
    transform_input : the input has ImageNet's mean and deviation taken out, the weights expect 0.5 and 0.5: convert.
    in_channels : channels of the image.
    width : factor of all numbers of channels.
    dropout : probability with which a feature is dropped before the last layer.
    small : for images of 32 pixels: a first convolution of 3 x 3 with stride 1, and no pooling behind it.

    **Source** Szegedy and others (2015), table 1; batch norm as in Ioffe and Szegedy (2015).
    """

    def __init__(
        self, num_classes: int = 1000, *, aux_logits: bool = True, transform_input: bool = False,
        in_channels: int = 3, width: float = 1.0, dropout: float = 0.2, small: bool = False,
    ):
        super().__init__()
        self.aux_logits, self.transform_input = aux_logits, transform_input
        c64, channels = scaled(64, width), scaled(192, width)
        first = {"kernel_size": 3, "padding": 1} if small else {"kernel_size": 7, "stride": 2, "padding": 3}
        self.conv1 = ConvNorm(in_channels, c64, **first)
        self.maxpool1 = nn.Identity() if small else nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.conv2 = ConvNorm(c64, c64, kernel_size=1)
        self.conv3 = ConvNorm(c64, channels, kernel_size=3, padding=1)
        self.maxpool2 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.maxpool3 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.maxpool4 = nn.MaxPool2d(2, stride=2, ceil_mode=True)
        widths = {}
        for name, branches in MODULES.items():
            one, squeeze3, three, squeeze5, five, pooled = (scaled(c, width) for c in branches)
            setattr(self, name, Inception(channels, one, squeeze3, three, squeeze5, five, pooled))
            channels = widths[name] = one + three + five + pooled
        self.aux1 = AuxiliaryHead(widths["inception4a"], num_classes, width=width) if aux_logits else None
        self.aux2 = AuxiliaryHead(widths["inception4d"], num_classes, width=width) if aux_logits else None
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(channels, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear) and width == 1:
                nn.init.trunc_normal_(module.weight, std=0.01)

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N K"] | GoogLeNetScores:
        if self.transform_input:
            x = _to_half(x)
        x = self.maxpool1(self.conv1(x))
        x = self.maxpool2(self.conv3(self.conv2(x)))
        x = self.maxpool3(self.inception3b(self.inception3a(x)))
        x = self.inception4a(x)
        aux1 = self.aux1(x) if self.training and self.aux_logits else None
        x = self.inception4d(self.inception4c(self.inception4b(x)))
        aux2 = self.aux2(x) if self.training and self.aux_logits else None
        x = self.maxpool4(self.inception4e(x))
        x = self.inception5b(self.inception5a(x))
        scores = self.fc(self.dropout(torch.flatten(self.avgpool(x), 1)))
        return GoogLeNetScores(scores, aux2, aux1) if self.training and self.aux_logits else scores


def _to_half(x: Tensor) -> Tensor:
    """Undo ImageNet's standardization, and subtract and divide by 0.5 instead, as the published weights expect."""
    mean, std = (x.new_tensor(v)[:, None, None] for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    return (x * std + mean - 0.5) / 0.5


def googlenet(
    num_classes: int = 1000, *, aux_logits: bool | None = None, weights: str | None = None
) -> GoogLeNet:
    r"""Build GoogLeNet: 6 624 904 parameters, 13 004 888 with the auxiliary heads.

    Parameters
    ----------
    num_classes : number of scores.
    aux_logits : have the auxiliary heads; None means without published weights, which have none.
    weights : None, or "torchvision" for the published ones.

    Raises
    ------
    ValueError : for auxiliary heads with published weights, and as in `published`.
    ModuleNotFoundError, ConnectionError : as in `published`.

    **Source** Szegedy and others (2015), table 1.
    """
    if aux_logits and weights is not None:
        raise ValueError("googlenet: aux_logits is True, but no weights of the auxiliary heads are published")
    heads = weights is None if aux_logits is None else aux_logits
    return published(
        "googlenet", lambda n: GoogLeNet(n, aux_logits=heads, transform_input=weights is not None), num_classes, weights
    )
