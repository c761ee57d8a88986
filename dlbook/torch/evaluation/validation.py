"""Every example is held out once: folds, cross-validation, and a second round inside for what is chosen."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from dlbook.numpy.evaluation import validation as reference
from dlbook.numpy.evaluation.validation import Nested

__all__ = ["Nested", "cross_validate", "k_fold", "nested_cross_validate"]

Split = tuple[Tensor, Tensor]
Measure = Callable[..., float]


def k_fold(
    n: int, k: int, rng: np.random.Generator, *, stratify: Tensor | None = None
) -> list[tuple[Tensor, Tensor]]:
    """Deal n examples into k parts, each of which is held out once."""
    folds = reference.k_fold(n, k, rng, stratify=None if stratify is None else stratify.cpu().numpy())
    return [(torch.from_numpy(rest), torch.from_numpy(held)) for rest, held in folds]


def cross_validate(measure: Measure, data: Split, folds: Sequence[tuple[Tensor, Tensor]], **options) -> Tensor:
    """Train on the rest, measure on the part, for each part in turn."""
    x, target = data
    scores = [float(measure((x[rest], target[rest]), (x[held], target[held]), **options)) for rest, held in folds]
    return torch.tensor(scores, dtype=torch.float64)


def nested_cross_validate(
    measure: Measure, candidates: Mapping[str, Mapping], data: Split, folds: Sequence[tuple[Tensor, Tensor]], *,
    inner: int, rng: np.random.Generator,
) -> Nested:
    """Judge a procedure that chooses: inside each training part, choose by cross-validation; outside, measure."""
    x, target = data
    found = []
    for rest, held in folds:
        train = x[rest], target[rest]
        labels = None if target.ndim > 1 or target.is_floating_point() else train[1]
        parts = k_fold(len(rest), inner, rng, stratify=labels)
        means = {
            name: cross_validate(measure, train, parts, **options).mean().item() for name, options in candidates.items()
        }
        best = max(means, key=means.__getitem__)
        found.append((measure(train, (x[held], target[held]), **candidates[best]), best, means[best]))
    scores, chosen, flattering = zip(*found, strict=True)
    return Nested(torch.tensor(scores, dtype=torch.float64), chosen, torch.tensor(flattering, dtype=torch.float64))
