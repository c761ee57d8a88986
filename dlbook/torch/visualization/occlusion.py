"""Covering parts of an image, one after the other, and watching the score."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from dlbook.numpy.linear_classifiers.arguments import whole_number
from dlbook.shapes import ShapeError
from dlbook.torch.visualization.gradients import chosen_scores

__all__ = ["occlusion_map"]


@torch.no_grad()
def occlusion_map(
    f: Callable, x: Tensor, target: Tensor, *params: Any, size: int, stride: int = 1, fill: Tensor | float = 0.0,
    **options,
) -> Tensor:  # fmt: skip
    """Cover each square of the image in turn and note how much of the score is lost."""
    size, stride = (
        whole_number("occlusion_map", option, value, 1) for option, value in (("size", size), ("stride", stride))
    )
    if size > min(x.shape[2:]):
        raise ShapeError(
            f"occlusion_map: size is {size}, expected at most {min(x.shape[2:])}, as x is {tuple(x.shape)}"
        )
    paint = torch.as_tensor(fill, dtype=x.dtype, device=x.device)
    if paint.shape not in ((), (x.shape[1],)):
        raise ShapeError(f"occlusion_map: fill has shape {tuple(paint.shape)}, expected one number or ({x.shape[1]},)")
    whole = chosen_scores("occlusion_map", f(x, *params, **options), target)
    lost = []
    for top in range(0, x.shape[2] - size + 1, stride):
        line = []
        for left in range(0, x.shape[3] - size + 1, stride):
            covered = x.clone()
            covered[..., top : top + size, left : left + size] = paint.reshape(-1, 1, 1)
            line.append(whole - chosen_scores("occlusion_map", f(covered, *params, **options), target))
        lost.append(torch.stack(line, dim=1))
    return torch.stack(lost, dim=1)
