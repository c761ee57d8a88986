"""Value checks: what a signature cannot say about labels and options, looked at on every call."""

import numpy as np

__all__ = []


def _check_number(function: str, option: str, value) -> None:
    """Refuse what cannot be compared with a number."""
    if isinstance(value, str | bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(f"{function}: {option} is {value!r}, expected a number")


def check_generator(function: str, rng) -> None:
    """Refuse a seed where a generator is asked for."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"{function}: rng is {rng!r}, expected a generator such as np.random.default_rng(0)")


def between(function: str, option: str, value: float, low: float, high: float) -> float:
    """Return `value` as a Python float, which leaves float32 arrays float32; refuse it outside [low, high]."""
    _check_number(function, option, value)
    if not low <= value <= high:
        raise ValueError(f"{function}: {option} is {value}, expected a number from {low} to {high}")
    return float(value)


def at_least_zero(function: str, option: str, value: float) -> float:
    """Return `value` as a Python float; refuse it below zero, infinite or nan."""
    _check_number(function, option, value)
    if not 0 <= value < np.inf:
        raise ValueError(f"{function}: {option} is {value}, expected a finite number of at least 0")
    return float(value)


def above_zero(function: str, option: str, value: float) -> float:
    """Return `value` as a Python float; refuse it unless it is positive and finite."""
    _check_number(function, option, value)
    if not 0 < value < np.inf:
        raise ValueError(f"{function}: {option} is {value}, expected a finite number above 0")
    return float(value)


def as_classes(function: str, target: np.ndarray, classes: int) -> np.ndarray:
    """Return the labels as indices; refuse one outside 0 .. classes - 1.

    NumPy would take -1 for the last class without a word.
    """
    labels = target.astype(np.intp, copy=False)
    # Seen as an unsigned number a negative label is huge, so that one maximum finds the faults at both ends.
    if labels.size and labels.view(np.uintp).max() >= classes:
        wrong = target[(target < 0) | (target >= classes)].flat[0]
        raise ValueError(f"{function}: target has the label {wrong}, expected 0 to {classes - 1} "
                         f"as there are {classes} classes")
    return labels


def check_two_values(function: str, target: np.ndarray, low: int, high: int) -> None:
    """Refuse labels of a two-class problem that are neither `low` nor `high`."""
    fits = (target == low) | (target == high)
    if not fits.all():
        raise ValueError(f"{function}: target has the label {target[~fits].flat[0]}, expected {low} or {high}")


def whole_number(function: str, option: str, value: int, low: int) -> int:
    """Return `value` as an int; refuse anything that is no integer of at least `low`."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < low:
        raise ValueError(f"{function}: {option} is {value!r}, expected an integer of at least {low}")
    return int(value)


def float_dtype(function: str, dtype) -> np.dtype:
    """Return `dtype` as a dtype; refuse one that holds no fractions: integer weights would all be cut to zero."""
    try:
        found = np.dtype(dtype)
    except TypeError:
        found = None
    if found is None or found.kind != "f":
        raise ValueError(f"{function}: dtype is {dtype!r}, expected a float type such as 'float32'")
    return found


def check_rows(function: str, **arrays) -> int:
    """Return how many rows the arrays have; refuse arrays of different lengths, and arrays without a row."""
    lengths = {name: len(a) if getattr(a, "ndim", 0) else None for name, a in arrays.items()}
    rows = set(lengths.values())
    if None in rows or len(rows) > 1 or 0 in rows:
        came = ", ".join(f"{name} of shape {getattr(a, 'shape', type(a).__name__)}" for name, a in arrays.items())
        wanted = "at least one example" if rows == {0} else "arrays with one row per example, equally many"
        raise ValueError(f"{function}: got {came}, expected {wanted}")
    return rows.pop()
