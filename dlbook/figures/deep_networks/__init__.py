"""Figures of the chapter on k-layer networks."""

from dlbook.figures.deep_networks.activations import fig_activations, fig_gradient_norms
from dlbook.figures.deep_networks.lines import fig_folding, fig_hidden_plane
from dlbook.figures.deep_networks.planes import fig_decision_surfaces, fig_linear_regions, fig_playground

__all__ = [
    "fig_activations",
    "fig_decision_surfaces",
    "fig_folding",
    "fig_gradient_norms",
    "fig_hidden_plane",
    "fig_linear_regions",
    "fig_playground",
]
