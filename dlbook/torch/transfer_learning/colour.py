"""Changes of colour and of light: brightness, contrast, saturation, fewer levels, inverted highlights."""

import numpy as np
import torch
from jaxtyping import Float, Integer
from torch import Tensor

from dlbook.numpy.linear_classifiers.arguments import at_least_zero, check_generator
from dlbook.numpy.transfer_learning.arguments import check_images, each
from dlbook.numpy.transfer_learning.colour import LUMA, SLACK

__all__ = [
    "adjust_brightness",
    "adjust_contrast",
    "adjust_saturation",
    "color_jitter",
    "posterize",
    "solarize",
]


def _checked(function: str, x: Tensor, factor=1.0) -> Tensor:
    """Return a factor for each image, ready to multiply images; refuse what are no images or factors."""
    check_images(function, x)
    if x.numel() and not (x.min() >= -SLACK and x.max() <= 1 + SLACK):
        raise ValueError(f"{function}: x has values from {float(x.min())} to {float(x.max())}, expected 0 to 1")
    return _each(function, "factor", factor, x, 0)


def _each(function: str, name: str, values, x: Tensor, low: float, high: float = np.inf) -> Tensor:
    """Return one number for each image, of x's dtype, ready to be combined with images."""
    each(function, name, values.cpu() if isinstance(values, Tensor) else values, len(x), low, high)
    return torch.as_tensor(values, dtype=x.dtype, device=x.device).expand(len(x))[:, None, None, None]


def _grey(function: str, x: Tensor) -> Tensor:
    """Return how bright each pixel appears: (N, 1, H, W)."""
    if x.shape[1] not in (1, 3):
        raise ValueError(f"{function}: x has {x.shape[1]} channels, expected 1 (grey) or 3 (red, green, blue)")
    return x if x.shape[1] == 1 else (x * x.new_tensor(LUMA)[:, None, None]).sum(dim=1, keepdim=True)


def adjust_brightness(x: Float[Tensor, "N C H W"], factor: float | Float[Tensor, " N"]) -> Float[Tensor, "N C H W"]:
    """Make images darker or brighter."""
    return (_checked("adjust_brightness", x, factor) * x).clamp(0, 1)


def adjust_contrast(x: Float[Tensor, "N C H W"], factor: float | Float[Tensor, " N"]) -> Float[Tensor, "N C H W"]:
    """Move every value away from, or closer to, the image's mean brightness."""
    factor = _checked("adjust_contrast", x, factor)
    mean = _grey("adjust_contrast", x).mean(dim=(1, 2, 3), keepdim=True)
    return torch.lerp(mean.expand_as(x), x, factor).clamp(0, 1)


def adjust_saturation(x: Float[Tensor, "N C H W"], factor: float | Float[Tensor, " N"]) -> Float[Tensor, "N C H W"]:
    """Move the colour of every pixel away from, or closer to, a grey of the same brightness."""
    factor = _checked("adjust_saturation", x, factor)
    return torch.lerp(_grey("adjust_saturation", x).expand_as(x), x, factor).clamp(0, 1)


def posterize(x: Float[Tensor, "N C H W"], bits: int | Integer[Tensor, " N"]) -> Float[Tensor, "N C H W"]:
    """Keep only the first bits of every value, of the eight that it has."""
    _checked("posterize", x)
    each("posterize", "bits", bits.cpu() if isinstance(bits, Tensor) else bits, len(x), 1, 8, kinds="iu")
    drop = (8 - torch.as_tensor(bits, device=x.device)).to(torch.uint8).expand(len(x))[:, None, None, None]
    return ((255 * x).round().to(torch.uint8) >> drop << drop).to(x.dtype) / 255


def solarize(x: Float[Tensor, "N C H W"], threshold: float | Float[Tensor, " N"]) -> Float[Tensor, "N C H W"]:
    """Turn what is brighter than a threshold into its negative."""
    _checked("solarize", x)
    return torch.where(x > _each("solarize", "threshold", threshold, x, 0, 1), 1 - x, x)


def color_jitter(
    x: Float[Tensor, "N C H W"], rng: np.random.Generator, *, brightness: float = 0.4, contrast: float = 0.4,
    saturation: float = 0.4,
) -> Float[Tensor, "N C H W"]:
    """Change brightness, contrast and saturation of each image by its own random factors, in a random order."""
    check_generator("color_jitter", rng)
    check_images("color_jitter", x)
    changes = [(adjust_brightness, brightness), (adjust_contrast, contrast), (adjust_saturation, saturation)]
    reaches = [at_least_zero("color_jitter", f.__name__.removeprefix("adjust_"), reach) for f, reach in changes]
    factors = [rng.uniform(max(0, 1 - reach), 1 + reach, len(x)) for reach in reaches]
    for k in rng.permutation(3):
        x = changes[k][0](x, torch.from_numpy(factors[k]))
    return x
