"""Evaluation: ensembles, metrics, intervals, comparisons, cross-validation, and what interpolation does."""

from dlbook.numpy.evaluation.brier import BrierDecomposition, brier_decomposition, brier_score
from dlbook.numpy.evaluation.comparisons import (
    McNemar,
    VarianceComponents,
    holm,
    mcnemar,
    permutation_test,
    variance_components,
)
from dlbook.numpy.evaluation.curves import (
    PrecisionRecallCurve,
    RocCurve,
    auroc,
    average_precision,
    precision_recall_curve,
    roc_curve,
)
from dlbook.numpy.evaluation.ensembles import (
    AmbiguityDecomposition,
    ambiguity_decomposition,
    ensemble_average,
    majority_probability,
    majority_vote,
    member_covariance,
)
from dlbook.numpy.evaluation.interpolation import DoubleDescent, double_descent, random_features, ridge_accuracy
from dlbook.numpy.evaluation.intervals import (
    Interval,
    binomial_pmf,
    clopper_pearson_interval,
    coverage,
    wald_interval,
    wilson_interval,
)
from dlbook.numpy.evaluation.metrics import balanced_accuracy, f1_score, precision, recall, top_k_accuracy
from dlbook.numpy.evaluation.resampling import OutOfBag, bootstrap, bootstrap_interval, out_of_bag
from dlbook.numpy.evaluation.validation import Nested, cross_validate, k_fold, nested_cross_validate

__all__ = [
    "AmbiguityDecomposition",
    "BrierDecomposition",
    "DoubleDescent",
    "Interval",
    "McNemar",
    "Nested",
    "OutOfBag",
    "PrecisionRecallCurve",
    "RocCurve",
    "VarianceComponents",
    "ambiguity_decomposition",
    "auroc",
    "average_precision",
    "balanced_accuracy",
    "binomial_pmf",
    "bootstrap",
    "bootstrap_interval",
    "brier_decomposition",
    "brier_score",
    "clopper_pearson_interval",
    "coverage",
    "cross_validate",
    "double_descent",
    "ensemble_average",
    "f1_score",
    "holm",
    "k_fold",
    "majority_probability",
    "majority_vote",
    "mcnemar",
    "member_covariance",
    "nested_cross_validate",
    "out_of_bag",
    "permutation_test",
    "precision",
    "precision_recall_curve",
    "random_features",
    "recall",
    "ridge_accuracy",
    "roc_curve",
    "top_k_accuracy",
    "variance_components",
    "wald_interval",
    "wilson_interval",
]
