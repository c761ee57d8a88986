"""A function and its pullback: the one interface of every reference in this book.

A definition computes its value `y` and, beside it, the function that carries a gradient back:

    @differentiable
    def scale(x: Float[Array, " N"], a: Scalar) -> Float[Array, " N"]:
        y = a * x

        def pullback(dy):
            return a * dy, np.vdot(x, dy)

        return y, pullback

`scale(x, a)` gives `y`; `vjp(scale, x, a)` gives `(y, pullback)`, the pair of `jax.vjp` and
`torch.func.vjp`. The pullback maps dL/dy to one gradient per positional argument: it multiplies by the
transposed Jacobian without ever building it.
"""

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from dlbook.shapes import Promise, ShapeError, describe

__all__ = ["OPERATIONS", "chain", "differentiable", "residual", "vjp"]

OPERATIONS: dict[str, Callable] = {}  # every @differentiable function of the package, by "module.name"

def _variable_in(args):
    """Return the first variable of a tape among nested arguments, or None."""
    for arg in args:
        if hasattr(arg, "__differentiable__"):
            return arg
        kind = type(arg)
        if kind is tuple or kind is list or kind is dict:
            found = _variable_in(arg.values() if kind is dict else arg)
            if found is not None:
                return found
    return None


def differentiable(definition: Callable) -> Callable:
    """Turn a definition that returns `(y, pullback)` into a function that returns `y`.

    Shapes, dtypes and options are checked against the definition's annotations on the first call with
    each combination of shapes; a combination that has passed costs a few microseconds from then on.

    Parameters
    ----------
    definition
        Positional parameters are differentiated, options are keyword-only. Its return annotation is y's type.

    Returns
    -------
    A function of the same signature with two attributes: `vjp`, which returns `(y, pullback)`, and
    `definition`, the undecorated original.

    Raises
    ------
    ShapeError
        (when called) naming the function, the argument, what came and what was expected.
    """
    promise = Promise(definition)
    definition.gives_pullback = True

    @functools.wraps(definition)
    def function(*args, **options):
        args, options = promise.bind(args, options)
        variable = _variable_in(args)
        if variable is not None:  # it takes the call over: its tape records it
            return variable.__differentiable__(function, args, options)
        return promise.keep(args, options, definition)[0]

    def function_vjp(*args, **options):
        args, options = promise.bind(args, options)
        y, raw = promise.keep(args, options, definition)

        def pullback(dy):
            grads = raw(_cotangent(promise.name, dy, y))
            if type(grads) is not tuple or len(grads) < len(args):
                raise TypeError(
                    f"{promise.name}: its pullback gave {describe(grads)}, expected a tuple with one "
                    f"gradient for each of the {len(args)} positional arguments"
                )
            return grads[: len(args)]

        return y, pullback

    function.vjp = function_vjp
    function.definition = definition
    if definition.__module__.startswith("dlbook.") and "<locals>" not in definition.__qualname__:
        OPERATIONS[f"{definition.__module__}.{definition.__qualname__}"] = function
    return function


def _cotangent(name: str, dy, y, where: str = "dy"):
    """Give `dy` the dtype of `y`, after checking that it has y's structure and shapes."""
    if type(y) is type(dy) is np.ndarray and dy.dtype == y.dtype and dy.shape == y.shape and y.dtype.kind == "f":
        return dy  # nearly always, and in a training step a dozen times
    if isinstance(y, Mapping):
        if not isinstance(dy, Mapping) or dy.keys() != y.keys():
            raise ShapeError(f"{name}: {where} is {describe(dy)}, expected a dict with the keys {sorted(y)} of y")
        return {k: _cotangent(name, dy[k], y[k], f"{where}[{k!r}]") for k in y}
    if isinstance(y, tuple | list):
        if not isinstance(dy, tuple | list) or len(dy) != len(y):
            raise ShapeError(f"{name}: {where} is {describe(dy)}, expected {len(y)} cotangents, one for each part of y")
        return type(y)(_cotangent(name, a, b, f"{where}[{i}]") for i, (a, b) in enumerate(zip(dy, y, strict=True)))
    if y is None and dy is None:
        return None
    given = np.asarray(dy)
    if given.dtype.kind not in "fiu" or given.shape != np.shape(y):
        raise ShapeError(f"{name}: {where} is {describe(given)}, expected {describe(np.asarray(y))}, as y has")
    return given.astype(np.asarray(y).dtype, copy=False)


