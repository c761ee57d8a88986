"""Maps of an image that are made of the gradient of a score, by `torch.autograd.grad`."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dlbook.numpy.linear_classifiers.arguments import at_least_zero, check_generator, whole_number
from dlbook.shapes import ShapeError

__all__ = ["integrated_gradients", "saliency", "smooth_grad"]


def chosen_scores(function: str, scores: Tensor, target: Tensor) -> Tensor:
    """Return the score of each row's target class; refuse a class that does not exist."""
    if target.is_floating_point():
        raise TypeError(f"{function}: target is {target.dtype}, expected integers")
    if len(scores) != len(target) or ((target < 0) | (target >= scores.shape[1])).any():
        raise ValueError(f"{function}: target is {target}, expected a class below {scores.shape[1]} for each row of x")
    return scores.gather(1, target.long()[:, None])[:, 0]


def score_and_gradient(function: str, f: Callable, x: Tensor, target: Tensor, params: tuple, options: dict):
    """Return the score of each row's target class, and the gradient of each row's score by its own input."""
    x = x.detach().requires_grad_()
    score = chosen_scores(function, f(x, *params, **options), target)
    (grad,) = torch.autograd.grad(score.sum(), x)
    return score.detach(), grad


def saliency(f: Callable, x: Tensor, target: Tensor, *params: Any, **options) -> Tensor:
    """Compute the gradient of a class's score by the input."""
    return score_and_gradient("saliency", f, x, target, params, options)[1]


def smooth_grad(
    f: Callable, x: Tensor, target: Tensor, *params: Any, sigma: float, samples: int, rng: np.random.Generator,
    **options,
) -> Tensor:  # fmt: skip
    """Average the gradient of a score over noisy copies of the input: the reference's own noise."""
    sigma = at_least_zero("smooth_grad", "sigma", sigma)
    samples = whole_number("smooth_grad", "samples", samples, 1)
    check_generator("smooth_grad", rng)
    maps = []
    for _ in range(samples):
        noise = torch.as_tensor(rng.standard_normal(x.shape), dtype=x.dtype, device=x.device)
        maps.append(score_and_gradient("smooth_grad", f, x + sigma * noise, target, params, options)[1])
    return torch.stack(maps).mean(dim=0)


def integrated_gradients(
    f: Callable, x: Tensor, target: Tensor, *params: Any, baseline: Tensor | float = 0.0, steps: int = 32, **options
) -> Tensor:
    """Add up the gradient of a score on the straight way from a baseline to the input, times the way."""
    steps = whole_number("integrated_gradients", "steps", steps, 1)
    start = torch.as_tensor(baseline, dtype=x.dtype, device=x.device)
    if start.shape not in ((), x.shape[1:]):
        raise ShapeError(
            f"integrated_gradients: baseline has shape {tuple(start.shape)}, "
            f"expected one number or {tuple(x.shape[1:])}"
        )
    start = start.expand_as(x)
    places = (torch.arange(steps, dtype=x.dtype, device=x.device) + 0.5) / steps
    grads = [
        score_and_gradient("integrated_gradients", f, torch.lerp(start, x, place), target, params, options)[1]
        for place in places
    ]
    return (x - start) * torch.stack(grads).mean(dim=0)
