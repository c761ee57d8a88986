"""Figures of the chapter on gradient descent."""

from dlbook.figures.gradient_descent.bowl import fig_noise_ball, fig_path
from dlbook.figures.gradient_descent.noise import fig_epochs_updates, fig_minibatch_variance, fig_noise_floor
from dlbook.figures.gradient_descent.rates import fig_contraction, fig_convergence, fig_line_search

__all__ = [
    "fig_contraction",
    "fig_convergence",
    "fig_epochs_updates",
    "fig_line_search",
    "fig_minibatch_variance",
    "fig_noise_ball",
    "fig_noise_floor",
    "fig_path",
]
