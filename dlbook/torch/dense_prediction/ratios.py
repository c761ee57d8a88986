"""How good a map of depths is: ratios of predicted to true depths."""

import math

from jaxtyping import Bool, Float
from torch import Tensor

from dlbook.numpy.linear_classifiers.arguments import above_zero
from dlbook.torch import twin
from dlbook.torch.dense_prediction.losses import log_ratio, scale_invariant_log_loss

__all__ = ["delta_accuracy", "rmse_log", "scale_invariant_error"]


@twin
def rmse_log(
    log_depth: Float[Tensor, "N *S"], depth: Float[Tensor, "N *S"], mask: Bool[Tensor, "N *S"] | None = None
) -> float:
    """Take the root of the mean squared logarithm of predicted over true depth."""
    d, counts, _ = log_ratio("rmse_log", log_depth, depth, mask)
    return (d.square().sum() / counts.sum()).sqrt().item()


@twin
def scale_invariant_error(
    log_depth: Float[Tensor, "N *S"], depth: Float[Tensor, "N *S"], mask: Bool[Tensor, "N *S"] | None = None
) -> float:
    """Take the same root after the best common factor for each image has been taken out."""
    return scale_invariant_log_loss(log_depth, depth, mask, lam=1.0).clamp(min=0).sqrt().item()


@twin
def delta_accuracy(
    log_depth: Float[Tensor, "N *S"], depth: Float[Tensor, "N *S"], mask: Bool[Tensor, "N *S"] | None = None, *,
    threshold: float = 1.25,
) -> float:
    """Count the pixels whose depth is right up to a factor."""
    factor = above_zero("delta_accuracy", "threshold", threshold)
    if factor <= 1:
        raise ValueError(f"delta_accuracy: threshold is {threshold}, expected a factor above 1")
    d, counts, kept = log_ratio("delta_accuracy", log_depth, depth, mask)
    return (((d.abs() < math.log(factor)) & kept).sum() / counts.sum()).item()
