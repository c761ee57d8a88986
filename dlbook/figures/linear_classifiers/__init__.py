"""Figures of the chapter on linear classifiers."""

from dlbook.figures.charts import fig_confusion, fig_curves
from dlbook.figures.linear_classifiers.losses import fig_losses
from dlbook.figures.linear_classifiers.planes import fig_boundary
from dlbook.figures.linear_classifiers.templates import fig_templates

__all__ = ["fig_boundary", "fig_confusion", "fig_curves", "fig_losses", "fig_templates"]
