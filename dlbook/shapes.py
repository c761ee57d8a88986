"""Check what a function is called with against the shapes that its signature promises.

A signature such as `linear(x: Float[Array, "N D"], weight: Float[Array, "K D"])` says that both arrays
have the same D. `Promise` reads it once, checks every call, and answers a wrong call with one line that
names the function, the argument, what came and what was expected. Array shapes are matched by jaxtyping,
everything else by beartype; nested tuples, lists and dicts are walked here, leaf by leaf, because
beartype looks at one element of a container only.
"""

import inspect
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, get_args, get_origin

import numpy as np
from beartype import BeartypeConf
from beartype.door import is_bearable
from jaxtyping import AbstractArray, Bool, Float, jaxtyped
from jaxtyping import Integer as Int  # a label may be of any integer dtype, uint8 too

Array = np.ndarray
# A mean of an array is a NumPy scalar and not an array: both are scalars to us.
Scalar = Float[np.ndarray, ""] | np.floating

__all__ = [
    "AbstractArray",
    "Array",
    "Bool",
    "Float",
    "Int",
    "Promise",
    "Scalar",
    "ShapeError",
    "alternatives",
    "leaves",
    "refill",
]

_LENIENT = BeartypeConf(is_pep484_tower=True)  # an option annotated float accepts eps=1


class ShapeError(ValueError):
    """A call does not fit its function's signature: shape, dtype, structure or option."""


def leaves(tree, where: str = "") -> Iterator[tuple[str, Any]]:
    """Yield `(path, leaf)` for every leaf of nested tuples, lists and dicts, in order."""
    if isinstance(tree, tuple | list):
        for i, branch in enumerate(tree):
            yield from leaves(branch, f"{where}[{i}]")
    elif not isinstance(tree, np.ndarray) and isinstance(tree, Mapping):  # a question to Mapping takes its time
        for name, branch in tree.items():
            yield from leaves(branch, f"{where}[{name!r}]")
    else:
        yield where, tree


def refill(tree, new: Iterator):
    """Return the tree with every leaf replaced, in order, by the next of `new`."""
    if isinstance(tree, tuple | list):
        return type(tree)([refill(branch, new) for branch in tree])
    if not isinstance(tree, np.ndarray) and isinstance(tree, Mapping):
        return {name: refill(branch, new) for name, branch in tree.items()}
    return next(new)


def describe(value) -> str:
    """Say in a few words what came: an array by dtype and shape, anything else by type and value."""
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return f"{str(value.dtype).removeprefix('torch.')} of shape {tuple(value.shape)}"
    if isinstance(value, tuple | list | Mapping):
        return f"a {type(value).__name__} of {len(value)}"
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) < 40 else text[:37] + '...'}"


def _is_array_hint(hint) -> bool:
    return isinstance(hint, type) and issubclass(hint, AbstractArray)


def alternatives(hint) -> tuple:
    """Return the alternatives of a union, else the hint alone."""
    return get_args(hint) if get_origin(hint) in (typing.Union, types.UnionType) else (hint,)


def _expected(hint) -> str:
    """Say in words what a hint asks for."""
    words = []
    for member in alternatives(hint):
        if _is_array_hint(member):
            kind = {"Float": "float array", "Integer": "integer array", "Bool": "boolean array"}.get(
                member.__name__.split("[")[0], "array"
            )
            dims = member.dim_str.split()
            word = f"{kind} of shape ({', '.join(dims)}{',' if len(dims) == 1 else ''})" if dims else "NumPy float"
            if dims and dims[0].startswith("*#"):
                word = f"{kind} that broadcasts"
        elif member in (type(None), np.floating):
            word = "None" if member is type(None) else "NumPy float"
        elif get_origin(member) is typing.Literal:
            word = "one of " + ", ".join(map(repr, get_args(member)))
        elif get_origin(member) is not None:
            word = str(member).replace("typing.", "").replace("collections.abc.", "")
        else:
            word = getattr(member, "__name__", str(member))
        if word not in words:
            words.append(word)
    return " or ".join(words)


class _Misfit(Exception):
    """Raised inside a walk with the path, the hint and the value that does not fit it."""


