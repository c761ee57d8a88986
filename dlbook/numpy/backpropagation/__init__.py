"""Back-propagation: the primitives, the tape that records them, and what can be computed from its records."""

from dlbook.numpy.backpropagation import arithmetic, functions, products, rearrange, reductions
from dlbook.numpy.backpropagation.arithmetic import *  # noqa: F403
from dlbook.numpy.backpropagation.checking import (
    Finding,
    GradientCheck,
    gradient_check,
    numerical_gradient,
    step_sweep,
)
from dlbook.numpy.backpropagation.checkpointing import checkpoint, checkpoint_sequential
from dlbook.numpy.backpropagation.cost import Cost, cost
from dlbook.numpy.backpropagation.derivatives import hvp, jacobian, jvp
from dlbook.numpy.backpropagation.functions import *  # noqa: F403
from dlbook.numpy.backpropagation.graph import Graph, Node, graph
from dlbook.numpy.backpropagation.products import *  # noqa: F403
from dlbook.numpy.backpropagation.rearrange import *  # noqa: F403
from dlbook.numpy.backpropagation.reductions import *  # noqa: F403
from dlbook.numpy.backpropagation.tape import Record, Tape
from dlbook.numpy.backpropagation.variable import Variable

__all__ = [
    "Cost",
    "Finding",
    "Graph",
    "GradientCheck",
    "Node",
    "Record",
    "Tape",
    "Variable",
    "checkpoint",
    "checkpoint_sequential",
    "cost",
    "gradient_check",
    "graph",
    "hvp",
    "jacobian",
    "jvp",
    "numerical_gradient",
    "step_sweep",
    *arithmetic.__all__,
    *functions.__all__,
    *products.__all__,
    *rearrange.__all__,
    *reductions.__all__,
]
