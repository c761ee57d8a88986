"""Try one reader's function: every law that applies to it, then what to say about the first that fails.

Runs wherever the reader's code runs: in the worker process, or in a browser in the page's own.
"""

import sys
import traceback
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from dlbook.exercises.diagnosis import SMALLEST, accepted, call_lines, compare, diagnose, wrapped
from dlbook.exercises.implementation import adopt
from dlbook.exercises.report import Report
from dlbook.laws.battery import Failure, examine, laws_of
from dlbook.laws.generic import HAVE_TORCH, NEEDS_TORCH
from dlbook.laws.operation import Example, Op

# A reader's function is not promised to run on complex numbers: the complex step is for the references.
EXACT, REFUSES, PASSED = "exact cases", "refuses", "passed"
NOT_FOR_READERS = {"complex step"}


class Halt(BaseException):
    """Something that no law can judge: not written, no memory, an exit. Not an Exception, so that none catches it."""

    def __init__(self, report: Report):
        self.report = report


def readers_lines(error: BaseException, filename: str, *, last: int = 3) -> list[str]:
    """Return a traceback shortened to the reader's own lines."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == filename]
    number = "" if filename.startswith("<") else "line {0.lineno}, "
    return [(number + "in {0.name}: {0.line}").format(f) for f in frames[-last:]]


def laws_for(op: Op) -> dict[str, Callable]:
    """Return the laws for a reader's function, the expensive and the formal last.

    Torch takes a second or two to import; and who is told that a wrong call is not refused shall know that the
    numbers are right.
    """
    laws = {name: law for name, law in laws_of(op).items() if name not in NOT_FOR_READERS}
    last = [n for n in laws if n in NEEDS_TORCH and HAVE_TORCH] + [n for n in laws if n == REFUSES]
    order = [n for n in laws if n not in NEEDS_TORCH | {REFUSES}] + last
    return {name: laws[name] for name in order}


def sentence(name: str, law: Callable) -> str:
    """Return what a law says: the first line of its docstring; an operation's own law is named by its sentence."""
    return (law.__doc__ or name).strip().splitlines()[0].rstrip(".")


def refusing(f: Callable, name: str) -> Callable:
    """Return f with the operation's name in what it raises: a reader need not name it, NumPy's own refusal will do."""

    def call(*args, **options):
        try:
            return f(*args, **options)
        except (ValueError, TypeError, IndexError) as error:
            raise ValueError(f"{name}: {error}") from error

    return call


