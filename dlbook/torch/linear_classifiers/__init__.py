"""Linear classifiers: the twins of `dlbook.numpy.linear_classifiers`."""

from dlbook.torch.linear_classifiers.binary import (
    binary_cross_entropy_with_logits,
    focal_loss,
    multi_bce,
    sigmoid,
)
from dlbook.torch.linear_classifiers.cross_entropy import cross_entropy, nll_loss
from dlbook.torch.linear_classifiers.hinge import (
    crammer_singer_loss,
    hinge_loss,
    multi_margin_loss,
    squared_hinge_loss,
)
from dlbook.torch.linear_classifiers.linear import linear
from dlbook.torch.linear_classifiers.metrics import (
    Reliability,
    accuracy,
    confusion_matrix,
    expected_calibration_error,
    one_hot,
    reliability_diagram,
    temperature_scale,
)
from dlbook.torch.linear_classifiers.penalties import elastic_net_penalty, l1_penalty, l2_penalty
from dlbook.torch.linear_classifiers.regression import huber_loss, l1_loss, mse_loss, smooth_l1_loss
from dlbook.torch.linear_classifiers.softmax import log_softmax, logsumexp, softmax

__all__ = [
    "Reliability",
    "accuracy",
    "binary_cross_entropy_with_logits",
    "confusion_matrix",
    "crammer_singer_loss",
    "cross_entropy",
    "elastic_net_penalty",
    "expected_calibration_error",
    "focal_loss",
    "hinge_loss",
    "huber_loss",
    "l1_loss",
    "l1_penalty",
    "l2_penalty",
    "linear",
    "log_softmax",
    "logsumexp",
    "mse_loss",
    "multi_bce",
    "multi_margin_loss",
    "nll_loss",
    "one_hot",
    "reliability_diagram",
    "sigmoid",
    "smooth_l1_loss",
    "softmax",
    "squared_hinge_loss",
    "temperature_scale",
]
