"""Less memory for more work, through `torch.utils.checkpoint`."""

from collections.abc import Callable, Sequence

from torch import Tensor
from torch.utils.checkpoint import checkpoint as run_checkpointed

__all__ = ["checkpoint", "checkpoint_sequential"]


def checkpoint(f: Callable) -> Callable:
    """Save memory: keep a function's arguments only, and compute it once more on the way back."""

    def recomputed(*args):
        return run_checkpointed(f, *args, use_reentrant=False)

    return recomputed


def checkpoint_sequential(functions: Sequence[Callable], segments: int, x: Tensor) -> Tensor:
    """Apply functions one after the other, checkpointed in segments of equal length.

    `torch.utils.checkpoint.checkpoint_sequential` leaves the last segment as it is; here each is checkpointed.
    """
    if not 1 <= segments <= len(functions):
        raise ValueError(f"checkpoint_sequential: segments is {segments}, expected 1 to the number of functions, "
                         f"{len(functions)}")
    length = len(functions) // segments
    for k in range(segments):
        piece = functions[k * length : (k + 1) * length] if k < segments - 1 else functions[k * length :]

        def in_turn(x, piece=piece):
            for f in piece:
                x = f(x)
            return x

        x = checkpoint(in_turn)(x)
    return x
