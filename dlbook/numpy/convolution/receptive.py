"""What a unit of a stack of layers sees, and what a layer costs."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from dlbook.differentiable import vjp
from dlbook.numpy.convolution.conv import Both
from dlbook.numpy.convolution.geometry import pair
from dlbook.numpy.linear_classifiers.arguments import whole_number
from dlbook.shapes import Array, Bool

__all__ = ["Field", "conv_cost", "gradient_support", "receptive_field"]


class Field(NamedTuple):
    """What the units of a layer see of the input, along one axis.

    Parameters
    ----------
    size : how many entries one unit sees, from the first to the last.
    step : how many entries lie between the views of neighbouring units.
    start : the first entry that unit 0 sees; negative where it looks into the padding.
    """

    size: int
    step: int
    start: int


def receptive_field(layers: Sequence[Mapping[str, int]]) -> list[Field]:
    r"""Compute what the units of a stack of convolutions and poolings see of its input, along one axis.

    $$r_l = r_{l-1} + d_l (R_l - 1)\, j_{l-1}, \qquad j_l = j_{l-1} s_l, \qquad a_l = a_{l-1} - p_l\, j_{l-1}$$

    from $r_0 = j_0 = 1$ and $a_0 = 0$.

    Parameters
    ----------
    layers : for each layer its kernel_size and, where they differ from 1, 0 and 1, its stride, padding and dilation.

    Returns
    -------
    fields : a `Field` for each layer: r, j and a.

    Raises
    ------
    ValueError : for an unknown or missing number, or one out of range.

    Examples
    --------
    >>> receptive_field([{"kernel_size": 3}, {"kernel_size": 2, "stride": 2}, {"kernel_size": 3}])[-1]
    Field(size=8, step=2, start=0)

    **Source** Dumoulin and Visin (2016); Araujo, Norris and Sim (2019).
    **Book** eq-receptive-field
    """
    fields, (size, step, start) = [], (1, 1, 0)
    for i, layer in enumerate(layers):
        unknown = layer.keys() - {"kernel_size", "stride", "padding", "dilation"}
        if unknown or "kernel_size" not in layer:
            raise ValueError(
                f"receptive_field: layers[{i}] has {sorted(layer)}, expected kernel_size and perhaps "
                "stride, padding, dilation"
            )
        numbers = {"stride": 1, "padding": 0, "dilation": 1, **layer}
        for option, value in numbers.items():
            whole_number("receptive_field", f"layers[{i}][{option!r}]", value, 0 if option == "padding" else 1)
        size += numbers["dilation"] * (numbers["kernel_size"] - 1) * step
        start -= numbers["padding"] * step
        step *= numbers["stride"]
        fields.append(Field(size, step, start))
    return fields


def gradient_support(f: Callable, x: Array, *params: Any, position: tuple[int, ...]) -> Bool[Array, "*S"]:
    r"""Find which entries of the input the output at one place depends on, by asking its gradient.

    $$\Big[\, \exists\, n, c :\; \partial \textstyle\sum_{m, f} y_{mf,\,\text{position}} \,/\, \partial x_{nci} \ne 0
    \,\Big]_i$$

    Parameters
    ----------
    f : a `@differentiable` function of `(x, *params)`, whose value has two axes before those of the places.
    x : (N, C, ...) where the gradient is taken: random numbers, so that nothing cancels.
    *params : f's other arguments.
    position : the place in the output.

    Returns
    -------
    seen : of x's shape without N and C.

    Raises
    ------
    ValueError : when the output has no such place.

    **Source** Luo, Li, Urtasun and Zemel (2016).
    **Book** eq-gradient-support
    """
    y, pullback = vjp(f, x, *params)
    if len(position) != y.ndim - 2 or not all(0 <= p < size for p, size in zip(position, y.shape[2:], strict=True)):
        raise ValueError(f"gradient_support: position is {position}, expected a place in an output of {y.shape[2:]}")
    dy = np.zeros_like(y)
    dy[(slice(None), slice(None), *position)] = 1
    return (pullback(dy)[0] != 0).any(axis=(0, 1))


def conv_cost(
    channels: int, filters: int, *, kernel_size: Both, output_size: Both, groups: int = 1, bias: bool = True
) -> tuple[int, int]:
    r"""Count the parameters of a convolution, and the multiplications that it spends on one image.

    $$\frac{F C R S}{G} + F, \qquad P Q\, \frac{F C R S}{G}$$

    Parameters
    ----------
    channels, filters : C and F.
    kernel_size : (R, S), or one number for both.
    output_size : (P, Q), or one number for both; 1 with a kernel as large as the image makes a linear layer.
    groups : G, which divides C and F.
    bias : whether the F offsets count.

    Returns
    -------
    parameters, multiplications.

    Raises
    ------
    ValueError : for a number out of range, or groups that do not divide channels and filters.

    Examples
    --------
    >>> conv_cost(16, 32, kernel_size=3, output_size=32)
    (4640, 4718592)

    **Source** Howard and others (2017), section 3.1.
    **Book** eq-conv-cost
    """
    c, f = whole_number("conv_cost", "channels", channels, 1), whole_number("conv_cost", "filters", filters, 1)
    g = whole_number("conv_cost", "groups", groups, 1)
    if c % g or f % g:
        raise ValueError(f"conv_cost: groups is {g}, expected a divisor of {c} channels and {f} filters")
    (r, s), (p, q) = (
        pair("conv_cost", option, value, 1)
        for option, value in (("kernel_size", kernel_size), ("output_size", output_size))
    )
    weights = f * c // g * r * s
    return weights + (f if bias else 0), p * q * weights
