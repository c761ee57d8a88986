"""Is one network better than another, or only luckier: paired tests, many tests, and where a scatter comes from."""

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from dlbook.numpy.evaluation.comparisons import McNemar, VarianceComponents
from dlbook.torch import twin
from dlbook.torch.evaluation.intervals import binomial_pmf

__all__ = ["McNemar", "VarianceComponents", "holm", "mcnemar", "permutation_test", "variance_components"]


@twin
def mcnemar(right_a: Bool[Tensor, " N"], right_b: Bool[Tensor, " N"], *, exact: bool = True) -> McNemar:
    """Test whether two classifiers err equally often, on the examples about which they disagree."""
    b, c = (right_a & ~right_b).sum().item(), (right_b & ~right_a).sum().item()
    if exact:
        tail = binomial_pmf(b + c, 0.5)[: min(b, c) + 1].sum()
        return McNemar(b, c, float(min(b, c)), min(1.0, 2 * tail.item()))
    statistic = max(0, abs(b - c) - 1) ** 2 / (b + c) if b + c else 0.0
    return McNemar(b, c, statistic, torch.erfc(torch.tensor(statistic / 2, dtype=torch.float64).sqrt()).item())


@twin
def permutation_test(difference: Float[Tensor, " N"], *, resamples: int = 2000, rng: np.random.Generator) -> float:
    """Test whether paired differences have mean zero, by exchanging the members of each pair at random."""
    d = difference.double()
    heads = torch.from_numpy(rng.integers(0, 2, (resamples, len(d)), dtype=np.int8)).to(d)
    extreme = ((2 * heads - 1) @ d).abs() >= d.sum().abs() - 1e-9 * d.abs().sum()
    return (1 + extreme.sum().item()) / (1 + resamples)


@twin
def holm(p_values: Float[Tensor, " H"]) -> Float[Tensor, " H"]:
    """Correct the p-values of several tests, so that a false alarm among all of them is rare."""
    rising, order = p_values.sort(stable=True)
    factor = torch.arange(len(rising), 0, -1, device=rising.device)
    return torch.empty_like(rising).index_copy(0, order, (factor * rising).cummax(0).values.clamp(max=1))


@twin
def variance_components(values: Float[Tensor, "M N"]) -> VarianceComponents:
    """Split the scatter of a table of seeds and examples into a seed's, an example's, and the rest."""
    a = values.double()
    m, n = a.shape
    rest = a - a.mean(dim=1, keepdim=True) - a.mean(dim=0) + a.mean()
    residual = rest.square().sum() / ((m - 1) * (n - 1))
    seed, example = (a.mean(dim=axis).var() - residual / size for axis, size in ((1, n), (0, m)))
    return VarianceComponents(seed.item(), example.item(), residual.item())
