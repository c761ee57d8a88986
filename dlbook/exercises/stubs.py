"""Write what there is to fill in: a reference without its body, taken from the source so that nothing is kept twice."""

import ast
import difflib
import inspect
import textwrap
from collections.abc import Callable, Iterable
from types import ModuleType

from dlbook.exercises.assignments import ASSIGNMENTS
from dlbook.laws.operation import Op
from dlbook.laws.procedure import exercises
from dlbook.numpy import TOPICS

HEADER = '''"""{title}

Write the body of each function below and check it as often as you like:

    dlbook check {file}{one}

{returns}
The shapes stand in the signature: Float[Array, "N D"] is a float array of N rows and D columns, and a letter means
the same size wherever it stands. A call with wrong shapes is refused for you; what else must be refused stands
under Raises.
Stuck? The chapter derives every gradient; a failing check shows the smallest input that fails.
"""
'''

PAIR = """A function returns a pair: its value y, and a function `pullback(dy)` that carries the gradient back. It gets
dy = dL/dy, of y's shape, and returns a tuple with one gradient dL/da for each positional argument a, of that
argument's shape and dtype, and None for integers and for what was not given. Change none of the arguments."""
PLAIN = """No gradient is asked for: what stands under Returns is all that comes back. Change none of the arguments."""
SOME = "No gradient is asked of {names}: there, what stands under Returns is all that comes back."


class UnknownTopicError(ValueError):
    """Neither a chapter with operations nor an operation has this name."""


def operations_of(topic: str) -> list[str]:
    """Return the functions of a chapter in the order in which they build on one another, of an assignment, or the one
    of that name.

    Raises
    ------
    UnknownTopicError : the message offers the nearest name.
    """
    known = exercises()
    if topic in known:
        return [topic]
    if topic in ASSIGNMENTS:
        return list(ASSIGNMENTS[topic])
    chapters: dict[str, list[str]] = {}
    for op in known.values():
        chapters.setdefault(op.chapter, []).append(op.name)
    if topic in chapters:
        return chapters[topic]
    if topic in TOPICS:
        raise UnknownTopicError(f"the chapter {topic!r} has no function that `check` knows; its exercises are "
                                f"solved on its page. Chapters with some: {', '.join(chapters)}")
    near = difflib.get_close_matches(topic, [*chapters, *ASSIGNMENTS, *known], n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"chapters: {', '.join(chapters)}"
    raise UnknownTopicError(f"no chapter, no assignment and no operation is called {topic!r}; {hint}")


def stubs(topic: str, *, file: str | None = None) -> str:
    """Return the source of a file with one stub for each operation of a topic.

    Parameters
    ----------
    topic : a chapter ("linear_classifiers"), an assignment ("assignment_2") or a single operation ("cross_entropy").
    file : the name under which the reader will save it, shown in the header.

    Raises
    ------
    UnknownTopicError : for a topic that does not exist.
    """
    names = operations_of(topic)
    ops = [exercises()[name] for name in names]
    references = [op.reference for op in ops]
    blocks = [_stub(f) for f in references]
    whole = f"The functions of {topic}" if topic in ASSIGNMENTS else f"Exercises of the chapter {topic}"
    title = f"Exercise: {topic}" if topic in names else whole
    one = "" if topic in names else f"              all of them\n    dlbook check {file or topic + '.py'} {names[0]}"
    header = HEADER.format(title=title, file=file or f"{topic}.py", one=one, returns=_returns(ops))
    return "\n".join([header, _imports(references, blocks), *("\n" + block for block in blocks)])


def _returns(ops: Iterable[Op]) -> str:
    """Say what the functions return: a pair, or an answer alone."""
    plain = [op.name for op in ops if op.answer]
    if not plain:
        return PAIR
    if len(plain) == len(list(ops)):
        return PLAIN
    *first, last = plain
    names = f"{', '.join(first)} and {last}" if first else last
    return PAIR + "\n" + textwrap.fill(SOME.format(names=names), 116)


def _stub(reference: Callable) -> str:
    """Keep a reference's signature and docstring as they stand in its source; replace the body by one line."""
    source = textwrap.dedent(inspect.getsource(reference.definition))
    node = ast.parse(source).body[0]
    first = node.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    # Lines before the first statement after the docstring: signature, docstring, nothing of the solution.
    end = first.end_lineno if documented else first.lineno - 1
    kept = source.splitlines()[node.lineno - 1:end]
    return "\n".join([*kept, f'    raise NotImplementedError("{reference.__name__}: write me")', ""])


def _imports(references: Iterable[Callable], blocks: Iterable[str]) -> str:
    """Return the imports that the signatures need, as the references' modules have them, and NumPy."""
    lines = ["import numpy as np"]
    for reference, block in zip(references, blocks, strict=True):
        used = {n.id for n in ast.walk(ast.parse(block)) if isinstance(n, ast.Name)}
        lines += _imports_of(inspect.getmodule(reference.definition), used)
    merged: dict[str, set[str]] = {}
    for line in lines:
        head, _, names = line.partition(" import ")
        merged.setdefault(head, set()).update(names.split(", ") if names else ())
    return "\n".join(f"{head} import {', '.join(sorted(names))}" if names else head
                     for head, names in sorted(merged.items(), key=lambda item: ("dlbook" in item[0], item[0])))


def _imports_of(module: ModuleType, used: set[str]) -> list[str]:
    """Return the statements by which a module has the names in `used`; what it defines itself is imported from it."""
    found = []
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.ImportFrom):
            found += [f"from {node.module} import {ast.unparse(a)}" for a in node.names
                      if (a.asname or a.name) in used]
        elif isinstance(node, ast.Import):
            found += [f"import {ast.unparse(a)}" for a in node.names
                      if (a.asname or a.name).split(".")[0] in used and a.name != "numpy"]
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found += [f"from {module.__name__} import {t.id}" for t in targets
                      if isinstance(t, ast.Name) and t.id in used]
    return found
