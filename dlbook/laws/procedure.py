"""Functions without a gradient that a reader may write too: schedules, optimizers, algorithms.

An entry is an `Op` like any other, so that the checker needs to know only one kind: it sees the function through a
window, `windowed`, in which what the function answers is y, and nothing has a gradient.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from pkgutil import iter_modules

from hypothesis import strategies as st

from dlbook.laws.operation import Bug, Example, Op, catalogue, windowed

__all__ = ["exercises", "procedure", "procedures"]

_PROCEDURES: dict[str, Op] = {}


def procedure(
    reference: Callable, *, examples: st.SearchStrategy[Example], answer: Callable,
    refuses: Mapping[str, Callable[[Example], Example]], bugs: tuple[Bug, ...], exact: tuple[tuple, ...] = (),
) -> Op:
    """Enter a function without a gradient and return its entry.

    Parameters
    ----------
    reference : the function of `dlbook.numpy`.
    examples : valid calls.
    answer : `answer(f, *args, **options)` calls it, once or in a row, and returns what is compared, a tree of float
        arrays; the first line of its docstring names them.
    refuses, bugs, exact : as in `Op`, without gradients.
    """
    op = Op(
        windowed(reference, answer), examples, answer=answer, refuses=refuses, bugs=bugs, exact=exact, finite=(),
        twin_gradient=False,
    )  # fmt: skip
    if op.name in _PROCEDURES:
        raise ValueError(f"procedure {op.name!r} is entered twice")
    _PROCEDURES[op.name] = op
    return op


def procedures() -> dict[str, Op]:
    """Return the entry of every function without a gradient by name, after importing `dlbook.laws.procedures.*`."""
    package = import_module("dlbook.laws.procedures")
    for module in iter_modules(package.__path__):
        import_module(f"{package.__name__}.{module.name}")
    return dict(_PROCEDURES)


def exercises() -> dict[str, Op]:
    """Return all that a reader can write and have checked, by name: the operations, then the functions without one."""
    return {**catalogue(), **procedures()}
