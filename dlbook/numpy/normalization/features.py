"""Normalizations that look at one example at a time: layer, group, instance and root-mean-square norm."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from dlbook.differentiable import differentiable
from dlbook.numpy.linear_classifiers.arguments import above_zero, whole_number
from dlbook.shapes import Array, Float, ShapeError

__all__ = ["group_norm", "instance_norm", "layer_norm", "rms_norm"]

BLOCK = 150_000  # entries of a block of rows: 0.6 MB in float32


def _standardize(rows: Array, eps: float) -> tuple[Array, Callable]:
    """Give every row of (R, M) mean 0 and variance 1; return the rows and their pullback."""
    ones = np.full(rows.shape[1], 1 / rows.shape[1], rows.dtype)  # a product with it is a mean, and a fast one
    x_hat = rows - (rows @ ones)[:, None]
    inv_std = 1 / np.sqrt(np.einsum("rm,rm->r", x_hat, x_hat) / rows.shape[1] + eps)
    x_hat *= inv_std[:, None]

    def pullback(g):
        # A row of x_hat can move neither along 1 nor along itself: take both directions out of g.
        along = np.einsum("rm,rm->r", g, x_hat) / rows.shape[1]
        dx = x_hat * -along[:, None]
        dx += g
        dx -= (g @ ones)[:, None]
        dx *= inv_std[:, None]
        return dx

    return x_hat, pullback


def _blocks(count: int, size: int) -> Iterator[slice]:
    """Cut rows into blocks that stay in a core's cache while several passes go over them."""
    step = max(1, BLOCK // size)
    return (slice(start, start + step) for start in range(0, count, step))


def _normalized_axes(function: str, x, weight, bias, normalized_shape: int | Sequence[int] | None) -> tuple[int, ...]:
    """Return the shape of the last axes that are normalized together, after checking that everything fits it."""
    shape = x.shape[-1:] if normalized_shape is None else tuple(np.atleast_1d(normalized_shape).tolist())
    if not shape or 0 in shape:
        raise ShapeError(f"{function}: normalized_shape is {shape}, expected one size or more, each at least 1")
    if x.shape[x.ndim - len(shape) :] != shape:
        raise ShapeError(f"{function}: x has shape {x.shape}, expected its last axes to be normalized_shape = {shape}")
    for name, array in (("weight", weight), ("bias", bias)):
        if array is not None and array.shape != shape:
            raise ShapeError(f"{function}: {name} has shape {array.shape}, expected the normalized_shape {shape}")
    return shape


@differentiable
def layer_norm(
    x: Float[Array, "*S"], weight: Float[Array, "*D"] | None = None, bias: Float[Array, "*D"] | None = None, *,
    normalized_shape: int | tuple[int, ...] | None = None, eps: float = 1e-5,
) -> Float[Array, "*S"]:
    r"""Give every example mean 0 and variance 1 over its own features, then a learnt scale and shift per feature.

    $$\mu_n = \frac1D \sum_d x_{nd}, \qquad \hat x_{nd} = \frac{x_{nd} - \mu_n}{\sqrt{v_n + \varepsilon}}, \qquad
    y_{nd} = \gamma_d \hat x_{nd} + \beta_d$$

    Parameters
    ----------
    x : (..., D), one example for each index before the normalized axes.
    weight, bias : gamma and beta, of the normalized shape, or None for ones and zeros.
    normalized_shape : the last axes that are normalized together; by default the last one alone.
    eps : added to the variance inside the root, above 0.

    Returns
    -------
    y : x's shape.

    Raises
    ------
    ShapeError : when the last axes of x, weight or bias do not have the normalized shape.
    ValueError : for an eps that is not positive.

    **Source** Ba, Kiros and Hinton (2016), eq. 3.
    **Book** eq-layer-norm
    """
    eps = above_zero("layer_norm", "eps", eps)
    shape = _normalized_axes("layer_norm", x, weight, bias, normalized_shape)
    gamma, beta = (a if a is None else a.ravel() for a in (weight, bias))
    rows = x.reshape(-1, int(np.prod(shape)))
    y, parts = np.empty_like(rows), []
    for some in _blocks(*rows.shape):
        x_hat, standardize_pullback = _standardize(rows[some], eps)
        y[some] = x_hat if gamma is None else x_hat * gamma
        if beta is not None:
            y[some] += beta
        parts.append((some, x_hat, standardize_pullback))

    def pullback(dy):
        dy = dy.reshape(rows.shape)
        dx = np.empty_like(rows)
        dweight, dbias = (a if a is None else np.zeros_like(a) for a in (gamma, beta))
        for some, x_hat, standardize_pullback in parts:
            g = dy[some]
            dx[some] = standardize_pullback(g if gamma is None else g * gamma)
            if gamma is not None:
                dweight += np.einsum("nd,nd->d", g, x_hat)
            if beta is not None:
                dbias += g.sum(axis=0)
        return (dx.reshape(x.shape), *(a if a is None else a.reshape(shape) for a in (dweight, dbias)))

    return y.reshape(x.shape), pullback


@differentiable
def rms_norm(
    x: Float[Array, "*S"], weight: Float[Array, "*D"] | None = None, *,
    normalized_shape: int | tuple[int, ...] | None = None, eps: float = 1e-5,
) -> Float[Array, "*S"]:
    r"""Divide every example by the root of its mean square; nothing is subtracted.

    $$r_n = \sqrt{\frac1D \sum_d x_{nd}^2 + \varepsilon}, \qquad y_{nd} = \gamma_d \, \frac{x_{nd}}{r_n}$$

    Parameters
    ----------
    x : (..., D), one example for each index before the normalized axes.
    weight : gamma, of the normalized shape, or None for ones.
    normalized_shape : the last axes that are normalized together; by default the last one alone.
    eps : added to the mean square inside the root, above 0. PyTorch's default is the machine epsilon of x's dtype.

    Returns
    -------
    y : x's shape.

    Raises
    ------
    ShapeError : when the last axes of x or weight do not have the normalized shape.
    ValueError : for an eps that is not positive.

    **Source** Zhang and Sennrich (2019), eq. 4.
    **Book** eq-rms-norm
    """
    eps = above_zero("rms_norm", "eps", eps)
    shape = _normalized_axes("rms_norm", x, weight, None, normalized_shape)
    rows = x.reshape(-1, int(np.prod(shape)))
    inv_rms = 1 / np.sqrt(np.einsum("nd,nd->n", rows, rows) / rows.shape[1] + eps)
    x_hat = rows * inv_rms[:, None]
    y = x_hat.copy() if weight is None else x_hat * weight.ravel()

    def pullback(dy):
        dy = dy.reshape(x_hat.shape)
        g = dy if weight is None else dy * weight.ravel()
        along = np.einsum("nd,nd->n", g, x_hat) / rows.shape[1]
        dx = inv_rms[:, None] * (g - x_hat * along[:, None])  # one direction less: x_hat cannot move along itself
        dweight = None if weight is None else np.einsum("nd,nd->d", dy, x_hat).reshape(shape)
        return dx.reshape(x.shape), dweight

    return y.reshape(x.shape), pullback


def _by_group(x: Array, weight: Array | None, bias: Array | None, groups: int, eps: float) -> tuple[Array, Callable]:
    """Normalize each group of channels of each example; scale and shift each channel."""
    by_channel = (*x.shape[:2], int(np.prod(x.shape[2:])))
    rows = x.reshape(len(x) * groups, int(np.prod(x.shape[1:])) // groups)
    x_hat, standardize_pullback = _standardize(rows, eps)
    x_hat = x_hat.reshape(by_channel)
    y = x_hat.copy() if weight is None else x_hat * weight[:, None]
    if bias is not None:
        y += bias[:, None]

    def pullback(dy):
        dy = dy.reshape(by_channel)
        g = dy if weight is None else dy * weight[:, None]
        dx = standardize_pullback(g.reshape(rows.shape)).reshape(x.shape)
        dweight = None if weight is None else np.einsum("ncm,ncm->c", dy, x_hat)
        return dx, dweight, None if bias is None else np.einsum("ncm->c", dy)

    return y.reshape(x.shape), pullback


@differentiable
def group_norm(
    x: Float[Array, "N C *S"], weight: Float[Array, " C"] | None = None, bias: Float[Array, " C"] | None = None, *,
    num_groups: int, eps: float = 1e-5,
) -> Float[Array, "N C *S"]:
    r"""Give every group of neighbouring channels of every example mean 0 and variance 1 over channels and positions.

    $$\hat x_{nc} = \frac{x_{nc} - \mu_{ng}}{\sqrt{v_{ng} + \varepsilon}}, \qquad
    g = \lfloor c\, G / C \rfloor, \qquad y_{nc} = \gamma_c \hat x_{nc} + \beta_c$$

    Parameters
    ----------
    x : (N, C), or (N, C, positions).
    weight, bias : gamma and beta, (C,), or None for ones and zeros.
    num_groups : G, a divisor of C such that a group has at least two values.
    eps : added to the variance inside the root, above 0.

    Returns
    -------
    y : x's shape.

    Raises
    ------
    ValueError : when G does not divide C, a group has only one value, or eps is not positive.

    **Source** Wu and He (2018), eq. 7.
    **Book** eq-group-norm
    """
    eps = above_zero("group_norm", "eps", eps)
    groups = whole_number("group_norm", "num_groups", num_groups, 1)
    channels = x.shape[1]
    if channels % groups:
        raise ValueError(f"group_norm: num_groups is {groups}, expected a divisor of the {channels} channels of x")
    if np.prod(x.shape[1:]) <= groups:
        raise ValueError(f"group_norm: x of shape {x.shape} has fewer than 2 values in each of {groups} groups, "
                         "expected at least 2: the result would not depend on x")
    return _by_group(x, weight, bias, groups, eps)


@differentiable
def instance_norm(
    x: Float[Array, "N C *S"], weight: Float[Array, " C"] | None = None, bias: Float[Array, " C"] | None = None, *,
    eps: float = 1e-5,
) -> Float[Array, "N C *S"]:
    r"""Give every channel of every example mean 0 and variance 1 over its positions.

    $$\hat x_{ncs} = \frac{x_{ncs} - \mu_{nc}}{\sqrt{v_{nc} + \varepsilon}}, \qquad
    y_{ncs} = \gamma_c \hat x_{ncs} + \beta_c$$

    Parameters
    ----------
    x : (N, C, positions), at least two of them.
    weight, bias : gamma and beta, (C,), or None for ones and zeros.
    eps : added to the variance inside the root, above 0.

    Returns
    -------
    y : x's shape.

    Raises
    ------
    ValueError : when there are fewer than two positions, or eps is not positive.

    **Source** Ulyanov, Vedaldi and Lempitsky (2016).
    **Book** eq-instance-norm
    """
    eps = above_zero("instance_norm", "eps", eps)
    if np.prod(x.shape[2:]) < 2:
        raise ValueError(f"instance_norm: x of shape {x.shape} has fewer than 2 positions, expected at least 2: "
                         "the result would not depend on x")
    return _by_group(x, weight, bias, x.shape[1], eps)
