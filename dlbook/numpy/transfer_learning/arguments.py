"""Value checks of changes of images and of networks: what a signature cannot say, for arrays and tensors alike."""

import numpy as np

from dlbook.numpy.linear_classifiers.arguments import whole_number
from dlbook.shapes import Array, describe

__all__ = []


def check_images(function: str, x) -> None:
    """Refuse what is no batch of images: a single one, bytes, a list, or images without pixels."""
    kind = str(getattr(x, "dtype", "")).removeprefix("torch.")
    if getattr(x, "ndim", 0) != 4 or not kind.startswith(("float", "bfloat")) or 0 in x.shape[1:]:
        raise ValueError(f"{function}: x is {describe(x)}, expected images (N, C, H, W) of floats, with pixels")


def two(function: str, name: str, value, what: str = "two numbers") -> tuple:
    """Return a pair; refuse anything else."""
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise ValueError(f"{function}: {name} is {describe(value)}, expected {what}")
    return tuple(value)


def sides(function: str, size) -> tuple[int, int]:
    """Return rows and columns of a window, which may be given as one number for both."""
    both = (size, size) if isinstance(size, int | np.integer) else two(function, "size", size, "one number or (P, Q)")
    return tuple(whole_number(function, "size", side, 1) for side in both)


def each(function: str, name: str, value, n: int, low: float = -np.inf, high: float = np.inf, *, kinds="iuf") -> Array:
    """Return one number or n of them as an array; refuse another shape, text, nan, infinity or a value out of range."""
    found = np.asarray(value)
    fits = found.dtype.kind in kinds and found.shape in ((), (n,))
    if fits and (np.isfinite(found) & (found >= low) & (found <= high)).all():
        return found
    came = describe(value) + (f" from {found.min()} to {found.max()}" if fits and found.ndim else "")
    whole = "" if "f" in kinds else "whole "
    limits = "finite" if low == -np.inf else f"at least {low}, finite" if high == np.inf else f"from {low} to {high}"
    raise ValueError(f"{function}: {name} is {came}, expected one {whole}number or {n}, {limits}")


def head(function: str, params) -> tuple:
    """Return weight and bias of the last layer; refuse what does not end in a linear layer."""
    last = params[-1] if isinstance(params, tuple | list) and params else None
    if not isinstance(last, tuple | list) or len(last) != 2 or getattr(last[0], "ndim", 0) != 2:
        raise ValueError(f"{function}: params is {describe(params)}, expected layers of (weight, bias), the last of "
                         "them linear: (K, D) and (K,)")
    return tuple(last)
