"""Normalization: batch, layer, group, instance, root-mean-square and weight norm, and networks that use them."""

from dlbook.numpy.normalization.batch import (
    batch_norm,
    batch_norm_eval,
    batch_statistics,
    init_running,
    update_running,
)
from dlbook.numpy.normalization.features import group_norm, instance_norm, layer_norm, rms_norm
from dlbook.numpy.normalization.network import init_normalized_mlp, normalized_mlp
from dlbook.numpy.normalization.smoothness import along_gradient
from dlbook.numpy.normalization.steps import batch_norm_backward_columns, batch_norm_backward_steps, batch_norm_steps
from dlbook.numpy.normalization.training import (
    normalized_mlp_objective,
    population_statistics,
    track_running,
    train_normalized_mlp,
)
from dlbook.numpy.normalization.weights import weight_norm

__all__ = [
    "along_gradient",
    "batch_norm",
    "batch_norm_backward_columns",
    "batch_norm_backward_steps",
    "batch_norm_eval",
    "batch_norm_steps",
    "batch_statistics",
    "group_norm",
    "init_normalized_mlp",
    "init_running",
    "instance_norm",
    "layer_norm",
    "normalized_mlp",
    "normalized_mlp_objective",
    "population_statistics",
    "rms_norm",
    "track_running",
    "train_normalized_mlp",
    "update_running",
    "weight_norm",
]