def _fit(hint, value, where: str) -> None:
    """Check `value` against `hint` within the current jaxtyping context; raise `_Misfit` at the first leaf
    that does not fit."""
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any or hint is inspect.Parameter.empty:
        return
    if origin in (typing.Union, types.UnionType):
        for member in inner:
            try:
                _fit(member, value, where)
            except _Misfit:
                continue
            return
        raise _Misfit(where, hint, value)
    if _is_array_hint(hint):
        if not isinstance(value, hint):
            raise _Misfit(where, hint, value)
    elif origin is tuple and not (len(inner) == 2 and inner[1] is Ellipsis):
        if not isinstance(value, tuple) or len(value) != len(inner):
            raise _Misfit(where, hint, value)
        for i, (h, v) in enumerate(zip(inner, value, strict=True)):
            _fit(h, v, f"{where}[{i}]")
    elif origin in (tuple, list, Sequence, dict, Mapping):
        if not isinstance(value, origin) or isinstance(value, str):
            raise _Misfit(where, hint, value)
        mapping = isinstance(value, Mapping)
        for i, v in value.items() if mapping else enumerate(value):
            with jaxtyped("context"):  # a layer's axes are its own: K of one layer is not K of the next
                _fit(inner[1] if mapping else inner[0], v, f"{where}[{i!r}]")
    else:
        # An option may be a number of NumPy's, axis=np.int64(0); True is no number.
        plain = value.item() if isinstance(value, np.generic) and hint in (int, float) else value
        if (isinstance(plain, bool) and hint in (int, float)) or not is_bearable(plain, hint, conf=_LENIENT):
            raise _Misfit(where, hint, value)


def _bindings(hint, value) -> Iterator[tuple[str, int | tuple[int, ...]]]:
    """Yield `(axis, size)` for the named axes of an array, `("*S", sizes)` for those that a star stands for."""
    for member in alternatives(hint):
        if not _is_array_hint(member) or not hasattr(value, "shape"):
            continue
        names, shape = member.dim_str.replace("#", "").split(), tuple(value.shape)
        stars = [i for i, n in enumerate(names) if n.startswith(("*", "..."))]
        if len(stars) == 1 and len(shape) >= len(names) - 1:
            before, after = stars[0], len(shape) - (len(names) - 1 - stars[0])
            shape = (*shape[:before], shape[before:after], *shape[after:])
        if len(names) == len(shape):
            yield from ((n, s) for n, s in zip(names, shape, strict=True) if n.removeprefix("*").isidentifier())


_REMEMBERED = 4096  # checked call signatures kept per function


def _key(a):
    """Return what the check of an argument depends on: an array's shape and dtype, never its values.

    Floats and generators count by type (their values change at each step and no shape depends on them),
    integers and strings by value (an axis, a reduction).
    """
    kind = type(a)
    if kind is np.ndarray:
        return a.shape, a.dtype.char
    if kind is tuple or kind is list:
        return (kind, *map(_key, a))
    if kind is float:
        return kind
    if kind is dict or isinstance(a, Mapping):  # a question to Mapping takes its time
        return (kind, *[(name, _key(branch)) for name, branch in a.items()])
    if kind is int or kind is str or kind is bool or a is None or callable(a):
        return kind, a
    return kind, getattr(a, "dtype", None), getattr(a, "shape", None)


