"""Figures of the chapter on evaluation."""

from dlbook.figures.evaluation.curves import fig_coverage, fig_double_descent
from dlbook.figures.evaluation.members import fig_right_wrong
from dlbook.figures.evaluation.threshold import fig_threshold

__all__ = ["fig_coverage", "fig_double_descent", "fig_right_wrong", "fig_threshold"]
