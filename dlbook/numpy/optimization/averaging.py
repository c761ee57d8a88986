"""Averages of the parameters along the way, which tremble less than the parameters."""

from collections.abc import Callable
from typing import Any

import numpy as np

from dlbook.numpy.gradient_descent.trees import check_params, tree_map
from dlbook.numpy.optimization.adam import adam
from dlbook.numpy.optimization.blocks import share
from dlbook.shapes import describe

__all__ = ["averaged", "ema"]


def ema(params: Any, state: dict | None = None, *, decay: float = 0.999, bias_correction: bool = True):
    r"""Take new parameters into their exponential moving average.

    $$a_s = \beta a_{s-1} + (1 - \beta)\, \theta_s, \qquad \bar\theta_s = \frac{a_s}{1 - \beta^s}, \qquad a_0 = 0$$

    for $s = 1, 2, \dots$: a weighted mean of all parameters so far, with weights in the ratio of
    $1 : \beta : \beta^2 \dots$ backwards in time.

    Parameters
    ----------
    params : theta, a float array or a tree of them, after a step.
    state : what the call before returned, or None at the first.
    decay : beta, in [0, 1).
    bias_correction : False begins with the first parameters instead of 0, and so gives them a weight for ever that
        belongs to many.

    Returns
    -------
    average, state : the average has the structure of params; state has "step" and "average", before the correction.

    Raises
    ------
    ValueError : for a decay outside its range, or the state of something else.

    Examples
    --------
    >>> import numpy as np
    >>> average, state = ema(np.array([1.0]), decay=0.9)
    >>> average, state = ema(np.array([2.0]), state, decay=0.9)
    >>> average.round(6)  # (0.9 times 1 + 2) / 1.9
    array([1.526316])

    **Source** Polyak and Juditsky (1992) for averages; Kingma and Ba (2015), section 7.2;
    `torch.optim.swa_utils.get_ema_avg_fn` without the correction.
    **Book** eq-ema
    """
    decay = share("ema", "decay", decay)
    check_params("ema", params)
    if state is not None and not {"step", "average"} <= set(state):
        raise ValueError(f"ema: state is {describe(state)}, expected what ema returned, or None")
    step = (state["step"] if state else 0) + 1
    if bias_correction:
        before = state["average"] if state else tree_map(np.zeros_like, params)
        total = tree_map(lambda a, p: decay * a + (1 - decay) * p, before, params)
        weight = 1 - decay**step
        return tree_map(lambda a: a / weight, total), {"step": step, "average": total}
    before = state["average"] if state else params
    total = tree_map(lambda a, p: decay * a + (1 - decay) * p, before, params)
    return tree_map(lambda a: a.copy(), total), {"step": step, "average": total}


def averaged(optimizer: Callable = adam, *, decay: float = 0.999) -> Callable:
    r"""Build an optimizer that takes the steps of another and keeps the average of its parameters beside them.

    $$\theta_{s+1} = \text{the step of the optimizer}, \qquad \bar\theta_{s+1} = \text{ema}(\theta_{s+1})$$

    Parameters
    ----------
    optimizer : maps `(params, grads, state, lr=...)` to `(params, state)`.
    decay : as in `ema`, in [0, 1).

    Returns
    -------
    An optimizer. Its state has "optimizer", "ema", and "params": the average, to be used in place of the parameters.

    Raises
    ------
    ValueError : for a decay outside its range.

    **Source** Polyak and Juditsky (1992); Kingma and Ba (2015), section 7.2.
    **Book** eq-ema
    """
    decay = share("averaged", "decay", decay)

    def step(params, grads, state=None, **options):
        inner, average = (state["optimizer"], state["ema"]) if state else (None, None)
        params, inner = optimizer(params, grads, inner, **options)
        mean, average = ema(params, average, decay=decay)
        return params, {"optimizer": inner, "ema": average, "params": mean}

    return step
