"""Back-propagation: the primitives, the tape that records them, and what can be computed from its records."""

from dlbook.numpy.backpropagation import primitives
from dlbook.numpy.backpropagation.derivatives import checkpoint, hvp, jvp
from dlbook.numpy.backpropagation.primitives import *  # noqa: F403
from dlbook.numpy.backpropagation.tape import Record, Tape
from dlbook.numpy.backpropagation.variable import Variable

__all__ = ["Record", "Tape", "Variable", "checkpoint", "hvp", "jvp", *primitives.__all__]
