"""Regularization: the twins of `dlbook.numpy.regularization`."""

from dlbook.numpy.regularization.stopping import Stop, early_stopping
from dlbook.torch.regularization.augmentation import (
    add_noise,
    augmented,
    cutout,
    orbit_average,
    random_cutout,
    random_flip,
    random_scale,
    random_shift,
    shift,
)
from dlbook.torch.regularization.dropout import drop_path, dropout, keep_mask, spatial_dropout
from dlbook.torch.regularization.mixing import mixup, mixup_objective, mixup_pairs, soft_cross_entropy
from dlbook.torch.regularization.network import dropout_mlp, dropout_objective, hidden_masks, mc_dropout
from dlbook.torch.regularization.shrinkage import (
    descent_shrinkage,
    dropout_regression,
    lasso_shrinkage,
    max_norm,
    ridge_shrinkage,
)
from dlbook.torch.regularization.stopping import sgd_early_stopping
from dlbook.torch.regularization.thinning import all_masks, mask_probability, normalized_geometric_mean

__all__ = [
    "Stop",
    "add_noise",
    "all_masks",
    "augmented",
    "cutout",
    "descent_shrinkage",
    "drop_path",
    "dropout",
    "dropout_mlp",
    "dropout_objective",
    "dropout_regression",
    "early_stopping",
    "hidden_masks",
    "keep_mask",
    "lasso_shrinkage",
    "mask_probability",
    "max_norm",
    "mc_dropout",
    "mixup",
    "mixup_objective",
    "mixup_pairs",
    "normalized_geometric_mean",
    "orbit_average",
    "random_cutout",
    "random_flip",
    "random_scale",
    "random_shift",
    "ridge_shrinkage",
    "sgd_early_stopping",
    "shift",
    "soft_cross_entropy",
    "spatial_dropout",
]
