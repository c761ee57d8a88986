"""EfficientNet-Lite0: a network of the size of a telephone, for weights that were trained on a million photographs."""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

__all__ = ["EfficientNetLite0"]

# Channels out, how often the block is repeated, kernel, stride of the first, expansion.
STAGES = (
    (16, 1, 3, 1, 1), (24, 2, 3, 2, 6), (40, 2, 5, 2, 6), (80, 3, 3, 2, 6), (112, 3, 5, 1, 6), (192, 4, 5, 2, 6),
    (320, 1, 3, 1, 6),
)  # fmt: skip


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


class SameConv2d(nn.Conv2d):
    """A convolution whose output has ceil(H / stride) rows, with the odd row of the border below, as in TensorFlow."""

    def forward(self, x: Tensor) -> Tensor:
        border = []
        for size, kernel, stride in zip(x.shape[:1:-1], self.kernel_size[::-1], self.stride[::-1], strict=True):
            missing = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            border += [missing // 2, missing - missing // 2]
        return F.conv2d(F.pad(x, border), self.weight, None, self.stride, 0, 1, self.groups)


class InvertedBottleneck(nn.Module):
    """Widen by a pointwise layer, look around in each channel alone, narrow again; add the input where it fits."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int):
        super().__init__()
        inner = inputs * expansion
        if expansion > 1:
            self._expand_conv, self._bn0 = SameConv2d(inputs, inner, 1, bias=False), _norm(inner)
        self._depthwise_conv = SameConv2d(inner, inner, kernel, stride, groups=inner, bias=False)
        self._bn1 = _norm(inner)
        self._project_conv, self._bn2 = SameConv2d(inner, outputs, 1, bias=False), _norm(outputs)
        self.widens, self.adds = expansion > 1, stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        h = F.relu6(self._bn0(self._expand_conv(x))) if self.widens else x
        h = F.relu6(self._bn1(self._depthwise_conv(h)))
        h = self._bn2(self._project_conv(h))
        return x + h if self.adds else h


class EfficientNetLite0(nn.Module):
    """EfficientNet-Lite0, with the names of layers under which its weights are published.

    Parameters
    ----------
    classes : of the head; 1000 for the published weights.

    `features(x)` is the trunk, (N, 1280); images are (N, 3, H, W), (bytes - 127) / 128, of 224 x 224 or less.

    **Source** Tan and Le (2019); the Lite variants, 2020.
    **Book** eq-trunk-and-head
    """

    def __init__(self, classes: int = 1000):
        super().__init__()
        self._conv_stem, self._bn0 = SameConv2d(3, 32, 3, 2, bias=False), _norm(32)
        blocks, width = [], 32
        for outputs, repeats, kernel, stride, expansion in STAGES:
            for i in range(repeats):
                blocks.append(InvertedBottleneck(width, outputs, kernel, 1 if i else stride, expansion))
                width = outputs
        self._blocks = nn.ModuleList(blocks)
        self._conv_head, self._bn1 = SameConv2d(width, 1280, 1, bias=False), _norm(1280)
        self._fc = nn.Linear(1280, classes)

    def features(self, x: Float[Tensor, "N 3 H W"]) -> Float[Tensor, "N 1280"]:
        """Return what the head sees."""
        h = F.relu6(self._bn0(self._conv_stem(x)))
        for block in self._blocks:
            h = block(h)
        return F.relu6(self._bn1(self._conv_head(h))).mean(dim=(2, 3))

    def forward(self, x: Float[Tensor, "N 3 H W"]) -> Float[Tensor, "N K"]:
        return self._fc(self.features(x))

    @staticmethod
    def prepared(images: Float[Tensor, "N 3 H W"], size: int = 224) -> Float[Tensor, "N 3 S S"]:
        """Return images from 0 to 1 as this network wants them: of one size, and centred."""
        resized = F.interpolate(images, (size, size), mode="bilinear", align_corners=False, antialias=True)
        return (255 * resized - 127) / 128
