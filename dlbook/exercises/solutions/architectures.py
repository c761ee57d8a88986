"""Solutions of the exercises of `architectures`, written as a reader would write them."""

import numpy as np

from dlbook.differentiable import differentiable
from dlbook.shapes import Array, Float

__all__ = ["fold_batch_norm", "local_response_norm", "path_lengths", "se_block"]


@differentiable
def local_response_norm(
    x: Float[Array, "N C *S"], *, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Float[Array, "N C *S"]:
    """Divide by the neighbours' sum of squares, the neighbourhood being a matrix of zeros and ones."""
    if size < 1 or alpha < 0 or beta < 0 or k <= 0:
        raise ValueError(f"local_response_norm: size {size}, alpha {alpha}, beta {beta} or k {k} is out of range")
    channel = np.arange(x.shape[1])
    ahead = channel[None, :] - channel[:, None]  # of j, seen from c
    sees = ((-(size // 2) <= ahead) & (ahead <= (size - 1) // 2)).astype(x.dtype)
    s = k + alpha / size * np.einsum("cj,nj...->nc...", sees, x**2)

    def pullback(dy):
        felt = np.einsum("cj,nc...->nj...", sees, dy * x * s ** (-beta - 1))  # the matrix transposed
        return (dy * s**-beta - 2 * alpha * beta / size * x * felt,)

    return x * s**-beta, pullback


@differentiable
def se_block(
    x: Float[Array, "N C H W"], w1: Float[Array, "K C"], b1: Float[Array, " K"], w2: Float[Array, "C K"],
    b2: Float[Array, " C"],
) -> Float[Array, "N C H W"]:
    """Weigh every channel by a gate, with every derivative written out."""
    z = x.mean(axis=(2, 3))
    a = z @ w1.T + b1
    h = np.maximum(a, 0)
    s = h @ w2.T + b2
    small = np.exp(-np.abs(s))  # never an overflow
    gate = np.where(s >= 0, 1, small) / (1 + small)

    def pullback(dy):
        ds = np.einsum("nchw,nchw->nc", dy, x) * gate * (1 - gate)
        da = ds @ w2 * (a > 0)
        dz = (da @ w1)[:, :, None, None] / (x.shape[2] * x.shape[3])
        return dy * gate[:, :, None, None] + dz, da.T @ z, da.sum(axis=0), ds.T @ h, ds.sum(axis=0)

    return x * gate[:, :, None, None], pullback


def fold_batch_norm(weight, gamma, beta, mean, var, *, eps=1e-5):
    """Return the weight and the bias of one convolution that does what a convolution and its batch norm do.

    Parameters
    ----------
    weight : (F, C, R, S), of a convolution without a bias.
    gamma, beta, mean, var : (F,), of the batch norm in evaluation.
    eps : of the batch norm.

    Returns
    -------
    weight, bias : of shapes (F, C, R, S) and (F,).

    Examples
    --------
    >>> weight, bias = fold_batch_norm(np.ones((1, 1, 1, 1)), *np.array([[6.0], [1.0], [2.0], [4.0]]), eps=0.0)
    >>> weight.item(), bias.item()
    (3.0, -5.0)
    """
    scale = gamma / np.sqrt(var + eps)
    return weight * scale[:, None, None, None], beta - mean * scale


def path_lengths(blocks, slope):
    """Return how much of the gradient comes on paths through 0, 1, ... branches of so many residual blocks.

    Parameters
    ----------
    blocks : how many blocks, n.
    slope : factor a by which a branch multiplies what passes it.

    Returns
    -------
    share : (n + 1,), which sums to one.

    Examples
    --------
    >>> path_lengths(2, 1.0)
    array([0.25, 0.5 , 0.25])
    """
    share = np.array([1.0])
    for _ in range(blocks):  # each block: past the branch, or through it
        share = np.append(share, 0) + slope * np.append(0, share)
    return share / share.sum()
