"""First weights: independent draws whose variance follows from the fans."""

from collections.abc import Sequence
from math import erf
from typing import Literal

import numpy as np

from dlbook.numpy.initialization.fans import Nonlinearity, calculate_gain, fans
from dlbook.numpy.linear_classifiers.arguments import above_zero, check_generator, float_dtype
from dlbook.shapes import Array, Float

__all__ = [
    "kaiming_normal", "kaiming_uniform", "lecun_normal", "normal", "trunc_normal", "xavier_normal", "xavier_uniform",
]  # fmt: skip

Mode = Literal["fan_in", "fan_out"]


def normal(
    shape: Sequence[int], rng: np.random.Generator, *, mean: float = 0.0, std: float = 1.0, dtype: str = "float32"
) -> Float[Array, "..."]:
    r"""Draw weights from one normal distribution, whatever the fans.

    $$w \sim \mathcal N(\mu, \sigma^2)$$

    Parameters
    ----------
    shape : of the weight.
    rng : draws in float64, so that float32 and float64 weights begin alike.
    mean, std : mu, and sigma above 0.
    dtype : of the weight.

    Returns
    -------
    weight : of the given shape.

    Raises
    ------
    ValueError : for a std that is not positive, or a dtype that is no float type.

    **Source** definition; KTH DD2424, assignment 3, whose starts have one sigma for all layers.
    **Book** eq-forward-variance
    """
    check_generator("normal", rng)
    std, dtype = above_zero("normal", "std", std), float_dtype("normal", dtype)
    return (mean + std * rng.standard_normal(tuple(shape))).astype(dtype)


def trunc_normal(
    shape: Sequence[int], rng: np.random.Generator, *, mean: float = 0.0, std: float = 1.0, a: float = -2.0,
    b: float = 2.0, dtype: str = "float32",
) -> Float[Array, "..."]:  # fmt: skip
    r"""Draw weights from a normal distribution, and draw again what falls outside a window.

    $$w \sim \mathcal N(\mu, \sigma^2) \text{ given } a \le w \le b$$

    Parameters
    ----------
    shape : of the weight.
    rng : draws in float64.
    mean, std : mu and sigma of the distribution before it is cut; sigma above 0.
    a, b : the window, in units of the weight and not of std; it holds a thousandth of the distribution or more.
    dtype : of the weight.

    Returns
    -------
    weight : of the given shape.

    Raises
    ------
    ValueError : for a std that is not positive, a window that is empty or far out, or a dtype that is no float type.

    **Source** torch.nn.init.trunc_normal_, for parameters and defaults.
    **Book** eq-truncated
    """
    check_generator("trunc_normal", rng)
    std, dtype = above_zero("trunc_normal", "std", std), float_dtype("trunc_normal", dtype)
    low, high = ((edge - mean) / std for edge in (a, b))
    if not low < high or erf(high / 2**0.5) - erf(low / 2**0.5) < 2e-3:
        raise ValueError(f"trunc_normal: the window is {a} to {b}, expected one that holds a thousandth of the "
                         f"distribution with mean {mean} and std {std}")
    z = rng.standard_normal(tuple(shape))
    while (outside := (z < low) | (z > high)).any():
        z[outside] = rng.standard_normal(outside.sum())
    return (mean + std * z).astype(dtype)


def _normal(function: str, shape, rng, std: float, dtype: str) -> Array:
    """Draw from a normal distribution of mean zero."""
    check_generator(function, rng)
    dtype = float_dtype(function, dtype)
    return (std * rng.standard_normal(tuple(shape))).astype(dtype)


def _uniform(function: str, shape, rng, std: float, dtype: str) -> Array:
    """Draw from the uniform distribution of mean zero: its variance is a third of its bound's square."""
    check_generator(function, rng)
    dtype = float_dtype(function, dtype)
    bound = 3**0.5 * std
    return rng.uniform(-bound, bound, tuple(shape)).astype(dtype)


def _xavier_std(function: str, shape, gain: float) -> float:
    return above_zero(function, "gain", gain) * (2 / sum(fans(function, shape))) ** 0.5


def _kaiming_std(function: str, shape, a: float, mode: str, nonlinearity: str) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"{function}: mode is {mode!r}, expected 'fan_in' or 'fan_out'")
    fan_in, fan_out = fans(function, shape)
    return calculate_gain(nonlinearity, a) * (fan_in if mode == "fan_in" else fan_out) ** -0.5


