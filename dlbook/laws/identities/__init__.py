"""The formulas of the appendix, each an entry with a test: two sides that must agree on everything that is drawn.

`identity` says what an entry is and how it is tried; one module for each section of the page holds the entries.
"""

from importlib import import_module
from pkgutil import iter_modules

from dlbook.laws.identities.identity import POOR, Identity, entries, refutation, survives, try_on

__all__ = ["POOR", "Identity", "catalogue", "refutation", "survives", "try_on"]


def catalogue() -> dict[str, Identity]:
    """Return every identity's entry by name, after importing `dlbook.laws.identities.*`."""
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    return entries()
