"""Back-propagation: the twins of `dlbook.numpy.backpropagation`. The tape's own twin is autograd."""

from dlbook.torch.backpropagation import arithmetic, functions, products, rearrange, reductions
from dlbook.torch.backpropagation.arithmetic import *  # noqa: F403
from dlbook.torch.backpropagation.checking import (
    Finding,
    GradientCheck,
    gradient_check,
    numerical_gradient,
    step_sweep,
)
from dlbook.torch.backpropagation.checkpointing import checkpoint, checkpoint_sequential
from dlbook.torch.backpropagation.derivatives import hvp, jacobian, jvp
from dlbook.torch.backpropagation.functions import *  # noqa: F403
from dlbook.torch.backpropagation.products import *  # noqa: F403
from dlbook.torch.backpropagation.rearrange import *  # noqa: F403
from dlbook.torch.backpropagation.reductions import *  # noqa: F403

__all__ = [
    "Finding",
    "GradientCheck",
    "checkpoint",
    "checkpoint_sequential",
    "gradient_check",
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
