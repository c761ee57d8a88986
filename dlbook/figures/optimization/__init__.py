"""Figures of the chapter on optimization."""

from dlbook.figures.optimization.rates import fig_range_test, fig_schedules

__all__ = ["fig_range_test", "fig_schedules"]
