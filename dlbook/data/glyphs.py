"""Digits and letters from the fonts that Matplotlib carries: clean in grey, cluttered in colour."""

from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from dlbook.data.drawing import balanced_labels, in_blocks
from dlbook.data.textures import bank, crops

Columns = dict[str, np.ndarray]
CHARACTERS = {"digits": "0123456789", "letters": "ABCDEFGHIJ"}
HELD_OUT = ("DejaVuSerif-BoldItalic", "STIXGeneralItalic", "cmss10", "DejaVuSansMono", "cmb10")
SEEN = (
    *("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSans-BoldOblique"),
    *("DejaVuSansMono-Bold", "DejaVuSansMono-Oblique", "DejaVuSansMono-BoldOblique"),
    *("DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSerif-Italic"),
    *("STIXGeneral", "STIXGeneralBol", "STIXGeneralBolIta", "cmr10", "cmtt10", "cmti10"),
)
STENCIL = 48  # side of the drawn character before it is posed


@cache
def font_folder() -> Path:
    """Say where Matplotlib keeps its fonts, without importing it.

    Raises
    ------
    ModuleNotFoundError : Matplotlib is not installed

    **Source** Matplotlib
    """
    spec = find_spec("matplotlib")
    if spec is None:
        raise ModuleNotFoundError("matplotlib is not installed", name="matplotlib")
    return Path(spec.submodule_search_locations[0]) / "mpl-data" / "fonts" / "ttf"


