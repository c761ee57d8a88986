"""The residual block: basic or bottleneck, with the activation after the sum or before each convolution."""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from dlbook.numpy.architectures.shortcuts import check_block, place_of_stride
from dlbook.numpy.linear_classifiers.arguments import above_zero, whole_number
from dlbook.torch import twin
from dlbook.torch.architectures.layers import Layer, Norms, Stats, add_up, convolve, convolve_last

__all__ = ["residual_block"]


def block(
    x: Tensor, branch: tuple[Layer, ...], shortcut: Layer, norms: Norms, stride: int, preactivation: bool, skip: bool
) -> Tensor:
    """Run a residual block whose layers have been checked."""
    a, place, first = x, place_of_stride(branch), x
    for i, layer in enumerate(branch):
        own = stride if i == place else 1
        if preactivation:
            a, h = convolve_last(a, layer, norms, stride=own)
            first = first if i else h
        else:
            a = convolve(F.relu(a) if i else a, layer, norms, stride=own)
    if skip:
        s = convolve(first if preactivation else x, shortcut, norms, stride=stride) if shortcut else x
        a = add_up(norms.function, a, s)
    return a if preactivation else F.relu(a)


@twin
def residual_block(
    x: Float[Tensor, "N C H W"], branch: tuple[Layer, ...], shortcut: Layer = (), running: Stats | None = None, *,
    stride: int = 1, preactivation: bool = False, skip: bool = True, eps: float = 1e-5,
) -> Float[Tensor, "N F P Q"]:
    """Add to x, or to a projection of it, what a few convolutions make of it."""
    stride = whole_number("residual_block", "stride", stride, 1)
    check_block("residual_block", x, branch, shortcut, preactivation, skip)
    norms = Norms("residual_block", running, above_zero("residual_block", "eps", eps))
    y = block(x, branch, shortcut, norms, stride, preactivation, skip)
    norms.done()
    return y
