"""Pixel shuffle: trade channels for pixels, and back, without touching a number."""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from dlbook.numpy.dense_prediction.shuffle import shuffle_factor
from dlbook.torch import twin

__all__ = ["pixel_shuffle", "pixel_unshuffle"]


@twin
def pixel_shuffle(x: Float[Tensor, "N G P Q"], *, upscale_factor: int) -> Float[Tensor, "N C H W"]:
    """Lay groups of channels out as blocks of pixels: an image that is u times as high and as wide."""
    return F.pixel_shuffle(x, shuffle_factor("pixel_shuffle", x, "upscale_factor", upscale_factor, down=False))


@twin
def pixel_unshuffle(x: Float[Tensor, "N C H W"], *, downscale_factor: int) -> Float[Tensor, "N G P Q"]:
    """Turn blocks of pixels into groups of channels: the inverse of `pixel_shuffle`, and its adjoint."""
    return F.pixel_unshuffle(x, shuffle_factor("pixel_unshuffle", x, "downscale_factor", downscale_factor, down=True))
