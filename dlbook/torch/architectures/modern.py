"""Two blocks of later networks: squeeze and excitation, and ConvNeXt."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from dlbook.numpy.linear_classifiers.arguments import above_zero
from dlbook.shapes import ShapeError
from dlbook.torch import twin
from dlbook.torch.architectures.layers import Layer

__all__ = ["convnext_block", "se_block"]

Parts = tuple[Layer, Layer, Layer, Layer, Float[Tensor, " C"]]


@twin
def se_block(
    x: Float[Tensor, "N C H W"], w1: Float[Tensor, "K C"], b1: Float[Tensor, " K"], w2: Float[Tensor, "C K"],
    b2: Float[Tensor, " C"],
) -> Float[Tensor, "N C H W"]:
    """Weigh every channel by a number between 0 and 1 that depends on all channels: squeeze and excitation."""
    gate = torch.sigmoid(F.linear(F.relu(F.linear(x.mean(dim=(2, 3)), w1, b1)), w2, b2))
    return x * gate[:, :, None, None]


@twin
def convnext_block(x: Float[Tensor, "N C H W"], params: Parts, *, eps: float = 1e-6) -> Float[Tensor, "N C H W"]:
    """Look around in each channel, normalize each place, think in four times the width, and add."""
    if [len(pair) for pair in params[:4]] != [2] * 4:
        lengths = [len(pair) for pair in params[:4]]
        raise ShapeError(f"convnext_block: the first four of params hold {lengths} arrays, expected two in each")
    (weight, bias), (gamma, beta), wide, narrow, scale = params
    channels, eps = x.shape[1], above_zero("convnext_block", "eps", eps)
    if weight.shape != (channels, 1, weight.shape[-1], weight.shape[-1]) or weight.shape[-1] % 2 == 0 or not (
        gamma.shape == beta.shape == scale.shape == narrow[1].shape == bias.shape == (channels,)
    ):
        raise ShapeError(f"convnext_block: params do not fit {channels} channels")
    h = F.conv2d(x, weight, bias, padding=weight.shape[-1] // 2, groups=channels)
    h = F.layer_norm(h.permute(0, 2, 3, 1), (channels,), gamma, beta, eps)
    h = F.linear(F.gelu(F.linear(h, *wide)), *narrow)
    return x + (h * scale).permute(0, 3, 1, 2)
