"""Learning rates that change as the training goes on: builders of functions of the step number."""

import math
from collections.abc import Callable
from typing import Literal

from dlbook.numpy.gradient_descent.descent import Rate
from dlbook.numpy.linear_classifiers.arguments import above_zero, between, whole_number

__all__ = ["cosine_restarts", "one_cycle_lr", "step_lr", "triangular_doubling_lr", "triangular_lr", "warmup"]

Schedule = Callable[[int], float]


def step_lr(lr: float, *, step_size: int, gamma: float = 0.1) -> Schedule:
    r"""Multiply the rate by a factor every so many steps.

    $$\eta_s = \eta_0\, \gamma^{\lfloor s / n \rfloor}$$

    Parameters
    ----------
    lr : eta_0, above 0.
    step_size : n, the number of steps with the same rate, at least 1.
    gamma : the factor, above 0.

    Returns
    -------
    A function of the step number 0, 1, ..., as every descent takes for lr.

    Raises
    ------
    ValueError : for an option outside its range.

    Examples
    --------
    >>> rate = step_lr(0.8, step_size=2, gamma=0.5)
    >>> [rate(s) for s in range(5)]
    [0.8, 0.8, 0.4, 0.4, 0.2]

    **Source** `torch.optim.lr_scheduler.StepLR`.
    **Book** eq-step-lr
    """
    lr, gamma = above_zero("step_lr", "lr", lr), above_zero("step_lr", "gamma", gamma)
    step_size = whole_number("step_lr", "step_size", step_size, 1)
    return lambda step: lr * gamma ** (step // step_size)


def triangular_lr(
    base_lr: float, max_lr: float, *, step_size_up: int, step_size_down: int | None = None,
    mode: Literal["triangular", "triangular2", "exp_range"] = "triangular", gamma: float = 1.0,
) -> Schedule:
    r"""Let the rate climb and fall along straight lines, cycle after cycle.

    $$\eta_s = \eta_{\min} + a\, (\eta_{\max} - \eta_{\min}) \begin{cases}
    \dfrac{t}{n_\uparrow} & t \le n_\uparrow \\[1ex]
    \dfrac{n_\uparrow + n_\downarrow - t}{n_\downarrow} & \text{otherwise} \end{cases}
    \qquad t = s \bmod (n_\uparrow + n_\downarrow)$$

    Parameters
    ----------
    base_lr, max_lr : the lowest and the highest rate, above 0, base_lr not above max_lr.
    step_size_up : the steps of a climb, at least 1.
    step_size_down : the steps of a fall, at least 1; None for as many as up.
    mode : the amplitude a. "triangular" keeps it at 1, "triangular2" halves it from cycle to cycle, "exp_range"
        makes it gamma to the power of s.
    gamma : of "exp_range", above 0.

    Returns
    -------
    A function of the step number 0, 1, ..., as every descent takes for lr.

    Raises
    ------
    ValueError : for an option outside its range.

    Examples
    --------
    >>> rate = triangular_lr(0.25, 1.25, step_size_up=2)
    >>> [rate(s) for s in range(6)]
    [0.25, 0.75, 1.25, 0.75, 0.25, 0.75]

    **Source** Smith (2017), section 3.1; KTH DD2424, assignment 2, eqs. 14 and 15; `torch.optim.lr_scheduler.CyclicLR`.
    **Book** eq-triangular-lr
    """
    low, high = _ends("triangular_lr", base_lr, max_lr)
    up = whole_number("triangular_lr", "step_size_up", step_size_up, 1)
    down = up if step_size_down is None else whole_number("triangular_lr", "step_size_down", step_size_down, 1)
    gamma = above_zero("triangular_lr", "gamma", gamma)
    amplitudes = {
        "triangular": lambda step: 1.0,
        "triangular2": lambda step: 0.5 ** (step // (up + down)),
        "exp_range": lambda step: gamma**step,
    }
    if mode not in amplitudes:
        raise ValueError(f"triangular_lr: mode is {mode!r}, expected one of {', '.join(amplitudes)}")
    amplitude = amplitudes[mode]

    def rate(step: int) -> float:
        t = step % (up + down)
        height = t / up if t <= up else (up + down - t) / down
        return low + amplitude(step) * (high - low) * height

    return rate


def triangular_doubling_lr(base_lr: float, max_lr: float, *, step_size_up: int) -> Schedule:
    r"""Let the rate climb and fall, each cycle twice as long as the one before.

    Cycle $k = \lfloor \log_2 (s / 2n + 1) \rfloor$ begins at the step $2n (2^k - 1)$ and climbs for $2^k n$ steps:

    $$\eta_s = \eta_{\min} + (\eta_{\max} - \eta_{\min}) \left( 1 -
    \left| \frac{s - 2n (2^k - 1)}{2^k n} - 1 \right| \right)$$

    Parameters
    ----------
    base_lr, max_lr : the lowest and the highest rate, above 0, base_lr not above max_lr.
    step_size_up : n, the steps of the first climb, at least 1; the first fall has as many.

    Returns
    -------
    A function of the step number 0, 1, ..., as every descent takes for lr.

    Raises
    ------
    ValueError : for an option outside its range.

    **Source** Loshchilov and Hutter (2017), the doubling; KTH DD2424, assignment 3 of 2025.
    **Book** eq-triangular-doubling
    """
    low, high = _ends("triangular_doubling_lr", base_lr, max_lr)
    n = whole_number("triangular_doubling_lr", "step_size_up", step_size_up, 1)

    def rate(step: int) -> float:
        doubled = 1 << ((step // (2 * n) + 1).bit_length() - 1)  # 2 to the k, without a logarithm that may round
        t = step - 2 * n * (doubled - 1)
        return low + (high - low) * (1 - abs(t / (doubled * n) - 1))

    return rate


def cosine_restarts(lr: float, *, t_0: int, t_mult: int = 1, eta_min: float = 0.0) -> Schedule:
    r"""Let the rate fall along half a cosine, jump back up, and fall again, more slowly each time.

    $$\eta_s = \eta_{\min} + \tfrac12 (\eta_0 - \eta_{\min}) \big( 1 + \cos(\pi\, t / T_k) \big), \qquad
    T_k = T_0\, T_{\text{mult}}^k$$

    with t the steps since the last restart. A single fall over the whole run is `t_0` equal to its steps.

    Parameters
    ----------
    lr : eta_0, above 0.
    t_0 : the steps of the first fall, at least 1.
    t_mult : the factor from each fall to the next, an integer of at least 1.
    eta_min : the rate that a fall approaches, 0 to lr.

    Returns
    -------
    A function of the step number 0, 1, ..., as every descent takes for lr.

    Raises
    ------
    ValueError : for an option outside its range.

    **Source** Loshchilov and Hutter (2017), eq. 5; `torch.optim.lr_scheduler.CosineAnnealingWarmRestarts`.
    **Book** eq-cosine-restarts
    """
    lr = above_zero("cosine_restarts", "lr", lr)
    low = between("cosine_restarts", "eta_min", eta_min, 0, lr)
    t_0 = whole_number("cosine_restarts", "t_0", t_0, 1)
    t_mult = whole_number("cosine_restarts", "t_mult", t_mult, 1)

    def rate(step: int) -> float:
        length, t = t_0, step
        if t_mult == 1:
            t %= t_0
        while t >= length:
            t, length = t - length, length * t_mult
        return low + (lr - low) * (1 + math.cos(math.pi * t / length)) / 2

    return rate


def warmup(lr: Rate, *, total_iters: int, start_factor: float = 1 / 3) -> Schedule:
    r"""Begin with a small part of the rate and let it grow along a line; then let the schedule begin.

    $$\eta_s = \Big( f + (1 - f) \frac sn \Big)\, \eta'_0 \quad (s < n), \qquad
    \eta_s = \eta'_{s - n} \quad (s \ge n)$$

    Parameters
    ----------
    lr : eta', a rate above 0, or a function of the step number, which starts to count after the warm-up.
    total_iters : n, the steps of the warm-up, at least 1.
    start_factor : f, in (0, 1].

    Returns
    -------
    A function of the step number 0, 1, ..., as every descent takes for lr.

    Raises
    ------
    ValueError : for an option outside its range.

    Examples
    --------
    >>> rate = warmup(0.8, total_iters=2, start_factor=0.5)
    >>> [round(rate(s), 12) for s in range(4)]
    [0.4, 0.6, 0.8, 0.8]

    **Source** Goyal and others (2017), section 2.2; `torch.optim.lr_scheduler.LinearLR`.
    **Book** eq-warmup
    """
    rates = lr if callable(lr) else lambda step: constant
    constant = above_zero("warmup", "lr", rates(0) if callable(lr) else lr)
    n = whole_number("warmup", "total_iters", total_iters, 1)
    factor = between("warmup", "start_factor", above_zero("warmup", "start_factor", start_factor), 0, 1)

    def rate(step: int) -> float:
        return (factor + (1 - factor) * step / n) * rates(0) if step < n else rates(step - n)

    return rate


def one_cycle_lr(
    max_lr: float, *, total_steps: int, pct_start: float = 0.3, anneal_strategy: Literal["cos", "linear"] = "cos",
    div_factor: float = 25.0, final_div_factor: float = 1e4,
) -> Schedule:
    r"""Let the rate climb once and fall once, far below its start, over the whole run.

    $$\eta_{\max} / d \;\nearrow\; \eta_{\max} \;\searrow\; \eta_{\max} / (d\, d')$$

    The climb ends at the step $p S - 1$, the fall at the last step $S - 1$; both follow half a cosine, or a line.

    Parameters
    ----------
    max_lr : the highest rate, above 0.
    total_steps : S, at least 2.
    pct_start : p, the share of the climb, with p S above 1 and p below 1.
    anneal_strategy : "cos" or "linear".
    div_factor : d, above 0.
    final_div_factor : d', above 0.

    Returns
    -------
    A function of the step number 0, ..., S - 1, as every descent takes for lr; it refuses a step outside.

    Raises
    ------
    ValueError : for an option outside its range.

    **Source** Smith and Topin (2018); `torch.optim.lr_scheduler.OneCycleLR`.
    **Book** eq-one-cycle
    """
    high = above_zero("one_cycle_lr", "max_lr", max_lr)
    steps = whole_number("one_cycle_lr", "total_steps", total_steps, 2)
    start = high / above_zero("one_cycle_lr", "div_factor", div_factor)
    end = start / above_zero("one_cycle_lr", "final_div_factor", final_div_factor)
    top = above_zero("one_cycle_lr", "pct_start", pct_start) * steps - 1
    if not 0 < top < steps - 1:
        raise ValueError(f"one_cycle_lr: pct_start is {pct_start}, expected a climb of more than 1 of {steps} steps "
                         "that leaves some for the fall")
    shapes = {"cos": lambda part: (1 - math.cos(math.pi * part)) / 2, "linear": lambda part: part}
    if anneal_strategy not in shapes:
        raise ValueError(f"one_cycle_lr: anneal_strategy is {anneal_strategy!r}, expected 'cos' or 'linear'")
    shape = shapes[anneal_strategy]

    def rate(step: int) -> float:
        if not 0 <= step < steps:
            raise ValueError(f"one_cycle_lr: step is {step}, expected 0 to {steps - 1}, as the run has {steps} steps")
        if step <= top:
            return start + (high - start) * shape(step / top)
        return high + (end - high) * shape((step - top) / (steps - 1 - top))

    return rate


def _ends(function: str, base_lr: float, max_lr: float) -> tuple[float, float]:
    low, high = above_zero(function, "base_lr", base_lr), above_zero(function, "max_lr", max_lr)
    if low > high:
        raise ValueError(f"{function}: base_lr is {base_lr}, expected at most max_lr = {max_lr}")
    return low, high
