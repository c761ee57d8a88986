"""`load`: the one way in to every data set."""

import inspect
from collections.abc import Callable
from importlib import import_module

import numpy as np

from dlbook.data.cache import cached
from dlbook.data.cards import Card, card
from dlbook.data.dataset import Column, Dataset


def load(
    name: str,
    *,
    n: int | None = None,
    n_test: int | None = None,
    seed: int = 0,
    cache: bool = True,
    **options: object,
) -> Dataset:
    """Return the data set `name`, split into training and test examples.

    Images are float32 in [0, 1], (N, C, H, W); labels are int64. The same name, sizes, seed and options give
    the same bytes.

    Parameters
    ----------
    name : one of `dlbook.data.names()`
    n : number of training examples; the card says the default
    n_test : number of test examples; by default in the card's proportion to `n`
    seed : of the generator, or of the random split of a fixed set, a non-negative integer
    cache : keep a generated set on disk
    options : of this set alone; its card explains them

    Raises
    ------
    ValueError : no such set, no such option, or a size that the set cannot give
    ModuleNotFoundError : the set needs a package that is not installed; the message says which

    Examples
    --------
    >>> from dlbook.data import load
    >>> load("spiral", n=200, n_test=50)
    Dataset(spiral: train x (200, 2), t (200,); test x (50, 2), t (50,); 3 classes)

    **Source** the card of each set
    """
    about = card(name)
    function = _loader(about)
    options = _complete(about, function, options)
    n, n_test = _sizes(about, n, n_test)
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ValueError(f"load: seed must be a non-negative integer, got {seed!r}")
    arguments = {"n": n, "n_test": n_test, "seed": int(seed)} | options

    def make() -> dict[str, np.ndarray]:
        train, test, classes, *rest = function(**arguments)
        parts = {"train": train, "test": test, "symbols": rest[0] if rest else {}, "classes": {"": classes}}
        texts = ("symbols", "classes")
        return {
            f"{part}/{key}": np.array(value, dtype=str) if part in texts else np.asarray(value)
            for part, columns in parts.items()
            for key, value in columns.items()
        }

    try:
        keep = cache and about.kept
        arrays = cached(name, arguments, make) if keep else make()
    except ModuleNotFoundError as error:
        hint = f"; it needs {about.needs}" if about.needs else ""
        raise ModuleNotFoundError(f"data set {name!r}: no package {error.name!r}{hint}", name=error.name) from None
    train, test = (_columns(arrays, part) for part in ("train", "test"))
    classes = tuple(str(c) for c in arrays["classes/"])
    symbols = {
        key.partition("/")[2]: tuple(str(s) for s in value)
        for key, value in arrays.items()
        if key.startswith("symbols/")
    }
    return Dataset(name, train, test, classes, about, arguments, symbols)


def _loader(about: Card) -> Callable:
    module, function = about.loader.split(":")
    return getattr(import_module(f"dlbook.data.{module}"), function)


def _complete(about: Card, function: Callable, options: dict[str, object]) -> dict[str, object]:
    """Add the loader's defaults to `options`, and refuse an option that it does not have."""
    known = {
        key: parameter.default
        for key, parameter in inspect.signature(function).parameters.items()
        if key not in ("n", "n_test", "seed")
    }
    for key in options:
        if key not in known:
            offer = f"it has {', '.join(known)}" if known else "it has none"
            raise ValueError(f"load: data set {about.name!r} has no option {key!r}; {offer}")
    return known | options


def _sizes(about: Card, n: int | None, n_test: int | None) -> tuple[int | None, int | None]:
    """Settle the number of examples; None stands for all that a fixed set has."""
    for key, value in (("n", n), ("n_test", n_test)):
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1):
            raise ValueError(f"load: {key} must be a positive integer, got {value!r}")
    default, default_test = about.size
    if about.kind != "generated":
        return (None if n is None else int(n)), (None if n_test is None else int(n_test))
    if n_test is None:
        n_test = default_test if n is None else max(1, round(n * default_test / default))
    return int(default if n is None else n), int(n_test)


def _columns(arrays: dict[str, np.ndarray], part: str) -> dict[str, Column]:
    """Turn stored columns into those a chapter sees: bytes to [0, 1], small integers to int64, text to
    str."""
    columns: dict[str, Column] = {}
    for path, value in arrays.items():
        split, _, key = path.partition("/")
        if split != part:
            continue
        if value.ndim == 0 and value.dtype.kind == "U":
            columns[key] = str(value)
        elif key == "x" and value.dtype == np.uint8:
            columns[key] = value.astype(np.float32) / np.float32(255)
        elif value.dtype.kind in "iu":
            columns[key] = value.astype(np.int64)
        elif value.dtype == np.float64:
            columns[key] = value.astype(np.float32)
        else:
            columns[key] = value
    return columns
