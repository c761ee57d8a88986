"""Linear classifiers: the linear layer, the losses that train it, and what to measure afterwards."""

from dlbook.numpy.linear_classifiers.linear import linear

__all__ = ["linear"]
