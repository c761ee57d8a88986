"""A stack of layers that the reader builds, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from dlbook.figures import style
from dlbook.figures.interactive import Interactive
from dlbook.figures.style import Figure, house_style, panel
from dlbook.numpy.convolution import conv_cost, conv_output_size, receptive_field

__all__ = ["fig_builder", "stack_costs"]

_FIELDS = {"kind", "kernel_size", "stride", "channels"}
_SHOWN = ("parameters", "multiplications", "values kept")


def stack_costs(layers: Sequence[Mapping[str, object]], *, channels: int, size: int) -> list[dict[str, int]]:
    """Count what the layers of a stack cost, each padded so that a stride of 1 keeps the size if the kernel is odd.

    Parameters
    ----------
    layers : sequence of mappings
        kind "conv", "separable" (a depthwise and a pointwise convolution) or "pool"; kernel_size; stride; and channels
        for those that have weights.
    channels, size : int
        Of the input: its maps, and their height and width.

    Returns
    -------
    For each layer its channels, size, parameters, multiplications, values (what it computes, which the way back
    needs) and field (how far a unit sees).

    Raises
    ------
    ValueError
        If a layer is not described as it should be.
    """
    rows, below = [], []
    for i, layer in enumerate(layers):
        kind = layer.get("kind")
        if kind not in ("conv", "separable", "pool") or not {"kernel_size", "stride"} <= set(layer) <= _FIELDS:
            raise ValueError(f"fig_builder: layers[{i}] is {dict(layer)}, expected kind, kernel_size, stride, channels")
        kernel, stride = layer["kernel_size"], layer["stride"]
        size = conv_output_size(size, kernel, stride=stride, padding=(kernel - 1) // 2)
        below.append({"kernel_size": kernel, "stride": stride, "padding": (kernel - 1) // 2})
        filters, cost, values = layer.get("channels", channels), (0, 0), 0
        if kind == "conv":
            cost = conv_cost(channels, filters, kernel_size=kernel, output_size=size)
        elif kind == "separable":
            depthwise = conv_cost(channels, channels, kernel_size=kernel, output_size=size, groups=channels)
            pointwise = conv_cost(channels, filters, kernel_size=1, output_size=size)
            cost, values = tuple(map(sum, zip(depthwise, pointwise, strict=True))), channels * size**2
        else:
            filters = channels
        channels = filters
        rows.append({
            "channels": channels, "size": size, "parameters": cost[0], "multiplications": cost[1],
            "values": values + channels * size**2, "field": receptive_field(below)[-1].size,
        })  # fmt: skip
    return rows


@house_style
def fig_builder(
    stacks: Mapping[str, Sequence[Mapping[str, object]]], *, alt: str, channels: int = 3, size: int = 224
) -> Interactive:
    """Let the reader build a stack of layers, and see what each costs and how far it sees.

    Parameters
    ----------
    stacks : mapping
        Stacks to start from, by name, described as for `stack_costs`; the first is shown. 16 layers at most.
    alt : str
        The figure's message in words.
    channels, size : int
        Of the input.

    Raises
    ------
    ValueError
        If there is no stack, one is empty or too long, or a layer is not described as it should be.
    """
    if not stacks or not all(0 < len(layers) <= 16 for layers in stacks.values()):
        raise ValueError(f"fig_builder: stacks must hold stacks of 1 to 16 layers, got "
                         f"{ {name: len(layers) for name, layers in stacks.items()} }")  # fmt: skip
    first, *_ = [stack_costs(layers, channels=channels, size=size) for layers in stacks.values()]
    panels = []
    for name in _SHOWN:
        canvas, ax = panel(style.THIRD, 2.2)
        heights = [row["values" if name == "values kept" else name] / 1e6 for row in first]
        ax.bar(np.arange(1, len(first) + 1), heights, color=style.PALETTE["blue"], width=0.7)
        ax.set(title=name, xlabel="layer", ylabel="millions")
        panels.append(canvas)
    data = {
        "stacks": [{"name": name, "layers": [dict(layer) for layer in layers]} for name, layers in stacks.items()],
        "channels": channels, "size": size,
    }  # fmt: skip
    hint = "Drag the dot, or focus it and use the arrow keys, to choose a layer; change it, add layers, take them away."
    return Interactive("builder", data, still=Figure(panels, alt=alt), hint=hint)
