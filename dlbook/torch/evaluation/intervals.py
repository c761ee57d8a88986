"""How far a measured share may be from the truth: intervals for an accuracy, and how often they hold."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.distributions import Binomial

from dlbook.numpy.evaluation.intervals import Interval

__all__ = ["Interval", "binomial_pmf", "clopper_pearson_interval", "coverage", "wald_interval", "wilson_interval"]


def _float64(number: float) -> Tensor:
    return torch.tensor(number, dtype=torch.float64)


def normal_quantile(level: float) -> Tensor:
    """Return the quantile of the standard normal distribution."""
    return torch.special.ndtri(_float64(level))


def binomial_pmf(n: int, p: float) -> Tensor:
    """Compute the probabilities of 0, 1, ... n successes in n independent trials."""
    return Binomial(n, probs=_float64(p)).log_prob(torch.arange(n + 1, dtype=torch.float64)).exp()


def wald_interval(successes: int, n: int, *, confidence: float = 0.95) -> Interval:
    """Compute the textbook's interval: the measured share, plus and minus z of its own standard errors."""
    p = _float64(successes / n)
    half = normal_quantile((1 + confidence) / 2) * (p * (1 - p) / n).sqrt()
    return Interval(*(end.clamp(0, 1).item() for end in (p - half, p + half)))


def wilson_interval(successes: int, n: int, *, confidence: float = 0.95) -> Interval:
    """Compute the set of probabilities that the measured share does not refute."""
    # Solve (1 + z2/n) p^2 - (2 k/n + z2/n) p + (k/n)^2 = 0 by the companion matrix.
    z2, share = normal_quantile((1 + confidence) / 2) ** 2, successes / n
    lead = 1 + z2 / n
    companion = torch.zeros(2, 2, dtype=torch.float64)
    companion[0, 0], companion[0, 1], companion[1, 0] = (2 * share + z2 / n) / lead, -(share**2) / lead, 1
    low, high = torch.linalg.eigvals(companion).real.sort().values.clamp(0, 1).tolist()
    return Interval(low, high)


def clopper_pearson_interval(successes: int, n: int, *, confidence: float = 0.95) -> Interval:
    """Compute the exact interval, which contains the truth at least as often as promised, whatever the truth is."""
    tail = (1 - confidence) / 2
    low = _bisect(lambda p: binomial_pmf(n, p)[successes:].sum() - tail) if successes else 0.0
    high = _bisect(lambda p: tail - binomial_pmf(n, p)[: successes + 1].sum()) if successes < n else 1.0
    return Interval(low, high)


def _bisect(rising: Callable[[float], Tensor]) -> float:
    low, high = 0.0, 1.0
    for _ in range(52):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < 0 else (low, middle)
    return (low + high) / 2


def coverage(
    interval: Callable[..., Interval], n: int, p: float | Tensor, *, confidence: float = 0.95
) -> float | Tensor:
    """Compute how often an interval contains the truth, when the truth is p: a sum, not a simulation."""
    truths = torch.as_tensor(p, dtype=torch.float64)
    low, high = torch.tensor([interval(k, n, confidence=confidence) for k in range(n + 1)], dtype=torch.float64).T
    chance = Binomial(n, probs=truths[..., None]).log_prob(torch.arange(n + 1, dtype=torch.float64)).exp()
    kept = (chance * ((low <= truths[..., None]) & (truths[..., None] <= high))).sum(dim=-1)
    return kept.item() if kept.ndim == 0 else kept
