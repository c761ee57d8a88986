"""The way back through batch normalization in the long form, node by node, and in the course's notation."""

import numpy as np

from dlbook.numpy.backpropagation import add, div, mean, mul, sqrt, sub
from dlbook.numpy.linear_classifiers.arguments import above_zero
from dlbook.shapes import Array, Float, ShapeError

__all__ = ["batch_norm_backward_columns", "batch_norm_backward_steps", "batch_norm_steps"]


def batch_norm_steps(x: Float[Array, "N C"], weight, bias, *, eps: float = 1e-5) -> dict:
    r"""Compute batch normalization in nine nodes, each a primitive that a tape can record.

    $$\mu = \tfrac1N \textstyle\sum x, \quad c = x - \mu, \quad q = c \odot c, \quad v = \tfrac1N \sum q, \quad
    s = \sqrt{v + \varepsilon}, \quad r = 1/s, \quad \hat x = c\, r, \quad z = \gamma \hat x, \quad y = z + \beta$$

    Parameters
    ----------
    x : (N, C), an array or a variable of a tape.
    weight, bias : (C,), arrays or variables of the same tape.
    eps : inside the root, above 0.

    Returns
    -------
    nodes : name -> value, in the order in which they are computed; the last is "y".

    Raises
    ------
    ValueError : for an eps that is not positive.

    **Source** Ioffe and Szegedy (2015), algorithm 1.
    **Book** eq-batch-norm-graph
    """
    eps = above_zero("batch_norm_steps", "eps", eps)
    mu = mean(x, axis=0)
    centred = sub(x, mu)
    square = mul(centred, centred)
    var = mean(square, axis=0)
    std = sqrt(add(var, np.asarray(eps, var.dtype)))
    inv_std = div(np.ones((), std.dtype), std)
    x_hat = mul(centred, inv_std)
    scaled = mul(weight, x_hat)
    y = add(scaled, bias)
    return {"mean": mu, "centred": centred, "square": square, "var": var, "std": std, "inv_std": inv_std,
            "x_hat": x_hat, "scaled": scaled, "y": y}  # fmt: skip


def batch_norm_backward_steps(nodes: dict, weight: Float[Array, " C"], dy: Float[Array, "N C"]) -> dict:
    r"""Walk back through the nodes of `batch_norm_steps`, one at a time.

    Parameters
    ----------
    nodes : what `batch_norm_steps` returns for arrays.
    weight : gamma, (C,).
    dy : (N, C), the gradient that arrives at y.

    Returns
    -------
    gradients : name -> gradient, for each node, and for "x", "weight" and "bias".

    **Source** Ioffe and Szegedy (2015), section 3, where the same gradients stand in six lines.
    **Book** eq-batch-norm-nodes
    """
    n, centred, std, inv_std = len(dy), nodes["centred"], nodes["std"], nodes["inv_std"]
    dbias = dy.sum(axis=0)  # beta was copied to every row: its gradients add up
    dscaled = dy
    dweight = (dscaled * nodes["x_hat"]).sum(axis=0)
    dx_hat = dscaled * weight
    dinv_std = (dx_hat * centred).sum(axis=0)  # so was r
    dstd = -dinv_std / std**2
    dvar = dstd / (2 * std)
    dsquare = np.broadcast_to(dvar / n, dy.shape)  # a mean hands the N-th part to every row
    dcentred = dx_hat * inv_std + 2 * centred * dsquare  # c was used for x_hat, and twice for its square
    dmean = -dcentred.sum(axis=0)
    dx = dcentred + dmean / n  # x was used for c, and for the mean
    return {"x": dx, "mean": dmean, "centred": dcentred, "square": dsquare, "var": dvar, "std": dstd,
            "inv_std": dinv_std, "x_hat": dx_hat, "scaled": dscaled, "y": dy, "weight": dweight,
            "bias": dbias}  # fmt: skip


def batch_norm_backward_columns(
    g: Float[Array, "C N"], s: Float[Array, "C N"], mean: Float[Array, " C"], var: Float[Array, " C"], *,
    eps: float = 1e-5,
) -> Float[Array, "C N"]:
    r"""Carry a gradient back from x_hat to x, in the course's notation with one example in each column.

    $$\sigma_1 = (v + \varepsilon)^{-1/2}, \quad \sigma_2 = (v + \varepsilon)^{-3/2}, \quad
    G_1 = G \odot (\sigma_1 \mathbf 1^\top), \quad G_2 = G \odot (\sigma_2 \mathbf 1^\top), \quad
    D = S - \mu \mathbf 1^\top, \quad c = (G_2 \odot D)\, \mathbf 1$$
    $$G \leftarrow G_1 - \tfrac1n (G_1 \mathbf 1) \mathbf 1^\top - \tfrac1n D \odot (c\, \mathbf 1^\top)$$

    Parameters
    ----------
    g : G, (C, N), the gradient of the loss by the normalized scores, before gamma and beta.
    s : S, (C, N), the scores as they came in.
    mean, var : mu and v, (C,), of s; the variance with 1/N.
    eps : inside the root, above 0.

    Returns
    -------
    gradient : (C, N), by the scores s.

    Raises
    ------
    ShapeError : when the four do not fit.
    ValueError : for an eps that is not positive.

    **Source** KTH DD2424 (2019), assignment 3, eqs. 31 to 37.
    **Book** eq-batch-norm-columns
    """
    eps = above_zero("batch_norm_backward_columns", "eps", eps)
    if g.ndim != 2 or s.shape != g.shape or not mean.shape == var.shape == g.shape[:1]:
        raise ShapeError(
            f"batch_norm_backward_columns: g has shape {g.shape}, s {s.shape}, mean {mean.shape} and var {var.shape}, "
            "expected (C, N) twice and (C,) twice: here the examples are columns"
        )
    n = g.shape[1]
    sigma1, sigma2 = (var + eps) ** -0.5, (var + eps) ** -1.5
    g1, g2 = g * sigma1[:, None], g * sigma2[:, None]
    d = s - mean[:, None]
    c = (g2 * d).sum(axis=1)
    return g1 - g1.sum(axis=1, keepdims=True) / n - d * c[:, None] / n
