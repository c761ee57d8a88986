"""Dropout and its relatives: multiply by chance, and let the mean be right."""

import numpy as np

from dlbook.differentiable import differentiable
from dlbook.numpy.linear_classifiers.arguments import between, check_generator, whole_number
from dlbook.shapes import Array, Bool, Float, Scalar

__all__ = ["drop_path", "dropout", "keep_mask", "spatial_dropout"]


def keep_mask(shape: int | tuple[int, ...], rng: np.random.Generator, *, p: float = 0.5) -> Bool[Array, "..."]:
    r"""Draw what stays: each entry is True with probability 1 - p, independently of all others.

    $$m_i \sim \mathrm{Bernoulli}(1 - p)$$

    Parameters
    ----------
    shape : of the mask: x.shape for `dropout`, (N, C) for `spatial_dropout`, (N,) for `drop_path`.
    rng : draws.
    p : the probability of being dropped, 0 to 1.

    Returns
    -------
    mask : True where something is kept.

    Raises
    ------
    ValueError : for a probability outside [0, 1], or a negative size.
    TypeError : when rng is no generator.

    Examples
    --------
    >>> keep_mask(4, np.random.default_rng(0), p=0.5)
    array([ True,  True,  True, False])

    **Source** Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov (2014), section 4.
    **Book** eq-dropout
    """
    p = between("keep_mask", "p", p, 0, 1)
    check_generator("keep_mask", rng)
    sizes = (shape,) if np.ndim(shape) == 0 else shape
    sizes = tuple(whole_number("keep_mask", f"shape[{i}]", size, 0) for i, size in enumerate(sizes))
    return rng.random(sizes, dtype=np.float32) >= p  # random() is below 1, so that p = 1 keeps nothing


def kept_scale(function: str, p: float) -> float:
    """Return by what a number that is kept is multiplied, 1 / (1 - p); with p = 1 there is none."""
    p = between(function, "p", p, 0, 1)
    return 1 / (1 - p) if p < 1 else 0.0


def spread(mask, x):
    """Give a mask of x's first axes an axis of length 1 for each of the others."""
    return mask.reshape(mask.shape + (1,) * (x.ndim - mask.ndim))


@differentiable
def dropout(x: Float[Array, "*S"], mask: Bool[Array, "*S"], *, p: float = 0.5) -> Scalar | Float[Array, "*S"]:
    r"""Turn the entries that the mask drops into zero, and stretch the others so that the mean stays.

    $$y_i = \frac{m_i}{1 - p}\, x_i, \qquad \bar x_i = \frac{m_i}{1 - p}\, \bar y_i, \qquad \mathbb E\, y_i = x_i$$

    In training draw a fresh mask for each call, `keep_mask(x.shape, rng, p=p)`; in evaluation do not call it.

    Parameters
    ----------
    x : any shape.
    mask : of x's shape, True where x is kept.
    p : the probability of being dropped with which the mask was drawn, 0 to 1; with 1 everything is zero.

    Returns
    -------
    y : of x's shape.

    Raises
    ------
    ShapeError : when x and mask differ in shape.
    ValueError : for a probability outside [0, 1].

    **Source** Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov (2014), section 4; the scale in training: 10.
    **Book** eq-dropout
    """
    scale = kept_scale("dropout", p)
    y = np.where(mask, x * scale, 0)

    def pullback(dy):
        return np.where(mask, dy * scale, 0), None

    return y, pullback


@differentiable
def spatial_dropout(x: Float[Array, "N C *S"], mask: Bool[Array, "N C"], *, p: float = 0.5) -> Float[Array, "N C *S"]:
    r"""Drop whole channels: neighbouring pixels tell the same story, and one that is kept betrays the other.

    $$y_{nc\,\cdot} = \frac{m_{nc}}{1 - p}\, x_{nc\,\cdot}, \qquad
    \bar x_{nc\,\cdot} = \frac{m_{nc}}{1 - p}\, \bar y_{nc\,\cdot}$$

    PyTorch has it as `dropout1d`, `dropout2d` and `dropout3d`, for one, two and three axes S.

    Parameters
    ----------
    x : (N, C, *S) images or signals of C channels.
    mask : (N, C), True where the channel of the example is kept.
    p : the probability of being dropped with which the mask was drawn, 0 to 1; with 1 everything is zero.

    Returns
    -------
    y : (N, C, *S).

    Raises
    ------
    ShapeError : when the mask does not have x's first two axes.
    ValueError : for a probability outside [0, 1].

    **Source** Tompson, Goroshin, Jain, LeCun and Bregler (2015).
    **Book** eq-spatial-dropout
    """
    scale = kept_scale("spatial_dropout", p)
    kept = spread(mask, x)
    y = np.where(kept, x * scale, 0)

    def pullback(dy):
        return np.where(kept, dy * scale, 0), None

    return y, pullback


@differentiable
def drop_path(x: Float[Array, "N *S"], mask: Bool[Array, " N"], *, p: float = 0.5) -> Float[Array, "N *S"]:
    r"""Drop whole examples of a branch: what is left of a residual block is its short cut.

    $$y_n = \frac{m_n}{1 - p}\, x_n, \qquad \bar x_n = \frac{m_n}{1 - p}\, \bar y_n$$

    x is the branch of a block, $h + y$ what goes on; for the examples that are dropped the block is not there.

    Parameters
    ----------
    x : (N, *S) what a residual block wants to add.
    mask : (N,), True where the block is kept.
    p : the probability of being dropped with which the mask was drawn, 0 to 1; with 1 everything is zero.

    Returns
    -------
    y : (N, *S).

    Raises
    ------
    ShapeError : when the mask does not have x's first axis.
    ValueError : for a probability outside [0, 1].

    **Source** Huang, Sun, Liu, Sedra and Weinberger (2016), section 3, there per batch and scaled in evaluation.
    **Book** eq-drop-path
    """
    scale = kept_scale("drop_path", p)
    kept = spread(mask, x)
    y = np.where(kept, x * scale, 0)

    def pullback(dy):
        return np.where(kept, dy * scale, 0), None

    return y, pullback
