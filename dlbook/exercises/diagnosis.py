"""Explain a failure: the call to paste, got beside expected, and which known mistake behaves the same."""

import re
import textwrap
from collections.abc import Callable, Iterator

import numpy as np
from hypothesis import given

from dlbook.laws import LawBroken
from dlbook.laws.battery import _quiet, examples_of, on_trial
from dlbook.laws.operation import Bug, Example, Op, argument_names
from dlbook.laws.trees import flatten, rebuild

SMALLEST = "smallest failing input"
Outcome = list | str  # y and the gradients, or the kind of exception


def pasteable(value) -> str:
    """Write a value as NumPy code that builds it again."""
    if isinstance(value, np.ndarray):
        if value.size == 0:
            return f"np.zeros({value.shape}, {value.dtype.name!r})"
        usual = value.dtype in (np.float64, np.int64, np.bool_)
        if value.dtype == np.float32:  # 0.1 and not 0.10000000149011612: the same number once it is float32
            value = np.vectorize(lambda v: float(str(v)), otypes=[float])(value)
            return f"np.array({_spelled(value.tolist())}, 'float32')"
        return f"np.array({_spelled(value.tolist())}{'' if usual else f', {value.dtype.name!r}'})"
    if isinstance(value, np.generic):
        return repr(value) if value.dtype != np.float64 else _spelled(value.item())
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k!r}: {pasteable(v)}" for k, v in value.items()) + "}"
    if isinstance(value, tuple | list):
        inside = ", ".join(map(pasteable, value)) + ("," if isinstance(value, tuple) and len(value) == 1 else "")
        return f"({inside})" if isinstance(value, tuple) else f"[{inside}]"
    if callable(value):  # a function of the book, given to another one
        return f"dlbook.numpy.{value.__name__}"
    return _spelled(value) if isinstance(value, float) else repr(value)


def _spelled(value) -> str:
    """Write numbers so that Python reads them: `nan` is no name, `np.nan` is."""
    return re.sub(r"\b(nan|inf)\b", r"np.\1", repr(value))


def numbers(value) -> str:
    """Write numbers to six digits: `[[0.1, -2.5]]`."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k!r}: {numbers(v)}" for k, v in value.items()) + "}"
    if isinstance(value, tuple | list):
        return "(" + ", ".join(map(numbers, value)) + ")"
    if value is None or np.asarray(value).dtype.kind not in "fiub":
        return repr(value)
    value = np.asarray(value)
    if value.size > 60:
        return f"{value.dtype} of shape {value.shape}, first entries {numbers(value.ravel()[:6])}"
    return np.array2string(value, separator=", ", threshold=100, max_line_width=200,
                           formatter={"float": lambda v: f"{v:.6g}"}).replace("\n", "")


def call_lines(op: Op, example: Example) -> list[str]:
    """Return the lines that make an example's call again when they are pasted below the definition."""
    names = [n.replace("[", "_").replace("]", "") for n in argument_names(op.reference, len(example.args))]
    lines = ["import dlbook.numpy"] if any(map(callable, example.args)) else []
    lines += [f"{n} = {pasteable(a)}" for n, a in zip(names, example.args, strict=True)]
    given_options = [f"{n}={pasteable(v)}" for n, v in example.options.items()]
    return [*lines, f"{'' if op.answer else 'y, pullback = '}{op.name}({', '.join([*names, *given_options])})"]


def cotangents(y, example: Example) -> Iterator[tuple[str, object]]:
    """Yield cotangents for y, the one that is easiest to write first, with the code that makes them.

    They are float64 whatever y is: `pullback` casts them to its dtype.
    """
    ones = rebuild(y, [np.ones(np.shape(a)) for a in flatten(y)])
    yield (f"np.ones({np.shape(y)})" if np.shape(y) else "1.0") if hasattr(y, "dtype") else pasteable(ones), ones
    rng = example.rng()
    drawn = rebuild(y, [np.round(rng.normal(size=np.shape(a)), 2) for a in flatten(y)])
    yield pasteable(drawn), drawn


