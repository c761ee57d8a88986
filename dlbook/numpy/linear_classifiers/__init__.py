"""Linear classifiers: the linear layer, the losses that train it, and what to measure afterwards."""

from dlbook.numpy.linear_classifiers.binary import (
    binary_cross_entropy_with_logits,
    focal_loss,
    multi_bce,
    sigmoid,
)
from dlbook.numpy.linear_classifiers.cross_entropy import cross_entropy, nll_loss
from dlbook.numpy.linear_classifiers.hinge import (
    crammer_singer_loss,
    hinge_loss,
    multi_margin_loss,
    squared_hinge_loss,
)
from dlbook.numpy.linear_classifiers.linear import linear
from dlbook.numpy.linear_classifiers.metrics import (
    Reliability,
    accuracy,
    confusion_matrix,
    expected_calibration_error,
    one_hot,
    reliability_diagram,
    temperature_scale,
)
from dlbook.numpy.linear_classifiers.one_vs_rest import one_vs_rest
from dlbook.numpy.linear_classifiers.pegasos import pegasos
from dlbook.numpy.linear_classifiers.penalties import elastic_net_penalty, l1_penalty, l2_penalty
from dlbook.numpy.linear_classifiers.regression import huber_loss, l1_loss, mse_loss, smooth_l1_loss
from dlbook.numpy.linear_classifiers.ridge import ridge_regression
from dlbook.numpy.linear_classifiers.softmax import log_softmax, logsumexp, softmax
from dlbook.numpy.linear_classifiers.svm import SvmSolution, dual_objective, primal_objective, svm_dual

__all__ = [
    "Reliability",
    "SvmSolution",
    "accuracy",
    "binary_cross_entropy_with_logits",
    "confusion_matrix",
    "crammer_singer_loss",
    "cross_entropy",
    "dual_objective",
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
    "one_vs_rest",
    "pegasos",
    "primal_objective",
    "reliability_diagram",
    "ridge_regression",
    "sigmoid",
    "smooth_l1_loss",
    "softmax",
    "squared_hinge_loss",
    "svm_dual",
    "temperature_scale",
]
