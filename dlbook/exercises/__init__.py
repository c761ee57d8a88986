"""The reader's own code, held to the book's laws.

`stubs` writes what there is to fill in, `check` (in a notebook) and `dlbook check FILE` try every law of an
operation on a reader's implementation, in a process of its own, and answer with the smallest input that fails.
It guards against accidents, not against malice: it is no sandbox.
"""

from importlib import import_module

_HOME = {
    "Limits": "isolation",
    "Report": "report",
    "check": "notebook",
    "check_file": "checking",
}
__all__ = list(_HOME)


def __getattr__(name):
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__():
    return sorted(__all__)
