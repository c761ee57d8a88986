"""SENet: every block asks the whole image which of its channels matter."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from dlbook.torch.architectures.residual import BasicBlock, Bottleneck
from dlbook.torch.architectures.resnet import ResNet

__all__ = ["SEBasicBlock", "SEBottleneck", "SqueezeExcitation", "se_resnet50"]


class SqueezeExcitation(nn.Module):
    r"""Scale every channel by a number from 0 to 1 that depends on the means of all channels.

    $$y_{nc} = x_{nc}\, \sigma\big(W_2\, \mathrm{relu}(W_1 z_n + b_1) + b_2\big)_c, \qquad
    z_{nc} = \frac{1}{HW} \sum_{ij} x_{ncij}$$

    Parameters
    ----------
    channels : C.
    reduction : the layer in between has C / reduction units, at least four: a single one can die.

    **Source** Hu, Shen and Sun (2018), equations 2 to 4.
    """

    def __init__(self, channels: int, *, reduction: int = 16):
        super().__init__()
        units = max(4, channels // reduction)
        self.fc1, self.fc2 = nn.Linear(channels, units), nn.Linear(units, channels)

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N C H W"]:
        squeezed = x.mean(dim=(2, 3))
        gates = torch.sigmoid(self.fc2(F.relu(self.fc1(squeezed))))
        return x * gates[:, :, None, None]


class SEBasicBlock(BasicBlock):
    """A basic block whose residual passes through `SqueezeExcitation` before it is added."""

    def __init__(self, channels: int, filters: int, stride: int = 1, *, reduction: int = 16, **options):
        super().__init__(channels, filters, stride, **options)
        self.se = SqueezeExcitation(filters, reduction=reduction)

    def residual(self, x):
        return self.se(super().residual(x))


class SEBottleneck(Bottleneck):
    """A bottleneck whose residual passes through `SqueezeExcitation` before it is added."""

    def __init__(self, channels: int, filters: int, stride: int = 1, *, reduction: int = 16, **options):
        super().__init__(channels, filters, stride, **options)
        self.se = SqueezeExcitation(filters * self.expansion, reduction=reduction)

    def residual(self, x):
        return self.se(super().residual(x))


def se_resnet50(num_classes: int = 1000) -> ResNet:
    r"""Build SE-ResNet-50: 28 088 024 parameters, a tenth more than ResNet-50, for almost no further computation.

    Parameters
    ----------
    num_classes : number of scores.

    **Source** Hu, Shen and Sun (2018), table 1.
    """
    return ResNet(SEBottleneck, (3, 4, 6, 3), num_classes)
