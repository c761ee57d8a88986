"""Drawing examples again: bootstrap samples, the examples that a sample left out, and how far a statistic scatters."""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float, Integer
from torch import Tensor

from dlbook.numpy.evaluation import resampling as reference
from dlbook.numpy.evaluation.intervals import Interval
from dlbook.numpy.evaluation.resampling import OutOfBag
from dlbook.torch import twin

__all__ = ["OutOfBag", "bootstrap", "bootstrap_interval", "out_of_bag"]


def bootstrap(n: int, rng: np.random.Generator, *, size: int | None = None) -> Tensor:
    """Draw examples with replacement: a sample like the one we have, but not the same."""
    return torch.from_numpy(reference.bootstrap(n, rng, size=size))  # the same draws on any device


@twin
def out_of_bag(p: Float[Tensor, "M N K"], samples: Integer[Tensor, "M S"]) -> OutOfBag:
    """Average for each training example the probabilities of the members that were trained without it."""
    outside = torch.ones(p.shape[:2], dtype=torch.bool, device=p.device).scatter(1, samples.long(), False)
    return OutOfBag(torch.where(outside[..., None], p, torch.nan).nanmean(dim=0), outside.sum(dim=0))


def bootstrap_interval(
    values: Float[Tensor, "N ..."], statistic: Callable = torch.mean, *, resamples: int = 2000,
    confidence: float = 0.95, rng: np.random.Generator,
) -> Interval:
    """Estimate how far a statistic scatters by resampling the examples that we have."""
    n, levels = len(values), torch.tensor([(1 - confidence) / 2, (1 + confidence) / 2], dtype=torch.float64)
    found = torch.stack([torch.as_tensor(statistic(values[bootstrap(n, rng)])) for _ in range(resamples)]).double()
    return Interval(*torch.quantile(found, levels).tolist())
