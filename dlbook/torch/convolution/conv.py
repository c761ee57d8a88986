"""The convolution layer, for signals and for images."""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from dlbook.numpy.convolution.conv import Both, Named, check_channels, two_axes
from dlbook.torch import twin

__all__ = ["conv1d", "conv2d"]


def _border(x: Tensor, *axes) -> tuple[Tensor, int]:
    """Return x in its border of zeros, which PyTorch would make unevenly, and with a warning, for even kernels."""
    return F.pad(x, [side for a in reversed(axes) for side in (a.before, a.after)]), 0


@twin
def conv2d(
    x: Float[Tensor, "N C H W"], weight: Float[Tensor, "F I R S"], bias: Float[Tensor, " F"] | None = None, *,
    stride: Both = 1, padding: Both | Named = 0, dilation: Both = 1, groups: int = 1,
) -> Float[Tensor, "N F P Q"]:
    """Slide F small kernels over an image and note at every place how much each of them agrees with it."""
    groups = check_channels("conv2d", x, weight, groups)
    axes = two_axes("conv2d", x, weight, stride, padding, dilation)
    if padding == "same":
        x, padding = _border(x, *axes)
    return F.conv2d(x, weight, bias, stride, padding, dilation, groups)


@twin
def conv1d(
    x: Float[Tensor, "N C W"], weight: Float[Tensor, "F I S"], bias: Float[Tensor, " F"] | None = None, *,
    stride: int = 1, padding: int | Named = 0, dilation: int = 1, groups: int = 1,
) -> Float[Tensor, "N F Q"]:
    """Slide F kernels along a signal: a convolution of images that have one row."""
    groups = check_channels("conv1d", x, weight, groups)
    sides = padding if isinstance(padding, str) else (0, padding)
    _, columns = two_axes("conv1d", x[:, :, None], weight[:, :, None], (1, stride), sides, (1, dilation))
    if padding == "same":
        x, padding = _border(x, columns)
    return F.conv1d(x, weight, bias, stride, padding, dilation, groups)
