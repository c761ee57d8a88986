"""Figures of the chapter on normalization."""

from dlbook.figures.normalization.axes import fig_batch_norm_graph, fig_normalized_axes
from dlbook.figures.normalization.company import fig_company
from dlbook.figures.normalization.grids import fig_rates, fig_start_grid

__all__ = ["fig_batch_norm_graph", "fig_company", "fig_normalized_axes", "fig_rates", "fig_start_grid"]