def vjp(f: Callable, *args, **options) -> tuple[Any, Callable]:
    """Return `f(*args, **options)` and the pullback at that point.

    Parameters
    ----------
    f : a `@differentiable` function.
    *args : its positional arguments: arrays, or nested tuples, lists and dicts of arrays.
    **options : its options.

    Returns
    -------
    y : the value.
    pullback : maps dy, of y's structure and shapes, to a tuple with one gradient per positional argument:
        of that argument's structure, shape and dtype, and None for integers, booleans and None.

    Examples
    --------
    >>> import numpy as np
    >>> from dlbook.numpy import linear
    >>> x, w = np.ones((1, 2)), np.array([[3.0, 4.0]])
    >>> y, pullback = vjp(linear, x, w)
    >>> y
    array([[7.]])
    >>> dx, dw = pullback(np.ones((1, 1)))
    >>> dx
    array([[3., 4.]])
    """
    if not hasattr(f, "vjp"):
        raise TypeError(f"vjp needs a @differentiable function, got {describe(f)}")
    return f.vjp(*args, **options)


def chain(*layers: Callable) -> Callable:
    r"""Compose layers: the output of each is the first argument of the next.

    $f = f_L \circ \dots \circ f_1$, and its pullback is the pullbacks in reverse:
    $\bar f = \bar f_1 \circ \dots \circ \bar f_L$.

    Parameters
    ----------
    *layers : differentiable functions of `(x, *params)`.

    Returns
    -------
    A differentiable function of `(x, params)` where `params` holds one tuple for each layer, its arguments after x.

    **Source** The chain rule.
    **Book** eq-chain
    """
    if not layers:
        raise ValueError("chain needs at least one layer, got none")

    @differentiable
    def composed(x: Any, params: Any) -> Any:
        if len(params) != len(layers):
            raise ShapeError(f"chain: params has {len(params)} entries, expected {len(layers)}, one for each layer")
        pullbacks = []
        for layer, own in zip(layers, params, strict=True):
            x, layer_pullback = vjp(layer, x, *own)
            pullbacks.append(layer_pullback)

        def pullback(dy):
            grads = []
            for layer_pullback in reversed(pullbacks):
                dy, *own = layer_pullback(dy)
                grads.append(tuple(own))
            return dy, type(params)(reversed(grads))

        return x, pullback

    return composed


def residual(layer: Callable) -> Callable:
    r"""Add a layer's input to its output.

    $y = x + f(x, \theta)$. The gradient that arrives goes both ways and the two meet again in a sum:
    $\bar x = \bar y + \bar f(\bar y)$.

    Parameters
    ----------
    layer : a differentiable function of `(x, *params)` whose value has x's shape.

    Returns
    -------
    A differentiable function of the same arguments.

    Raises
    ------
    ShapeError : when the layer changes the shape of x.

    **Source** He, Zhang, Ren and Sun (2016), eq. 1.
    **Book** eq-residual
    """

    @differentiable
    def added(x: Any, *params: Any) -> Any:
        change, layer_pullback = vjp(layer, x, *params)
        if np.shape(change) != np.shape(x):
            raise ShapeError(
                f"residual: {layer.__name__} gave {describe(change)}, expected the shape of x, {np.shape(x)}"
            )

        def pullback(dy):
            dx, *own = layer_pullback(dy)
            return dy + dx, *own

        return x + change, pullback

    return added
