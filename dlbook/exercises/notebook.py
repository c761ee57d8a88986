"""`check(f)`: the checker where a function was just written, in a notebook or at a prompt."""

import difflib
import inspect
import os
import sys
from collections.abc import Callable
from pathlib import Path

from dlbook.exercises.checking import available, check_source
from dlbook.exercises.isolation import WORKER, Limits
from dlbook.exercises.report import Report
from dlbook.exercises.shipping import NOTEBOOK, CannotShipError, ship

IN_THE_PAGE = ("it ran in this page's own process, the only one a browser has: there is no limit on time and memory, "
               "and an endless loop has to be interrupted by hand")


def check(
    f: Callable, op: str | None = None, *, time_limit: float = 30.0, memory_limit: int | None = 2048,
    examples: int = 60,
) -> Report:
    """Hold a function to the laws of an operation and say what came of it.

    The function runs in a process of its own; it and what it uses of the notebook (imports, other functions, data)
    are sent there. That guards against accidents and is no sandbox.

    Parameters
    ----------
    f : a definition that returns `(y, pullback)`, plain or `@differentiable`.
    op : the operation that it implements; by default the one of its name.
    time_limit : seconds.
    memory_limit : megabytes beyond what the checker needs, None for no limit.
    examples : how many are drawn for each law at most, at least 1.

    Returns
    -------
    A report that a notebook shows by itself; `.ok` says whether every law held. Nothing is raised.

    Examples
    --------
    >>> from dlbook import check
    >>> def linear(x, weight, bias=None):
    ...     raise NotImplementedError
    >>> check(linear)  # doctest: +SKIP
    linear: not written yet   the stub still raises NotImplementedError
    """
    if not callable(f):
        return Report(op or "?", "missing", f"check needs a function, got {type(f).__name__} {f!r}")
    name = op or getattr(f, "__name__", "")
    if not isinstance(examples, int) or examples < 1:
        return Report(name or "?", "missing", f"examples is {examples!r}, expected an integer of at least 1")
    if os.environ.get(WORKER):
        return Report(name, "missing", "not checked again inside a check")
    from dlbook.laws.procedure import exercises

    if name not in exercises():
        near = difflib.get_close_matches(name, exercises(), n=1)
        hint = f"did you mean op={near[0]!r}?" if near else "say which one it implements: check(f, op='linear')"
        return Report(name or "?", "missing", f"no operation is called {name!r}; {hint}")
    if not available():
        return _here(f, name, examples)
    try:
        source, path, search = _source(f)
    except CannotShipError as error:
        return Report(name, "unusable", str(error))
    pairs = [[getattr(f, "__name__", name), name]]
    reports = list(check_source(source, path=path, title=getattr(f, "__name__", name), pairs=pairs,
                                limits=Limits(time_limit, memory_limit), search=search, examples=examples))
    return reports[-1]


def _source(f: Callable) -> tuple[str, str, list[str]]:
    """Return the text that defines f, the file name it runs under, and where its imports are found."""
    search = [os.path.abspath(p) for p in sys.path]
    module = sys.modules.get(getattr(f, "__module__", None) or "")
    file = getattr(module, "__file__", None)
    top_level = getattr(f, "__qualname__", "").isidentifier()
    if file and top_level and module.__name__ != "__main__" and Path(file).suffix == ".py":
        return Path(file).read_text(encoding="utf-8"), file, search
    if not inspect.isfunction(inspect.unwrap(f) if callable(f) else f):
        raise CannotShipError(f"it is of type {type(f).__name__}, expected a function that is written with def")
    return ship(f), NOTEBOOK, search


def _here(f: Callable, name: str, examples: int) -> Report:
    """Check in this process, where there is no other."""
    from dlbook.exercises.trial import Halt, Trial
    from dlbook.laws.procedure import exercises

    code = getattr(inspect.unwrap(f), "__code__", None)
    try:
        path = code.co_filename if code else NOTEBOOK
        report = Trial(exercises()[name], f, path, lambda *event: None, examples=examples).run()
    except Halt as halt:
        report = halt.report
    report.notes.append(IN_THE_PAGE)
    return report
