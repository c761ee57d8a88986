"""Two objects and the sentences that are true of them."""

import itertools
from functools import partial

import numpy as np

from dlbook.data.drawing import in_blocks
from dlbook.data.outlines import inside

Columns = dict[str, np.ndarray]
SIZE = 40
SIZES = {"small": 0.22, "large": 0.38}  # radius in half widths of the picture
COLOURS = {
    "red": (0.9, 0.1, 0.1),
    "green": (0.1, 0.7, 0.2),
    "blue": (0.15, 0.25, 0.9),
    "yellow": (0.95, 0.85, 0.1),
    "purple": (0.55, 0.15, 0.7),
    "white": (0.95, 0.95, 0.95),
}
SHAPES = ("disc", "ring", "square", "triangle", "star", "cross", "heart")
RELATIONS = ("left of", "right of", "above", "below")
OPPOSITE = {"left of": "right of", "right of": "left of", "above": "below", "below": "above"}
DIRECTION = np.array([(-0.5, 0), (0.5, 0), (0, -0.5), (0, 0.5)])  # from the middle to the first object
UPRIGHT = ("triangle", "star")

# Pairs of colour and shape that training pictures never show: every shape and every colour is seen in
# other pairs.
HELD_OUT = np.array([[(i + j) % 7 == 0 for j in range(7)] for i in range(6)])
VOCABULARY = (
    *("<pad>", "<s>", "</s>", "a", "of", "left", "right", "above", "below"),
    *SIZES,
    *COLOURS,
    *SHAPES,
)
LENGTH = 12  # <s>, at most ten words, </s>


def captions(
    *, n: int, n_test: int, seed: int, pairs: str = "seen"
) -> tuple[Columns, Columns, tuple[str, ...], dict[str, tuple[str, ...]]]:
    """Draw two objects and say where they are: x (N, 3, 40, 40), references (N, 2), tokens (N, 2, 12), mask
    (N, 40, 40).

    "a small red disc left of a large blue ring" and "a large blue ring right of a small red disc" are both
    true, so both are references; tokens number their words in the vocabulary, `symbols["tokens"]`. In the mask
    1 is the object that the first reference names first, 2 the other.

    Parameters
    ----------
    pairs : "seen" tests on pairs of colour and shape that the training set shows, "held_out" on pictures
        whose first
        object has one of six pairs that it never shows

    Raises
    ------
    ValueError : another word

    **Source** own grammar
    """
    if pairs not in ("seen", "held_out"):
        raise ValueError(f"captions: pairs must be 'seen' or 'held_out', got {pairs!r}")
    train = in_blocks("captions", n, seed, 0, partial(_block, new=False))
    test = in_blocks("captions", n_test, seed, 1, partial(_block, new=pairs == "held_out"))
    return train, test, (), {"tokens": VOCABULARY}


def sentence(first: tuple[str, str, str], relation: str, second: tuple[str, str, str]) -> str:
    """Write the caption of two objects, each (size, colour, shape).

    >>> sentence(("small", "red", "disc"), "above", ("large", "blue", "ring"))
    'a small red disc above a large blue ring'

    **Source** own grammar
    """
    return " ".join(["a", *first, relation, "a", *second])


def encode(caption: str) -> list[int]:
    """Number the words of a caption between <s> and </s>, padded to LENGTH.

    Raises
    ------
    ValueError : a word that the grammar does not have, or too many words

    **Source** own grammar
    """
    words = caption.split()
    unknown = sorted(set(words) - set(VOCABULARY[3:]))
    if unknown or len(words) > LENGTH - 2:
        raise ValueError(f"encode: caption must have at most {LENGTH - 2} words of the vocabulary, got {caption!r}")
    numbers = [1, *(VOCABULARY.index(word) for word in words), 2]
    return numbers + [0] * (LENGTH - len(numbers))


