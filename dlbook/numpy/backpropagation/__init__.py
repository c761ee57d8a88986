"""Back-propagation: the primitives, the tape that records them, and what can be computed from its records."""

from dlbook.numpy.backpropagation.arithmetic import add, div, mul, neg, pow, scale, sub
from dlbook.numpy.backpropagation.checking import Finding, GradientCheck, gradient_check
from dlbook.numpy.backpropagation.checkpointing import checkpoint, checkpoint_sequential
from dlbook.numpy.backpropagation.costs import Cost, cost
from dlbook.numpy.backpropagation.derivatives import hvp, jacobian, jvp
from dlbook.numpy.backpropagation.differences import numerical_gradient, step_sweep
from dlbook.numpy.backpropagation.functions import cos, exp, log, maximum, sin, sqrt, tanh
from dlbook.numpy.backpropagation.graphs import Graph, Node, graph
from dlbook.numpy.backpropagation.products import einsum, matmul
from dlbook.numpy.backpropagation.rearrange import (
    broadcast_to,
    cat,
    index_add,
    index_select,
    reshape,
    sum_to,
    transpose,
    where,
)
from dlbook.numpy.backpropagation.reductions import amax, mean, sum
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
    "add",
    "amax",
    "broadcast_to",
    "cat",
    "checkpoint",
    "checkpoint_sequential",
    "cos",
    "cost",
    "div",
    "einsum",
    "exp",
    "gradient_check",
    "graph",
    "hvp",
    "index_add",
    "index_select",
    "jacobian",
    "jvp",
    "log",
    "matmul",
    "maximum",
    "mean",
    "mul",
    "neg",
    "numerical_gradient",
    "pow",
    "reshape",
    "scale",
    "sin",
    "sqrt",
    "step_sweep",
    "sub",
    "sum",
    "sum_to",
    "tanh",
    "transpose",
    "where",
]
