"""The linear layer: scores that are weighted sums of the inputs."""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from dlbook.torch import twin

__all__ = ["linear"]


@twin
def linear(
    x: Float[Tensor, "N D"], weight: Float[Tensor, "K D"], bias: Float[Tensor, " K"] | None = None
) -> Float[Tensor, "N K"]:
    """Score each row of x against each row of weight: y = x W^T + b."""
    return F.linear(x, weight, bias)
