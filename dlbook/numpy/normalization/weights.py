"""Weight normalization: not the values are normalized but the rows of the weight."""

import numpy as np

from dlbook.differentiable import differentiable
from dlbook.shapes import Array, Float

__all__ = ["weight_norm"]


@differentiable
def weight_norm(v: Float[Array, "K *S"], g: Float[Array, " K"]) -> Float[Array, "K *S"]:
    r"""Build the weights of each unit from a direction and a length of their own.

    $$w_k = g_k \, \frac{v_k}{\lVert v_k \rVert}, \qquad
    \bar g_k = \Big\langle \bar w_k, \frac{v_k}{\lVert v_k \rVert} \Big\rangle, \qquad
    \bar v_k = \frac{g_k}{\lVert v_k \rVert} \Big( \bar w_k - \bar g_k \frac{v_k}{\lVert v_k \rVert} \Big)$$

    Parameters
    ----------
    v : (K, ...) the directions, one per unit; their lengths do not count, but none may be 0.
    g : (K,) the lengths. PyTorch keeps them with axes of length 1, (K, 1, ...).

    Returns
    -------
    weight : v's shape.

    Raises
    ------
    ValueError : when a direction is zero.

    **Source** Salimans and Kingma (2016), eqs. 2 and 3.
    **Book** eq-weight-norm
    """
    rows = v.reshape(len(v), int(np.prod(v.shape[1:])))
    length = np.sqrt(np.einsum("kd,kd->k", rows, rows))
    if (length == 0).any():
        raise ValueError(f"weight_norm: v[{int(np.argmin(abs(length)))}] is zero, expected a direction")
    direction = rows / length[:, None]
    weight = g[:, None] * direction

    def pullback(dweight):
        dweight = dweight.reshape(rows.shape)
        dg = np.einsum("kd,kd->k", dweight, direction)
        dv = (g / length)[:, None] * (dweight - dg[:, None] * direction)  # only what turns the direction remains
        return dv.reshape(v.shape), dg

    return weight.reshape(v.shape), pullback
