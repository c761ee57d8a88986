"""Fillings and backgrounds: plain colour, stripes, checks, pink noise, pieces of photographs."""

from functools import cache

import numpy as np

KINDS = ("plain", "stripes", "checks", "crop")


@cache
def pink_noise(count: int = 10, size: int = 256, exponent: float = 1.1) -> tuple[np.ndarray, ...]:
    """Return colour images whose amplitude falls with frequency as 1 / f^exponent, as in photographs.

    The three channels share most of their pattern, so the images are muted like nature, not confetti.

    Returns
    -------
    images : `count` arrays (size, size, 3) uint8; the same ones always

    **Source** Field, Relations between the statistics of natural images, JOSA A 1987
    """
    f = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size))
    f[0, 0] = 1
    images = []
    for i in range(count):
        white = np.random.default_rng(i).normal(size=(4, size, size))
        pattern = np.fft.irfft2(np.fft.rfft2(white) / f**exponent, s=(size, size))
        pattern -= pattern.mean(axis=(1, 2), keepdims=True)
        pattern /= pattern.std(axis=(1, 2), keepdims=True)
        colour = pattern[0] + 0.5 * pattern[1:]
        images.append((255 * np.clip(0.5 + 0.2 * colour, 0, 1)).astype(np.uint8).transpose(1, 2, 0))
    return tuple(images)


@cache
def photo_bank() -> tuple[np.ndarray, ...]:
    """Return the photographs that fill shapes when texture="photo": (H, W, 3) uint8 each.

    **Source** the cards of `photographs`
    """
    from dlbook.data.photographs import photograph

    kinds = (
        "astronaut",
        "coffee",
        "cat",
        "rocket",
        "hubble",
        "tissue",
        "brick",
        "grass",
        "gravel",
        "camera",
    )
    return tuple(photograph(kind) for kind in kinds)


def bank(texture: str) -> tuple[np.ndarray, ...]:
    """Return the images that crops are taken from.

    Parameters
    ----------
    texture : "noise" (NumPy alone) or "photo"

    Raises
    ------
    ValueError : another word
    """
    if texture == "noise":
        return pink_noise()
    if texture == "photo":
        return photo_bank()
    raise ValueError(f"texture must be 'noise' or 'photo', got {texture!r}")


def fill(kind: np.ndarray, size: int, images: tuple[np.ndarray, ...], rng: np.random.Generator) -> np.ndarray:
    """Draw one square filling per entry of `kind`, in colours of its own.

    Parameters
    ----------
    kind : (N,) indices into KINDS
    size : side S in pixels
    images : where crops come from

    Returns
    -------
    filling : (N, S, S, 3) float64 in [0, 1.25]
    """
    n = len(kind)
    first, second = rng.uniform(0, 1, (2, n, 1, 1, 3))
    pattern = np.zeros((n, size, size))
    stripes, checks, cut = (np.flatnonzero(kind == k) for k in (1, 2, 3))
    pattern[stripes] = _stripes(len(stripes), size, rng)
    pattern[checks] = _checks(len(checks), size, rng)
    filling = first + (second - first) * pattern[..., None]
    filling[cut] = crops(len(cut), size, images, rng)
    return filling


def _stripes(n: int, size: int, rng: np.random.Generator) -> np.ndarray:
    angle, frequency, phase = rng.uniform([[0], [0.8], [0]], [[np.pi], [2.0], [6.0]], (3, n))[..., None, None]
    rows, columns = np.mgrid[:size, :size]
    return np.sin((columns * np.cos(angle) + rows * np.sin(angle)) * frequency + phase) > 0


def _checks(n: int, size: int, rng: np.random.Generator) -> np.ndarray:
    side = rng.integers(3, 6, (n, 1, 1))
    rows, columns = np.mgrid[:size, :size]
    return (columns // side + rows // side) % 2


def crops(n: int, size: int, images: tuple[np.ndarray, ...], rng: np.random.Generator) -> np.ndarray:
    """Cut squares of 1 to 4 times the size, thin them out to the size, and shuffle their colour channels.

    Parameters
    ----------
    n : number of crops
    size : side S in pixels
    images : (H, W, 3) uint8 each, H and W at least 4 S or else fewer magnifications fit

    Returns
    -------
    crops : (N, S, S, 3) float64 in [0, 1.25]
    """
    which, zoom = rng.integers(len(images), size=n), rng.integers(1, 5, n)
    corner, contrast, lift = rng.random((2, n)), rng.uniform(0.5, 1, n), rng.uniform(0, 0.25, n)
    channels = rng.permuted(np.tile(np.arange(3), (n, 1)), axis=1)
    pieces = np.empty((n, size, size, 3))
    for i in range(n):
        image = images[which[i]]
        step = min(zoom[i], min(image.shape[:2]) // size)
        side = size * step
        top, left = (int(corner[k, i] * (image.shape[k] - side + 1)) for k in (0, 1))
        pieces[i] = image[top : top + side : step, left : left + side : step]
    pieces = np.take_along_axis(pieces, channels[:, None, None, :], axis=3)
    return pieces * (contrast / 255)[:, None, None, None] + lift[:, None, None, None]
