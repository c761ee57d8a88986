"""Figures of the chapter on convolution."""

from dlbook.figures.convolution.images import fig_images, fig_matrices
from dlbook.figures.convolution.letters import fig_letters
from dlbook.figures.convolution.sliding import fig_sliding
from dlbook.figures.convolution.stacks import fig_stacks

__all__ = ["fig_images", "fig_letters", "fig_matrices", "fig_sliding", "fig_stacks"]
