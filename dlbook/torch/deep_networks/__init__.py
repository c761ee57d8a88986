"""Networks of k layers: the twins of `dlbook.numpy.deep_networks`."""

from dlbook.torch.backpropagation.functions import tanh
from dlbook.torch.deep_networks.network import identity, init_mlp, layer_values, mlp
from dlbook.torch.deep_networks.rectifiers import elu, leaky_relu, maxout, prelu, relu, selu
from dlbook.torch.deep_networks.regions import (
    activation_pattern,
    breakpoints,
    count_regions,
    folding_mlp,
    region_bound,
)
from dlbook.torch.deep_networks.smooth import gelu, silu, softplus
from dlbook.torch.deep_networks.training import measure_splits, mlp_objective, network_objective, train_mlp

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
