"""Labels that are not certain: soft targets, and examples mixed with one another."""

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Integer
from torch import Tensor

from dlbook.numpy import regularization as reference
from dlbook.numpy.linear_classifiers.arguments import above_zero, check_generator
from dlbook.torch import twin
from dlbook.torch.deep_networks.network import Params
from dlbook.torch.deep_networks.training import mlp_objective
from dlbook.torch.linear_classifiers.reduction import Reduction

__all__ = ["mixup", "mixup_objective", "mixup_pairs", "soft_cross_entropy"]


@twin
def soft_cross_entropy(
    scores: Float[Tensor, "N K"], target: Float[Tensor, "N K"], *, reduction: Reduction = "mean"
) -> Float[Tensor, ""] | Float[Tensor, " N"]:
    """Measure how badly the softmax of the scores predicts a distribution over the classes."""
    return F.cross_entropy(scores, target, reduction=reduction)


@twin
def mixup(
    x: Float[Tensor, "N *S"], target: Float[Tensor, "N K"], order: Integer[Tensor, " N"], share: Float[Tensor, " N"]
) -> tuple[Float[Tensor, "N *S"], Float[Tensor, "N K"]]:
    """Mix each example with another one, and their labels in the same proportion."""
    partner = order.long()
    own = share[(..., *[None] * (x.ndim - 1))]
    return torch.lerp(x[partner], x, own), torch.lerp(target[partner], target, share[:, None])


def mixup_pairs(
    n: int, rng: np.random.Generator, *, alpha: float = 0.2, dtype: str = "float32"
) -> tuple[Integer[Tensor, " N"], Float[Tensor, " N"]]:
    """Draw a partner and a share for each of n examples: the reference's own draw, as tensors."""
    order, share = reference.mixup_pairs(n, rng, alpha=alpha, dtype=dtype)
    return torch.from_numpy(order), torch.from_numpy(share)


def mixup_objective(
    classes: int, rng: np.random.Generator, *, alpha: float = 0.2, objective: Callable = mlp_objective,
    **options,
) -> Callable:
    """Build the cost of a network on mixed examples: each call mixes its batch anew."""
    alpha = above_zero("mixup_objective", "alpha", alpha)
    check_generator("mixup_objective", rng)
    cost = objective(soft_cross_entropy, **options)

    def value_and_grad(params: Params, x, target):
        order, share = mixup_pairs(len(x), rng, alpha=alpha)
        soft = F.one_hot(target.long(), classes).to(x.dtype)
        return cost(params, *mixup(x, soft, order.to(x.device), share.to(x.device, x.dtype)))

    return value_and_grad
