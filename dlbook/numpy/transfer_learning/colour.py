"""Changes of colour and of light: brightness, contrast, saturation, fewer levels, inverted highlights."""

import numpy as np

from dlbook.numpy.linear_classifiers.arguments import at_least_zero, check_generator
from dlbook.numpy.transfer_learning.arguments import check_images, each
from dlbook.shapes import Array, Float, Int

__all__ = [
    "adjust_brightness",
    "adjust_contrast",
    "adjust_saturation",
    "color_jitter",
    "posterize",
    "solarize",
]

SLACK = 1e-6  # images that were read between pixels may leave [0, 1] by a rounding error
LUMA = (0.299, 0.587, 0.114)  # how bright red, green and blue appear: ITU-R BT.601


def _checked(function: str, x: Array, factor=1.0) -> Array:
    """Return a factor for each image, ready to multiply images; refuse what are no images or factors."""
    check_images(function, x)
    if x.size and not (x.min() >= -SLACK and x.max() <= 1 + SLACK):
        raise ValueError(f"{function}: x has values from {x.min()} to {x.max()}, expected 0 to 1")
    return _each(each(function, "factor", factor, len(x), 0), x)


def _each(values, x: Array) -> Array:
    """Return one number for each image, of x's dtype, ready to be combined with images."""
    return np.broadcast_to(np.asarray(values, x.dtype), (len(x),))[:, None, None, None]


def _grey(function: str, x: Array) -> Array:
    """Return how bright each pixel appears: (N, 1, H, W)."""
    if x.shape[1] not in (1, 3):
        raise ValueError(f"{function}: x has {x.shape[1]} channels, expected 1 (grey) or 3 (red, green, blue)")
    return x if x.shape[1] == 1 else np.einsum("c,nchw->nhw", np.array(LUMA, x.dtype), x)[:, None]


def adjust_brightness(x: Float[Array, "N C H W"], factor: float | Float[Array, " N"]) -> Float[Array, "N C H W"]:
    r"""Make images darker or brighter.

    $$y = \operatorname{clip}(f x)$$

    Parameters
    ----------
    x : (N, C, H, W) from 0 to 1.
    factor : f, one number or one for each image, at least 0; 0 is black, 1 changes nothing.

    Returns
    -------
    y : from 0 to 1.

    Raises
    ------
    ValueError : for values outside [0, 1], or a factor that is negative or infinite.

    **Source** definition; the name is torchvision's.
    **Book** eq-blend
    """
    return np.clip(_checked("adjust_brightness", x, factor) * x, 0, 1)


def adjust_contrast(x: Float[Array, "N C H W"], factor: float | Float[Array, " N"]) -> Float[Array, "N C H W"]:
    r"""Move every value away from, or closer to, the image's mean brightness.

    $$y = \operatorname{clip}\big(f x + (1 - f)\, \mu\big), \qquad \mu = \text{mean of the grey image}$$

    Parameters
    ----------
    x : (N, C, H, W) from 0 to 1, with one channel or three.
    factor : f, one number or one for each image, at least 0; 0 is a uniform grey, 1 changes nothing.

    Returns
    -------
    y : from 0 to 1.

    Raises
    ------
    ValueError : for values outside [0, 1], a negative factor, or another number of channels.

    **Source** definition; the name is torchvision's.
    **Book** eq-blend
    """
    factor = _checked("adjust_contrast", x, factor)
    mean = _grey("adjust_contrast", x).mean(axis=(1, 2, 3), keepdims=True)
    return np.clip(factor * x + (1 - factor) * mean, 0, 1)


