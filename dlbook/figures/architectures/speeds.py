"""What networks cost against how fast they run."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dlbook.figures import style
from dlbook.figures.style import Figure, house_style, panel

__all__ = ["fig_speeds"]


@house_style
def fig_speeds(
    networks: Mapping[str, tuple[float, Mapping[str, float]]], *, alt: str, rate: float, rate_label: str
) -> Figure:
    """Draw the speed of networks in training against their multiplications, below what a device could do at best.

    Parameters
    ----------
    networks : mapping
        `networks[name]` is (multiplications for an image, speeds), and `speeds[way]` the images of a second when it
        is computed in that way. Six ways at most.
    alt : str
        The figure's message in words.
    rate : float
        Floating point operations of a second that the device reaches at best; drawn as the line on which a
        network would lie if multiplications were all that takes time.
    rate_label : str
        What the line is.

    Raises
    ------
    ValueError
        If there is no network, a number is not above 0, or there are more than six ways.
    """
    ways = list(dict.fromkeys(way for _, speeds in networks.values() for way in speeds))
    if not networks or not 0 < len(ways) <= 6:
        raise ValueError(f"fig_speeds: networks must hold at least one network in one to six ways, got {len(networks)} "
                         f"in {len(ways)}")
    numbers = np.array([rate, *(v for work, speeds in networks.values() for v in (work, *speeds.values()))], float)
    if not (numbers > 0).all():
        raise ValueError(f"fig_speeds: rate, multiplications and speeds must be above 0, got {numbers.min()}")
    canvas, ax = panel(style.WIDE * 1.25, 3.6)
    work = np.array([count for count, _ in networks.values()], float)
    span = np.geomspace(work.min() / 1.4, work.max() * 1.4)
    # Each multiplication goes with an addition, and the way back costs two such passes more: six operations.
    ax.plot(span, rate / (6 * span), color=style.FOREGROUND, lw=0.8, ls=(0, (1, 2)))
    ax.annotate(rate_label, (span[12], rate / (6 * span[12])), xytext=(4, 3), textcoords="offset points", fontsize=8)
    for count, speeds in networks.values():
        ax.plot([count] * 2, [min(speeds.values()), max(speeds.values())], color=style.FOREGROUND, lw=0.6, alpha=0.5)
    for number, way in enumerate(ways):
        at = [(count, speeds[way]) for count, speeds in networks.values() if way in speeds]
        ax.plot(*zip(*at, strict=True), ls="none", color=style.CYCLE[number], marker=style.MARKERS[number], ms=5.5,
                label=way)  # fmt: skip
    for place, (name, (count, speeds)) in enumerate(sorted(networks.items(), key=lambda item: item[1][0])):
        # Above and below in turns: neighbours may have the same number of multiplications.
        at, beside = (min(speeds.values()), (0, -11)) if place % 2 else (max(speeds.values()), (0, 6))
        ax.annotate(name, (count, at), xytext=beside, textcoords="offset points", fontsize=7.5, ha="center")
    ax.set(xscale="log", yscale="log", xlabel="multiplications for an image", ylabel="images a second, in training")
    ax.margins(x=0.06, y=0.1)
    return Figure([canvas], alt=alt)
