"""The linear layer: scores that are weighted sums of the inputs."""

from dlbook.differentiable import differentiable
from dlbook.shapes import Array, Float

__all__ = ["linear"]


@differentiable
def linear(
    x: Float[Array, "N D"], weight: Float[Array, "K D"], bias: Float[Array, " K"] | None = None
) -> Float[Array, "N K"]:
    r"""Score each row of x against each row of weight.

    $$y_{nk} = \sum_d w_{kd} x_{nd} + b_k, \qquad Y = X W^\top + \mathbf{1} b^\top$$

    Parameters
    ----------
    x : (N, D) one example per row.
    weight : (K, D) one template per row, stored as torch.nn.functional.linear stores it.
    bias : (K,) or None for no offset.

    Returns
    -------
    y : (N, K) the scores.

    Raises
    ------
    ShapeError : when the axes do not agree.

    **Source** Goodfellow, Bengio and Courville (2016), section 5.1.4.
    **Book** eq-linear
    """
    y = x @ weight.T
    if bias is not None:
        y += bias

    def pullback(dy):
        dx = dy @ weight  # (N, K) (K, D): each score sends its template back to the input
        dweight = dy.T @ x  # (K, N) (N, D): each template collects the inputs that it scored
        dbias = None if bias is None else dy.sum(axis=0)
        return dx, dweight, dbias

    return y, pullback
