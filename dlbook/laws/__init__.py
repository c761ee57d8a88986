"""The laws that every operation of this book obeys, and what is known of each operation.

A law is a sentence with a test: "the pullback is linear in dy", "a gradient is what differences measure".
It is written once, for any operation; an `Op` entry tells how to draw arguments for one operation, where it
is not smooth, what it must refuse, which invariants are its own, and which mistakes people really make in it.
"""

from importlib import import_module

_HOME = {
    "Bug": "operation",
    "Example": "operation",
    "Op": "operation",
    "catalogue": "operation",
    "operation": "operation",
    "LAWS": "generic",
    "LawBroken": "verdict",
    "hold": "battery",
    "examine": "battery",
    "laws_of": "battery",
    "array": "arrays",
    "labels": "arrays",
    "sizes": "arrays",
}
__all__ = list(_HOME)


def __getattr__(name):
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
