"""Less memory for more work: keep the beginning of a computation, and compute the middle once more on the way back."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dlbook.differentiable import differentiable
from dlbook.numpy.backpropagation.tape import Tape
from dlbook.numpy.backpropagation.twice import is_float
from dlbook.shapes import leaves, refill

__all__ = ["checkpoint", "checkpoint_sequential"]


def checkpoint(f: Callable) -> Callable:
    r"""Save memory: keep a function's arguments only, and compute it once more on the way back.

    For a chain of L layers cut into $\sqrt L$ pieces the tape keeps $\sqrt L$ arrays, and for a moment the
    $\sqrt L$ of one piece more:

    $$\text{memory}(k) = k + \frac Lk, \qquad \min_k = 2\sqrt L \quad \text{at } k = \sqrt L$$

    Parameters
    ----------
    f : a function of arrays made of `@differentiable` functions, with one array as its value.

    Returns
    -------
    A `@differentiable` function with the same value and the same gradients. On a tape it is one record.

    **Source** Chen, Xu, Zhang and Guestrin (2016), training deep nets with sublinear memory cost.
    **Book** eq-checkpoint
    """

    def recomputed(*args: Any) -> Any:
        def pullback(dy):
            tape = Tape()
            xs = refill(args, (tape.variable(leaf) if is_float(leaf) else leaf for _, leaf in leaves(args)))
            floats = [leaf for _, leaf in leaves(xs) if is_float(leaf)]
            grads = iter(tape.gradients(f(*xs), floats, dy))
            return refill(args, (next(grads) if is_float(leaf) else None for _, leaf in leaves(args)))

        return np.asarray(f(*args)), pullback

    recomputed.__name__ = f"checkpoint({getattr(f, '__name__', 'f')})"
    function = differentiable(recomputed)
    function.segment = f
    return function


def checkpoint_sequential(functions: Sequence[Callable], segments: int, x: np.ndarray) -> np.ndarray:
    r"""Apply functions one after the other, checkpointed in segments of equal length.

    $$y = f_L(\dots f_2(f_1(x)))$$

    Parameters
    ----------
    functions : functions of one array.
    segments : into how many pieces the chain is cut, 1 to the number of functions; the last piece may be longer.
    x : where the chain begins: an array, or a variable of a tape.

    Returns
    -------
    y : the value of the last function. On a tape only the pieces' values are kept.

    Raises
    ------
    ValueError : when there are fewer functions than segments, or no segment.

    **Source** Chen, Xu, Zhang and Guestrin (2016); `torch.utils.checkpoint.checkpoint_sequential`.
    **Book** eq-checkpoint
    """
    if not 1 <= segments <= len(functions):
        raise ValueError(f"checkpoint_sequential: segments is {segments}, expected 1 to the number of functions, "
                         f"{len(functions)}")
    length = len(functions) // segments
    for k in range(segments):
        piece = functions[k * length : (k + 1) * length] if k < segments - 1 else functions[k * length :]
        x = checkpoint(_in_turn(piece))(x)
    return x


def _in_turn(functions: Sequence[Callable]) -> Callable:
    def piece(x):
        for f in functions:
            x = f(x)
        return x

    return piece
