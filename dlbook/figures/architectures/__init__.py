"""Figures of the chapter on architectures."""

from dlbook.figures.architectures.blocks import fig_blocks
from dlbook.figures.architectures.builder import fig_builder
from dlbook.figures.architectures.costs import fig_costs
from dlbook.figures.architectures.maps import fig_maps
from dlbook.figures.architectures.speeds import fig_speeds

__all__ = ["fig_blocks", "fig_builder", "fig_costs", "fig_maps", "fig_speeds"]
