"""Solutions of the chapters' exercises that are code: one module per chapter, `dlbook.exercises.solutions.<chapter>`.

A page shows one with `listing(solution)` inside its `solution` block. A module lists its functions in `__all__`.
A function that carries the name of an operation of the catalogue is held to that operation's laws by the tests, as
a reader's is: a plain definition that returns `(y, pullback)`. Any other function has a doctest that shows what it
answers, which the tests run.
"""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

__all__ = ["modules"]


def modules() -> Iterator[str]:
    """Yield the dotted name of every module of solutions."""
    for module in iter_modules(__path__):
        yield f"{__name__}.{module.name}"


def __getattr__(name):
    if name.startswith("_") or f"{__name__}.{name}" not in modules():
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(f"{__name__}.{name}")