@cache
def _stencil(font: str, character: str):
    """Draw one character as large as it gets in the middle of a square picture."""
    from PIL import Image, ImageDraw, ImageFont

    canvas = Image.new("L", (128, 128))
    face = ImageFont.truetype(str(font_folder() / f"{font}.ttf"), 64)
    ImageDraw.Draw(canvas).text((64, 64), character, font=face, fill=255, anchor="mm")
    box = canvas.point(lambda value: 255 * (value > 40)).getbbox()
    if box is None:
        raise ValueError(f"glyphs: the font {font} draws nothing for {character!r}")
    drawn = canvas.crop(box)
    side = max(drawn.size)
    square = Image.new("L", (side, side))
    square.paste(drawn, ((side - drawn.width) // 2, (side - drawn.height) // 2))
    return square.resize((STENCIL, STENCIL), Image.Resampling.BILINEAR)


def _posed(
    labels: np.ndarray,
    fonts: np.ndarray,
    characters: str,
    size: int,
    rng: np.random.Generator,
    *,
    turn: float,
    scale: tuple[float, float],
    shear: float,
    shift: float,
) -> np.ndarray:
    """Turn, stretch, shear and move one character per label: (N, size, size) uint8.

    `turn` in degrees, `shift` and `scale` in sides of the picture.
    """
    from PIL import Image

    n = len(labels)
    a = np.deg2rad(rng.uniform(-turn, turn, n))
    s = rng.uniform(*scale, n) * size / STENCIL
    stretch, slant = np.exp(rng.uniform(-0.2, 0.2, n)), rng.uniform(-shear, shear, n)
    centre = size * (0.5 + rng.uniform(-shift, shift, (n, 2)))
    c, d = np.cos(a), np.sin(a)
    # Rotation times shear times scale; Pillow wants the way back, from picture to stencil.
    forward = np.array(
        [[c * s * stretch, (c * slant - d) * s / stretch], [d * s * stretch, (d * slant + c) * s / stretch]]
    )
    back = np.linalg.inv(forward.transpose(2, 0, 1))
    origin = STENCIL / 2 - (back @ centre[..., None])[..., 0]
    rows = np.concatenate([back, origin[..., None]], axis=2).reshape(n, 6)
    posed = np.empty((n, size, size), np.uint8)
    for i in range(n):
        stencil = _stencil(str(fonts[i]), characters[labels[i]])
        posed[i] = stencil.transform((size, size), Image.Transform.AFFINE, tuple(rows[i]), Image.Resampling.BILINEAR)
    return posed


def _check(name: str, characters: str, split: str) -> None:
    if characters not in CHARACTERS:
        raise ValueError(f"{name}: characters must be one of {', '.join(CHARACTERS)}, got {characters!r}")
    if split not in ("random", "fonts"):
        raise ValueError(f"{name}: split must be 'random' or 'fonts', got {split!r}")


def glyphs28(
    *, n: int, n_test: int, seed: int, characters: str = "digits", split: str = "random"
) -> tuple[Columns, Columns, tuple[str, ...]]:
    """Draw white characters on black in MNIST's format: x (N, 1, 28, 28), t (N,), font (N,).

    Parameters
    ----------
    characters : "digits" or "letters" (A to J)
    split : "random" tests on the fonts of the training set, "fonts" on five that it never shows

    Raises
    ------
    ValueError : another word

    **Source** own; fonts of Matplotlib
    """
    _check("glyphs28", characters, split)
    signs = CHARACTERS[characters]

    def block(count: int, rng: np.random.Generator, fonts: tuple[str, ...]) -> Columns:
        t = balanced_labels(count, len(signs), rng)
        font = np.array(fonts)[rng.integers(len(fonts), size=count)]
        x = _posed(t, font, signs, 28, rng, turn=25, scale=(0.65, 1), shear=0.3, shift=0.1)
        return {"x": x[:, None], "t": t, "font": font}

    test_fonts = SEEN if split == "random" else HELD_OUT
    train = in_blocks("glyphs28", n, seed, 0, partial(block, fonts=SEEN))
    test = in_blocks("glyphs28", n_test, seed, 1, partial(block, fonts=test_fonts))
    return train, test, tuple(signs)


def glyphs32(
    *, n: int, n_test: int, seed: int, characters: str = "digits", split: str = "random", texture: str = "photo"
) -> tuple[Columns, Columns, tuple[str, ...]]:
    """Draw a coloured character on a busy ground, often between parts of others: x (N, 3, 32, 32), t (N,), font (N,).

    The label is the character in the middle, as in Street View House Numbers.

    Parameters
    ----------
    characters : "digits" or "letters" (A to J)
    split : "random" tests on the fonts of the training set, "fonts" on five that it never shows
    texture : "photo" (pieces of scikit-image's photographs) or "noise"

    Raises
    ------
    ValueError : another word

    **Source** own; fonts of Matplotlib; after Netzer et al., Reading Digits in Natural Images, 2011
    """
    _check("glyphs32", characters, split)
    signs, images = CHARACTERS[characters], bank(texture)

    def block(count: int, rng: np.random.Generator, fonts: tuple[str, ...]) -> Columns:
        t = balanced_labels(count, len(signs), rng)
        font = np.array(fonts)[rng.integers(len(fonts), size=count)]
        x = crops(count, 32, images, rng)
        for side in (-1, 1):
            x = _inked(x, _neighbour(count, side, signs, fonts, rng), 0.14, rng)
        x = _inked(x, _posed(t, font, signs, 32, rng, turn=20, scale=(0.55, 0.95), shear=0.25, shift=0.1), 0.25, rng)
        x += 0.02 * rng.normal(size=x.shape)
        x = np.rint(255 * np.clip(x, 0, 1)).astype(np.uint8)
        return {"x": np.ascontiguousarray(x.transpose(0, 3, 1, 2)), "t": t, "font": font}

    test_fonts = SEEN if split == "random" else HELD_OUT
    train = in_blocks("glyphs32", n, seed, 0, partial(block, fonts=SEEN))
    test = in_blocks("glyphs32", n_test, seed, 1, partial(block, fonts=test_fonts))
    return train, test, tuple(signs)


def _neighbour(n: int, side: int, signs: str, fonts: tuple[str, ...], rng: np.random.Generator) -> np.ndarray:
    """Draw characters cut off by the left (-1) or right (1) edge; two in five pictures have none."""
    font = np.array(fonts)[rng.integers(len(fonts), size=n)]
    drawn = _posed(
        rng.integers(len(signs), size=n), font, signs, 32, rng, turn=20, scale=(0.55, 0.95), shear=0.25, shift=0.05
    )
    drawn *= (rng.random(n) < 0.6)[:, None, None]
    source = np.arange(32) - side * rng.integers(20, 28, (n, 1))
    moved = np.take_along_axis(drawn, np.clip(source, 0, 31)[:, None, :], axis=2)
    return moved * ((source >= 0) & (source < 32))[:, None, :]


def _inked(x: np.ndarray, drawn: np.ndarray, contrast: float, rng: np.random.Generator) -> np.ndarray:
    """Paint `drawn` over `x` in a colour whose brightness differs from what is behind by `contrast`.

    Of twenty colours the first that differs enough is taken.
    """
    n = len(x)
    cover = drawn[..., None] / 255
    behind = (x * cover).sum(axis=(1, 2)) / np.maximum(cover.sum(axis=(1, 2)), 1e-3)
    colours, opacity = rng.uniform(0, 1, (n, 20, 3)), rng.uniform(0.75, 1, (n, 1, 1, 1))
    differs = np.abs(colours.mean(axis=2) - behind.mean(axis=1)[:, None]) > contrast
    colour = colours[np.arange(n), differs.argmax(axis=1)]
    return x + cover * opacity * (colour[:, None, None] - x)
