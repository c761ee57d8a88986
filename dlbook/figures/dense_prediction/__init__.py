"""Figures of the chapter on dense prediction."""

from dlbook.figures.dense_prediction.maps import fig_predictions
from dlbook.figures.dense_prediction.overlap import fig_overlap

__all__ = ["fig_predictions", "fig_overlap"]
