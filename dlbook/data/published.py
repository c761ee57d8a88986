"""Read the published files of CIFAR-10 and Fashion-MNIST, without pickle and without unpacking to disk."""

import gzip
import math
import tarfile
from pathlib import Path

import numpy as np

Columns = dict[str, np.ndarray]
Made = tuple[Columns, Columns, tuple[str, ...]]

CIFAR10_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
FASHION_CLASSES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)
CIFAR10_TRAIN = tuple(f"data_batch_{i}.bin" for i in range(1, 6))
RECORD = 1 + 3 * 32 * 32  # bytes: the label, then the red, green and blue planes, rows first


def cifar10(*, n: int | None = None, n_test: int | None = None, seed: int = 0) -> Made:
    """Return CIFAR-10 as it was published: x (N, 3, 32, 32), t (N,); the first n and n_test images.

    Parameters
    ----------
    seed : not used, the split is fixed

    Raises
    ------
    DownloadError : it has not been fetched; nothing is downloaded here

    **Source** Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009
    """
    from dlbook.data.download import stored

    (archive,) = stored("cifar10")
    x, t = read_cifar10(archive, CIFAR10_TRAIN)
    x_test, t_test = read_cifar10(archive, ("test_batch.bin",))
    return _first("cifar10", (x, t, n), (x_test, t_test, n_test), CIFAR10_CLASSES)


def fashion_mnist(*, n: int | None = None, n_test: int | None = None, seed: int = 0) -> Made:
    """Return Fashion-MNIST as it was published: x (N, 1, 28, 28), t (N,); the first n and n_test images.

    Parameters
    ----------
    seed : not used, the split is fixed

    Raises
    ------
    DownloadError : it has not been fetched; nothing is downloaded here

    **Source** Xiao, Rasul & Vollgraf, Fashion-MNIST, 2017
    """
    from dlbook.data.download import stored

    x, t, x_test, t_test = (read_idx(path) for path in stored("fashion_mnist"))
    return _first("fashion_mnist", (x[:, None], t, n), (x_test[:, None], t_test, n_test), FASHION_CLASSES)


def _first(name: str, train: tuple, test: tuple, classes: tuple[str, ...]) -> Made:
    parts = []
    for key, (x, t, size) in (("n", train), ("n_test", test)):
        if len(x) != len(t) or t.max(initial=0) >= len(classes):
            raise ValueError(f"{name}: {len(x)} images do not fit {len(t)} labels up to {t.max(initial=0)}")
        if size is not None and size > len(x):
            raise ValueError(f"{name}: {key} must be at most {len(x)}, got {size}")
        parts.append({"x": x[:size], "t": t[:size]})
    return parts[0], parts[1], classes


def read_cifar10(archive: Path, members: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Read batches of the binary version of CIFAR-10 out of its tar.gz.

    Parameters
    ----------
    archive : cifar-10-binary.tar.gz
    members : file names in its folder cifar-10-batches-bin

    Returns
    -------
    x : (N, 3, 32, 32) uint8
    t : (N,) uint8

    Raises
    ------
    ValueError : no such member, or one that is not made of records of 3073 bytes

    **Source** Krizhevsky 2009, the description of the binary version
    """
    raw = []
    with tarfile.open(archive, "r:gz") as tar:
        for member in members:
            try:
                file = tar.extractfile(f"cifar-10-batches-bin/{member}")
            except KeyError:
                raise ValueError(f"read_cifar10: {archive.name} has no {member}") from None
            data = b"" if file is None else file.read()
            if not data or len(data) % RECORD:
                raise ValueError(f"read_cifar10: {member} has {len(data)} bytes, not a multiple of {RECORD}")
            raw.append(np.frombuffer(data, np.uint8).reshape(-1, RECORD))
    records = np.concatenate(raw)
    return records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0]


def read_idx(path: Path) -> np.ndarray:
    """Read an array of bytes in the IDX format of MNIST, packed with gzip or not.

    Two zero bytes, the type (8: unsigned byte), the number of axes, the length of each axis as a big-endian 32-bit
    integer, then the values.

    Parameters
    ----------
    path : of the file; .gz says that it is packed

    Raises
    ------
    ValueError : not this format, or not as long as its header says

    **Source** LeCun, Cortes & Burges, the MNIST database
    """
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    if len(data) < 4 or data[:3] != b"\x00\x00\x08":
        raise ValueError(f"read_idx: {path.name} does not begin like an IDX file of bytes")
    axes = data[3]
    start = 4 + 4 * axes
    shape = tuple(int(length) for length in np.frombuffer(data[4:start], ">u4"))
    if len(shape) != axes or len(data) != start + math.prod(shape):
        raise ValueError(f"read_idx: {path.name} should hold {shape}, but has {len(data) - start} bytes of values")
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)
