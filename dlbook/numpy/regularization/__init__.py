"""Regularization: penalties and stopping, dropout, augmented and mixed data."""

from dlbook.numpy.regularization.augmentation import (
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
from dlbook.numpy.regularization.decay import constrained, decoupled, max_norm
from dlbook.numpy.regularization.dropout import drop_path, dropout, keep_mask, spatial_dropout
from dlbook.numpy.regularization.mixing import mixup, mixup_objective, mixup_pairs, soft_cross_entropy
from dlbook.numpy.regularization.network import dropout_mlp, dropout_objective, hidden_masks, mc_dropout
from dlbook.numpy.regularization.shrinkage import (
    descent_shrinkage,
    dropout_regression,
    lasso_shrinkage,
    ridge_shrinkage,
)
from dlbook.numpy.regularization.stopping import Stop, early_stopping, optimize_with_patience
from dlbook.numpy.regularization.thinning import all_masks, mask_probability, normalized_geometric_mean

__all__ = [
    "Stop",
    "add_noise",
    "all_masks",
    "augmented",
    "constrained",
    "cutout",
    "decoupled",
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
    "optimize_with_patience",
    "orbit_average",
    "random_cutout",
    "random_flip",
    "random_scale",
    "random_shift",
    "ridge_shrinkage",
    "shift",
    "soft_cross_entropy",
    "spatial_dropout",
]
