"""Photographs that scikit-image and scikit-learn carry, small pieces of them, and a stereo pair."""

from functools import cache

import numpy as np

from dlbook.data.drawing import balanced_labels, stream

Columns = dict[str, np.ndarray]

# name -> function of skimage.data, or the file of sklearn.datasets.load_sample_images
PHOTOGRAPHS = {
    "astronaut": "astronaut",
    "brick": "brick",
    "camera": "camera",
    "cat": "cat",
    "coffee": "coffee",
    "coins": "coins",
    "grass": "grass",
    "gravel": "gravel",
    "hubble": "hubble_deep_field",
    "moon": "moon",
    "page": "page",
    "rocket": "rocket",
    "tissue": "immunohistochemistry",
    "china": "china.jpg",
    "flower": "flower.jpg",
}
PATCH_SOURCES = (
    "brick",
    "grass",
    "gravel",
    "cat",
    "astronaut",
    "coffee",
    "hubble",
    "tissue",
    "rocket",
    "page",
)
FOCAL, BASELINE, OFFSET = 994.978, 0.193001, 31.086  # pixels, metres, pixels


@cache
def _sample_images() -> dict[str, np.ndarray]:
    from sklearn.datasets import load_sample_images

    found = load_sample_images()
    return {
        name.replace("\\", "/").rpartition("/")[2]: x for name, x in zip(found.filenames, found.images, strict=True)
    }


def photograph(name: str) -> np.ndarray:
    """Return one photograph: (H, W, 3) uint8; a grey one has three equal channels.

    Parameters
    ----------
    name : one of PHOTOGRAPHS; china and flower are CC BY 2.0 and need their authors' names where they are
        shown

    Raises
    ------
    ValueError : no such photograph

    **Source** scikit-image, scikit-learn
    """
    if name not in PHOTOGRAPHS:
        raise ValueError(f"photograph: name must be one of {', '.join(PHOTOGRAPHS)}, got {name!r}")
    kept = PHOTOGRAPHS[name]
    if kept.endswith(".jpg"):
        return _sample_images()[kept].copy()
    import skimage.data

    image = np.asarray(getattr(skimage.data, kept)())
    return np.repeat(image[..., None], 3, axis=2) if image.ndim == 2 else image[..., :3].copy()


def photographs(
    *, n: int | None = None, n_test: int | None = None, seed: int = 0, size: int = 128
) -> tuple[Columns, Columns, tuple[str, ...]]:
    """Return whole photographs, cut square from the middle: x (N, 3, size, size), name (N,).

    Parameters
    ----------
    size : side in pixels, 8 to 512
    seed : of the order; the first n train, the next n_test test

    Raises
    ------
    ValueError : a size out of range, or more photographs than there are

    **Source** scikit-image, scikit-learn
    """
    if not 8 <= size <= 512:
        raise ValueError(f"photographs: size must be from 8 to 512 pixels, got {size!r}")
    from PIL import Image

    def square(image: np.ndarray) -> np.ndarray:
        side = min(image.shape[:2])
        top, left = ((length - side) // 2 for length in image.shape[:2])
        piece = Image.fromarray(image[top : top + side, left : left + side])
        return np.asarray(piece.resize((size, size), Image.Resampling.LANCZOS)).transpose(2, 0, 1)

    n_test = 3 if n_test is None else n_test
    n = len(PHOTOGRAPHS) - n_test if n is None else n
    if n < 1 or n + n_test > len(PHOTOGRAPHS):
        raise ValueError(f"photographs: there are {len(PHOTOGRAPHS)}, got n = {n} and n_test = {n_test}")
    chosen = np.random.default_rng(seed).permutation(list(PHOTOGRAPHS))[: n + n_test]
    x = np.stack([square(photograph(str(name))) for name in chosen])
    return {"x": x[:n], "name": chosen[:n]}, {"x": x[n:], "name": chosen[n:]}, ()


def patches(
    *, n: int, n_test: int, seed: int, size: int = 32, colour: bool = False
) -> tuple[Columns, Columns, tuple[str, ...]]:
    """Cut patches whose class is the photograph they come from: x (N, C, size, size), t (N,).

    Training patches come from the left 70 % of every photograph and test patches from the rest, so that no
    pixel is in both. Each patch has mean 0 and standard deviation 1, so that brightness does not tell the
    class, only texture.

    Parameters
    ----------
    size : side in pixels, 4 to 64
    colour : keep the three channels; otherwise C = 1, the luma .299 R + .587 G + .114 B

    Raises
    ------
    ValueError : a size out of range

    **Source** own; photographs of scikit-image
    """
    if not 4 <= size <= 64:
        raise ValueError(f"patches: size must be from 4 to 64 pixels, got {size!r}")
    images = [photograph(name).astype(np.float32) / 255 for name in PATCH_SOURCES]
    if not colour:
        images = [image @ np.array([[0.299], [0.587], [0.114]], np.float32) for image in images]
    splits = []
    for split, count in enumerate((n, n_test)):
        rng = stream("patches", seed, split)
        t = balanced_labels(count, len(images), rng)
        x = np.stack([_patch(images[k], split, size, rng) for k in t])
        splits.append({"x": x, "t": t})
    return splits[0], splits[1], PATCH_SOURCES


def _patch(image: np.ndarray, split: int, size: int, rng: np.random.Generator) -> np.ndarray:
    """Cut one patch of the training or test part, mirrored half of the time; a flat one is drawn again."""
    height, width, _ = image.shape
    border = int(0.7 * width)
    first, last = (0, border) if split == 0 else (border, width)
    while True:
        top, left = rng.integers(height - size + 1), rng.integers(first, last - size + 1)
        patch = image[top : top + size, left : left + size]
        if patch.std() > 0.03:
            break
    if rng.random() < 0.5:
        patch = patch[:, ::-1]
    patch = patch - patch.mean()
    return (patch / patch.std()).transpose(2, 0, 1)


def stereo(
    *, n: int | None = None, n_test: int | None = None, seed: int = 0
) -> tuple[Columns, Columns, tuple[str, ...]]:
    """Return the motorcycle of the Middlebury 2014 stereo benchmark, a quarter of its size in each direction.

    x and right are (1, 3, 500, 741), disparity (pixels) and depth (metres) are (1, 500, 741) without NaN:
    where the benchmark does not know the disparity, `known` is False and the two are 0.
    depth = focal * baseline / (disparity + offset), focal 994.978 px, baseline 0.193001 m, offset 31.086 px.

    Raises
    ------
    ValueError : more than one pair asked for

    **Source** Scharstein et al., High-Resolution Stereo Datasets with Subpixel-Accurate Ground Truth, GCPR
    2014
    """
    if n not in (None, 1) or n_test is not None:
        raise ValueError(f"stereo: there is one pair, for training; got n = {n} and n_test = {n_test}")
    import skimage.data

    left, right, disparity = skimage.data.stereo_motorcycle()
    known = np.isfinite(disparity) & (disparity > 0)
    disparity = np.where(known, disparity, 0).astype(np.float32)
    depth = np.where(known, FOCAL * BASELINE / (disparity + OFFSET), 0).astype(np.float32)
    scale = np.float32(255)
    train = {
        "x": left.transpose(2, 0, 1)[None] / scale,
        "right": right.transpose(2, 0, 1)[None] / scale,
        "disparity": disparity[None],
        "depth": depth[None],
        "known": known[None],
    }
    return train, {key: value[:0] for key, value in train.items()}, ()
