"""Optimizers side by side on a surface, from a start that the reader chooses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
from matplotlib.axes import Axes

from dlbook.figures import style
from dlbook.figures.interactive import Interactive
from dlbook.figures.style import Figure, house_style, panel
from dlbook.numpy.gradient_descent import quadratic, value_and_grad
from dlbook.numpy.optimization import adagrad, adam, minimize, nesterov, rmsprop, rosenbrock, saddle, sgd_momentum

__all__ = ["fig_race"]

HESSIAN = np.diag([1.0, 25.0])
VIEW = (-2.0, 2.0)
# name -> function of the point, axes, lowest height, where it is reached, level lines above it
SURFACES = {
    "bowl": (lambda x: quadratic(x, HESSIAN), VIEW, VIEW, 0.0, [(0, 0)], np.array([0.3, 1.2, 4, 10, 20, 35, 50])),
    "Rosenbrock": (rosenbrock, VIEW, (-1.0, 3.0), 0.0, [(1, 1)], np.array([0.5, 3, 15, 60, 200, 600, 1500])),
    "saddle": (saddle, VIEW, VIEW, -0.25, [(0, 1), (0, -1)], np.array([0.03, 0.12, 0.25, 0.5, 1, 2, 3.5])),
}
# The names of the race, as in race.js; `momentum` is handed over where it says so.
OPTIMIZERS = {
    "plain": lambda momentum: partial(sgd_momentum, momentum=0.0),
    "momentum": lambda momentum: partial(sgd_momentum, momentum=momentum),
    "Nesterov": lambda momentum: partial(nesterov, momentum=momentum),
    "AdaGrad": lambda momentum: adagrad,
    "RMSProp": lambda momentum: rmsprop,
    "Adam": lambda momentum: partial(adam, betas=(momentum, 0.999)),
}


def race(surface: str, optimizer: str, start: Sequence[float], *, lr: float, momentum: float, steps: int) -> np.ndarray:
    """Return the path (steps + 1, 2) of one optimizer, by the book's own `minimize`.

    Parameters
    ----------
    surface, optimizer : names of `SURFACES` and `OPTIMIZERS`.
    start, lr, momentum, steps : of the walk.
    """
    data = {"bowl": (quadratic, (HESSIAN,)), "Rosenbrock": (rosenbrock, ()), "saddle": (saddle, ())}
    function, more = data[surface]
    run = minimize(
        value_and_grad(function), np.array(start, float), *more, optimizer=OPTIMIZERS[optimizer](momentum), lr=lr,
        steps=steps, keep_path=True,
    )  # fmt: skip
    return run.path


def _contours(ax: Axes, name: str) -> list[list[np.ndarray]]:
    """Draw the level lines of a surface and return them, thinned, one list of lines for each level."""
    function, x, y, least, minima, levels = SURFACES[name]
    across, up = np.linspace(*x, 121), np.linspace(*y, 121)
    height = np.array([[float(function(np.array([a, b]))) for a in across] for b in up])
    look = {"colors": [style.PALETTE["blue"]], "linewidths": 0.8, "alpha": 0.5}
    drawn = ax.contour(across, up, height - least, levels=levels, **look)
    ax.plot(*np.transpose(minima), "+", color=style.FOREGROUND, ms=8)
    ax.set(xlim=x, ylim=y, aspect="equal", xlabel="parameter 1", ylabel="parameter 2")
    # Every third point, and the last: a screen shows no difference.
    return [[np.vstack([line[:-1:3], line[-1:]]).round(3) for line in lines] for lines in drawn.allsegs]


@house_style
def fig_race(
    rates: Mapping[str, Mapping[str, float]],
    *,
    alt: str,
    starts: Mapping[str, Sequence[float]],
    chosen: Sequence[str] = ("plain", "momentum", "RMSProp", "Adam"),
    momentum: float = 0.9,
    steps: int = 200,
) -> Interactive:
    """Let optimizers race on a bowl, in Rosenbrock's valley and over a saddle; the reader moves start and rates.

    Parameters
    ----------
    rates : mapping of mappings
        `rates[surface][optimizer]`, the learning rates of "plain", "momentum", "Nesterov", "AdaGrad", "RMSProp" and
        "Adam" on each of "bowl", "Rosenbrock" and "saddle" that is to be shown, in this order.
    alt : str
        The figure's message in words.
    starts : mapping
        `starts[surface]`, where all begin at first.
    chosen : sequence of str
        The optimizers that run at first.
    momentum : float
        Of the first three that have one, and Adam's first beta.
    steps : int
        The length of every run.

    Raises
    ------
    ValueError
        If a surface or an optimizer is unknown, or a rate is missing.
    """
    for name, row in rates.items():
        if name not in SURFACES or name not in starts:
            raise ValueError(f"fig_race: surface is {name!r}, expected one of {', '.join(SURFACES)} with a start")
        if set(row) != set(OPTIMIZERS):
            raise ValueError(f"fig_race: rates of {name!r} are for {sorted(row)}, expected {sorted(OPTIMIZERS)}")
    if unknown := set(chosen) - set(OPTIMIZERS):
        raise ValueError(f"fig_race: chosen has {sorted(unknown)}, expected some of {', '.join(OPTIMIZERS)}")
    canvases, data = [], []
    for name, row in rates.items():
        canvas, ax = panel(style.THIRD, style.THIRD)
        contours = _contours(ax, name)
        for number, runner in enumerate(chosen):
            path = race(name, runner, starts[name], lr=row[runner], momentum=momentum, steps=steps)
            look = {"color": style.CYCLE[number], "ls": style.DASHES[number % len(style.DASHES)]}
            ax.plot(*path.T, lw=1.2, label=runner if name == next(iter(rates)) else None, **look)
        ax.set_title(name, fontweight="normal")
        canvases.append(canvas)
        _, x, y, least, minima, _ = SURFACES[name]
        data.append({"name": name, "x": list(x), "y": list(y), "start": list(map(float, starts[name])), "least": least,
                     "minima": [list(map(float, p)) for p in minima], "rates": dict(row), "contours": contours})
    hint = (
        "Drag the start, or focus it and use the arrow keys; choose a surface and who runs. "
        "Every optimizer has a rate of its own, and the first slider multiplies them all."
    )
    state = {"surfaces": data, "chosen": list(chosen), "momentum": momentum, "steps": steps, "levels": 7}
    return Interactive("race", state, still=Figure(canvases, alt=alt), hint=hint)
