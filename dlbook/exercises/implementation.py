"""Make of what a reader wrote a function that the laws can try, without asking for more than the exercise does."""

import inspect
from collections.abc import Callable

from dlbook.differentiable import differentiable
from dlbook.laws.operation import Op, windowed
from dlbook.shapes import describe


def adopt(written: Callable, op: Op) -> Callable:
    """Return a reader's definition as a `@differentiable` function with the reference's signature.

    A plain definition returns `(y, pullback)`, or its answer alone where nothing is differentiated. One that is
    already `@differentiable` is taken as it is, unless it lacks annotations or the operation's name: shapes are
    checked by the reference's annotations then.

    Raises
    ------
    TypeError : when its parameters are not those of the exercise.
    """
    if not callable(written):
        raise TypeError(f"it is {describe(written)}, expected a function")
    decorated = hasattr(written, "vjp") and hasattr(written, "definition")
    _same_call(written, op)
    if op.answer:
        return windowed(written, op.answer, op.reference)
    annotated = all(p.annotation is not p.empty for p in inspect.signature(written).parameters.values())
    if decorated and annotated and written.__name__ == op.name:
        return written
    inner = written.definition if decorated else written

    def definition(*args, **options):
        result = inner(*args, **options)
        if type(result) is not tuple or len(result) != 2 or not callable(result[1]):
            raise TypeError(f"{op.name} returned {describe(result)}, expected the pair (y, pullback)")
        return result

    # The reference's name, since messages must carry it, and its annotations.
    definition.__name__ = definition.__qualname__ = op.name
    definition.__module__ = "reader"
    definition.__signature__ = inspect.signature(op.reference)
    return differentiable(definition)


def _same_call(written: Callable, op: Op) -> None:
    """Require that the function can be called as the reference is called."""
    theirs, ours = inspect.signature(written), inspect.signature(op.reference)
    kinds = inspect.Parameter
    positional = [p for p in ours.parameters.values() if p.kind in (kinds.POSITIONAL_ONLY, kinds.POSITIONAL_OR_KEYWORD)]
    options = [p for p in ours.parameters.values() if p.kind == kinds.KEYWORD_ONLY]
    required = [p for p in positional if p.default is p.empty]
    for count in {len(required), len(positional)}:
        try:
            theirs.bind(*[None] * count, **{p.name: p.default for p in options})
        except TypeError as error:
            raise TypeError(f"its parameters {_plain(theirs)} are not those of the exercise, {_plain(ours)}: "
                            f"{error}") from None


def _plain(signature: inspect.Signature) -> str:
    """Write a signature without annotations."""
    bare = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
    return str(signature.replace(parameters=bare, return_annotation=signature.empty))
