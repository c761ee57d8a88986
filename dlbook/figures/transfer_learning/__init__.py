"""Figures of the chapter on augmentation and transfer."""

from dlbook.figures.transfer_learning.answers import fig_answers
from dlbook.figures.transfer_learning.sampling import fig_sampling
from dlbook.figures.transfer_learning.shots import fig_shots

__all__ = ["fig_answers", "fig_sampling", "fig_shots"]
