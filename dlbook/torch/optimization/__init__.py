"""Optimization: the twins of `dlbook.numpy.optimization`, on tensors."""

from dlbook.torch.optimization.adam import adam, adamw, nadam
from dlbook.torch.optimization.adaptive import adadelta, adagrad, rmsprop
from dlbook.torch.optimization.averaging import averaged, ema
from dlbook.torch.optimization.clipping import clip_norm, clip_value, clipped
from dlbook.torch.optimization.loop import lr_range_test, minimize, optimize
from dlbook.torch.optimization.momentum import lion, momentum_factor, nesterov, sgd_momentum
from dlbook.torch.optimization.schedules import (
    cosine_restarts,
    one_cycle_lr,
    step_lr,
    triangular_doubling_lr,
    triangular_lr,
    warmup,
)
from dlbook.torch.optimization.surfaces import rosenbrock, saddle

__all__ = [
    "adadelta",
    "adagrad",
    "adam",
    "adamw",
    "averaged",
    "clip_norm",
    "clip_value",
    "clipped",
    "cosine_restarts",
    "ema",
    "lion",
    "lr_range_test",
    "minimize",
    "momentum_factor",
    "nadam",
    "nesterov",
    "one_cycle_lr",
    "optimize",
    "rmsprop",
    "rosenbrock",
    "saddle",
    "sgd_momentum",
    "step_lr",
    "triangular_doubling_lr",
    "triangular_lr",
    "warmup",
]
