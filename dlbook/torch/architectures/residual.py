"""Residual blocks: what is added to the input, and in which order it is normalized and rectified."""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

__all__ = [
    "BasicBlock",
    "Bottleneck",
    "PadShortcut",
    "PreActivationBlock",
    "PreActivationBottleneck",
    "Residual",
    "conv",
]


def conv(channels: int, filters: int, *, kernel_size: int, stride: int = 1) -> nn.Conv2d:
    """Return a convolution that keeps the size, or divides it by stride; without offsets, since batch norm follows."""
    return nn.Conv2d(channels, filters, kernel_size, stride=stride, padding=kernel_size // 2, bias=False)


class Residual(nn.Module):
    r"""A block that adds what its layers compute to its input.

    $$y = \mathrm{relu}(x + F(x))$$

    Parameters
    ----------
    downsample : brings x to the shape of F(x) where they differ; None leaves x as it is.
    shortcut : False leaves x out of the sum, which makes a plain network.

    **Source** He, Zhang, Ren and Sun (2016), equations 1 and 2.
    """

    expansion = 1  # channels that come out, in multiples of those that the block works with
    preactivated = False

    def __init__(self, *, downsample: nn.Module | None = None, shortcut: bool = True):
        super().__init__()
        self.downsample, self.shortcut = downsample, shortcut

    def residual(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N F P Q"]:
        """Return F(x): what is added."""
        raise NotImplementedError

    def activate(self, x: Tensor) -> Tensor:
        """Rectify the sum; a block that activates beforehand leaves it as it is."""
        return x if self.preactivated else F.relu(x)

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N F P Q"]:
        if not self.shortcut:
            return self.activate(self.residual(x))
        identity = x if self.downsample is None else self.downsample(x)
        return self.activate(self.residual(x) + identity)


class BasicBlock(Residual):
    r"""Two convolutions of 3 x 3, each with batch norm.

    $$F = \mathrm{bn} \circ \mathrm{conv} \circ \mathrm{relu} \circ \mathrm{bn} \circ \mathrm{conv}$$

    Parameters
    ----------
    channels, filters : channels of the input, and those of the block.
    stride : of the first convolution.
    **options : of `Residual`.

    **Source** He, Zhang, Ren and Sun (2016), figure 5, left.
    """

    def __init__(self, channels: int, filters: int, stride: int = 1, **options):
        super().__init__(**options)
        self.conv1 = conv(channels, filters, kernel_size=3, stride=stride)
        self.bn1 = nn.BatchNorm2d(filters)
        self.conv2 = conv(filters, filters, kernel_size=3)
        self.bn2 = nn.BatchNorm2d(filters)

    def residual(self, x):
        return self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))


class Bottleneck(Residual):
    r"""A convolution of 3 x 3 between one of 1 x 1 that reduces the channels and one that restores them fourfold.

    The stride is that of the 3 x 3, as in the published weights; the paper has it in the first 1 x 1, which then
    looks at one of four places only.

    Parameters
    ----------
    channels, filters : channels of the input, and those that the 3 x 3 works with.
    stride : of the 3 x 3.
    **options : of `Residual`.

    **Source** He, Zhang, Ren and Sun (2016), figure 5, right.
    """

    expansion = 4

    def __init__(self, channels: int, filters: int, stride: int = 1, **options):
        super().__init__(**options)
        self.conv1 = conv(channels, filters, kernel_size=1)
        self.bn1 = nn.BatchNorm2d(filters)
        self.conv2 = conv(filters, filters, kernel_size=3, stride=stride)
        self.bn2 = nn.BatchNorm2d(filters)
        self.conv3 = conv(filters, filters * self.expansion, kernel_size=1)
        self.bn3 = nn.BatchNorm2d(filters * self.expansion)

    def residual(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.relu(self.bn2(self.conv2(x)))
        return self.bn3(self.conv3(x))


class PreActivationBlock(Residual):
    r"""Two convolutions of 3 x 3, each *behind* batch norm and rectifier: nothing stands in the way of the sum.

    $$y = x + F(x), \qquad
    F = \mathrm{conv} \circ \mathrm{relu} \circ \mathrm{bn} \circ \mathrm{conv} \circ \mathrm{relu} \circ \mathrm{bn}$$

    Parameters
    ----------
    channels, filters, stride, **options : as in `BasicBlock`.

    **Source** He, Zhang, Ren and Sun (2016b), figure 1(b).
    """

    preactivated = True

    def __init__(self, channels: int, filters: int, stride: int = 1, **options):
        super().__init__(**options)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv1 = conv(channels, filters, kernel_size=3, stride=stride)
        self.bn2 = nn.BatchNorm2d(filters)
        self.conv2 = conv(filters, filters, kernel_size=3)

    def residual(self, x):
        x = self.conv1(F.relu(self.bn1(x)))
        return self.conv2(F.relu(self.bn2(x)))


class PreActivationBottleneck(Residual):
    r"""A bottleneck whose convolutions stand behind batch norm and rectifier.

    Parameters
    ----------
    channels, filters, stride, **options : as in `Bottleneck`.

    **Source** He, Zhang, Ren and Sun (2016b), section 4.
    """

    expansion, preactivated = 4, True

    def __init__(self, channels: int, filters: int, stride: int = 1, **options):
        super().__init__(**options)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv1 = conv(channels, filters, kernel_size=1)
        self.bn2 = nn.BatchNorm2d(filters)
        self.conv2 = conv(filters, filters, kernel_size=3, stride=stride)
        self.bn3 = nn.BatchNorm2d(filters)
        self.conv3 = conv(filters, filters * self.expansion, kernel_size=1)

    def residual(self, x):
        x = self.conv1(F.relu(self.bn1(x)))
        x = self.conv2(F.relu(self.bn2(x)))
        return self.conv3(F.relu(self.bn3(x)))


class PadShortcut(nn.Module):
    r"""Bring an input to the shape of a block's output without a weight: every other place, and channels of zeros.

    **Source** He, Zhang, Ren and Sun (2016), section 3.3, option A.
    """

    def __init__(self, more: int, stride: int):
        super().__init__()
        self.more, self.stride = more, stride

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N F P Q"]:
        return F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.more // 2, self.more - self.more // 2))