def adjust_saturation(x: Float[Array, "N C H W"], factor: float | Float[Array, " N"]) -> Float[Array, "N C H W"]:
    r"""Move the colour of every pixel away from, or closer to, a grey of the same brightness.

    $$y = \operatorname{clip}\big(f x + (1 - f)\, g\big), \qquad g = 0.299\, R + 0.587\, G + 0.114\, B$$

    Parameters
    ----------
    x : (N, C, H, W) from 0 to 1, with one channel (which is grey already) or three.
    factor : f, one number or one for each image, at least 0; 0 is grey, 1 changes nothing.

    Returns
    -------
    y : from 0 to 1.

    Raises
    ------
    ValueError : for values outside [0, 1], a negative factor, or another number of channels.

    **Source** ITU-R BT.601 for the weights; the name is torchvision's.
    **Book** eq-blend
    """
    factor = _checked("adjust_saturation", x, factor)
    return np.clip(factor * x + (1 - factor) * _grey("adjust_saturation", x), 0, 1)


def posterize(x: Float[Array, "N C H W"], bits: int | Int[Array, " N"]) -> Float[Array, "N C H W"]:
    r"""Keep only the first bits of every value, of the eight that it has.

    $$y = \frac{2^{8-b} \big\lfloor \operatorname{round}(255\, x) / 2^{8-b} \big\rfloor}{255}$$

    Parameters
    ----------
    x : (N, C, H, W) from 0 to 1.
    bits : b, one number or one for each image, 1 to 8; 8 only rounds to the nearest of 256 levels.

    Returns
    -------
    y : from 0 to 1.

    Raises
    ------
    ValueError : for values outside [0, 1], or another number of bits.

    **Source** Cubuk, Zoph, Shlens and Le (2020), where it is one of fourteen changes.
    **Book** eq-posterize
    """
    _checked("posterize", x)
    bits = each("posterize", "bits", bits, len(x), 1, 8, kinds="iu")
    step = _each(2.0 ** (8 - bits), x)  # 2 ** 7 would not fit into an int8
    return step * np.floor(np.rint(255 * x) / step) / x.dtype.type(255)


def solarize(x: Float[Array, "N C H W"], threshold: float | Float[Array, " N"]) -> Float[Array, "N C H W"]:
    r"""Turn what is brighter than a threshold into its negative.

    $$y = \begin{cases} x & x \le \tau \\ 1 - x & x > \tau \end{cases}$$

    Parameters
    ----------
    x : (N, C, H, W) from 0 to 1.
    threshold : tau, one number or one for each image, 0 to 1; 1 changes nothing.

    Returns
    -------
    y : from 0 to 1.

    Raises
    ------
    ValueError : for values or a threshold outside [0, 1].

    **Source** Cubuk, Zoph, Shlens and Le (2020), where it is one of fourteen changes.
    **Book** eq-posterize
    """
    _checked("solarize", x)
    threshold = _each(each("solarize", "threshold", threshold, len(x), 0, 1), x)
    return np.where(x > threshold, 1 - x, x)


def color_jitter(
    x: Float[Array, "N C H W"], rng: np.random.Generator, *, brightness: float = 0.4, contrast: float = 0.4,
    saturation: float = 0.4,
) -> Float[Array, "N C H W"]:
    r"""Change brightness, contrast and saturation of each image by its own random factors, in a random order.

    $$f \sim \mathrm{Uniform}\big(\max(0,\, 1 - r),\; 1 + r\big)$$

    The order is drawn once for the batch.

    Parameters
    ----------
    x : (N, C, H, W) from 0 to 1, with one channel or three.
    rng : draws the factors and the order.
    brightness, contrast, saturation : r for each of the three, at least 0.

    Returns
    -------
    y : from 0 to 1.

    Raises
    ------
    ValueError : for a negative reach, or as `adjust_contrast`.
    TypeError : when rng is no generator.

    **Source** Howard (2013) for the idea; the name is torchvision's.
    **Book** eq-blend
    """
    check_generator("color_jitter", rng)
    check_images("color_jitter", x)
    changes = [(adjust_brightness, brightness), (adjust_contrast, contrast), (adjust_saturation, saturation)]
    reaches = [at_least_zero("color_jitter", f.__name__.removeprefix("adjust_"), reach) for f, reach in changes]
    factors = [rng.uniform(max(0, 1 - reach), 1 + reach, len(x)) for reach in reaches]
    for k in rng.permutation(3):
        x = changes[k][0](x, factors[k])
    return x