def _objects(n: int, rng: np.random.Generator, new: bool) -> np.ndarray:
    """Draw size, colour and shape of two objects that differ in colour or shape: (N, 2, 3)."""
    allowed = np.argwhere(~HELD_OUT)
    firsts = np.argwhere(HELD_OUT) if new else allowed
    everything = np.argwhere(np.ones_like(HELD_OUT)) if new else allowed
    first = firsts[rng.integers(len(firsts), size=n)]
    # A step from 1 to count - 1 round the list never comes back to the same pair.
    number = {tuple(pair): i for i, pair in enumerate(everything)}
    at = np.array([number[tuple(pair)] for pair in first])
    second = everything[(at + rng.integers(1, len(everything), n)) % len(everything)]
    size = rng.integers(2, size=(n, 2, 1))
    return np.concatenate([size, np.stack([first, second], axis=1)], axis=2)


def _block(n: int, rng: np.random.Generator, new: bool) -> Columns:
    things = _objects(n, rng, new)
    relation = rng.integers(4, size=n)
    x = np.broadcast_to(rng.uniform(0.2, 0.6, (n, 1, 1, 3)), (n, SIZE, SIZE, 3)).copy()
    mask = np.zeros((n, SIZE, SIZE), np.uint8)
    for k, sign in enumerate((1, -1)):
        centre = sign * DIRECTION[relation] + rng.uniform(-0.08, 0.08, (n, 2))
        cover = _cover(things[:, k], centre, rng.uniform(-0.3, 0.3, n))
        colour = np.array(list(COLOURS.values()))[things[:, k, 1]] * rng.uniform(0.8, 1.1, (n, 1))
        colour = np.clip(colour + 0.04 * rng.normal(size=(n, 3)), 0, 1)
        x += cover[..., None] * (colour[:, None, None] - x)
        mask[cover >= 0.5] = k + 1
    x = np.rint(255 * np.clip(x + 0.03 * rng.normal(size=x.shape), 0, 1)).astype(np.uint8)
    references = [_references(pair, RELATIONS[r]) for pair, r in zip(things, relation, strict=True)]
    return {
        "x": np.ascontiguousarray(x.transpose(0, 3, 1, 2)),
        "references": np.array(references),
        "tokens": np.array([[encode(text) for text in two] for two in references], np.int16),
        "mask": mask,
    }


def _references(pair: np.ndarray, relation: str) -> tuple[str, str]:
    words = tuple(SIZES), tuple(COLOURS), SHAPES
    first, second = (tuple(names[i] for names, i in zip(words, thing, strict=True)) for thing in pair)
    return sentence(first, relation, second), sentence(second, OPPOSITE[relation], first)


def _cover(thing: np.ndarray, centre: np.ndarray, turn: np.ndarray) -> np.ndarray:
    """Say how much of each pixel one object per picture covers: (N, 3), (N, 2), (N,) -> (N, 40, 40)."""
    fine = 2 * SIZE
    grid = (np.arange(fine) + 0.5) / SIZE - 1
    radius = np.array(list(SIZES.values()))[thing[:, 0]]
    hit = np.empty((len(thing), fine, fine), bool)
    for label, shape in enumerate(SHAPES):
        rows = np.flatnonzero(thing[:, 2] == label)
        c, s, r, cx, cy = (value[rows, None, None] for value in (np.cos(turn), np.sin(turn), radius, *centre.T))
        du, dv = (grid - cx) / r, (grid[:, None] - cy) / r
        u, v = du * c + dv * s, dv * c - du * s
        hit[rows] = inside(shape, -v, u) if shape in UPRIGHT else inside(shape, u, v)
    return hit.reshape(-1, SIZE, 2, SIZE, 2).mean(axis=(2, 4))


def all_captions() -> int:
    """Count the sentences of the grammar: two objects that differ in colour or shape, four relations.

    **Source** own grammar
    """
    things = list(itertools.product(SIZES, COLOURS, SHAPES))
    return len(RELATIONS) * sum(a[1:] != b[1:] for a in things for b in things)
