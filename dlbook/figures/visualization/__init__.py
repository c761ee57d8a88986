"""Figures of the chapter on what a ConvNet has learnt."""

from dlbook.figures.visualization.embedding import fig_embedding
from dlbook.figures.visualization.maps import fig_maps
from dlbook.figures.visualization.occluder import fig_occluder

__all__ = ["fig_embedding", "fig_maps", "fig_occluder"]
