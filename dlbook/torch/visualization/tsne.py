"""t-SNE: points in the plane whose neighbours are the neighbours that they had in many dimensions."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from dlbook.numpy.linear_classifiers.arguments import above_zero, whole_number
from dlbook.shapes import ShapeError
from dlbook.torch import twin
from dlbook.torch.gradient_descent.descent import Descent, check_finite, gathered, value_and_grad

__all__ = ["affinities", "tsne", "tsne_loss"]


def affinities(x: Tensor, *, perplexity: float) -> Tensor:
    """Say how much each pair of points are neighbours, each point counting about the same number of them."""
    n = len(x)
    if n < 3 or not 1 < above_zero("affinities", "perplexity", perplexity) < n - 1:
        raise ValueError(f"affinities: perplexity is {perplexity} for {n} points, expected above 1 and below N - 1")
    away = torch.cdist(x, x, compute_mode="donot_use_mm_for_euclid_dist") ** 2
    away.fill_diagonal_(torch.inf)
    scale = away.masked_fill(torch.eye(n, dtype=torch.bool, device=x.device), 0).sum(dim=1, keepdim=True) / (n - 1)
    low, high = (torch.full((n, 1), end, dtype=x.dtype, device=x.device) for end in (-40.0, 40.0))
    for _ in range(100):
        middle = (low + high) / 2
        p = torch.softmax(-middle.exp() * away / scale, dim=1)
        wide = torch.special.entr(p).sum(dim=1, keepdim=True) > math.log(perplexity)
        low, high = torch.where(wide, middle, low), torch.where(wide, high, middle)
    return (p + p.T) / (2 * n)


@twin
def tsne_loss(y: Float[Tensor, "N M"], p: Float[Tensor, "N N"]) -> Float[Tensor, ""]:
    """Measure how badly points in the plane have the neighbours that they should have."""
    n = len(y)
    if n < 2:
        raise ShapeError(f"tsne_loss: y is {tuple(y.shape)}, expected at least two points")
    i, j = (~torch.eye(n, dtype=torch.bool, device=y.device)).nonzero(as_tuple=True)
    pairs = p[i, j]
    if (pairs < 0).any():
        raise ValueError(f"tsne_loss: p has the entry {pairs.min()}, expected none below 0")
    log_w = -torch.log1p(((y[i] - y[j]) ** 2).sum(dim=1))
    return (torch.xlogy(pairs, pairs) - pairs * torch.log_softmax(log_w, dim=0)).sum()


def tsne(
    p: Tensor, start: Tensor, *, lr: float, steps: int, exaggeration: float = 4.0, early: int = 100,
    keep_path: bool = False,
) -> Descent:  # fmt: skip
    """Move points in the plane downhill on `tsne_loss`, with momentum, and at first with exaggerated neighbours."""
    lr, exaggeration = (above_zero("tsne", o, v) for o, v in (("lr", lr), ("exaggeration", exaggeration)))
    steps, early = whole_number("tsne", "steps", steps, 1), whole_number("tsne", "early", early, 0)
    if len(start) != len(p):
        raise ValueError(f"tsne: start has {len(start)} points and p {len(p)}, expected equally many")
    slope = value_and_grad(tsne_loss)
    y, v, values, visited = start.clone(), torch.zeros_like(start), [], [start] if keep_path else []
    for step in range(steps):
        value, grad = slope(y, p)
        check_finite("tsne", value, step)
        values.append(value)
        if step < early:
            grad = slope(y, exaggeration * p)[1]
        v = (0.5 if step < early else 0.8) * v - lr * grad
        y = y + v
        if keep_path:
            visited.append(y)
    values.append(tsne_loss(y, p))
    return Descent(y, *gathered(values, [lr] * steps, visited))
