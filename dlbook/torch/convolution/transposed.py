"""Transposed convolution: the way back of a convolution, used as a layer that enlarges."""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from dlbook.numpy.convolution.conv import Both
from dlbook.numpy.convolution.transposed import check_transposed, transposed_axes
from dlbook.torch import twin

__all__ = ["conv_transpose1d", "conv_transpose2d"]


@twin
def conv_transpose2d(
    x: Float[Tensor, "N C P Q"], weight: Float[Tensor, "C J R S"], bias: Float[Tensor, " F"] | None = None, *,
    stride: Both = 1, padding: Both = 0, output_padding: Both = 0, groups: int = 1, dilation: Both = 1,
) -> Float[Tensor, "N F H W"]:
    """Let every entry of a small image paint its kernel into a large one: the adjoint of a convolution."""
    groups = check_transposed("conv_transpose2d", x, weight, bias, groups)
    transposed_axes("conv_transpose2d", x, weight, stride, padding, output_padding, dilation)
    return F.conv_transpose2d(x, weight, bias, stride, padding, output_padding, groups, dilation)


@twin
def conv_transpose1d(
    x: Float[Tensor, "N C Q"], weight: Float[Tensor, "C J S"], bias: Float[Tensor, " F"] | None = None, *,
    stride: int = 1, padding: int = 0, output_padding: int = 0, groups: int = 1, dilation: int = 1,
) -> Float[Tensor, "N F W"]:
    """Let every entry of a short signal paint its kernel into a long one: the adjoint of `conv1d`."""
    groups = check_transposed("conv_transpose1d", x, weight, bias, groups)
    transposed_axes(
        "conv_transpose1d", x[:, :, None], weight[:, :, None], (1, stride), (0, padding), (0, output_padding),
        (1, dilation),
    )
    return F.conv_transpose1d(x, weight, bias, stride, padding, output_padding, groups, dilation)
