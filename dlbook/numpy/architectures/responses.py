"""Local response normalization: neighbouring channels at one place compete with one another."""

import numpy as np

from dlbook.differentiable import differentiable
from dlbook.numpy.linear_classifiers.arguments import above_zero, at_least_zero, whole_number
from dlbook.shapes import Array, Float

__all__ = ["local_response_norm"]


def neighbour_sum(a: Array, before: int, after: int) -> Array:
    """Sum, for each channel c, the channels c - before to c + after, as far as there are any."""
    total = np.zeros_like(a)
    channels = a.shape[1]
    for shift in range(max(-before, 1 - channels), min(after, channels - 1) + 1):
        total[:, max(0, -shift) : channels - max(0, shift)] += a[:, max(0, shift) : channels + min(0, shift)]
    return total


@differentiable
def local_response_norm(
    x: Float[Array, "N C *S"], *, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Float[Array, "N C *S"]:
    r"""Divide every entry by what the neighbouring channels at the same place add up to.

    $$s_c = k + \frac{\alpha}{n} \sum_{j = c - \lfloor n/2 \rfloor}^{c + \lceil n/2 \rceil - 1} x_j^2, \qquad
    y_c = x_c\, s_c^{-\beta}$$

    Parameters
    ----------
    x : (N, C, positions) with any number of axes for them.
    size : n, how many neighbouring channels count, c among them; of an even number one more lies before c than after.
    alpha : at least 0. The paper's alpha is this one divided by n.
    beta : the exponent, at least 0.
    k : above 0, so that nothing is divided by zero.

    Returns
    -------
    y : x's shape.

    Raises
    ------
    ValueError : for an option out of range.

    **Source** Krizhevsky, Sutskever and Hinton (2012), section 3.3; torch.nn.functional.local_response_norm.
    **Book** eq-lrn, eq-lrn-backward
    """
    size = whole_number("local_response_norm", "size", size, 1)
    alpha, beta = (at_least_zero("local_response_norm", o, v) for o, v in (("alpha", alpha), ("beta", beta)))
    k = above_zero("local_response_norm", "k", k)
    before, after = size // 2, (size - 1) // 2
    s = k + alpha / size * neighbour_sum(x * x, before, after)
    scale = s**-beta

    def pullback(dy):
        # Channel c stands in the sums of those that see it: the window turned round.
        felt = neighbour_sum(dy * x * scale / s, after, before)
        return (dy * scale - (2 * alpha * beta / size) * x * felt,)

    return x * scale, pullback
