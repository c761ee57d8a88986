"""Normalization: the twins of `dlbook.numpy.normalization`."""

from dlbook.torch.normalization.batch import (
    batch_norm,
    batch_norm_eval,
    batch_statistics,
    init_running,
    update_running,
)
from dlbook.torch.normalization.features import group_norm, instance_norm, layer_norm, rms_norm
from dlbook.torch.normalization.network import init_normalized_mlp, normalized_mlp
from dlbook.torch.normalization.smoothness import along_gradient
from dlbook.torch.normalization.training import (
    normalized_mlp_objective,
    population_statistics,
    track_running,
    train_normalized_mlp,
)
from dlbook.torch.normalization.weights import weight_norm

__all__ = [
    "along_gradient",
    "batch_norm",
    "batch_norm_eval",
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
