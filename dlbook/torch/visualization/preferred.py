"""Images that a class likes best, painted by climbing its score."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from dlbook.numpy.convolution.filters import gaussian_kernel
from dlbook.numpy.linear_classifiers.arguments import above_zero, at_least_zero, between, whole_number
from dlbook.torch.visualization.gradients import score_and_gradient

__all__ = ["activation_maximization"]


def activation_maximization(
    f: Callable, start: Tensor, target: Tensor, *params: Any, lr: float, steps: int, decay: float = 0.0,
    blur: float = 0.0, **options,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Climb the score of a class by steps of one length, held back by a price on large and on rough images."""
    lr = above_zero("activation_maximization", "lr", lr)
    steps = whole_number("activation_maximization", "steps", steps, 0)
    decay = between("activation_maximization", "decay", decay, 0, 1)
    blur = at_least_zero("activation_maximization", "blur", blur)
    width = int(np.ceil(2 * blur))
    bell = torch.as_tensor(gaussian_kernel(2 * width + 1, sigma=blur or 1.0), dtype=start.dtype, device=start.device)
    x, scores = start.clone(), []
    for step in range(steps + 1):
        score, g = score_and_gradient("activation_maximization", f, x, target, params, options)
        scores.append(score)
        if step == steps:
            break
        length = torch.linalg.vector_norm(g, dim=(1, 2, 3), keepdim=True)
        x = (1 - decay) * x + lr * g / length.clamp(min=torch.finfo(x.dtype).tiny)
        if width:
            bordered = F.pad(x, (width,) * 4, mode="replicate")
            x = F.conv2d(bordered, bell.expand(x.shape[1], 1, -1, -1), groups=x.shape[1])
    return x, torch.stack(scores)
