"""Blocks that put channels side by side: inception, and the dense block."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from dlbook.numpy.architectures.layers import check_layer
from dlbook.numpy.linear_classifiers.arguments import above_zero
from dlbook.shapes import ShapeError
from dlbook.torch import twin
from dlbook.torch.architectures.layers import Layer, Norms, Stats, convolve, convolve_last

__all__ = ["dense_block", "inception_block"]


@twin
def inception_block(
    x: Float[Tensor, "N C H W"], branches: tuple[tuple[Layer, ...], ...]
) -> Float[Tensor, "N F H W"]:
    """Look at x with kernels of several sizes at once and put all that they find side by side."""
    if not branches or not all(branches):
        raise ShapeError("inception_block: branches must hold at least one branch, each of at least one layer")
    norms, found = Norms("inception_block", None, 1e-5), []
    for b, branch in enumerate(branches):
        h = F.max_pool2d(x, 3, stride=1, padding=1) if b == len(branches) - 1 else x
        for i, layer in enumerate(branch):
            check_layer("inception_block", f"branches[{b}][{i}]", layer, h.shape[1])
            h = F.relu(convolve(h, layer, norms))
        found.append(h)
    return torch.cat(found, dim=1)


@twin
def dense_block(
    x: Float[Tensor, "N C H W"], params: tuple[Layer, ...], running: Stats | None = None, *, eps: float = 1e-5
) -> Float[Tensor, "N F H W"]:
    """Let each layer see what all layers before it have found, and add its own few channels to the pile."""
    norms = Norms("dense_block", running, above_zero("dense_block", "eps", eps))
    for i, layer in enumerate(params):
        check_layer("dense_block", f"params[{i}]", layer, x.shape[1], norm_first=True)
        x = torch.cat([x, convolve_last(x, layer, norms)[0]], dim=1)
    norms.done()
    return x
