"""A network that cuts an image into patches, looks at all of them through the same filters."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from dlbook.numpy import convolution as reference
from dlbook.numpy.convolution.conv import Both
from dlbook.numpy.linear_classifiers.arguments import check_rows
from dlbook.shapes import ShapeError
from dlbook.torch import twin
from dlbook.torch.deep_networks.network import mlp
from dlbook.torch.deep_networks.rectifiers import relu
from dlbook.torch.linear_classifiers.linear import linear

__all__ = ["init_patch_convnet", "patch_convnet"]

Layers = tuple[tuple[Float[Tensor, "K D"], Float[Tensor, " K"]], ...]


@twin
def patch_convnet(x: Float[Tensor, "N L D"], params: Layers) -> Float[Tensor, "N K"]:
    """Send images that were cut into patches through one convolutional layer and the layers of a network."""
    check_rows("patch_convnet", x=x)
    shapes = [tuple(weight.shape) for weight, _ in params]
    if len(params) < 2 or shapes[0][1] != x.shape[2] or shapes[1][1] != x.shape[1] * shapes[0][0]:
        raise ShapeError(
            f"patch_convnet: x has {x.shape[1]} patches of {x.shape[2]} numbers and params weights {shapes}, expected "
            f"filters (F, {x.shape[2]}) and then a layer of {x.shape[1]} F columns"
        )
    h = relu(linear(x.flatten(0, 1), *params[0]))
    return mlp(h.reshape(len(x), -1), tuple(params[1:]))


def init_patch_convnet(
    shape: Sequence[int], filters: int, hidden: Sequence[int], classes: int, rng: np.random.Generator, *,
    patch_size: Both, dtype: str = "float32",
) -> Layers:
    """Draw the weights of a network of patches: the reference's own draw, as tensors."""
    drawn = reference.init_patch_convnet(shape, filters, hidden, classes, rng, patch_size=patch_size, dtype=dtype)
    return tuple((torch.from_numpy(weight), torch.from_numpy(bias)) for weight, bias in drawn)
