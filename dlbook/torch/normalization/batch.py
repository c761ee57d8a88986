"""Batch normalization: every channel by the mean and the variance of the batch, or by those of the training set."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from dlbook.numpy.linear_classifiers.arguments import above_zero, between, whole_number
from dlbook.torch import twin

__all__ = ["batch_norm", "batch_norm_eval", "batch_statistics", "init_running", "update_running"]

Running = tuple[Float[Tensor, " C"], Float[Tensor, " C"]]


def check_count(function: str, x: Tensor) -> None:
    """Refuse a batch that has fewer than two values for a channel."""
    count = x.numel() // x.shape[1] if x.shape[1] else 0
    if count < 2:
        raise ValueError(
            f"{function}: x of shape {tuple(x.shape)} has {count} value{'s' * (count != 1)} per channel, "
            "expected at least 2: there is no variance to divide by"
        )


@twin
def batch_norm(
    x: Float[Tensor, "N C *S"], weight: Float[Tensor, " C"] | None = None, bias: Float[Tensor, " C"] | None = None, *,
    eps: float = 1e-5,
) -> Float[Tensor, "N C *S"]:
    """Give every channel mean 0 and variance 1 over the batch, then a scale and a shift that are learnt."""
    check_count("batch_norm", x)
    if weight is None and bias is not None:
        weight = torch.ones_like(bias)  # on a GPU PyTorch fails in the way back of a shift alone
    return F.batch_norm(x, None, None, weight, bias, training=True, eps=above_zero("batch_norm", "eps", eps))


@twin
def batch_norm_eval(
    x: Float[Tensor, "N C *S"], running_mean: Float[Tensor, " C"], running_var: Float[Tensor, " C"],
    weight: Float[Tensor, " C"] | None = None, bias: Float[Tensor, " C"] | None = None, *, eps: float = 1e-5,
) -> Float[Tensor, "N C *S"]:
    """Normalize every channel by a mean and a variance that do not depend on the batch."""
    # Written out: F.batch_norm takes the two for constants, and autograd would have no gradient for them.
    eps = above_zero("batch_norm_eval", "eps", eps)
    if (running_var < 0).any():
        raise ValueError(f"batch_norm_eval: running_var has the entry {running_var.min()}, expected at least 0")

    def spread(a):
        return a.reshape(-1, *[1] * (x.ndim - 2))

    y = (x - spread(running_mean)) * spread(torch.rsqrt(running_var + eps))
    y = y if weight is None else y * spread(weight)
    return y if bias is None else y + spread(bias)


def init_running(channels: int, *, dtype: str = "float32") -> Running:
    """Return the statistics with which a running average begins: mean 0 and variance 1, as PyTorch's."""
    channels = whole_number("init_running", "channels", channels, 1)
    return torch.zeros(channels, dtype=getattr(torch, dtype)), torch.ones(channels, dtype=getattr(torch, dtype))


@torch.no_grad()
def batch_statistics(x: Float[Tensor, "N C *S"]) -> Running:
    """Return what a batch tells about the channels in general: their mean, and the unbiased variance."""
    check_count("batch_statistics", x)
    var, mean = torch.var_mean(x, dim=(0, *range(2, x.ndim)))
    return mean, var


@torch.no_grad()
def update_running(stats: Running, batch: Running, *, momentum: float = 0.1) -> Running:
    """Move running statistics a little towards those of a batch."""
    momentum = between("update_running", "momentum", momentum, 0, 1)
    for name, old, new in zip(("mean", "var"), stats, batch, strict=True):
        if old.shape != new.shape:
            raise ValueError(f"update_running: stats has a {name} of shape {tuple(old.shape)}, batch one of "
                             f"{tuple(new.shape)}, expected one shape (C,)")
    return tuple(torch.lerp(old, new, momentum) for old, new in zip(stats, batch, strict=True))
