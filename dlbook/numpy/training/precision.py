"""Sixteen bits: number formats, what they round away, and a descent that computes in them and still learns."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from dlbook.differentiable import vjp
from dlbook.numpy.deep_networks.network import mlp
from dlbook.numpy.gradient_descent.descent import Rate, rate_of
from dlbook.numpy.gradient_descent.stochastic import minibatches
from dlbook.numpy.gradient_descent.trees import check_params, tree_map
from dlbook.numpy.linear_classifiers.arguments import above_zero, check_generator, check_rows, whole_number
from dlbook.numpy.linear_classifiers.cross_entropy import cross_entropy
from dlbook.numpy.optimization.adam import adam
from dlbook.shapes import Array, leaves

__all__ = [
    "FloatFormat", "LossScale", "MixedDescent", "float_format", "mixed_precision", "next_scale", "round_to",
    "scaled_objective",
]  # fmt: skip


@dataclass(frozen=True)
class FloatFormat:
    r"""A binary floating-point format with a sign, e bits of exponent and f bits of fraction.

    $$\text{largest} = (2 - 2^{-f})\, 2^{b}, \quad \text{smallest normal} = 2^{1 - b}, \quad
    \text{smallest} = 2^{1 - b - f}, \quad b = 2^{e-1} - 1$$

    Parameters
    ----------
    exponent_bits, fraction_bits : e and f.

    **Source** IEEE 754-2019, section 3.4.
    **Book** eq-float-format
    """

    exponent_bits: int
    fraction_bits: int

    @property
    def bias(self) -> int:
        """The exponent of the largest numbers."""
        return 2 ** (self.exponent_bits - 1) - 1

    @property
    def largest(self) -> float:
        """The largest finite number."""
        return (2.0 - 2.0**-self.fraction_bits) * 2.0**self.bias

    @property
    def smallest_normal(self) -> float:
        """The smallest number with all its digits."""
        return 2.0 ** (1 - self.bias)

    @property
    def smallest(self) -> float:
        """The smallest positive number: one digit is left of it."""
        return 2.0 ** (1 - self.bias - self.fraction_bits)

    @property
    def spacing(self) -> float:
        """The distance from 1 to the next number."""
        return 2.0**-self.fraction_bits


_FORMATS = {"float16": FloatFormat(5, 10), "bfloat16": FloatFormat(8, 7), "float32": FloatFormat(8, 23)}


def float_format(name: str) -> FloatFormat:
    """Return one of the formats in which networks are trained.

    Parameters
    ----------
    name : "float16", "bfloat16" or "float32".

    Returns
    -------
    FloatFormat

    Raises
    ------
    ValueError : for another name.

    Examples
    --------
    >>> float_format("float16").largest, float_format("bfloat16").spacing
    (65504.0, 0.0078125)

    **Source** IEEE 754-2019, table 3.5; bfloat16 is a float32 without its last sixteen bits.
    **Book** eq-float-format
    """
    if name not in _FORMATS:
        raise ValueError(f"float_format: name is {name!r}, expected one of {', '.join(_FORMATS)}")
    return _FORMATS[name]


def round_to(x: Array, name: str) -> Array:
    r"""Round each number to the nearest of a format; NumPy has no bfloat16, so the result keeps x's dtype.

    $$\operatorname{round}\!\Big(\frac x q\Big)\, q, \qquad q = 2^{\max(\lfloor \log_2 |x| \rfloor,\, 1 - b) - f}$$

    Parameters
    ----------
    x : float32 or float64.
    name : as in `float_format`.

    Returns
    -------
    y : of x's shape and dtype; ties go to the even neighbour, what is too large becomes infinite.

    Examples
    --------
    >>> import numpy as np
    >>> round_to(np.array([1.0004, 1.001, 7e4, 2e-8]), "float16")
    array([1.        , 1.00097656,        inf, 0.        ])

    **Source** IEEE 754-2019, section 4.3.1.
    **Book** eq-round-to
    """
    form = float_format(name)
    x = np.asarray(x)
    _, exponent = np.frexp(x)  # x = m 2^exponent with m in [1/2, 1)
    quantum = np.ldexp(1.0, np.maximum(exponent - 1, 1 - form.bias) - form.fraction_bits)
    with np.errstate(invalid="ignore"):
        y = np.rint(x / quantum) * quantum
    return np.where(np.abs(y) > form.largest, np.copysign(np.inf, x), y).astype(x.dtype)


def scaled_objective(predict: Callable = mlp, loss: Callable = cross_entropy, **options) -> Callable:
    r"""Build the loss of a model whose gradient comes multiplied by a factor, so that it does not round to zero.

    $$(\theta, x, t, c) \mapsto \big(\ell, \; \nabla_\theta (c\, \ell)\big)$$

    Parameters
    ----------
    predict : a `@differentiable` function of `(x, params)`; it computes in the dtype of its arguments.
    loss : a `@differentiable` function of `(scores, target)`; it always computes in float32.
    **options : of predict.

    Returns
    -------
    A function of `(params, x, target, scale)` that returns `(value, scale times the gradient)`.

    **Source** Micikevicius and others (2018), section 3.2.
    **Book** eq-loss-scaling
    """

    def value_and_grad(params, x, target, scale: float = 1.0):
        scores, pullback = vjp(predict, x, params, **options)
        value, loss_pullback = vjp(loss, scores.astype(np.float32), target)
        # The factor goes in before the first number is rounded to sixteen bits: afterwards it would be too late.
        dscores = loss_pullback(scale)[0].astype(scores.dtype)
        return value, pullback(dscores)[1]

    return value_and_grad


class LossScale(NamedTuple):
    """The state of a loss scale that looks after itself.

    Parameters
    ----------
    scale : the factor c.
    good : steps since it changed.
    """

    scale: float = 2.0**16
    good: int = 0


FIRST_SCALE = LossScale()


def next_scale(
    state: LossScale, finite: bool, *, growth: float = 2.0, backoff: float = 0.5, interval: int = 2000
) -> LossScale:
    r"""Halve the scale when a gradient has overflowed, and double it after a long time without.

    $$c \leftarrow \begin{cases} c / 2 & \text{overflow} \\ 2 c & \text{2000 without} \\ c & \text{else} \end{cases}$$

    Parameters
    ----------
    state : before the step.
    finite : whether all entries of the scaled gradient were finite.
    growth, backoff, interval : as in `torch.amp.GradScaler`.

    Returns
    -------
    LossScale : a new one.

    Examples
    --------
    >>> next_scale(LossScale(1024.0, 7), False)
    LossScale(scale=512.0, good=0)

    **Source** `torch.amp.GradScaler`; Micikevicius and others (2018), section 3.2, sketch it.
    **Book** eq-dynamic-scale
    """
    if not finite:
        return LossScale(state.scale * backoff, 0)
    good = state.good + 1
    return LossScale(state.scale * growth, 0) if good == interval else LossScale(state.scale, good)


@dataclass(frozen=True)
class MixedDescent:
    """What a descent in sixteen bits leaves behind.

    Parameters
    ----------
    params : where it ended: float32 with master weights, else of the low precision.
    values : (T,) the mini-batch's loss before each step.
    scales : (T,) the loss scale of each step.
    skipped : (T,) whether the step was not taken because its gradient had overflowed.
    measured : name -> (epochs + 1,), as in `Descent`.
    """

    params: Any
    values: Array
    scales: Array
    skipped: Array
    measured: dict[str, Array] = field(default_factory=dict)


def _wide(p: Array) -> Array:
    return p.astype(np.float32)


def mixed_precision(
    value_and_grad: Callable, params: Any, data: tuple[Array, ...], *, optimizer: Callable = adam, lr: Rate,
    batch_size: int, epochs: int, rng: np.random.Generator | None, dtype: str = "float16",
    loss_scale: float | LossScale = FIRST_SCALE, interval: int = 2000, share: float = 1.0, master: bool = True,
    measure: Callable | None = None, **options,
) -> MixedDescent:
    r"""Walk downhill with values and gradients in sixteen bits, and weights in thirty-two.

    $$g = \nabla_\theta\, c\, \ell\big(\mathrm{fp16}(\theta)\big), \qquad
    \theta \leftarrow \text{optimizer}\big(\theta, \mathrm{fp32}(g) / c\big) \quad \text{if } g \text{ is finite}$$

    Parameters
    ----------
    value_and_grad : maps `(params, *batch, scale)` to `(value, scaled grads)`, as from `scaled_objective`.
    params : float32, a tree.
    data : arrays with one row per example; the float ones are rounded to dtype.
    optimizer, lr, batch_size, epochs, rng, measure : as in `optimize`.
    dtype : of values and gradients, "float16" or "float32"; NumPy has no bfloat16, the twin has.
    loss_scale : a number, which stays, or the state of one that adapts.
    interval : of `next_scale`.
    share : the part that a batch is of a larger one, over which the loss is a mean, when others compute the rest:
        the loss is multiplied by it, and the step is the one of the larger batch, had all parts been like this one.
    master : keep the weights in float32; without, they are rounded to dtype after each step.
    **options : of the optimizer.

    Returns
    -------
    MixedDescent

    Raises
    ------
    ValueError : for empty or unequal data, or an option outside its range.

    **Source** Micikevicius and others (2018), section 3.
    **Book** eq-loss-scaling
    """
    n = check_rows("mixed_precision", **{f"data[{i}]": column for i, column in enumerate(data)})
    epochs = whole_number("mixed_precision", "epochs", epochs, 0)
    if rng is not None:
        check_generator("mixed_precision", rng)
    interval = whole_number("mixed_precision", "interval", interval, 1)
    if dtype not in ("float16", "float32"):
        raise ValueError(f"mixed_precision: dtype is {dtype!r}, expected 'float16' or 'float32', the formats of NumPy")
    check_params("mixed_precision", params)
    fixed = not isinstance(loss_scale, LossScale)
    state = LossScale(above_zero("mixed_precision", "loss_scale", loss_scale)) if fixed else loss_scale
    share = above_zero("mixed_precision", "share", share)
    data = [column.astype(dtype) if column.dtype.kind == "f" else column for column in data]
    params = tree_map(lambda p: p.astype(np.float32 if master else dtype), params)
    memory, values, scales, skipped = None, [], [], []
    found = [measure(params)] if measure else []
    for _ in range(epochs):
        for rows in minibatches(n, batch_size, rng):
            rate, scale = rate_of("mixed_precision", lr, len(values)), state.scale
            low = tree_map(lambda p: p.astype(dtype), params)
            with np.errstate(over="ignore", invalid="ignore"):  # an overflow is looked for below
                value, grads = value_and_grad(low, *(column[rows] for column in data), scale * share)
            finite = all(np.isfinite(g).all() for _, g in leaves(grads))
            if finite:
                grads = tree_map(lambda g, by=scale * share: g.astype(np.float32) / np.float32(by), grads)
                wide, memory = optimizer(tree_map(_wide, params), grads, memory, lr=rate, **options)
                params = wide if master else tree_map(lambda p: p.astype(dtype), wide)
            values.append(float(value))
            scales.append(scale)
            skipped.append(not finite)
            state = state if fixed else next_scale(state, finite, interval=interval)
        if measure:
            found.append(measure(params))
    measured = {name: np.array([row[name] for row in found]) for name in found[0]} if found else {}
    return MixedDescent(params, np.array(values), np.array(scales), np.array(skipped), measured)