class Promise:
    """What a function's signature promises about shapes, dtypes and options.

    Parameters
    ----------
    function
        Its parameters are annotated with jaxtyping arrays, nested containers of them, or plain types.
    """

    def __init__(self, function: Callable):
        self.name = function.__name__
        self.signature = inspect.signature(function)
        self.returns = self.signature.return_annotation
        kinds = inspect.Parameter
        self.options = {p.name for p in self.signature.parameters.values() if p.kind == kinds.KEYWORD_ONLY}
        self._kept: set = set()

    def bind(self, args: tuple, options: dict) -> tuple[tuple, dict]:
        """Move positional arguments that were given by keyword into their places."""
        if self.options.issuperset(options):
            return args, options
        bound = self._bound(args, options)
        return bound.args, bound.kwargs

    def _bound(self, args: tuple, options: dict) -> inspect.BoundArguments:
        try:
            return self.signature.bind(*args, **options)
        except TypeError as error:
            parameters = [p.replace(annotation=p.empty) for p in self.signature.parameters.values()]
            call = self.signature.replace(parameters=parameters, return_annotation=inspect.Signature.empty)
            raise TypeError(f"{self.name}: {error}, expected {self.name}{call}") from None

    def keep(self, args: tuple, options: dict, call: Callable):
        """Run `call(*args, **options)`, checked once for each combination of shapes, dtypes and options."""
        key = tuple(map(_key, args)), _key(options) if options else None
        if key in self._kept:
            return call(*args, **options)
        result = self.check(args, options, call)
        if len(self._kept) >= _REMEMBERED:
            self._kept.clear()
        self._kept.add(key)
        return result

    def check(self, args: tuple, options: dict, call: Callable):
        """Check the arguments, run `call(*args, **options)`, check its `y`; return what the call returned.

        `call` returns `y` or `(y, pullback)`; the pullback is left alone. One jaxtyping context holds the
        whole call, so that an axis of `y` is an axis of the arguments.
        """
        bound = self._bound(args, options)
        with jaxtyped("context"):
            known: dict[str, tuple[int | tuple, str]] = {}
            for name, parameter in self.signature.parameters.items():
                if name not in bound.arguments:
                    continue
                value, hint = bound.arguments[name], parameter.annotation
                if parameter.kind == inspect.Parameter.VAR_POSITIONAL:
                    hint = tuple[hint, ...]
                self._argument(name, hint, value, known)
            self._one_dtype(args)
            result = call(*args, **options)
            y = result[0] if getattr(call, "gives_pullback", False) else result
            try:
                _fit(self.returns, y, "y")
            except _Misfit as misfit:
                where, hint, value = misfit.args
                raise ShapeError(
                    f"{self.name}: its result {where} is {describe(value)}, "
                    f"but the signature promises {_expected(hint)}{_where_from(hint, value, known)}"
                ) from None
        return result

    def _argument(self, name: str, hint, value, known: dict) -> None:
        try:
            _fit(hint, value, name)
        except _Misfit as misfit:
            where, hint, value = misfit.args
            foreign, ours = _foreign(hint, value)
            raise ShapeError(
                f"{self.name}: {where} is {describe(value)}{foreign}, expected {_expected(hint)}{ours}"
                f"{_where_from(hint, value, known)}"
            ) from None
        for axis, size in _bindings(hint, value):
            known.setdefault(axis, (size, name))

    def _one_dtype(self, args: tuple) -> None:
        """All float arrays of a call share one dtype: a silent promotion would hide a float64 in a float32 net."""
        first = None
        for i, arg in enumerate(args):
            for where, leaf in leaves(arg, list(self.signature.parameters)[min(i, len(self.signature.parameters) - 1)]):
                dtype = str(getattr(leaf, "dtype", "")).removeprefix("torch.")
                if "float" not in dtype:
                    continue
                if first is None:
                    first = where, dtype
                elif dtype != first[1]:
                    raise ShapeError(
                        f"{self.name}: {where} is {dtype} but {first[0]} is {first[1]}; "
                        "all float arguments share one dtype, cast one of them"
                    )


def _foreign(hint, value) -> tuple[str, str]:
    """Name both types when what came has a dtype and a shape, but is no array of the library that is expected."""
    kinds = tuple(m.array_type for m in alternatives(hint) if _is_array_hint(m))
    if not kinds or not hasattr(value, "dtype") or isinstance(value, kinds):
        return "", ""
    came, ours = (f"{kind.__module__.split('.')[0]}.{kind.__name__}" for kind in (type(value), kinds[0]))
    return f" in a {came}", f" in a {ours}"


def _where_from(hint, value, known: dict) -> str:
    """Name the axes that disagree with an earlier argument: `with D = 4 from x`."""
    axes = []
    for member in alternatives(hint):
        if _is_array_hint(member):
            axes += [a for a in member.dim_str.replace("#", "").split() if a in known]
    if not axes:
        return ""
    return " with " + ", ".join(f"{a} = {known[a][0]} from {known[a][1]}" for a in dict.fromkeys(axes))
