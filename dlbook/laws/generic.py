"""The laws that hold for every operation, each written once.

A law is a function `(op, f, example)`: `op` is the catalogue's entry, `f` the implementation on trial (the
reference, a planted bug, a reader's own), `example` a drawn call. It returns the worst `(error, tolerance)` it
met, or None where it has nothing to measure, and raises `LawBroken` with one line that says what went wrong.
"""

import inspect
from collections.abc import Callable
from copy import deepcopy
from importlib.util import find_spec

import numpy as np
from jaxtyping import AbstractArray

from dlbook.laws.gradient import probe, worst_entry
from dlbook.laws.operation import Example, Op
from dlbook.laws.oracles import complex_step, twin_gradient, twin_value
from dlbook.laws.trees import flatten, random_like, rebuild
from dlbook.laws.verdict import Finding, LawBroken, call, calling, close, finite, names, require, worst
from dlbook.shapes import alternatives, describe, leaves


def exact_cases(op: Op, f: Callable, example: Example) -> Finding:
    """Conventions at ties and kinks, and other calls with known answers, come out as stated."""
    found = []
    for args, options, y, grads in op.exact:
        args = deepcopy(args)  # who changes an argument must not change the catalogue
        got, pullback = f.vjp(*args, **options)
        case = Example(args, options).literal(op.reference)
        if y is not None:
            found.append(close(got, _like(got, y), 1e-12, 1e-15, f"y at {case}"))
        if grads is not None:
            back = pullback(rebuild(got, [np.ones(np.shape(a)) for a in flatten(got)]))
            for name, arg, mine, want in zip(names(op, Example(args)), args, back, grads, strict=True):
                if want is not None:
                    _fits(mine, arg, f"gradient of {name}")
                    found.append(close(mine, _like(mine, want), 1e-12, 1e-15, f"gradient of {name} at {case}"))
    return worst(*found)


def _like(tree, values):
    """Give plain numbers and lists the structure of a tree of arrays."""
    return np.asarray(values, float) if hasattr(tree, "dtype") else type(tree)(map(_like, tree, values))


def gradients_fit(op: Op, f: Callable, example: Example) -> Finding:
    """Each gradient has its argument's structure, shape and dtype; integers get None."""
    for dtype in (np.float64, np.float32):
        args = rebuild(example.args, [a.astype(dtype) for a in flatten(example.args)])
        with calling(example.with_args(*args)):
            y, _, grads = call(f, example, dtype)
            for leaf in flatten(y):
                require(leaf.dtype == dtype, f"y is {leaf.dtype} for {np.dtype(dtype)} arguments")
            for name, arg, grad in zip(names(op, example), args, grads, strict=True):
                _fits(grad, arg, f"gradient of {name}")
    return None


def _fits(grad, arg, what: str) -> None:
    if isinstance(arg, tuple | list | dict):
        require(
            type(grad) is type(arg) and len(grad) == len(arg),
            f"{what} is {describe(grad)}, expected {describe(arg)} as the argument is",
        )
        for key in arg if isinstance(arg, dict) else range(len(arg)):
            _fits(grad[key], arg[key], f"{what}[{key!r}]")
    elif getattr(arg, "dtype", None) is not None and arg.dtype.kind == "f":
        require(hasattr(grad, "dtype"), f"{what} is {describe(grad)}, expected {describe(arg)}")
        require(
            grad.shape == arg.shape and grad.dtype == arg.dtype,
            f"{what} is {describe(grad)}, expected {describe(arg)}",
        )
    else:
        require(grad is None, f"{what} is {describe(grad)}, expected None: {describe(arg)} has no gradient")


def gradient(op: Op, f: Callable, example: Example) -> Finding:
    """The pullback is the transposed derivative, as differences measure it."""
    found = []
    for index, name in enumerate(names(op, example)):
        if not flatten(example.args[index]):
            continue
        rng = example.rng()
        for _ in range(2):
            error, tolerance, analytic, numeric = probe(op, f, example, index, rng)
            if not (np.isfinite(analytic) and error <= tolerance):
                raise LawBroken(
                    f"gradient of {name}: <pullback(dy), u> = {analytic:.6g} but differences give "
                    f"{numeric:.6g} (allowed {tolerance:.1g})  {worst_entry(op, f, example, index, example.rng())}"
                )
            found.append((error, tolerance))
    return worst(*found)


