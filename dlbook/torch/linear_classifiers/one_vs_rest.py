"""Many classes from two: one binary classifier for each class against all others."""

from collections.abc import Callable

import torch
from torch import Tensor

from dlbook.numpy.linear_classifiers.arguments import check_rows, whole_number
from dlbook.torch.linear_classifiers.metrics import check_labels

__all__ = ["one_vs_rest"]


def one_vs_rest(fit: Callable, x: Tensor, target: Tensor, num_classes: int, **options) -> tuple[Tensor, Tensor]:
    """Train a binary classifier for each class, "is it class k?", and let the highest score win."""
    classes = whole_number("one_vs_rest", "num_classes", num_classes, 2)
    check_rows("one_vs_rest", x=x, target=target)
    labels = check_labels("one_vs_rest", target, classes)
    solutions = [fit(x, torch.where(labels == k, 1, -1), **options) for k in range(classes)]
    return torch.stack([s[0] for s in solutions]), torch.tensor([s[1] for s in solutions], dtype=x.dtype)
