"""Linear classifiers: the twins of `dlbook.numpy.linear_classifiers`."""

from dlbook.torch.linear_classifiers.linear import linear

__all__ = ["linear"]
