"""Figures of the chapter on linear classifiers."""

from dlbook.figures.charts import fig_confusion, fig_curves
from dlbook.figures.linear_classifiers.losses import fig_duality, fig_losses, fig_regularization_path
from dlbook.figures.linear_classifiers.planes import fig_boundary, fig_support_vectors
from dlbook.figures.linear_classifiers.regions import fig_hyperplanes, fig_regions
from dlbook.figures.linear_classifiers.results import fig_grid, fig_probability_histogram, fig_reliability
from dlbook.figures.linear_classifiers.templates import fig_templates

__all__ = [
    "fig_boundary",
    "fig_confusion",
    "fig_curves",
    "fig_duality",
    "fig_grid",
    "fig_hyperplanes",
    "fig_losses",
    "fig_probability_histogram",
    "fig_regions",
    "fig_regularization_path",
    "fig_reliability",
    "fig_support_vectors",
    "fig_templates",
]
