"""Figures of the chapter on what a ConvNet has learnt."""

from dlbook.figures.visualization.embedding import fig_embedding
from dlbook.figures.visualization.explanations import fig_explanations
from dlbook.figures.visualization.occluder import fig_occluder

__all__ = ["fig_embedding", "fig_explanations", "fig_occluder"]
