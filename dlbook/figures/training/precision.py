"""Numbers on the scale of a format's exponents."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dlbook.figures import style
from dlbook.figures.style import Figure, house_style, panel

__all__ = ["fig_magnitudes"]


@house_style
def fig_magnitudes(
    values: Mapping[str, np.ndarray], *, alt: str, smallest: float, smallest_normal: float, largest: float
) -> Figure:
    """Draw how large numbers are, in powers of two, and which of them a format can hold.

    Parameters
    ----------
    values : mapping
        `values[name]` is an array; zeros are left out.
    alt : str
        The figure's message in words.
    smallest, smallest_normal, largest : float
        Of the format: below the first a number becomes zero, below the second it loses digits, above the third it
        becomes infinite.

    Raises
    ------
    ValueError
        If there is no number but zero.
    """
    canvas, ax = panel(style.WIDE, 2.8)
    powers = {name: np.log2(np.abs(array[array != 0]).astype(float)) for name, array in values.items()}
    if not all(len(p) for p in powers.values()):
        raise ValueError("fig_magnitudes: values hold nothing but zeros")
    low = np.floor(min(p.min() for p in powers.values()))
    limits = max(low, np.log2(smallest) - 16), np.log2(largest) + 2
    bins = np.arange(np.floor(limits[0]), np.ceil(limits[1]) + 1)
    for number, (name, p) in enumerate(powers.items()):
        share, _ = np.histogram(np.clip(p, *limits), bins)
        ax.stairs(share / len(p), bins, color=style.CYCLE[number], lw=1.7, ls=style.DASHES[number], label=name)
    ax.axvspan(limits[0], np.log2(smallest) - 1, color=style.PALETTE["orange"], alpha=0.22, lw=0, label="becomes zero")
    ax.axvspan(np.log2(smallest) - 1, np.log2(smallest_normal), color=style.PALETTE["grey"], alpha=0.22, lw=0,
               label="loses digits")  # fmt: skip
    ax.axvline(np.log2(largest), color=style.FOREGROUND, lw=0.9, ls=(0, (1, 2)), label="largest")
    ax.set(xlim=limits, xlabel="power of two", ylabel="share of the numbers")
    return Figure([canvas], alt=alt)
