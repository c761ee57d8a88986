"""Learning rates that change: plain numbers, so the reference's own functions."""

from dlbook.numpy.optimization.schedules import (
    cosine_restarts,
    one_cycle_lr,
    step_lr,
    triangular_doubling_lr,
    triangular_lr,
    warmup,
)

__all__ = ["cosine_restarts", "one_cycle_lr", "step_lr", "triangular_doubling_lr", "triangular_lr", "warmup"]
