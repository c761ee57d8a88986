"""Where in an image a class is found: sums of a layer's maps, weighted by what each map means for the class."""

import torch
from jaxtyping import Float, Integer
from torch import Tensor
from torch.nn import functional as F

from dlbook.torch import twin

__all__ = ["class_activation", "grad_cam"]


@twin
def class_activation(
    h: Float[Tensor, "N C P Q"], weight: Float[Tensor, "K C"], target: Integer[Tensor, " N"]
) -> Float[Tensor, "N P Q"]:
    """Weigh the maps of the last layer as the classifier weighs their means."""
    if ((target < 0) | (target >= len(weight))).any():
        raise ValueError(f"class_activation: target is {target}, expected 0 to {len(weight) - 1}")
    return torch.einsum("nc,ncpq->npq", weight[target.long()], h)


@twin
def grad_cam(h: Float[Tensor, "N C P Q"], dh: Float[Tensor, "N C P Q"]) -> Float[Tensor, "N P Q"]:
    """Weigh the maps of a layer by their mean gradient, and keep what is positive."""
    return F.relu(torch.einsum("nc,ncpq->npq", dh.mean(dim=(2, 3)), h))
