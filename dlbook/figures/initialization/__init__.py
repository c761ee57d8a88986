"""Figures of the chapter on initialization."""

from dlbook.figures.initialization.propagation import fig_depth, fig_propagation
from dlbook.figures.initialization.spread import fig_histograms, fig_phases

__all__ = ["fig_depth", "fig_histograms", "fig_phases", "fig_propagation"]
