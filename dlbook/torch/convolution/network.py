"""A small convolutional network: convolution, rectifier and pooling some times over, then a linear classifier."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from dlbook.numpy import convolution as reference
from dlbook.numpy.convolution.receptive import Field, conv_cost, receptive_field
from dlbook.numpy.linear_classifiers.arguments import check_rows
from dlbook.shapes import ShapeError
from dlbook.torch import twin, vjp
from dlbook.torch.convolution.conv import conv1d, conv2d
from dlbook.torch.convolution.pooling import max_pool1d, max_pool2d
from dlbook.torch.deep_networks.rectifiers import relu
from dlbook.torch.deep_networks.training import network_objective
from dlbook.torch.linear_classifiers.cross_entropy import cross_entropy
from dlbook.torch.linear_classifiers.linear import linear

__all__ = [
    "Field",
    "conv_cost",
    "convnet",
    "convnet_objective",
    "feature_maps",
    "gabor_kernel",
    "gaussian_kernel",
    "gradient_support",
    "init_convnet",
    "layer",
    "receptive_field",
]

Params = tuple[tuple[Float[Tensor, "F C *S"], Float[Tensor, " F"]], ...]


def layer(f: Callable, **options) -> Callable:
    """Fix the options of a function, so that it can stand in a `chain`."""
    return partial(f, **options)


@twin
def feature_maps(x: Float[Tensor, "N C *S"], params: Params, *, pool: int = 2) -> Float[Tensor, "N F *P"]:
    """Send signals or images through the first layers of a `convnet`: convolution, rectifier and pooling."""
    conv, shrink = (conv1d, max_pool1d) if x.ndim == 3 else (conv2d, max_pool2d)
    for i, (weight, bias) in enumerate(params):
        if weight.ndim != x.ndim or weight.shape[1] != x.shape[1]:
            expected = f"{x.ndim} axes as x has, (F, {x.shape[1]}, ...)"
            raise ShapeError(f"feature_maps: params[{i}] has weight {tuple(weight.shape)}, expected {expected}")
        x = shrink(relu(conv(x, weight, bias, padding="same")), kernel_size=pool)
    return x


@twin
def convnet(
    x: Float[Tensor, "N C *S"], params: Params, *, pool: int = 2, average: bool = False
) -> Float[Tensor, "N K"]:
    """Send signals or images through a small convolutional network."""
    check_rows("convnet", x=x)
    if not params or params[-1][0].ndim != 2:
        shapes = [tuple(weight.shape) for weight, _ in params]
        raise ShapeError(f"convnet: weights have shapes {shapes}, expected one (K, D) at the end")
    maps = feature_maps(x, params[:-1], pool=pool)
    features = maps.flatten(2).mean(dim=2) if average else maps.flatten(1)
    if params[-1][0].shape[1] != features.shape[1]:
        raise ShapeError(
            f"convnet: the last weight has shape {tuple(params[-1][0].shape)}, expected {features.shape[1]} columns"
        )
    return linear(features, *params[-1])


def init_convnet(
    shape: Sequence[int], channels: Sequence[int], classes: int, rng: np.random.Generator, *, kernel_size: int = 3,
    pool: int = 2, average: bool = False, dtype: str = "float32",
) -> Params:
    """Draw the weights of a small convolutional network: the reference's own draw, as tensors."""
    drawn = reference.init_convnet(
        shape, channels, classes, rng, kernel_size=kernel_size, pool=pool, average=average, dtype=dtype
    )
    return tuple((torch.from_numpy(weight), torch.from_numpy(bias)) for weight, bias in drawn)


def convnet_objective(
    loss: Callable = cross_entropy, *, pool: int = 2, average: bool = False, strength: float = 0.0, **loss_options
) -> Callable:
    """Build the cost of a small convolutional network: the mean loss of its scores plus a price on its weights."""
    network = layer(convnet, pool=pool, average=average)
    return network_objective(network, loss, strength=strength, **loss_options)


def gradient_support(f: Callable, x: Tensor, *params: Any, position: tuple[int, ...]) -> Bool[Tensor, "*S"]:
    """Find which entries of the input the output at one place depends on, by asking its gradient."""
    y, pullback = vjp(f, x, *params)
    if len(position) != y.ndim - 2 or not all(0 <= p < size for p, size in zip(position, y.shape[2:], strict=True)):
        shape = tuple(y.shape[2:])
        raise ValueError(f"gradient_support: position is {position}, expected a place in an output of {shape}")
    dy = torch.zeros_like(y)
    dy[(slice(None), slice(None), *position)] = 1
    return (pullback(dy)[0] != 0).flatten(0, 1).any(dim=0)


def gaussian_kernel(size: int, *, sigma: float) -> Float[Tensor, "R R"]:
    """Return the weights of a blur: the reference's kernel, as a tensor."""
    return torch.from_numpy(reference.gaussian_kernel(size, sigma=sigma))


def gabor_kernel(size: int, *, wavelength: float, angle: float = 0.0, phase: float = 0.0, sigma: float) -> Tensor:
    """Return a wave under a bell: the reference's kernel, as a tensor."""
    return torch.from_numpy(reference.gabor_kernel(size, wavelength=wavelength, angle=angle, phase=phase, sigma=sigma))