class Trial:
    """One operation on trial.

    Parameters
    ----------
    op, written : the operation and the reader's function.
    filename : where the reader's code stands, to tell its lines from ours.
    tell : called with what happens, `("law", name)`, `("trying", lines)`, `("broken", ...)`, so that someone
        outside knows how far it came if the code never returns.
    before_torch : called before the first law that needs torch.
    examples : how many are drawn for each law at most.
    """

    def __init__(self, op: Op, written: Callable, filename: str, tell: Callable, before_torch: Callable = lambda: None,
                 examples: int = 60):
        self.op, self.written, self.filename = op, written, filename
        self.tell, self.before_torch, self.examples = tell, before_torch, examples
        self.cause: BaseException | None = None
        self.case: Example | str | None = None  # the call with a known answer that is being made

    def run(self) -> Report:
        """Try the laws one after the other up to the first that fails."""
        op = self.op
        try:
            f = adopt(self.written, op)
        except TypeError as error:
            return Report(op.name, "wrong", str(error))
        laws = laws_for(op)
        rows = []
        try:
            for result in examine(op, f, examples=self.examples, progress=partial(self._next, len(laws)),
                                  laws={n: self._watched(n, law) for n, law in laws.items()}):
                if isinstance(result, Failure):
                    return self._failed(f, result, laws[result.law], rows)
                tried = len(op.exact) if result.law == EXACT else result.examples
                rows.append({"law": result.law, "examples": tried, "worst": result.worst,
                             "tolerance": result.tolerance, "outcome": result.outcome})
        except Halt as halt:
            halt.report.laws = rows
            return halt.report
        notes = [] if HAVE_TORCH else ["the comparison with PyTorch was not run: torch is not installed"]
        most = max((r["examples"] for r in rows), default=0)
        share, law = max(((r["worst"] / r["tolerance"], r["law"]) for r in rows if r["tolerance"]), default=(0, None))
        nearest = f"; the worst error is {share:.2g} of what is allowed ({law})" if law else ""
        return Report(op.name, "right", f"{len(rows)} laws hold, up to {most} examples each{nearest}", laws=rows,
                      notes=notes)

    def _next(self, count: int, law: str) -> None:
        if law in NEEDS_TORCH and "torch" not in sys.modules:
            self.before_torch()
        self.tell("law", law, count)

    def _watched(self, name: str, law: Callable) -> Callable:
        """Wrap a law: say what is being tried, keep the exception that the reader's code raised."""

        def watched(op, f, example):
            self.tell("trying", call_lines(op, example))
            try:
                if name == EXACT:
                    return self._exact(law, f)
                return law(op, refusing(f, op.name) if name == REFUSES else f, example)
            except NotImplementedError as error:
                if any(frame.filename == self.filename for frame in traceback.extract_tb(error.__traceback__)):
                    raise Halt(Report(op.name, "unwritten", str(error) if str(error) != f"{op.name}: write me" else
                                      "the stub still raises NotImplementedError")) from None
                raise
            except MemoryError as error:
                raise Halt(self._stopped("it asked for more memory than it may have", error, example)) from None
            except (SystemExit, KeyboardInterrupt) as error:
                raise Halt(self._stopped(f"it ends the program: {spoken(error)}", error, example)) from None
            except Exception as error:
                self.cause = error
                self.tell("broken", name, str(error))
                raise

        watched.__doc__ = law.__doc__
        return watched

    def _exact(self, law: Callable, f: Callable):
        """Try the calls with known answers one by one, and only once: they do not depend on the drawn example."""
        for case in self.op.exact if self.case is not PASSED else ():
            self.case = Example(case[0], case[1])
            self.tell("trying", call_lines(self.op, self.case))
            law(replace(self.op, exact=(case,)), f, self.case)
        self.case = PASSED

    def _stopped(self, headline: str, error: BaseException, example: Example) -> Report:
        made = call_lines(self.op, self.case if isinstance(self.case, Example) else example)
        return Report(self.op.name, "stopped", headline, [("while it was called so", made),
                                                          ("in your code", readers_lines(error, self.filename))])

    def _failed(self, f: Callable, failure: Failure, law: Callable, rows: list[dict]) -> Report:
        op, example = self.op, self.case if failure.law == EXACT else failure.example
        raised = failure.message.startswith("raised ") and failure.law != REFUSES
        headline = f"the law {failure.law!r} fails: {sentence(failure.law, law)}"
        if raised:
            headline = _raised(failure.message)
        self.tell("law", "looking for the mistake", 0)
        notes = ["every other law holds: what it computes is right"] if failure.law == REFUSES else []
        try:
            which, sections, dy = compare(op, f, example)
            probably = diagnose(op, f, law, example, which, dy)
            if failure.made:  # the law called it in another way than it was drawn
                sections = accepted(op, failure.made) if failure.law == REFUSES else compare(op, f, failure.made)[1]
        except Halt:
            raise
        except BaseException as error:  # the reader's code misbehaves only now: the failure alone is said
            sections, probably = [(SMALLEST, call_lines(op, failure.made or example))], []
            self.cause = self.cause or error
            notes.append(f"the search for the likely mistake ended with {type(error).__name__}: {error}")
        if not raised:
            sections = [("what came of it", wrapped(failure.message)), *sections]
        lines = readers_lines(self.cause, self.filename) if self.cause else []
        if lines and not isinstance(self.cause, AssertionError):
            sections.append(("in your code", lines))
        if probably:
            sections.append(("what the mistake probably is", wrapped(" ".join(probably))))
        rows = [*rows, {"law": failure.law, "examples": failure.examples, "worst": None, "tolerance": None,
                        "outcome": "FAILS"}]
        return Report(op.name, "wrong", headline, sections, rows, notes=notes)


def _raised(message: str) -> str:
    first = message.splitlines()[0]
    return "it " + first + ("; nobody is there to answer input()" if first.startswith("raised EOFError") else "")


def spoken(error: BaseException) -> str:
    """Name what ends a program: `sys.exit(3)`, `KeyboardInterrupt`."""
    return f"sys.exit({error.code!r})" if isinstance(error, SystemExit) else type(error).__name__
