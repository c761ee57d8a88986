"""Local response normalization: neighbouring channels at one place compete with one another."""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from dlbook.numpy.linear_classifiers.arguments import above_zero, at_least_zero, whole_number
from dlbook.torch import twin

__all__ = ["local_response_norm"]


@twin
def local_response_norm(
    x: Float[Tensor, "N C *S"], *, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Float[Tensor, "N C *S"]:
    """Divide every entry by what the neighbouring channels at the same place add up to."""
    size = whole_number("local_response_norm", "size", size, 1)
    alpha, beta = (at_least_zero("local_response_norm", o, v) for o, v in (("alpha", alpha), ("beta", beta)))
    k = above_zero("local_response_norm", "k", k)
    if x.ndim == 2:  # PyTorch wants at least one place
        return F.local_response_norm(x[..., None], size, alpha, beta, k)[..., 0]
    return F.local_response_norm(x, size, alpha, beta, k)