def xavier_uniform(
    shape: Sequence[int], rng: np.random.Generator, *, gain: float = 1.0, dtype: str = "float32"
) -> Float[Array, "K D ..."]:
    r"""Draw weights whose variance is a compromise between the ways forward and back, uniformly.

    $$w \sim \mathcal U(-r, r), \qquad r = g \sqrt{\frac{6}{\text{fan\_in} + \text{fan\_out}}}$$

    Parameters
    ----------
    shape : of the weight, (K, D, ...).
    rng : draws in float64, so that float32 and float64 weights begin alike.
    gain : g, above 0.
    dtype : of the weight.

    Returns
    -------
    weight : of the given shape.

    Raises
    ------
    ValueError : for fewer than two sizes, or a gain that is not positive.

    **Source** Glorot and Bengio (2010), eq. 16.
    **Book** eq-xavier
    """
    return _uniform("xavier_uniform", shape, rng, _xavier_std("xavier_uniform", shape, gain), dtype)


def xavier_normal(
    shape: Sequence[int], rng: np.random.Generator, *, gain: float = 1.0, dtype: str = "float32"
) -> Float[Array, "K D ..."]:
    r"""Draw weights whose variance is a compromise between the ways forward and back, normally.

    $$w \sim \mathcal N\Big(0,\; \frac{2 g^2}{\text{fan\_in} + \text{fan\_out}}\Big)$$

    Parameters
    ----------
    shape, rng, gain, dtype : as in `xavier_uniform`.

    Returns
    -------
    weight : of the given shape.

    Raises
    ------
    ValueError : for fewer than two sizes, or a gain that is not positive.

    **Source** Glorot and Bengio (2010), eq. 12.
    **Book** eq-xavier
    """
    return _normal("xavier_normal", shape, rng, _xavier_std("xavier_normal", shape, gain), dtype)


def kaiming_uniform(
    shape: Sequence[int], rng: np.random.Generator, *, a: float = 0.0, mode: Mode = "fan_in",
    nonlinearity: Nonlinearity = "leaky_relu", dtype: str = "float32",
) -> Float[Array, "K D ..."]:  # fmt: skip
    r"""Draw weights that keep the mean square through layers with rectifiers (He initialization), uniformly.

    $$w \sim \mathcal U(-r, r), \qquad r = g \sqrt{\frac{3}{\text{fan}}}$$

    Parameters
    ----------
    shape : of the weight, (K, D, ...).
    rng : draws in float64, so that float32 and float64 weights begin alike.
    a : the slope of the leaky ReLU on the left; with 0 it is the ReLU.
    mode : "fan_in" keeps the signal's size, "fan_out" the gradient's.
    nonlinearity : decides the gain g, as in `calculate_gain`.
    dtype : of the weight.

    Returns
    -------
    weight : of the given shape.

    Raises
    ------
    ValueError : for fewer than two sizes, or an unknown mode or nonlinearity.

    **Source** He, Zhang, Ren and Sun (2015), section 2.2.
    **Book** eq-kaiming
    """
    std = _kaiming_std("kaiming_uniform", shape, a, mode, nonlinearity)
    return _uniform("kaiming_uniform", shape, rng, std, dtype)


def kaiming_normal(
    shape: Sequence[int], rng: np.random.Generator, *, a: float = 0.0, mode: Mode = "fan_in",
    nonlinearity: Nonlinearity = "leaky_relu", dtype: str = "float32",
) -> Float[Array, "K D ..."]:  # fmt: skip
    r"""Draw weights that keep the mean square through layers with rectifiers (He initialization), normally.

    $$w \sim \mathcal N\Big(0,\; \frac{g^2}{\text{fan}}\Big)$$

    Parameters
    ----------
    shape, rng, a, mode, nonlinearity, dtype : as in `kaiming_uniform`.

    Returns
    -------
    weight : of the given shape.

    Raises
    ------
    ValueError : for fewer than two sizes, or an unknown mode or nonlinearity.

    **Source** He, Zhang, Ren and Sun (2015), eqs. 10, 14 and 15.
    **Book** eq-kaiming
    """
    std = _kaiming_std("kaiming_normal", shape, a, mode, nonlinearity)
    return _normal("kaiming_normal", shape, rng, std, dtype)


def lecun_normal(shape: Sequence[int], rng: np.random.Generator, *, dtype: str = "float32") -> Float[Array, "K D ..."]:
    r"""Draw weights that keep the variance through linear layers.

    $$w \sim \mathcal N\Big(0,\; \frac{1}{\text{fan\_in}}\Big)$$

    Parameters
    ----------
    shape, rng, dtype : as in `kaiming_uniform`.

    Returns
    -------
    weight : of the given shape.

    Raises
    ------
    ValueError : for fewer than two sizes.

    **Source** LeCun, Bottou, Orr and Müller (1998), section 4.6.
    **Book** eq-lecun
    """
    return kaiming_normal(shape, rng, nonlinearity="linear", dtype=dtype)
