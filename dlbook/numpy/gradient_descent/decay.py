"""Learning rates that fall: what makes stochastic descent come to rest."""

from collections.abc import Callable

from dlbook.numpy.linear_classifiers.arguments import above_zero, whole_number

__all__ = ["inverse_decay", "linear_decay"]


def linear_decay(lr: float, steps: int) -> Callable[[int], float]:
    r"""Let the learning rate fall along a line that would reach 0 just after the last step.

    $$\eta_s = \eta_0 \, (1 - s / S), \qquad s = 0, \dots, S - 1$$

    Parameters
    ----------
    lr : eta_0, above 0.
    steps : S, the number of steps of the whole run, at least 1.

    Returns
    -------
    A function of the step number, as `sgd` and `gradient_descent` take for lr; it refuses a step outside 0..S-1.

    Raises
    ------
    ValueError : for a learning rate that is not positive, or no steps.

    Examples
    --------
    >>> rate = linear_decay(0.4, 4)
    >>> [round(rate(s), 12) for s in range(4)]
    [0.4, 0.3, 0.2, 0.1]

    **Source** Goodfellow, Bengio and Courville (2016), section 8.3.1, there with a last rate above 0.
    **Book** eq-linear-decay
    """
    lr, steps = above_zero("linear_decay", "lr", lr), whole_number("linear_decay", "steps", steps, 1)

    def rate(step: int) -> float:
        if not 0 <= step < steps:
            raise ValueError(f"linear_decay: step is {step}, expected 0 to {steps - 1}, as the run has {steps} steps")
        return lr * (1 - step / steps)

    return rate


def inverse_decay(lr: float, half: float) -> Callable[[int], float]:
    r"""Let the learning rate fall as one over the number of steps, slowly enough to get anywhere.

    $$\eta_s = \frac{\eta_0}{1 + s / h}, \qquad \sum_s \eta_s = \infty, \quad \sum_s \eta_s^2 < \infty$$

    The first sum says that no minimum is too far away, the second that the noise dies out.

    Parameters
    ----------
    lr : eta_0, above 0.
    half : h, the number of steps after which the rate is half of eta_0, above 0.

    Returns
    -------
    A function of the step number, as `sgd` and `gradient_descent` take for lr.

    Raises
    ------
    ValueError : for a learning rate or a half that is not positive.

    Examples
    --------
    >>> rate = inverse_decay(0.4, 10)
    >>> rate(0), rate(10), rate(30)
    (0.4, 0.2, 0.1)

    **Source** Robbins and Monro (1951); Bottou, Curtis and Nocedal (2018), section 4.2.
    **Book** eq-robbins-monro
    """
    lr, half = above_zero("inverse_decay", "lr", lr), above_zero("inverse_decay", "half", half)
    return lambda step: lr / (1 + step / half)
