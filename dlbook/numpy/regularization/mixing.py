"""Labels that are not certain: soft targets, and examples mixed with one another."""

from collections.abc import Callable

import numpy as np

from dlbook.differentiable import differentiable
from dlbook.numpy.deep_networks.network import Params
from dlbook.numpy.deep_networks.training import mlp_objective
from dlbook.numpy.linear_classifiers.arguments import above_zero, check_generator, whole_number
from dlbook.numpy.linear_classifiers.metrics import one_hot
from dlbook.numpy.linear_classifiers.reduction import Reduction, column, reduced
from dlbook.numpy.linear_classifiers.softmax import log_softmax
from dlbook.shapes import Array, Float, Int, Scalar

__all__ = ["mixup", "mixup_objective", "mixup_pairs", "soft_cross_entropy"]


@differentiable
def soft_cross_entropy(
    scores: Float[Array, "N K"], target: Float[Array, "N K"], *, reduction: Reduction = "mean"
) -> Scalar | Float[Array, " N"]:
    r"""Measure how badly the softmax of the scores predicts a distribution over the classes.

    $$\ell_n = -\sum_k q_{nk} \log p_{nk}, \qquad
    \frac{\partial \ell_n}{\partial s_{nk}} = p_{nk} \sum_j q_{nj} - q_{nk}, \qquad
    \frac{\partial \ell_n}{\partial q_{nk}} = -\log p_{nk}$$

    Parameters
    ----------
    scores : (N, K) logits.
    target : (N, K) the distributions q, one per row; the rows of a mixup or of smoothed labels.
    reduction : "mean", "sum", or "none" for each loss.

    Returns
    -------
    loss : nats; at least the entropy of q, which is reached at p = q.

    Raises
    ------
    ValueError : for a mean of no examples.

    **Source** Goodfellow, Bengio and Courville (2016), section 3.13.
    **Book** eq-soft-cross-entropy
    """
    log_p = log_softmax(scores, axis=1)
    y, share = reduced("soft_cross_entropy", -(target * log_p).sum(axis=1), reduction)

    def pullback(dy):
        g = column(dy * share)
        dscores = g * (np.exp(log_p) * target.sum(axis=1, keepdims=True) - target)
        return dscores, -g * log_p

    return y, pullback


@differentiable
def mixup(
    x: Float[Array, "N *S"], target: Float[Array, "N K"], order: Int[Array, " N"], share: Float[Array, " N"]
) -> tuple[Float[Array, "N *S"], Float[Array, "N K"]]:
    r"""Mix each example with another one, and their labels in the same proportion.

    $$\tilde x_n = a_n x_n + (1 - a_n)\, x_{o_n}, \qquad \tilde q_n = a_n q_n + (1 - a_n)\, q_{o_n}$$

    An example is used as itself and as the partner of others, and each use sends its gradient back:

    $$\bar x_m = a_m \bar{\tilde x}_m + \sum_{n:\, o_n = m} (1 - a_n)\, \bar{\tilde x}_n, \qquad
    \bar a_n = \langle \bar{\tilde x}_n,\, x_n - x_{o_n} \rangle + \langle \bar{\tilde q}_n,\, q_n - q_{o_n} \rangle$$

    Parameters
    ----------
    x : (N, *S) the examples.
    target : (N, K) their labels as distributions q, one-hot rows for instance.
    order : (N,) the partner o of each example, 0..N-1.
    share : (N,) the share a of the example itself, 0 to 1.

    Returns
    -------
    x, target : mixed, of the same shapes.

    Raises
    ------
    ValueError : for a partner outside 0..N-1, or a share outside [0, 1].

    **Source** Zhang, Cissé, Dauphin and Lopez-Paz (2018), section 2.
    **Book** eq-mixup
    """
    if order.size and not (order.min() >= 0 and order.max() < len(x)):
        raise ValueError(f"mixup: order runs from {order.min()} to {order.max()}, expected 0 to {len(x) - 1}")
    if not ((share.real >= 0) & (share.real <= 1)).all():
        raise ValueError(f"mixup: share runs from {share.min()} to {share.max()}, expected 0 to 1")

    def mix(a):
        own = share.reshape(-1, *[1] * (a.ndim - 1))
        return own * a + (1 - own) * a[order]

    def unmix(a, da):
        own = share.reshape(-1, *[1] * (a.ndim - 1))
        back = own * da
        np.add.at(back, order, (1 - own) * da)  # a partner that was asked twice hears back twice
        return back, (da * (a - a[order])).reshape(len(a), -1).sum(axis=1)

    def pullback(dy):
        (dx, from_x), (dtarget, from_target) = unmix(x, dy[0]), unmix(target, dy[1])
        return dx, dtarget, None, from_x + from_target

    return (mix(x), mix(target)), pullback


def mixup_pairs(
    n: int, rng: np.random.Generator, *, alpha: float = 0.2, dtype: str = "float32"
) -> tuple[Int[Array, " N"], Float[Array, " N"]]:
    r"""Draw a partner and a share for each of n examples.

    $$o \text{ a permutation}, \qquad a_n \sim \mathrm{Beta}(\alpha, \alpha)$$

    Parameters
    ----------
    n : examples, at least 1.
    rng : draws the permutation, then the shares.
    alpha : above 0; towards 0 nothing is mixed, 1 draws shares uniformly, and large values give halves.
    dtype : of the shares.

    Returns
    -------
    order, share : as `mixup` takes them.

    Raises
    ------
    ValueError : for no examples, or an alpha that is not positive.
    TypeError : when rng is no generator.

    **Source** Zhang, Cissé, Dauphin and Lopez-Paz (2018), section 2; there one share for a whole batch.
    **Book** eq-mixup
    """
    n, alpha = whole_number("mixup_pairs", "n", n, 1), above_zero("mixup_pairs", "alpha", alpha)
    check_generator("mixup_pairs", rng)
    return rng.permutation(n), rng.beta(alpha, alpha, n).astype(dtype)


def mixup_objective(
    classes: int, rng: np.random.Generator, *, alpha: float = 0.2, objective: Callable = mlp_objective,
    **options,
) -> Callable:
    r"""Build the cost of a network on mixed examples: each call mixes its batch anew.

    $$J(\theta) = \frac1N \sum_n \ell\big(f(\tilde x_n; \theta),\, \tilde q_n\big)
    + \lambda \sum_l \lVert W^{(l)} \rVert^2$$

    Parameters
    ----------
    classes : K.
    rng : draws partners and shares.
    alpha : as in `mixup_pairs`.
    objective : builds the cost of a network from a loss, such as `mlp_objective` or `convnet_objective`.
    **options : options of the objective: `strength`, which is lambda, or `activation` for instance.

    Returns
    -------
    A function of `(params, x, target)`, target integer labels, that returns `(cost, grads)`.

    Raises
    ------
    ValueError : for a negative strength, or an alpha that is not positive.

    **Source** Zhang, Cissé, Dauphin and Lopez-Paz (2018), section 2.
    **Book** eq-vicinal-risk
    """
    alpha = above_zero("mixup_objective", "alpha", alpha)
    check_generator("mixup_objective", rng)
    cost = objective(soft_cross_entropy, **options)

    def value_and_grad(params: Params, x, target):
        order, share = mixup_pairs(len(x), rng, alpha=alpha, dtype=x.dtype)
        return cost(params, *mixup(x, one_hot(target, classes, dtype=x.dtype), order, share))

    return value_and_grad
