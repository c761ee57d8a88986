"""Optimization: steps with a memory, steps for each coordinate, rates that change, gradients that are cut."""

from dlbook.numpy.optimization.adam import adam, adamw, nadam
from dlbook.numpy.optimization.adaptive import adadelta, adagrad, rmsprop
from dlbook.numpy.optimization.averaging import averaged, ema
from dlbook.numpy.optimization.clipping import clip_norm, clip_value, clipped
from dlbook.numpy.optimization.loop import lr_range_test, minimize, optimize
from dlbook.numpy.optimization.momentum import lion, momentum_factor, nesterov, sgd_momentum
from dlbook.numpy.optimization.schedules import (
    cosine_restarts,
    one_cycle_lr,
    step_lr,
    triangular_doubling_lr,
    triangular_lr,
    warmup,
)
from dlbook.numpy.optimization.surfaces import rosenbrock, saddle

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
