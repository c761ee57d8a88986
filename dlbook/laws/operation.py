"""What is known of an operation: one `Op` entry, from which all its tests follow."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

import numpy as np
from hypothesis import strategies as st

from dlbook.differentiable import differentiable
from dlbook.laws.trees import flatten, rebuild
from dlbook.shapes import leaves


@dataclass(frozen=True)
class Example:
    """One call: positional arguments, options, and the seed of the directions in which it is probed."""

    args: tuple
    options: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0

    def rng(self) -> np.random.Generator:
        """Return a fresh generator: two laws on the same example see the same directions."""
        return np.random.default_rng(self.seed)

    def with_args(self, *args) -> "Example":
        """Return the example with other positional arguments."""
        return Example(args, self.options, self.seed)

    def with_arg(self, index: int, value) -> "Example":
        """Return the example with one positional argument replaced."""
        return Example((*self.args[:index], value, *self.args[index + 1 :]), self.options, self.seed)

    def with_options(self, **options) -> "Example":
        """Return the example with some options replaced."""
        return Example(self.args, {**self.options, **options}, self.seed)

    def literal(self, function: Callable) -> str:
        """Write the call's arguments as Python that can be pasted: `x=[[0.1, -0.2]], target=[0]`."""
        names = argument_names(function, len(self.args))
        parts = [f"{n}={literal(a)}" for n, a in zip(names, self.args, strict=True)]
        return ", ".join(parts + [f"{n}={literal(a)}" for n, a in self.options.items()])


def literal(value) -> str:
    """Write a value as a Python literal; arrays as nested lists, their shape named when a list cannot show it."""
    if isinstance(value, np.ndarray):
        if value.size == 0:
            return f"np.zeros({value.shape})"
        return repr(value.tolist())
    if isinstance(value, np.generic):
        return repr(value.item())
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k!r}: {literal(v)}" for k, v in value.items()) + "}"
    if isinstance(value, tuple | list):
        inside = ", ".join(map(literal, value)) + ("," if isinstance(value, tuple) and len(value) == 1 else "")
        return f"({inside})" if isinstance(value, tuple) else f"[{inside}]"
    return repr(value)


def argument_names(function: Callable, count: int) -> list[str]:
    """Return the names of the first `count` positional arguments of a function."""
    parameters = inspect.signature(function).parameters.values()
    names = []
    for p in parameters:
        if p.kind == inspect.Parameter.VAR_POSITIONAL:
            names += [f"{p.name}[{i}]" for i in range(count - len(names))]
        elif p.kind != inspect.Parameter.KEYWORD_ONLY:
            names.append(p.name)
    return names[:count]


@dataclass(frozen=True)
class Bug:
    """A mistake that people really make, planted in the reference by a replacement in its source.

    Parameters
    ----------
    name : the mistake in a few words, "bias gradient averaged over the batch".
    old, new : the replacement in the reference's source text.
    diagnosis : a sentence for a reader whose code behaves like this.
    """

    name: str
    old: str
    new: str
    diagnosis: str

    def source(self, reference: Callable) -> str:
        """Return the source of the reference's whole module with the mistake in it.

        Raises
        ------
        ValueError : when the text to replace is not there (any more), or stands twice outside the function.
        """
        module = inspect.getsource(inspect.getmodule(reference.definition))
        own = inspect.getsource(reference.definition)
        if self.old in own:
            return module.replace(own, own.replace(self.old, self.new, 1), 1)
        if module.count(self.old) != 1:
            raise ValueError(
                f"planted bug {self.name!r} of {reference.__name__}: {self.old!r} stands "
                f"{module.count(self.old)} times in {reference.__module__}, expected once"
            )
        return module.replace(self.old, self.new)

    def plant(self, reference: Callable) -> Callable:
        """Return the reference with the mistake in it, as a `@differentiable` function."""
        module = ModuleType("planted")
        module.__file__ = inspect.getsourcefile(reference.definition)
        exec(compile(self.source(reference), f"<{self.name}>", "exec"), module.__dict__)
        return getattr(module, reference.__name__)


def magnitude(example: Example) -> float:
    """Bound the size of a call's intermediates: the product of its arguments' largest entries.

    A difference of two values of size s carries rounding errors of size s * 2e-16, even where the values cancel.
    """
    size = 1.0
    for _, leaf in leaves(example.args):
        if isinstance(leaf, np.ndarray) and leaf.dtype.kind == "f" and leaf.size:
            size *= max(1.0, float(np.abs(leaf).max()))
    return size


