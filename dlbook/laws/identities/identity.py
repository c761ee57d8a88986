"""What an identity is, and how it is tried: two sides, and the tempting variants that must be refuted.

An entry is a plain function of drawn arrays whose signature says their shapes. Its docstring has the claim in
words, the formula as the page shows it, the conditions, and the label of the page's equation.

- `identity`: the function returns sides that must be equal.
- `inequality`: it returns sides in ascending order.
- `gradient`: it returns a value and the formula of its gradient in the first argument. The formula is held against
  the complex step, exact to rounding, and against differences of five points.
"""

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.battery import Failure, Record, hold
from dlbook.laws.identities import drawing
from dlbook.laws.operation import Example, magnitude
from dlbook.laws.trees import flatten
from dlbook.laws.verdict import Finding, LawBroken, close, finite, require, worst

RELATIVE = 1e-11  # of the larger side; matrices are drawn such that nothing is badly conditioned
FLOOR = 1e-13  # times the product of the arguments' sizes


@dataclass(frozen=True)
class Identity:
    """An entry of the collection.

    Parameters
    ----------
    reference : the function of drawn arrays.
    relation : "identity", "inequality" or "gradient".
    wrong : tempting variants by name: functions of the same arguments for the last side, for the gradient, or (a
        tuple) for all sides of an inequality.
    tall : two axes of which the first is drawn at least as long as the second.
    analytic : whether a gradient's value also runs on complex numbers.
    relative : how far sides may differ, as a part of the larger; more where one side comes from differences.
    """

    reference: Callable
    relation: str
    wrong: Mapping[str, Callable] = field(default_factory=dict)
    tall: str = ""
    analytic: bool = True
    relative: float = RELATIVE

    @property
    def name(self) -> str:
        """The name of its function."""
        return self.reference.__name__

    @property
    def module(self) -> str:
        """The dotted path of its function."""
        return f"{self.reference.__module__}.{self.name}"

    @property
    def chapter(self) -> str:
        """The slug of the page."""
        return "identities"

    @property
    def label(self) -> str:
        """The label of its equation: on the page or, for the pullback of an operation, in that one's chapter."""
        return re.search(r"\*\*Book\*\* (eq-[\w-]+)", self.reference.__doc__)[1]

    @property
    def formula(self) -> str:
        """The formula, as its docstring and the page have it, with single blanks."""
        return " ".join(re.search(r"\$\$(.+?)\$\$", self.reference.__doc__, re.S)[1].split())

    @property
    def shapes(self) -> dict[str, str]:
        """The shapes of the arguments."""
        return {name: p.annotation for name, p in inspect.signature(self.reference).parameters.items()}

    @property
    def examples(self) -> st.SearchStrategy[Example]:
        """A strategy of calls."""
        return drawing.examples(self.shapes, self.tall)

    def laws(self) -> dict[str, Callable]:
        """Return what is tried, by name: functions `(identity, function, example)`."""
        if self.relation == "gradient":
            return (
                {"complex step": _complex_step, "differences": _differences}
                if self.analytic
                else {"differences": _differences}
            )
        return {"sides agree": _agree} if self.relation == "identity" else {"sides in order": _in_order}

    def with_wrong(self, name: str) -> Callable:
        """Return the function with one of its tempting variants in place of the truth."""

        def near_miss(*args):
            variant, sides = self.wrong[name](*args), self.reference(*args)
            if self.relation == "inequality":
                return variant if isinstance(variant, tuple) else (*sides[:-1], variant)
            return sides[0], variant

        return near_miss


# ------------------------------------------------------------------------------------------ the registry

_ENTRIES: dict[str, Identity] = {}


def entries() -> dict[str, Identity]:
    """Return the entries that were made so far, by name."""
    return dict(_ENTRIES)


def _enter(relation: str, **options) -> Callable:
    def enter(function: Callable) -> Callable:
        if function.__name__ in _ENTRIES:
            raise ValueError(f"identity {function.__name__!r} is in the collection twice")
        _ENTRIES[function.__name__] = Identity(function, relation, **options)
        return function

    return enter


def identity(**options) -> Callable:
    """Enter a function whose sides are equal. Options: `wrong`, `tall`, `relative`."""
    return _enter("identity", **options)


def inequality(**options) -> Callable:
    """Enter a function whose sides ascend. Options: `wrong` (variants of the last side), `tall`."""
    return _enter("inequality", **options)


def gradient(**options) -> Callable:
    """Enter a function that returns a value and its gradient. Options: `wrong`, `tall`, `analytic`."""
    return _enter("gradient", **options)


# ------------------------------------------------------------------------------------------------ the laws


def _agree(entry: Identity, f: Callable, example: Example) -> Finding:
    """Every side equals the first one."""
    first, *others = map(_floats, f(*example.args))
    finite([first, others], "a side")
    floor = FLOOR * magnitude(example)
    return worst(*[close(first, other, entry.relative, floor, "the sides") for other in others])


def _floats(side):
    """Make every number of a side an array, or it would not be compared."""
    return tuple(map(_floats, side)) if isinstance(side, tuple) else np.asarray(side, float)


