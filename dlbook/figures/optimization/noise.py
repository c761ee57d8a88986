"""A schedule and what it does to a noisy descent, for the reader to move."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dlbook.figures import style
from dlbook.figures.interactive import Interactive
from dlbook.figures.style import Figure, house_style, panel
from dlbook.numpy.optimization import cosine_restarts, step_lr, triangular_doubling_lr, triangular_lr, warmup

__all__ = ["fig_schedule_noise"]

# The schedules that schedules.js knows: from the lowest and the highest rate, the period and the number of all steps.
SHAPES: dict[str, Callable] = {
    "constant": lambda low, high, n, steps: lambda step: high,
    "step": lambda low, high, n, steps: step_lr(high, step_size=n, gamma=0.5),
    "triangular": lambda low, high, n, steps: triangular_lr(low, high, step_size_up=n),
    "doubling": lambda low, high, n, steps: triangular_doubling_lr(low, high, step_size_up=n),
    "cosine, restarted": lambda low, high, n, steps: cosine_restarts(high, t_0=n, t_mult=2, eta_min=low),
    "warm-up, cosine": lambda low, high, n, steps: warmup(
        cosine_restarts(high, t_0=steps - n, eta_min=low), total_iters=n, start_factor=0.1
    ),
}


def mean_heights(rates: np.ndarray, start: float) -> np.ndarray:
    """Return the mean height (T + 1,) of a descent on x^2 / 2 whose gradients carry noise of variance 1.

    Parameters
    ----------
    rates : array (T,)
        The rate of each step.
    start : float
        Where the descent begins.
    """
    squares = [start**2]
    for lr in rates:
        squares.append((1 - lr) ** 2 * squares[-1] + lr**2)
    return np.array(squares) / 2


@house_style
def fig_schedule_noise(
    shape: str = "triangular", *, alt: str, low: float = 0.02, high: float = 1.0, period: int = 20, steps: int = 120
) -> Interactive:
    """Show a learning rate and the height at which it holds a noisy descent; the reader moves period and peak.

    Parameters
    ----------
    shape : str
        "constant", "step", "triangular", "doubling", "cosine, restarted" or "warm-up, cosine".
    alt : str
        The figure's message in words.
    low, high : float
        The lowest rate, above 0, and the highest, at most 1.5.
    period : int
        Steps of half a cycle, of a stair, of the first fall or of the warm-up.
    steps : int
        Length of the descent.

    Raises
    ------
    ValueError
        If the shape is unknown or a number does not fit.
    """
    if shape not in SHAPES:
        raise ValueError(f"fig_schedule_noise: shape is {shape!r}, expected one of {', '.join(SHAPES)}")
    if not 0 < low <= high <= 1.5 or not 2 <= period <= steps / 2:
        raise ValueError(f"fig_schedule_noise: got rates {low} to {high} and period {period}, expected rates in "
                         f"(0, 1.5], ascending, and a period from 2 to {steps // 2}")  # fmt: skip
    rate = SHAPES[shape](low, high, period, steps)
    rates = np.array([rate(step) for step in range(steps)])
    left, ax = panel(style.HALF, 2.5)
    ax.plot(rates, lw=1.4)
    ax.set(xlabel="step", ylabel="learning rate", ylim=(0, 1.6))
    right, ax = panel(style.HALF, 2.5)
    ax.plot(mean_heights(rates, 2.0), lw=1.4, color=style.PALETTE["orange"])
    ax.plot(rates / (2 * (2 - rates)), lw=0.9, color=style.FOREGROUND, ls=(0, (1, 2)))
    ax.set(xlabel="step", ylabel="mean height", yscale="log")
    data = {"shape": shape, "low": low, "high": high, "n": period, "steps": steps, "top": 1.5, "start": 2.0}
    hint = (
        "Drag the peak, or focus it and use the arrow keys: sideways for the period, up for the highest rate. "
        "Choose another schedule."
    )
    return Interactive("schedules", data, still=Figure([left, right], alt=alt), hint=hint)
