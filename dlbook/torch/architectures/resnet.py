"""ResNet: layers that learn what to add to their input; and the same networks without the shortcut, to compare."""

from collections.abc import Sequence
from functools import partial

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from dlbook.torch.architectures.building import he_init, published, scaled
from dlbook.torch.architectures.residual import (
    BasicBlock,
    Bottleneck,
    PadShortcut,
    PreActivationBlock,
    PreActivationBottleneck,
    Residual,
    conv,
)

__all__ = [
    "ResNet",
    "plain",
    "preact_resnet",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
]

# depth -> (is it built of bottlenecks, blocks of each stage)
STAGES = {
    18: (False, (2, 2, 2, 2)),
    34: (False, (3, 4, 6, 3)),
    50: (True, (3, 4, 6, 3)),
    101: (True, (3, 4, 23, 3)),
    152: (True, (3, 8, 36, 3)),
}


class ResNet(nn.Module):
    r"""A stem, stages of residual blocks that halve the image and double the channels, a mean and a linear layer.

    Parameters
    ----------
    block : the class of the blocks.
    blocks : how many each stage has.
    num_classes : number of scores.
    channels : of each stage, before the blocks' expansion.
    in_channels : channels of the image.
    width : factor of all numbers of channels.
    small : for images of 32 pixels: the stem is one convolution of 3 x 3.
    projection : where shapes differ, the shortcut is a 1 x 1 convolution; False takes zeros for the new channels.
    shortcut : False makes the plain network of the same layers.
    zero_init : begin with every block as the identity: its last weight, of a norm or a convolution, is zero.

    **Source** He, Zhang, Ren and Sun (2016), table 1 and section 4.2.
    """

    def __init__(
        self, block: type[Residual], blocks: Sequence[int], num_classes: int = 1000, *,
        channels: Sequence[int] = (64, 128, 256, 512), in_channels: int = 3, width: float = 1.0, small: bool = False,
        projection: bool = True, shortcut: bool = True, zero_init: bool = False,
    ):
        super().__init__()
        now = scaled(channels[0], width)
        self.conv1 = conv(in_channels, now, kernel_size=3 if small else 7, stride=1 if small else 2)
        self.bn1 = nn.BatchNorm2d(now)
        self.maxpool = nn.Identity() if small else nn.MaxPool2d(3, stride=2, padding=1)
        self.stages = [f"layer{i}" for i in range(1, len(blocks) + 1)]
        for stage, repeats, filters in zip(self.stages, blocks, channels, strict=True):
            filters, layers = scaled(filters, width), []
            for i in range(repeats):
                stride, after = 2 if i == 0 and stage != "layer1" else 1, filters * block.expansion
                fits = now == after and stride == 1
                bridge = None if fits or not shortcut else self._bridge(now, after, stride, projection, block)
                layers.append(block(now, filters, stride, downsample=bridge, shortcut=shortcut))
                now = after
            setattr(self, stage, nn.Sequential(*layers))
        self.norm = nn.BatchNorm2d(now) if block.preactivated else None
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(now, num_classes)
        he_init(self)
        if zero_init:
            for module in self.modules():
                if isinstance(module, Residual):
                    last = [m for n, m in module.named_children() if n.startswith(("bn", "conv"))][-1]
                    nn.init.zeros_(last.weight)

    @staticmethod
    def _bridge(channels: int, after: int, stride: int, projection: bool, block: type[Residual]) -> nn.Module:
        if not projection:
            return PadShortcut(after - channels, stride)
        project = conv(channels, after, kernel_size=1, stride=stride)
        return project if block.preactivated else nn.Sequential(project, nn.BatchNorm2d(after))

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N K"]:
        x = self.maxpool(F.relu(self.bn1(self.conv1(x))))
        for stage in self.stages:
            x = getattr(self, stage)(x)
        if self.norm is not None:
            x = F.relu(self.norm(x))
        return self.fc(torch.flatten(self.avgpool(x), 1))


def _stages(name: str, depth: int) -> tuple[bool, tuple[int, ...]]:
    if depth not in STAGES:
        raise ValueError(f"{name}: depth is {depth!r}, expected one of {', '.join(map(str, STAGES))}")
    return STAGES[depth]


def _resnet(depth: int, num_classes: int, weights: str | None, zero_init: bool) -> ResNet:
    deep, blocks = STAGES[depth]
    build = partial(ResNet, Bottleneck if deep else BasicBlock, blocks, zero_init=zero_init)
    return published(f"resnet{depth}", build, num_classes, weights)


def resnet18(num_classes: int = 1000, *, weights: str | None = None, zero_init: bool = False) -> ResNet:
    """Build ResNet-18, of basic blocks: 11 689 512 parameters. See `resnet50`."""
    return _resnet(18, num_classes, weights, zero_init)


def resnet34(num_classes: int = 1000, *, weights: str | None = None, zero_init: bool = False) -> ResNet:
    """Build ResNet-34, of basic blocks: 21 797 672 parameters. See `resnet50`."""
    return _resnet(34, num_classes, weights, zero_init)


def resnet50(num_classes: int = 1000, *, weights: str | None = None, zero_init: bool = False) -> ResNet:
    r"""Build ResNet-50, of bottlenecks: 25 557 032 parameters.

    Parameters
    ----------
    num_classes : number of scores.
    weights : None, or "torchvision" for the published ones.
    zero_init : as in `ResNet`; without effect on published weights.

    Raises
    ------
    ValueError, ModuleNotFoundError, ConnectionError : as in `published`.

    **Source** He, Zhang, Ren and Sun (2016), table 1.
    """
    return _resnet(50, num_classes, weights, zero_init)


def resnet101(num_classes: int = 1000, *, weights: str | None = None, zero_init: bool = False) -> ResNet:
    """Build ResNet-101, of bottlenecks: 44 549 160 parameters. See `resnet50`."""
    return _resnet(101, num_classes, weights, zero_init)


def resnet152(num_classes: int = 1000, *, weights: str | None = None, zero_init: bool = False) -> ResNet:
    """Build ResNet-152, of bottlenecks: 60 192 808 parameters. See `resnet50`."""
    return _resnet(152, num_classes, weights, zero_init)


def preact_resnet(depth: int = 18, num_classes: int = 1000) -> ResNet:
    r"""Build a ResNet whose blocks normalize and rectify before their convolutions.

    Parameters
    ----------
    depth : 18, 34, 50, 101 or 152.
    num_classes : number of scores.

    Raises
    ------
    ValueError : for another depth.

    **Source** He, Zhang, Ren and Sun (2016b), section 4.
    """
    deep, blocks = _stages("preact_resnet", depth)
    return ResNet(PreActivationBottleneck if deep else PreActivationBlock, blocks, num_classes)


def plain(depth: int = 34, num_classes: int = 1000) -> ResNet:
    r"""Build the network of a ResNet's layers without its shortcuts.

    Parameters
    ----------
    depth : 18, 34, 50, 101 or 152.
    num_classes : number of scores.

    Raises
    ------
    ValueError : for another depth.

    **Source** He, Zhang, Ren and Sun (2016), section 3.3 and figure 3, middle.
    """
    deep, blocks = _stages("plain", depth)
    return ResNet(Bottleneck if deep else BasicBlock, blocks, num_classes, shortcut=False)