def _in_order(entry: Identity, f: Callable, example: Example) -> Finding:
    """Every side is at most the next one, up to rounding."""
    sides, found = [np.asarray(side, float) for side in f(*example.args)], []
    for low, high in pairwise(sides):
        finite([low, high], "a side")
        excess = max(0.0, float(np.max(low - high)))
        allowed = RELATIVE * max(float(np.abs(low).max()), float(np.abs(high).max())) + FLOOR * magnitude(example)
        require(excess <= allowed, f"{np.max(low):.6g} exceeds {np.max(high):.6g}")
        found.append((excess, allowed))
    return worst(*found)


def _complex_step(entry: Identity, f: Callable, example: Example) -> Finding:
    """The formula is what the complex step measures: Im f(x + i h) / h with h = 1e-20."""
    x, *rest = example.args
    measured, h = np.empty(x.shape), 1e-20
    for i in np.ndindex(x.shape):
        moved = x.astype(complex)
        moved[i] += 1j * h
        measured[i] = np.imag(entry.reference(moved, *rest)[0]) / h
    return _compare(f, example, measured, 1e-10, 1e-12, "the complex step")


def _differences(entry: Identity, f: Callable, example: Example) -> Finding:
    """The formula is what a difference of five points measures, with steps of 1e-3."""
    x, *rest = example.args
    measured, h = np.empty(x.shape), 1e-3
    for i in np.ndindex(x.shape):
        at = []
        for steps in (-2, -1, 1, 2):
            moved = x.copy()
            moved[i] += steps * h
            at.append(entry.reference(moved, *rest)[0])
        measured[i] = (at[0] - 8 * at[1] + 8 * at[2] - at[3]) / (12 * h)
    return _compare(f, example, measured, 1e-6, 1e-9, "differences")


def _compare(f: Callable, example: Example, measured: np.ndarray, relative: float, floor: float, by: str) -> Finding:
    formula = np.asarray(f(*example.args)[1])
    require(formula.shape == example.args[0].shape, f"the gradient is {formula.shape}, its variable {measured.shape}")
    finite([formula, measured], "a gradient")
    return close([formula], [measured], relative, floor * magnitude(example), f"the gradient against {by}")


# ---------------------------------------------------------------------------------------------- on trial


def try_on(entry: Identity, law: str, **options) -> Record | Failure:
    """Try one law of an identity on drawn arrays; options are those of `hold`."""
    return hold(entry, law, entry.laws()[law], **options)


def _where_defined(law: Callable) -> Callable:
    """Leave out calls for which a variant is not even defined, or has another shape: that would be too easy."""

    def tried(entry, f, example):
        try:
            sides = f(*example.args)
            truth = entry.reference(*example.args)
        except (ValueError, np.linalg.LinAlgError):
            return None
        if [a.shape for a in flatten(_floats(sides[-1]))] != [a.shape for a in flatten(_floats(truth[-1]))]:
            return None
        return law(entry, f, example)

    return tried


def refutation(entry: Identity, name: str, *, examples: int = 100, shrink: bool = True) -> Failure | None:
    """Return how a tempting variant fails, with the smallest arrays found, or None if it passes.

    Shapes for which the variant is not defined do not count: it is refuted by numbers.

    Parameters
    ----------
    entry, name : an identity, and one of its `wrong` variants.
    examples : how many calls are drawn.
    shrink : whether to look for the smallest arrays.
    """
    law_name, law = next(iter(entry.laws().items()))
    result = hold(
        entry, law_name, _where_defined(law), entry.with_wrong(name), examples=examples, shrink=shrink, derandomize=True
    )
    return result if isinstance(result, Failure) else None


POOR = {
    "one entry": {"size": 1},
    "all ones": {"size": 3, "fill": "ones"},
    "symmetric": {"size": 3, "fill": "symmetric"},
    "square": {"size": 3},
    "sizes that differ": {"size": None},
}


def survives(entry: Identity, name: str, data: str, tries: int = 10) -> bool:
    """Say whether a tempting variant passes every one of some tests with data of one kind.

    Other numbers refute it, and so does an error because shapes do not fit.

    Parameters
    ----------
    entry, name : an identity, and one of its `wrong` variants.
    data : a key of `POOR`: arrays of one entry; 3 x 3 (and vectors of 3) of ones, symmetric, or Gaussian; or sizes
        from 2 to 5 that differ. Arguments of a kind of their own keep it.
    tries : how many calls.
    """
    law = next(iter(entry.laws().values()))
    names = drawing.letters(entry.shapes)
    for seed in range(tries):
        size, kind = POOR[data].get("size"), POOR[data].get("fill")
        sizes = {letter: size or 2 + (3 * seed + 2 * i) % 4 for i, letter in enumerate(names)}
        if entry.tall:
            sizes[entry.tall[0]] = max(sizes[letter] for letter in entry.tall)
        args = [_argument(text, sizes, kind, 97 * seed + i) for i, text in enumerate(entry.shapes.values())]
        try:
            with np.errstate(all="ignore"):
                law(entry, entry.with_wrong(name), Example(tuple(args)))
        except (LawBroken, ValueError, IndexError):
            return False
    return True


def _argument(shapes: str, sizes: Mapping[str, int], kind: str | None, seed: int) -> np.ndarray:
    """Return one argument for `survives`."""
    words = shapes.split()
    own = not all(word.isupper() for word in words)
    if kind == "ones" and not own:
        return np.ones([sizes[word] for word in words])
    a = drawing.draw_one(shapes, sizes, "normal", seed)
    symmetric = kind == "symmetric" and a.ndim == 2 and a.dtype.kind == "f" and a.shape[0] == a.shape[1]
    return (a + a.T) / 2 if symmetric else a