def linear_in_dy(op: Op, f: Callable, example: Example) -> Finding:
    """The pullback is linear in dy: what a sum of cotangents sends back is the sum of what each sends back."""
    y, pullback = f.vjp(*example.args, **example.options)
    rng = example.rng()
    a, b = random_like(y, rng), random_like(y, rng)
    both = rebuild(y, [2 * p - 3 * q for p, q in zip(flatten(a), flatten(b), strict=True)])
    ga, gb = flatten(pullback(a)), flatten(pullback(b))
    mixed = [2 * p - 3 * q for p, q in zip(ga, gb, strict=True)]
    size = max((float(np.abs(p).max()) for p in ga + gb if p.size), default=0.0)
    return close(
        pullback(both),
        mixed,
        1e-10,
        1e-10 * size + 1e-14 * op.scale(example),
        "pullback(2 a - 3 b) against 2 pullback(a) - 3 pullback(b)",
    )


def pure(op: Op, f: Callable, example: Example) -> Finding:
    """Nothing that was passed in is changed, nothing that comes out is shared, and a second time gives the same."""
    args = rebuild(example.args, [a.copy() for a in flatten(example.args)])
    before = [(where, np.array(leaf)) for where, leaf in leaves(args) if isinstance(leaf, np.ndarray)]
    y, pullback = f.vjp(*args, **example.options)
    kept = [a.copy() for a in flatten(y)]
    dy = random_like(y, example.rng())
    dy_before = [a.copy() for a in flatten(dy)]
    first = pullback(dy)
    saved = [a.copy() for a in flatten(first)]
    for (where, old), (_, leaf) in zip(before, [p for p in leaves(args) if isinstance(p[1], np.ndarray)], strict=True):
        require(np.array_equal(old, leaf), f"argument {where} was changed by the call")
    require(all(map(np.array_equal, dy_before, flatten(dy))), "dy was changed by the pullback")
    require(all(map(np.array_equal, kept, flatten(y))), "y was changed by the pullback")
    grads = flatten(first)
    for i, g in enumerate(grads):
        others = grads[:i] + flatten(args) + flatten(dy) + flatten(y)
        require(
            not any(np.shares_memory(g, o) for o in others),
            "a gradient shares memory with another array of the call",
        )
        g += 1.0 if g.flags.writeable and g.ndim else 0.0
    again = flatten(pullback(dy))
    require(all(map(np.array_equal, saved, again)), "a second call of the pullback gives another answer")
    require(all(map(np.array_equal, kept, flatten(f(*args, **example.options)))), "a second call gives another y")
    return None


def same_answer(op: Op, f: Callable, example: Example) -> Finding:
    """A function without a gradient gives the answer that the book's own function gives."""
    y, want = (g(*example.args, **example.options) for g in (f, op.reference))
    finite(y, op.value)
    return close(y, want, 1e-9, 1e-12 * op.scale(example), op.value)


def layout(op: Op, f: Callable, example: Example) -> Finding:
    """Memory layout does not matter: Fortran order, every second row, and read-only arrays give the same result."""
    y, _, grads = call(f, example)

    def spread(a):
        if not a.ndim:
            return a
        wide = np.zeros((2 * a.shape[0], *a.shape[1:]))
        wide[::2] = a
        view = wide[::2]
        view.flags.writeable = False
        return view

    def fortran(a):
        return np.asarray(a, order="F")  # np.asfortranarray would give a number an axis

    found = []
    for rearrange in (fortran, spread):
        other = example.with_args(*rebuild(example.args, [rearrange(a) for a in flatten(example.args)]))
        y2, _, grads2 = call(f, other)
        floor = 1e-14 * op.scale(example)
        found += [
            close(y2, y, 1e-12, floor, f"y for {rearrange.__name__} arguments"),
            close(grads2, grads, 1e-12, floor, f"gradients for {rearrange.__name__} arguments"),
        ]
    return worst(*found)


