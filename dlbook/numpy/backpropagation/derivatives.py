"""What a tape can be asked for besides gradients: Jacobians, Jacobian-vector products, curvature."""

from collections.abc import Callable
from typing import Any

import numpy as np

from dlbook.numpy.backpropagation.arithmetic import mul
from dlbook.numpy.backpropagation.reductions import sum
from dlbook.numpy.backpropagation.tape import Tape
from dlbook.numpy.backpropagation.twice import is_float
from dlbook.numpy.backpropagation.variable import Variable
from dlbook.shapes import ShapeError, describe, leaves, refill

__all__ = ["hvp", "jacobian", "jvp"]


def jacobian(f: Callable, x: np.ndarray) -> np.ndarray:
    r"""Return all partial derivatives, a row for each entry of y: one backward pass per row.

    $$J_{ij} = \frac{\partial y_i}{\partial x_j}, \qquad e_i^\top J = \text{pullback}(e_i)$$

    Parameters
    ----------
    f : a function of one float array, made of `@differentiable` functions, with one array as its value.
    x : where.

    Returns
    -------
    J : y's shape followed by x's shape. For looking at: nobody who trains a network ever builds it.

    Raises
    ------
    TypeError : when x is no float array, or when the value of f does not come from the tape.

    **Source** Griewank and Walther (2008), section 3.2.
    **Book** eq-jacobian-rows
    """
    tape, (x,) = _start("jacobian", (x,))
    y = _end("jacobian", f(x))
    units = np.eye(y.value.size, dtype=y.dtype).reshape(-1, *y.shape)
    return np.reshape([tape.gradients(y, (x,), dy)[0] for dy in units], (*y.shape, *x.shape))


def jvp(f: Callable, args: tuple, tangents: tuple) -> tuple:
    r"""Return `f(*args)` and its Jacobian times a tangent, from pullbacks alone.

    The pullback $\bar y \mapsto J^\top \bar y$ is linear in $\bar y$; the pullback of that linear map is $J$ itself:

    $$J u = \nabla_{\bar y} \langle J^\top \bar y, u \rangle$$

    Exact when f is made of primitives; any other operation contributes a directional difference.

    Parameters
    ----------
    f : a function of arrays made of `@differentiable` functions, with one array as its value.
    args : its arguments: float arrays, or nested tuples, lists and dicts of them.
    tangents : a direction for each of them, of its structure and shapes.

    Returns
    -------
    y, dy : the value, and the rate at which it changes along the tangents.

    Raises
    ------
    ShapeError : when the tangents have other shapes than the arguments.
    TypeError : when an argument is no float array.

    **Source** Townsend (2017), a new trick for calculating Jacobian vector products.
    **Book** eq-jvp-from-vjp
    """
    tape, xs = _start("jvp", args)
    _check_tangents("jvp", args, tangents)
    y = _end("jvp", f(*xs))
    dy = tape.variable(np.zeros_like(y.value))
    grads = tape.gradients(y, _variables(xs), dy, again=True)
    return y.value, tape.gradients(_inner(grads, tangents), (dy,))[0]


def hvp(f: Callable, args: tuple, tangents: tuple) -> tuple:
    r"""Return the gradient of a scalar function and its Hessian times a direction.

    $$H v = \nabla_x \langle \nabla f(x), v \rangle$$

    One more backward pass, and never a matrix: as much work as a few gradients, whatever the number of parameters.

    Parameters
    ----------
    f : a scalar function of arrays made of `@differentiable` functions.
    args : its arguments: float arrays, or nested tuples, lists and dicts of them.
    tangents : a direction for each of them, of its structure and shapes.

    Returns
    -------
    gradients, products : two tuples like `args`.

    Raises
    ------
    ShapeError : when f has no scalar value, or when the tangents have other shapes than the arguments.
    TypeError : when an argument is no float array.

    **Source** Pearlmutter (1994), fast exact multiplication by the Hessian.
    **Book** eq-hessian-vector-exact
    """
    tape, xs = _start("hvp", args)
    _check_tangents("hvp", args, tangents)
    y = _end("hvp", f(*xs))
    if y.shape != ():
        raise ShapeError(f"hvp: f gave {describe(y.value)}, expected a scalar")
    grads = tape.gradients(y, _variables(xs), again=True)
    products = tape.gradients(_inner(grads, tangents), _variables(xs))
    return refill(args, (g.value for g in grads)), refill(args, iter(products))


def _start(function: str, args: Any) -> tuple[Tape, Any]:
    """Put every array on a new tape."""
    tape = Tape()
    for where, leaf in leaves(args, "args"):
        if not is_float(leaf):
            raise TypeError(f"{function}: {where} is {describe(leaf)}, expected a float array; close f over the others")
    return tape, refill(args, (tape.variable(leaf) for _, leaf in leaves(args)))


def _end(function: str, y) -> Variable:
    """Refuse a value that is not one variable."""
    if not isinstance(y, Variable):
        raise TypeError(f"{function}: f gave {describe(y)}, expected an array that @differentiable functions made")
    return y


def _variables(xs) -> list[Variable]:
    return [leaf for _, leaf in leaves(xs)]


def _check_tangents(function: str, args, tangents) -> None:
    want, came = ([(w, np.shape(leaf)) for w, leaf in leaves(tree)] for tree in (args, tangents))
    if want != came:
        raise ShapeError(f"{function}: the tangents have the shapes {[s for _, s in came]}, "
                         f"expected the structure and shapes of the arguments, {[s for _, s in want]}")


def _inner(grads, tangents):
    """Return the sum of the inner products, on the tape."""
    terms = [sum(mul(g, np.asarray(t, g.dtype))) for g, (_, t) in zip(grads, leaves(tangents), strict=True)]
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total
