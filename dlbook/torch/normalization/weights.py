"""Weight normalization: not the values are normalized but the rows of the weight."""

from jaxtyping import Float
from torch import Tensor

from dlbook.torch import twin

__all__ = ["weight_norm"]


@twin
def weight_norm(v: Float[Tensor, "K *S"], g: Float[Tensor, " K"]) -> Float[Tensor, "K *S"]:
    """Build the weights of each unit from a direction and a length of their own."""
    length = v.reshape(len(v), -1).norm(dim=1)
    if (length == 0).any():
        raise ValueError(f"weight_norm: v[{int(length.argmin())}] is zero, expected a direction")
    return v * (g / length).reshape(-1, *[1] * (v.ndim - 1))
