"""Training in practice: checks before the first epoch, hyper-parameter search, and sixteen bits."""

from dlbook.numpy.training.checks import (
    initial_loss,
    input_matters,
    input_scale,
    overfit_small,
    repeatable,
    slope_check,
)
from dlbook.numpy.training.evaluations import mlp_evaluation, table_evaluation
from dlbook.numpy.training.gauges import dead_units, gradient_norms, update_ratio
from dlbook.numpy.training.halving import halving_rungs, hyperband, hyperband_brackets, successive_halving
from dlbook.numpy.training.precision import (
    FloatFormat,
    LossScale,
    MixedDescent,
    float_format,
    mixed_precision,
    next_scale,
    round_to,
    scaled_objective,
)
from dlbook.numpy.training.preflight import preflight
from dlbook.numpy.training.search import coarse_to_fine, expected_maximum, grid_search, random_search
from dlbook.numpy.training.spaces import (
    Choice,
    Integers,
    LogUniform,
    Uniform,
    grid_configs,
    narrow_space,
    sample_config,
)
from dlbook.numpy.training.trials import JournalError, Search, Trial, run_trial
from dlbook.numpy.training.verdict import Check, Preflight

__all__ = [
    "Check",
    "Choice",
    "FloatFormat",
    "Integers",
    "JournalError",
    "LogUniform",
    "LossScale",
    "MixedDescent",
    "Preflight",
    "Search",
    "Trial",
    "Uniform",
    "coarse_to_fine",
    "dead_units",
    "expected_maximum",
    "float_format",
    "gradient_norms",
    "grid_configs",
    "grid_search",
    "halving_rungs",
    "hyperband",
    "hyperband_brackets",
    "initial_loss",
    "input_matters",
    "input_scale",
    "mixed_precision",
    "mlp_evaluation",
    "narrow_space",
    "next_scale",
    "overfit_small",
    "preflight",
    "random_search",
    "repeatable",
    "round_to",
    "run_trial",
    "sample_config",
    "scaled_objective",
    "slope_check",
    "successive_halving",
    "table_evaluation",
    "update_ratio",
]
