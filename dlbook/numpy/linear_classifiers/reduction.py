"""From one loss per example to the loss of the batch, and the gradient's way back."""

from typing import Literal

import numpy as np

__all__ = []

Reduction = Literal["none", "mean", "sum"]


def reduced(function: str, losses, reduction: Reduction):
    """Reduce the losses; return y and the share dy/dloss that each of them has in it.

    The gradient that arrives is `dy * share` at every loss, for all three reductions: 1/n for a mean, else 1.
    """
    if reduction == "none":
        return losses, 1.0
    if reduction == "sum":
        return losses.sum(), 1.0
    if losses.size == 0:
        raise ValueError(f"{function}: there is no loss to take the mean of, expected at least one example")
    return losses.mean(), 1 / losses.size


def column(per_row):
    """Turn one number per row, or one for all of them, into a column that multiplies the rows of a matrix."""
    return np.reshape(per_row, (-1, 1))


def sum_to(grad, shape: tuple[int, ...]):
    """Sum a gradient over the axes along which its array, of this shape, was broadcast."""
    extra = np.ndim(grad) - len(shape)
    grad = grad.sum(axis=tuple(range(extra))) if extra else grad
    stretched = tuple(i for i, size in enumerate(shape) if size == 1 and grad.shape[i] != 1)
    return grad.sum(axis=stretched, keepdims=True) if stretched else grad
