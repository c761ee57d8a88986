"""Try laws on an implementation: draw examples, shrink the first that fails, say in one line what is wrong."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import strategies as st

from dlbook.laws.arrays import SEEDS
from dlbook.laws.generic import HAVE_TORCH, LAWS, NEEDS_TORCH, same_answer
from dlbook.laws.operation import Example, Op
from dlbook.laws.verdict import LawBroken


@dataclass(frozen=True)
class Record:
    """What came of one law on one implementation: a row of the ledger."""

    operation: str
    law: str
    examples: int
    worst: float | None = None
    tolerance: float | None = None
    outcome: str = "passed"


@dataclass(frozen=True)
class Failure:
    """The smallest example found for which a law does not hold.

    `made` is the call that the law made of it, where that is another: in float32, with huge arguments, one that
    must be refused.
    """

    operation: str
    law: str
    message: str
    example: Example
    examples: int
    made: Example | None = None

    def text(self, op: Op) -> str:
        """Say it in two lines: what is wrong, and the arguments to paste."""
        return (
            f"{self.operation}: the law '{self.law}' FAILS   {self.message}\n"
            f"    smallest input found: {(self.made or self.example).literal(op.reference)}"
        )


def laws_of(op: Op) -> dict[str, Callable]:
    """Return every law of an operation by name: the generic ones that apply, then its own invariants.

    An invariant's name is its function's name in words.
    """
    if op.answer:
        some = ("exact cases", "pure", "refuses")
        return {"same answer": same_answer, **{name: LAWS[name] for name in some if _applies(name, op)}}
    laws = {name: law for name, law in LAWS.items() if _applies(name, op)}
    for invariant in op.invariants:
        laws[invariant.__name__.replace("_", " ")] = _own(invariant)
    return laws


def _applies(law: str, op: Op) -> bool:
    needed = {
        "exact cases": op.exact,
        "rows independent": op.rows,
        "stays finite": op.finite,
        "complex step": op.analytic,
        "twin gradient": op.twin_gradient,
    }
    return bool(needed.get(law, True))


def _own(invariant: Callable) -> Callable:
    def law(op: Op, f: Callable, example: Example):
        return invariant(f, example)

    return law


def on_trial(law: Callable, op: Op, f: Callable, example: Example):
    """Apply a law to one example; whatever goes wrong in the implementation becomes `LawBroken`."""
    try:
        with np.errstate(all="ignore"):
            return law(op, f, example)
    except LawBroken:
        raise
    except Exception as error:
        said = str(error) or "the assertion does not hold"
        broken = LawBroken(said if isinstance(error, AssertionError) else f"raised {type(error).__name__}: {error}")
        broken.made = getattr(error, "made", None)
        raise broken from error


def _quiet(examples: int | None, shrink: bool, derandomize: bool | None) -> settings:
    phases = (Phase.generate, Phase.shrink) if shrink else (Phase.generate,)
    options = {} if examples is None else {"max_examples": examples}
    if derandomize is not None:
        options["derandomize"] = derandomize
    return settings(
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        phases=phases,
        print_blob=False,
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
        **options,
    )


def examples_of(op: Op) -> st.SearchStrategy[Example]:
    """Draw an example of an operation together with the seed of its directions."""
    return st.builds(lambda example, seed: replace(example, seed=seed), op.examples, SEEDS)


def hold(
    op: Op,
    name: str,
    law: Callable,
    f: Callable | None = None,
    *,
    examples: int | None = None,
    shrink: bool = True,
    derandomize: bool | None = None,
) -> Record | Failure:
    """Try one law on drawn examples.

    Parameters
    ----------
    f : the implementation on trial, the reference by default.
    examples : how many, the Hypothesis profile's number by default.
    shrink : whether to look for the smallest failing example.

    Returns
    -------
    A `Record` when it held for all of them, else a `Failure` with the smallest example found.
    """
    if name in NEEDS_TORCH and not HAVE_TORCH:
        return Record(op.name, name, 0, outcome="not run")
    f = op.reference if f is None else f
    tried, findings, last = 0, [], None

    @_quiet(examples, shrink, derandomize)
    @given(examples_of(op))
    def trial(example):
        nonlocal tried, last
        tried += 1
        try:
            finding = on_trial(law, op, f, example)
        except LawBroken:
            last = example
            raise
        if finding is not None:
            findings.append(finding)

    try:
        trial()
    except LawBroken as broken:
        return Failure(op.name, name, str(broken), last, tried, getattr(broken, "made", None))
    if not findings:
        return Record(op.name, name, tried)
    error, tolerance = max(findings, key=lambda e: e[0] / e[1] if e[1] else 0.0)
    return Record(op.name, name, tried, float(error), float(tolerance))


def examine(
    op: Op,
    f: Callable,
    *,
    examples: int = 60,
    laws: dict[str, Callable] | None = None,
    progress: Callable[[str], None] | None = None,
) -> Iterator[Record | Failure]:
    """Try all laws on someone's implementation, one after the other, and stop at the first that fails.

    Yields a `Record` for each law that held, then perhaps one `Failure`.
    """
    for name, law in (laws_of(op) if laws is None else laws).items():
        if progress:
            progress(name)
        result = hold(op, name, law, f, examples=examples, derandomize=True)
        yield result
        if isinstance(result, Failure):
            return


def caught_by(op: Op, mutant: Callable, *, examples: int = 60) -> str | None:
    """Return the name of the law that a mutant breaks, or None if it gets away with all of them."""
    laws = {name: law for name, law in laws_of(op).items() if HAVE_TORCH or name not in NEEDS_TORCH}
    caught = None

    @_quiet(examples, shrink=False, derandomize=True)
    @given(examples_of(op))
    def trial(example):
        nonlocal caught
        for name, law in laws.items():
            try:
                on_trial(law, op, mutant, example)
            except LawBroken:
                caught = name
                raise

    with suppress(LawBroken):
        trial()
    return caught
