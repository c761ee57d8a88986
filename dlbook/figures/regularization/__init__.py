"""Figures of the chapter on regularization."""

from dlbook.figures.regularization.shrinking import fig_shrinkage, fig_shrinkage_paths
from dlbook.figures.regularization.thinned import fig_thinned
from dlbook.figures.regularization.versions import fig_versions

__all__ = ["fig_shrinkage", "fig_shrinkage_paths", "fig_thinned", "fig_versions"]