def float32(op: Op, f: Callable, example: Example) -> Finding:
    """In float32 the value stays what it is in float64, up to float32's rounding."""
    single = rebuild(example.args, [a.astype(np.float32) for a in flatten(example.args)])
    double = rebuild(single, [a.astype(np.float64) for a in flatten(single)])
    y = f(*double, **example.options)
    with calling(example.with_args(*single)):
        y32 = f(*single, **example.options)
        finite(y32, "y in float32")
        return close([a.astype(np.float64) for a in flatten(y32)], y, 1e-5, 1e-6 * op.scale(example), "y in float32")


def rows_independent(op: Op, f: Callable, example: Example) -> Finding:
    """Row n of the result depends on row n of the batch alone: permuted rows are permuted, a single row is itself."""
    rows = op.rows(example) if callable(op.rows) else op.rows
    if not rows:
        return None
    n = len(flatten(f(*example.args, **example.options))[0])
    order = example.rng().permutation(n)
    found = []
    y = flatten(f(*example.args, **example.options))
    for pick, what in ((order, "permuted rows"), (order[:1], "a single row")):
        args = tuple(a[pick] if i in rows else a for i, a in enumerate(example.args))
        part = flatten(f(*args, **example.options))
        found.append(close(part, [a[pick] for a in y], 1e-12, 1e-14 * op.scale(example), f"y for {what}"))
    return worst(*found)


def stays_finite(op: Op, f: Callable, example: Example) -> Finding:
    """Huge and tiny arguments overflow nowhere: value and gradients stay finite, without a warning."""
    for factor in op.finite:
        args = rebuild(example.args, [a * factor for a in flatten(example.args)])
        scaled = example.with_args(*args)
        with calling(scaled), np.errstate(over="raise", divide="raise", invalid="raise"):
            try:
                y, _, grads = call(f, scaled)
            except FloatingPointError as error:
                raise LawBroken(f"arguments times {factor:g}: {error}") from None
            finite(y, f"y at arguments times {factor:g}")
            finite(grads, f"a gradient at arguments times {factor:g}")
    return None


def refuses(op: Op, f: Callable, example: Example) -> Finding:
    """A call that breaks a requirement is refused with a message that names the function."""
    for what, broken in [
        *_wrong_shapes(op, example),
        *((w, change(example)) for w, change in op.refuses.items()),
    ]:
        with calling(broken):
            try:
                f(*broken.args, **broken.options)
            except (ValueError, TypeError) as error:
                require(op.name in str(error), f"{what} is refused without naming {op.name}: {error}")
            else:
                raise LawBroken(f"{what} is accepted: {broken.literal(op.reference)}")
    return None


def _wrong_shapes(op: Op, example: Example):
    """Derive wrong calls from the signature: one axis too many, and each shared axis one too long."""
    axes: dict[str, list[tuple[int, int]]] = {}
    for i, (name, p) in enumerate(
        zip(names(op, example), inspect.signature(op.reference).parameters.values(), strict=False)
    ):
        arg = example.args[i]
        hints = [h for h in alternatives(p.annotation) if isinstance(h, type) and issubclass(h, AbstractArray)]
        if not isinstance(arg, np.ndarray) or len(hints) != 1:
            continue
        dims = hints[0].dim_str.split()
        if not any(d.startswith(("*", ".")) for d in dims):
            yield f"{name} with an axis too many", example.with_arg(i, arg[..., None])
            for axis, d in enumerate(dims):
                axes.setdefault(d, []).append((i, axis))
    for d, places in axes.items():
        if len({i for i, _ in places}) > 1 and d.isidentifier():
            i, axis = places[-1]
            arg = example.args[i]
            longer = np.concatenate([arg, arg.take([0], axis)], axis) if arg.shape[axis] else None
            if longer is not None:
                yield f"{names(op, example)[i]} with {d} + 1 entries", example.with_arg(i, longer)


HAVE_TORCH = find_spec("torch") is not None

# In the order in which they are tried on someone's code: cheap first, the gradient in the middle, the twin last.
LAWS: dict[str, Callable] = {
    "exact cases": exact_cases,
    "gradients fit": gradients_fit,
    "gradient": gradient,
    "linear in dy": linear_in_dy,
    "pure": pure,
    "layout": layout,
    "float32": float32,
    "rows independent": rows_independent,
    "stays finite": stays_finite,
    "refuses": refuses,
    "complex step": complex_step,
    "twin value": twin_value,
    "twin gradient": twin_gradient,
}
NEEDS_TORCH = {"twin value", "twin gradient"}
