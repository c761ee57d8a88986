"""What a tape can be asked for besides gradients: Jacobian-vector products, curvature, less memory."""

from collections.abc import Callable
from typing import Any

import numpy as np

from dlbook.differentiable import differentiable, vjp
from dlbook.numpy.backpropagation.primitives import mul, sum
from dlbook.numpy.backpropagation.tape import Tape
from dlbook.shapes import ShapeError

__all__ = ["checkpoint", "hvp", "jvp"]


def jvp(f: Callable, args: tuple, tangents: tuple) -> tuple:
    r"""Return `f(*args)` and its Jacobian times a tangent, from pullbacks alone.

    The pullback $\bar y \mapsto J^\top \bar y$ is linear in $\bar y$; the pullback of that linear map is $J$ itself:

    $$J u = \nabla_{\bar y} \langle J^\top \bar y, u \rangle$$

    Exact when f is made of primitives; any other operation contributes a directional difference.

    Parameters
    ----------
    f : a function of arrays made of `@differentiable` functions, with one array as its value.
    args : its float arguments.
    tangents : a direction for each of them, of its shape.

    Returns
    -------
    y, dy : the value, and the rate at which it changes along the tangents.

    **Source** The double-backward construction: Townsend (2017).
    **Book** eq-jvp-from-vjp
    """
    if [np.shape(a) for a in args] != [np.shape(t) for t in tangents]:
        raise ShapeError(f"jvp: the tangents have shapes {[np.shape(t) for t in tangents]}, "
                         f"expected those of the arguments, {[np.shape(a) for a in args]}")
    tape = Tape()
    xs = tuple(map(tape.variable, args))
    y = f(*xs)
    dy = tape.variable(np.zeros_like(y.value))
    grads = tape.gradients(y, xs, dy, again=True)
    along = None
    for grad, tangent in zip(grads, tangents, strict=True):
        term = sum(mul(grad, np.asarray(tangent)))
        along = term if along is None else along + term
    return y.value, tape.gradients(along, (dy,))[0]


def hvp(f: Callable, args: tuple, tangents: tuple) -> tuple:
    r"""Return the gradient of a scalar function and its Hessian times a direction.

    $$H v = \nabla_x \langle \nabla f(x), v \rangle$$

    One more backward pass, and never a matrix: as much work as a few gradients, whatever the number of parameters.

    Parameters
    ----------
    f : a scalar function of arrays made of `@differentiable` functions.
    args : its float arguments.
    tangents : a direction for each of them, of its shape.

    Returns
    -------
    gradients, products : two tuples with one array for each argument.

    **Source** Pearlmutter (1994).
    **Book** eq-hessian-vector
    """
    tape = Tape()
    xs = tuple(map(tape.variable, args))
    grads = tape.gradients(f(*xs), xs, again=True)
    along = None
    for grad, tangent in zip(grads, tangents, strict=True):
        term = sum(mul(grad, np.asarray(tangent)))
        along = term if along is None else along + term
    return tuple(g.value for g in grads), tape.gradients(along, xs)


def checkpoint(f: Callable) -> Callable:
    """Save memory: keep a function's arguments only, and compute it once more on the way back.

    Parameters
    ----------
    f : a `@differentiable` function.

    Returns
    -------
    A `@differentiable` function with the same value and the same gradients.

    **Source** Chen, Xu, Zhang and Guestrin (2016).
    **Book** eq-checkpoint
    """

    @differentiable
    def recomputed(*args: Any) -> Any:
        return f(*args), lambda dy: vjp(f, *args)[1](dy)

    return recomputed