@dataclass(frozen=True)
class Op:
    """An operation's entry in the catalogue.

    Parameters
    ----------
    reference : the `@differentiable` function of `dlbook.numpy`.
    examples : a strategy of `Example`s: valid calls, sizes from 1, float64.
    kinks : True when the value is not smooth everywhere; the gradient is then held between one-sided differences.
    analytic : True when the definition also runs on complex numbers; the complex step is then a second opinion.
    rows : indices of the positional arguments whose first axis is the batch, when y's first axis is the batch too
        and row n of y depends on row n alone; a function of the example when an option decides.
    finite : factors by which the float arguments are scaled; value and gradients must stay finite.
    scale : bounds the size of the intermediates of an example.
    refuses : for each requirement, in words, a function that turns a valid example into one that breaks it.
    invariants : functions `(f, example)` that assert what is special to this operation.
    exact : calls with known answers: conventions at ties and kinks. `(args, options, y, gradients at dy = 1)`;
        y or gradients may be None.
    twin_gradient : False (or a function of the example) where autograd follows another convention at a kink.
    bugs : the planted mistakes.
    answer : for a function without a gradient (`dlbook.laws.procedure`), what of its result is compared.
    """

    reference: Callable
    examples: st.SearchStrategy[Example]
    kinks: bool = False
    analytic: bool = False
    rows: tuple[int, ...] | Callable[[Example], tuple[int, ...]] = ()
    finite: tuple[float, ...] = (1e4, 1e-8)
    scale: Callable[[Example], float] = magnitude
    refuses: Mapping[str, Callable[[Example], Example]] = field(default_factory=dict)
    invariants: tuple[Callable, ...] = ()
    exact: tuple[tuple, ...] = ()
    twin_gradient: bool | Callable[[Example], bool] = True
    bugs: tuple[Bug, ...] = ()
    answer: Callable | None = None

    @property
    def name(self) -> str:
        """The operation's name, which is its function's name."""
        return self.reference.__name__

    @property
    def chapter(self) -> str:
        """The slug of the chapter to which the operation belongs."""
        return self.reference.__module__.split(".")[2]

    @property
    def module(self) -> str:
        """The dotted path of the reference."""
        return f"{self.reference.__module__}.{self.name}"

    @property
    def value(self) -> str:
        """What messages call the value: y, or what the first line of the answer's docstring says."""
        return inspect.getdoc(self.answer).splitlines()[0].rstrip(".") if self.answer else "y"

    def twin(self) -> Callable:
        """Return the PyTorch twin, imported only now: the NumPy half works without torch."""
        return getattr(import_module(self.reference.__module__.replace("dlbook.numpy", "dlbook.torch")), self.name)

    def spoilt(self, bug: Bug) -> Callable:
        """Return the reference with a mistake of the catalogue in it, as the laws call it."""
        planted = bug.plant(self.reference)
        return windowed(planted, self.answer, self.reference) if self.answer else planted


def windowed(f: Callable, answer: Callable, like: Callable | None = None) -> Callable:
    """Show a plain function to the laws as an operation: its answer is y, and its pullback says zero.

    Parameters
    ----------
    f : the function.
    answer : `answer(f, *args, **options)` calls f and returns a tree of float arrays that can be compared.
    like : whose name and parameters it shall have; by default its own.
    """
    like = like or f

    def definition(*args, **options):
        y = answer(f, *args, **options)
        return y, lambda dy: tuple(rebuild(a, [np.zeros_like(leaf) for leaf in flatten(a)]) for a in args)

    signature = inspect.signature(like)
    anything = [p.replace(annotation=Any) for p in signature.parameters.values()]
    definition.__name__ = like.__name__  # its qualified name stays a local one: it is no operation of the package
    definition.__doc__, definition.__module__ = like.__doc__, like.__module__
    definition.__signature__ = signature.replace(parameters=anything, return_annotation=Any)
    shown = differentiable(definition)
    shown.definition = f
    return shown


_CATALOGUE: dict[str, Op] = {}


def operation(reference: Callable, **entry) -> Op:
    """Enter an operation into the catalogue and return its entry. See `Op` for the fields."""
    op = Op(reference, **entry)
    if op.name in _CATALOGUE:
        raise ValueError(f"operation {op.name!r} is in the catalogue twice")
    _CATALOGUE[op.name] = op
    return op


def catalogue() -> dict[str, Op]:
    """Return every operation's entry by name, after importing `dlbook.laws.operations.*`."""
    package = import_module("dlbook.laws.operations")
    for module in iter_modules(package.__path__):
        import_module(f"{package.__name__}.{module.name}")
    return dict(_CATALOGUE)