def outcome(f: Callable, example: Example, dy) -> Outcome:
    """Return `[y, gradient, gradient, ...]` of a call, or the name of the exception that it raises."""
    args = rebuild(example.args, [a.copy() for a in flatten(example.args)])
    try:
        with np.errstate(all="ignore"):
            y, pullback = f.vjp(*args, **example.options)
            kept = rebuild(y, [np.array(a) for a in flatten(y)])
            return [kept, *pullback(dy)]
    except Exception as error:
        return type(error).__name__


def alike(a, b) -> bool:
    """Say whether two outcomes, or two parts of them, are equal up to rounding."""
    if isinstance(a, str) or isinstance(b, str):
        return a == b if isinstance(a, str) and isinstance(b, str) else False
    p, q = flatten(a), flatten(b)
    return len(p) == len(q) and all(map(_close, p, q))


def _close(x: np.ndarray, y: np.ndarray) -> bool:
    """Whether two arrays are equal up to rounding: relative to the largest finite entry, infinities in place."""
    if x.shape != y.shape or x.dtype != y.dtype:
        return False
    size = float(np.abs(y).max(initial=1.0, where=np.isfinite(y)))
    relative, floor = (1e-7, 1e-10) if y.dtype == np.float64 else (1e-4, 1e-5)
    return bool(np.allclose(x, y, rtol=relative, atol=floor * size, equal_nan=True))


def compare(op: Op, f: Callable, example: Example) -> tuple[int | None, list[tuple[str, list[str]]], object]:
    """Find the first part of a call in which f differs from the reference: y, then gradient by gradient.

    Returns
    -------
    which : 0 for y, i + 1 for the gradient of argument i, None when no part differs (or f raises).
    sections : the call to paste, and got beside expected.
    dy : the cotangent that shows the difference.
    """
    with np.errstate(all="ignore"):
        y = op.reference(*example.args, **example.options)
    names = argument_names(op.reference, len(example.args))
    lines, dy = call_lines(op, example), None
    for code, dy in cotangents(y, example):
        got, want = outcome(f, example, dy), outcome(op.reference, example, dy)
        if isinstance(got, str) or isinstance(want, str):
            break
        for i, (mine, right) in enumerate(zip(got, want, strict=False)):
            if not alike(mine, right):
                what = op.value if i == 0 else f"gradient of {names[i - 1]}"
                if i:
                    lines = [*lines, f"pullback({code})[{i - 1}]"]
                return i, [(SMALLEST, lines), (what, _beside(mine, right))], dy
    return None, [(SMALLEST, lines)], dy


def _beside(mine, right) -> list[str]:
    """Write got above expected, with their dtypes where these differ."""
    kinds = [str(getattr(v, "dtype", "")) for v in (mine, right)]
    words = [f" {k}" if k and kinds[0] != kinds[1] else "" for k in kinds]
    return [f"got       {numbers(mine)}{words[0]}", f"expected  {numbers(right)}{words[1]}"]


def accepted(op: Op, made: Example) -> list[tuple[str, list[str]]]:
    """Show a call that should have been refused, beside the refusal of the reference."""
    try:
        op.reference(*made.args, **made.options)
        said = "a ValueError"
    except (ValueError, TypeError) as error:
        said = f"a {type(error).__name__}, as in: {error}"
    return [(SMALLEST, call_lines(op, made)), ("what should happen", wrapped(said))]


def wrapped(message: str) -> list[str]:
    """Break a message into a few lines that fit a terminal."""
    return [part for line in message.strip().splitlines()[:6] for part in textwrap.wrap(line, 100)][:8]


