"""What networks cost and what they reach."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dlbook.figures import style
from dlbook.figures.style import Figure, house_style, panel

__all__ = ["fig_costs"]


@house_style
def fig_costs(families: Mapping[str, Mapping[str, tuple[float, float, float]]], *, alt: str, y_label: str) -> Figure:
    """Draw networks by their multiplications and by their parameters against what they reach.

    Parameters
    ----------
    families : mapping of mappings
        `families[family][network]` is (multiplications, parameters, what it reaches), the first two above 0. Members
        of a family are joined by a line in their order. Six families at most.
    alt : str
        The figure's message in words.
    y_label : str
        What is reached, with its unit.

    Raises
    ------
    ValueError
        If there is no family or more than six, or a cost is not positive.
    """
    if not 0 < len(families) <= 6:
        raise ValueError(f"fig_costs: families must hold one to six families, got {len(families)}")
    panels = []
    for place, label in enumerate(("multiplications for an image", "parameters")):
        canvas, ax = panel(style.HALF, 3.3)
        for number, (family, members) in enumerate(families.items()):
            numbers = np.array(list(members.values()), float)
            if not (numbers[:, :2] > 0).all():
                raise ValueError(f"fig_costs: costs of {family!r} must be positive, got {numbers[:, :2].min()}")
            ax.plot(numbers[:, place], numbers[:, 2], color=style.CYCLE[number], ls=style.DASHES[number], lw=1.1,
                    marker=style.MARKERS[number], ms=5, label=family)  # fmt: skip
            for name, row in zip(members, numbers, strict=True):
                short = name.removeprefix(family).lstrip("- ")
                if short:
                    beside = {"xytext": (4, -9)} if number % 2 else {"xytext": (-4, 4), "ha": "right"}
                    ax.annotate(short, (row[place], row[2]), textcoords="offset points", fontsize=7, **beside)
        ax.set(xscale="log", xlabel=label, ylabel=y_label)
        ax.margins(x=0.16, y=0.08)
        panels.append(canvas)
    return Figure(panels, alt=alt)
