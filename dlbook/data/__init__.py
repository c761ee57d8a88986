"""The data sets of the book: one call, `load(name)`, and a card for each.

Every default works without a network and is a function of `seed` alone. Nothing heavy is imported before it
is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dlbook.data.cache import cache_dir
    from dlbook.data.cards import Card, card, names
    from dlbook.data.dataset import Dataset, flatten, standardize
    from dlbook.data.download import DownloadError, fetch
    from dlbook.data.loading import load
    from dlbook.data.photographs import photograph

_HOME = {
    "Card": "cards",
    "Dataset": "dataset",
    "DownloadError": "download",
    "cache_dir": "cache",
    "card": "cards",
    "fetch": "download",
    "flatten": "dataset",
    "load": "loading",
    "names": "cards",
    "photograph": "photographs",
    "standardize": "dataset",
}

__all__ = [
    "Card",
    "Dataset",
    "DownloadError",
    "cache_dir",
    "card",
    "fetch",
    "flatten",
    "load",
    "names",
    "photograph",
    "standardize",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
