"""The support vector machine by stochastic sub-gradient descent on its primal problem."""

import numpy as np

from dlbook.numpy.linear_classifiers.arguments import whole_number
from dlbook.numpy.linear_classifiers.svm import best_bias, check_svm
from dlbook.shapes import Array, Float, Int

__all__ = ["pegasos"]


def pegasos(
    x: Float[Array, "N D"], target: Int[Array, " N"], *, strength: float, steps: int, batch_size: int = 1,
    rng: np.random.Generator, project: bool = False,
) -> tuple[Float[Array, " D"], float]:
    r"""Train a support vector machine by stochastic sub-gradient descent on its primal problem.

    With $\mu = 2 \lambda$, the step $\eta_s = 1 / (\mu s)$ and $V$ the examples of mini-batch $B$ that miss their
    margin, $t_n (w^\top x_n + b) < 1$,

    $$w \leftarrow (1 - \eta_s \mu)\, w + \frac{\eta_s}{|B|} \sum_{n \in V} t_n x_n, \qquad
    b \leftarrow b + \frac{\min(\eta_s,\, 1/\sqrt{s})}{|B|} \sum_{n \in V} t_n$$

    The price on w makes its steps of 1/s right; b has no price, and would be thrown about by the huge first ones.
    For the same reason the inputs are centred first, which changes nothing but b.

    The result is the mean over the second half of the iterates, which is far less noisy than the last one, with the
    bias then set to its best value for that mean.

    Parameters
    ----------
    x : (N, D).
    target : (N,) -1 or +1.
    strength : lambda in P(w, b), above 0.
    steps : S, at least 1.
    batch_size : examples per step, drawn without replacement, 1 to N.
    rng : draws them.
    project : after each step, pull w back into the ball of radius 1 / sqrt(mu), which holds the optimum.

    Returns
    -------
    weight, bias : (D,) of x's dtype, and a number.

    Raises
    ------
    ValueError : for a target that is neither -1 nor +1, no examples, or an option outside its range.

    **Source** Shalev-Shwartz, Singer, Srebro and Cotter (2011), fig. 2; Rakhlin, Shamir and Sridharan (2012) for
    the mean of the second half.
    **Book** eq-pegasos
    """
    strength = check_svm("pegasos", x, target, strength)
    steps = whole_number("pegasos", "steps", steps, 1)
    batch_size = whole_number("pegasos", "batch_size", batch_size, 1)
    if batch_size > len(x):
        raise ValueError(f"pegasos: batch_size is {batch_size}, expected at most the {len(x)} examples")
    centre = x.mean(axis=0)
    x = x - centre
    signed = x * target[:, None].astype(x.dtype)  # rows t x: a score t f is one product
    weight, bias = np.zeros(x.shape[1], x.dtype), 0.0
    mean, mu = np.zeros(x.shape[1], x.dtype), 2 * strength
    for step in range(1, steps + 1):
        rows = rng.choice(len(x), batch_size, replace=False) if batch_size > 1 else rng.integers(len(x), size=1)
        missed = rows[signed[rows] @ weight + bias * target[rows] < 1]
        eta = 1 / (mu * step)
        weight = (1 - eta * mu) * weight + eta / batch_size * signed[missed].sum(axis=0)
        bias += min(eta, step**-0.5) / batch_size * float(target[missed].sum())
        if project:
            weight = weight * min(1.0, 1 / np.sqrt(mu * float(weight @ weight) + 1e-300))
        if step > steps // 2:
            mean += (weight - mean) / (step - steps // 2)
    return mean, best_bias(x @ mean, target) - float(centre @ mean)
