"""Batch normalization: every channel by the mean and the variance of the batch, or by those of the training set."""

import numpy as np

from dlbook.differentiable import differentiable
from dlbook.numpy.linear_classifiers.arguments import above_zero, between, whole_number
from dlbook.shapes import Array, Float, ShapeError

__all__ = ["batch_norm", "batch_norm_eval", "batch_statistics", "init_running", "update_running"]

Running = tuple[Float[Array, " C"], Float[Array, " C"]]


def _sums(a: Array, b: Array | None = None) -> Array:
    """Sum an array (N, C, M), or the products of two, over all but the channels, without an array of products."""
    return np.einsum("ncm->c", a) if b is None else np.einsum("ncm,ncm->c", a, b)


def _by_channel(function: str, x: Array) -> tuple[Array, int]:
    """Return x as (N, C, M) and how many values a channel has; one value has no spread."""
    if np.ndim(x) < 2:
        raise ShapeError(f"{function}: x has shape {np.shape(x)}, expected (N, C) or (N, C, positions)")
    count = x.size // x.shape[1] if x.shape[1] else 0
    if count < 2:
        raise ValueError(
            f"{function}: x of shape {x.shape} has {count} value{'s' * (count != 1)} per channel, "
            "expected at least 2: there is no variance to divide by"
        )
    return x.reshape(*x.shape[:2], count // len(x)), count


@differentiable
def batch_norm(
    x: Float[Array, "N C *S"], weight: Float[Array, " C"] | None = None, bias: Float[Array, " C"] | None = None, *,
    eps: float = 1e-5,
) -> Float[Array, "N C *S"]:
    r"""Give every channel mean 0 and variance 1 over the batch, then a scale and a shift that are learnt.

    $$\mu_c = \frac1n \sum x_c, \qquad v_c = \frac1n \sum (x_c - \mu_c)^2, \qquad
    \hat x_c = \frac{x_c - \mu_c}{\sqrt{v_c + \varepsilon}}, \qquad y_c = \gamma_c \hat x_c + \beta_c$$

    The sums go over the n = N, or N times the number of positions, values that the batch has for channel c. This is
    the training form; `batch_norm_eval` takes its statistics from elsewhere.

    Parameters
    ----------
    x : (N, C), or (N, C, positions) with any number of axes for them; at least two values for each channel.
    weight : gamma, (C,), or None for ones.
    bias : beta, (C,), or None for zeros.
    eps : added to the variance inside the root, above 0.

    Returns
    -------
    y : x's shape.

    Raises
    ------
    ValueError : when a channel has only one value, or eps is not positive.

    **Source** Ioffe and Szegedy (2015), algorithm 1.
    **Book** eq-batch-norm, eq-batch-norm-backward
    """
    eps = above_zero("batch_norm", "eps", eps)
    a, n = _by_channel("batch_norm", x)
    centred = a - (_sums(a) / n)[:, None]
    inv_std = 1 / np.sqrt(_sums(centred, centred) / n + eps)
    scale = inv_std if weight is None else weight * inv_std
    y = centred * scale[:, None]
    if bias is not None:
        y += bias[:, None]

    def pullback(dy):
        g = dy.reshape(a.shape)
        dbias = _sums(g)
        dweight = inv_std * _sums(g, centred)  # the sum of dy times x_hat
        # x_hat can move neither along 1 nor along itself: take both directions out.
        dx = g - (dbias / n)[:, None]
        dx -= centred * (inv_std * dweight / n)[:, None]
        dx *= scale[:, None]
        return dx.reshape(x.shape), None if weight is None else dweight, None if bias is None else dbias

    return y.reshape(x.shape), pullback


@differentiable
def batch_norm_eval(
    x: Float[Array, "N C *S"], running_mean: Float[Array, " C"], running_var: Float[Array, " C"],
    weight: Float[Array, " C"] | None = None, bias: Float[Array, " C"] | None = None, *, eps: float = 1e-5,
) -> Float[Array, "N C *S"]:
    r"""Normalize every channel by a mean and a variance that do not depend on the batch.

    $$y_c = \gamma_c \, \frac{x_c - m_c}{\sqrt{u_c + \varepsilon}} + \beta_c$$

    One affine map per channel: each example is treated alone, and alike in every company.

    Parameters
    ----------
    x : (N, C), or (N, C, positions).
    running_mean, running_var : m and u, (C,), the variances at least 0; what `update_running` has collected.
    weight, bias : gamma and beta, (C,), or None for ones and zeros.
    eps : as in training, above 0.

    Returns
    -------
    y : x's shape.

    Raises
    ------
    ValueError : for a negative variance, or an eps that is not positive.

    **Source** Ioffe and Szegedy (2015), algorithm 2.
    **Book** eq-batch-norm-eval
    """
    eps = above_zero("batch_norm_eval", "eps", eps)
    if (running_var.real < 0).any():
        raise ValueError(f"batch_norm_eval: running_var has the entry {running_var.min()}, expected at least 0")
    a = x.reshape(*x.shape[:2], int(np.prod(x.shape[2:])))
    centred = a - running_mean[:, None]
    inv_std = 1 / np.sqrt(running_var + eps)
    scale = inv_std if weight is None else weight * inv_std
    y = centred * scale[:, None]
    if bias is not None:
        y += bias[:, None]

    def pullback(dy):
        g = dy.reshape(a.shape)
        dbias = _sums(g)
        dweight = inv_std * _sums(g, centred)
        dmean = -scale * dbias
        dvar = -0.5 * scale * inv_std * dweight  # the slope of (u + eps)^(-1/2) is -(u + eps)^(-3/2) / 2
        dx = (g * scale[:, None]).reshape(x.shape)
        return dx, dmean, dvar, None if weight is None else dweight, None if bias is None else dbias

    return y.reshape(x.shape), pullback


def init_running(channels: int, *, dtype: str = "float32") -> Running:
    """Return the statistics with which a running average begins: mean 0 and variance 1, as PyTorch's.

    Parameters
    ----------
    channels : C, at least 1.
    dtype : of both arrays.

    Returns
    -------
    mean, var : (C,) each.

    Raises
    ------
    ValueError : when channels is no integer of at least 1.

    **Source** `torch.nn.BatchNorm1d`.
    **Book** eq-running
    """
    channels = whole_number("init_running", "channels", channels, 1)
    return np.zeros(channels, dtype), np.ones(channels, dtype)


def batch_statistics(x: Float[Array, "N C *S"]) -> Running:
    r"""Return what a batch tells about the channels in general: their mean, and the unbiased estimate of the variance.

    $$\mu_c = \frac1n \sum x_c, \qquad \frac{n}{n-1} v_c = \frac{1}{n-1} \sum (x_c - \mu_c)^2$$

    Parameters
    ----------
    x : (N, C), or (N, C, positions); at least two values for each channel.

    Returns
    -------
    mean, var : (C,) each.

    Raises
    ------
    ShapeError : for an x without an axis of channels.
    ValueError : when a channel has only one value.

    **Source** Ioffe and Szegedy (2015), algorithm 2.
    **Book** eq-running
    """
    a, n = _by_channel("batch_statistics", np.asarray(x))
    mean = _sums(a) / n
    centred = a - mean[:, None]
    return mean, _sums(centred, centred) / (n - 1)


def update_running(stats: Running, batch: Running, *, momentum: float = 0.1) -> Running:
    r"""Move running statistics a little towards those of a batch.

    $$m \leftarrow (1 - \alpha)\, m + \alpha\, \mu, \qquad u \leftarrow (1 - \alpha)\, u + \alpha\, \frac{n}{n-1}\, v$$

    The variance is the unbiased one, as PyTorch's is; ONNX's running variance averages v itself.

    Parameters
    ----------
    stats : (m, u), each (C,); they are not changed.
    batch : what `batch_statistics` returns.
    momentum : alpha, the weight of the new batch, 0 to 1. The course's sheets, Keras and ONNX write 1 - alpha for it.

    Returns
    -------
    stats : the new pair.

    Raises
    ------
    ValueError : when the two do not fit, or momentum lies outside [0, 1].

    Examples
    --------
    >>> import numpy as np
    >>> batch = batch_statistics(np.array([[1.0], [3.0]]))
    >>> update_running((np.zeros(1), np.ones(1)), batch, momentum=0.5)
    (array([1.]), array([1.5]))

    **Source** Ioffe and Szegedy (2015), section 3.1 and algorithm 2; `torch.nn.functional.batch_norm`.
    **Book** eq-running
    """
    momentum = between("update_running", "momentum", momentum, 0, 1)
    for name, old, new in zip(("mean", "var"), stats, batch, strict=True):
        if old.shape != new.shape:
            raise ValueError(f"update_running: stats has a {name} of shape {tuple(old.shape)}, batch one of "
                             f"{tuple(new.shape)}, expected one shape (C,)")
    return tuple((1 - momentum) * old + momentum * new for old, new in zip(stats, batch, strict=True))
