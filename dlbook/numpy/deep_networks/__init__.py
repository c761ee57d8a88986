"""Networks of k layers: activation functions, the network and its pullback, its linear regions, its training."""

from dlbook.numpy.backpropagation.functions import tanh
from dlbook.numpy.deep_networks.network import identity, init_mlp, layer_values, mlp
from dlbook.numpy.deep_networks.rectifiers import elu, leaky_relu, maxout, prelu, relu, selu
from dlbook.numpy.deep_networks.regions import (
    activation_pattern,
    breakpoints,
    count_regions,
    folding_mlp,
    region_bound,
)
from dlbook.numpy.deep_networks.smooth import gelu, silu, softplus
from dlbook.numpy.deep_networks.training import measure_splits, mlp_objective, network_objective, train_mlp

__all__ = [
    "activation_pattern",
    "breakpoints",
    "count_regions",
    "elu",
    "folding_mlp",
    "gelu",
    "identity",
    "init_mlp",
    "layer_values",
    "leaky_relu",
    "maxout",
    "measure_splits",
    "mlp",
    "mlp_objective",
    "network_objective",
    "prelu",
    "region_bound",
    "relu",
    "selu",
    "silu",
    "softplus",
    "tanh",
    "train_mlp",
]
