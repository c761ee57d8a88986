"""Figures of the chapter on optimization."""

from dlbook.figures.optimization.noise import fig_schedule_noise
from dlbook.figures.optimization.race import fig_race
from dlbook.figures.optimization.rates import fig_range_test, fig_schedules

__all__ = ["fig_race", "fig_range_test", "fig_schedule_noise", "fig_schedules"]
