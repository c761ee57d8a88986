"""Figures of the chapter on training."""

from dlbook.figures.training.curves import fig_diagnosis, fig_gallery
from dlbook.figures.training.precision import fig_magnitudes
from dlbook.figures.training.search import fig_bias, fig_grid_random, fig_halving, fig_trials

__all__ = [
    "fig_bias",
    "fig_diagnosis",
    "fig_gallery",
    "fig_grid_random",
    "fig_halving",
    "fig_magnitudes",
    "fig_trials",
]