def diagnose(op: Op, f: Callable, law: Callable, example: Example, which: int | None, dy) -> list[str]:
    """Say what the mistake probably is: which planted bug of the catalogue behaves like f.

    A bug matches when it breaks the same law on the same example and gives what f gives there and on some more
    examples; failing that, when it spoils the part that f spoils, in the same way.
    """
    samples = [(example, dy)] + [(e, _any_cotangent(op, e)) for e in _more_examples(op)]
    mine = [outcome(f, e, d) for e, d in samples]
    right = [outcome(op.reference, e, d) for e, d in samples]
    complaint = _complaint(law, op, f, example)
    partly = []
    for bug in op.bugs:
        mutant = op.spoilt(bug)
        said = _complaint(law, op, mutant, example)
        if said is None:  # it would not have failed here
            continue
        theirs = [outcome(mutant, e, d) for e, d in samples]
        if all(map(alike, theirs, mine)) and (said == complaint or not all(map(alike, theirs, right))):
            return [bug.diagnosis]
        if which is not None and _same_part(which, mine, theirs, right):
            partly.append(bug)
    if partly:
        return [partly[0].diagnosis]
    return [] if which is None else _pattern(op, which, samples, mine, right)


def _complaint(law: Callable, op: Op, f: Callable, example: Example) -> str | None:
    """Return what a law says about f on an example, its numbers blanked; None when it holds."""
    try:
        on_trial(law, op, f, example)
    except LawBroken as broken:
        return re.sub(r"-?\d+(\.\d+)?(e[+-]?\d+)?", "#", str(broken))
    return None


def _more_examples(op: Op, count: int = 8) -> list[Example]:
    found = []

    @_quiet(count, False, True)
    @given(examples_of(op))
    def collect(example):
        found.append(example)

    collect()
    return found


def _any_cotangent(op: Op, example: Example):
    with np.errstate(all="ignore"):
        *_, (_, dy) = cotangents(op.reference(*example.args, **example.options), example)
    return dy


def _same_part(which: int, mine: list, theirs: list, right: list) -> bool:
    """Whether a mutant's part `which` is f's in every sample, and not the reference's in every sample."""
    rows = [(a[which], b[which], c[which]) for a, b, c in zip(mine, theirs, right, strict=True)
            if not any(isinstance(o, str) or len(o) <= which for o in (a, b, c))]
    return bool(rows) and all(alike(a, b) for a, b, _ in rows) and not all(alike(b, c) for _, b, c in rows)


def _pattern(op: Op, which: int, samples: list, mine: list, right: list) -> list[str]:
    """Recognize a part that is the right one times a factor: zero, a sign, a constant, the number of rows."""
    factors, rows = [], []
    for (example, _), got, want in zip(samples, mine, right, strict=True):
        if isinstance(got, str) or isinstance(want, str) or which >= min(len(got), len(want)):
            return []
        a, b = (np.concatenate([x.ravel() for x in flatten(o[which])] or [np.zeros(0)]) for o in (got, want))
        size = float(b @ b)
        if a.shape != b.shape or not np.isfinite(a).all():
            return []
        if size == 0:
            continue
        factor = float(a @ b) / size
        if not np.allclose(a, factor * b, rtol=1e-6, atol=1e-9 * float(np.abs(b).max())):
            return []
        factors.append(factor)
        rows.append(len(example.args[0]) if np.ndim(example.args[0]) else 1)
    names = argument_names(op.reference, len(samples[0][0].args))
    what = op.value if which == 0 else f"The gradient of {names[which - 1]}"
    if not factors or np.allclose(factors, 1):
        return []
    if np.allclose(factors, 0, atol=1e-12):
        return [f"{what} is always zero."]
    if np.allclose(factors, factors[0], rtol=1e-6):
        factor = factors[0]
        return [f"{what} has the wrong sign." if abs(factor + 1) < 1e-6 else
                f"{what} is {factor:.6g} times what it should be, always."]
    if np.allclose(factors, rows, rtol=1e-6):
        return [f"{what} is N times what it should be, N the number of rows: a division by N is missing."]
    if np.allclose(factors, 1 / np.array(rows), rtol=1e-6):
        return [f"{what} is 1/N of what it should be, N the number of rows: it is divided by N once too often."]
    return []


__all__ = ["Bug", "accepted", "call_lines", "compare", "diagnose", "numbers", "pasteable", "wrapped"]
