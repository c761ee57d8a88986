"""Random streams and labels that every generator shares."""

import zlib
from collections.abc import Callable

import numpy as np

BLOCK = 100  # examples drawn from one stream


def stream(name: str, seed: int, *path: int) -> np.random.Generator:
    """Return the generator of one part of a set.

    Sets, splits and blocks of the same seed get streams that do not depend on one another.

    Parameters
    ----------
    name : of the set
    seed : of the reader
    path : split (0 train, 1 test), number of the block, ...

    **Source** NumPy's SeedSequence
    """
    return np.random.default_rng([zlib.crc32(name.encode()), seed, *path])


def balanced_labels(n: int, classes: int, rng: np.random.Generator) -> np.ndarray:
    """Draw `n` labels so that every run of `classes` labels has each class once: (n,) int64.
    """
    rounds = -(-n // classes)
    return rng.permuted(np.tile(np.arange(classes), (rounds, 1)), axis=1).ravel()[:n]


def in_blocks(name: str, n: int, seed: int, split: int, make: Callable) -> dict[str, np.ndarray]:
    """Make `n` examples block by block with a stream each, so that a larger `n` only adds examples.

    Parameters
    ----------
    make : called as make(BLOCK, rng), returns columns of BLOCK examples
    """
    blocks = [make(BLOCK, stream(name, seed, split, i)) for i in range(-(-n // BLOCK))]
    return {key: np.concatenate([block[key] for block in blocks])[:n] for key in blocks[0]}
