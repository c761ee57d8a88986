"""Steps with a memory of their direction: the heavy ball, Nesterov's look-ahead, and the sign of a memory."""

from typing import Any

import numpy as np

from dlbook.numpy.linear_classifiers.arguments import at_least_zero
from dlbook.numpy.optimization.blocks import check_update, optimizer, share, shares

__all__ = ["lion", "momentum_factor", "nesterov", "sgd_momentum"]


@optimizer
def sgd_momentum(
    params: Any, grads: Any, state: dict | None = None, *, lr: float, momentum: float = 0.9, dampening: float = 0.0,
    weight_decay: float = 0.0,
) -> tuple[Any, dict]:
    r"""Take a step along a velocity that remembers the gradients before.

    $$v_{s+1} = \mu v_s + (1 - \tau)\, g_s, \qquad \theta_{s+1} = \theta_s - \eta\, v_{s+1}$$

    with $v_1 = g_0$, undamped. With momentum 0 this is a step of plain gradient descent.

    Parameters
    ----------
    params : theta, a float array or a tree of them; it is not changed.
    grads : g, of the structure of params.
    state : what the step before returned, or None before the first.
    lr : eta, at least 0.
    momentum : mu, in [0, 1); in `torch.optim.SGD` the default is 0.
    dampening : tau, at least 0.
    weight_decay : lambda, at least 0; lambda theta is added to the gradient.

    Returns
    -------
    params, state : after the step; state has "step" and "momentum_buffer".

    Raises
    ------
    ValueError : for gradients of another structure or shape, or an option outside its range.

    Examples
    --------
    >>> import numpy as np
    >>> theta, state = sgd_momentum(np.array([1.0]), np.array([1.0]), lr=0.5)
    >>> theta, state = sgd_momentum(theta, np.array([0.0]), state, lr=0.5)
    >>> theta  # no slope, and still a step
    array([0.05])

    **Source** Polyak (1964); Sutskever, Martens, Dahl and Hinton (2013); `torch.optim.SGD`.
    **Book** eq-heavy-ball
    """
    step = check_update("sgd_momentum", params, grads, state, lr=lr, dampening=dampening, weight_decay=weight_decay)
    momentum = share("sgd_momentum", "momentum", momentum)
    weight = 1.0 if step == 1 or momentum == 0 else 1 - dampening

    def update(p, v, g, work):
        if weight_decay:
            g = g + weight_decay * p
        v *= momentum
        v += np.multiply(g, weight, out=work)
        p -= np.multiply(v, lr, out=work)

    return update, {"momentum_buffer": 0.0}, {"step": step}


def momentum_factor(lr: float, momentum: float, eigenvalues) -> np.ndarray:
    r"""Say by which factor a step of heavy-ball momentum shrinks the distance along a direction, in the long run.

    The size of the larger root of

    $$z^2 - (1 + \mu - \eta \lambda)\, z + \mu = 0$$

    which is $\sqrt\mu$, whatever the curvature, between $(1 - \sqrt\mu)^2$ and $(1 + \sqrt\mu)^2$ for
    $\eta \lambda$, and below 1 for $0 < \eta \lambda < 2 (1 + \mu)$.

    Parameters
    ----------
    lr : eta, at least 0.
    momentum : mu, in [0, 1).
    eigenvalues : the curvatures lambda, any array of numbers.

    Returns
    -------
    factors : one for each curvature.

    Raises
    ------
    ValueError : for an option outside its range.

    Examples
    --------
    >>> momentum_factor(0.1, 0.0, [1.0, 10.0, 25.0]).round(6)  # without momentum |1 - eta lambda|
    array([0.9, 0. , 1.5])
    >>> momentum_factor(4 / (1 + 3) ** 2, 0.25, [1.0, 9.0]).round(6)  # the best for these two
    array([0.5, 0.5])

    **Source** Polyak (1964).
    **Book** eq-momentum-roots
    """
    lr, momentum = at_least_zero("momentum_factor", "lr", lr), share("momentum_factor", "momentum", momentum)
    trace = 1 + momentum - lr * np.asarray(eigenvalues, complex)
    root = np.sqrt(trace**2 - 4 * momentum)
    return np.maximum(np.abs(trace + root), np.abs(trace - root)) / 2


@optimizer
def nesterov(
    params: Any, grads: Any, state: dict | None = None, *, lr: float, momentum: float = 0.9, weight_decay: float = 0.0
) -> tuple[Any, dict]:
    r"""Take a step of momentum that looks ahead: along the gradient and the velocity that it will have.

    $$v_{s+1} = \mu v_s + g_s, \qquad \theta_{s+1} = \theta_s - \eta\, (g_s + \mu v_{s+1})$$

    Parameters
    ----------
    params : theta, the point ahead, at which the gradient was taken; a float array or a tree of them.
    grads : g, of the structure of params.
    state : what the step before returned, or None before the first.
    lr : eta, at least 0.
    momentum : mu, in [0, 1).
    weight_decay : lambda, at least 0; lambda theta is added to the gradient.

    Returns
    -------
    params, state : after the step; state has "step" and "momentum_buffer".

    Raises
    ------
    ValueError : for gradients of another structure or shape, or an option outside its range.

    **Source** Nesterov (1983); Sutskever, Martens, Dahl and Hinton (2013); `torch.optim.SGD(nesterov=True)`.
    **Book** eq-nesterov-torch
    """
    step = check_update("nesterov", params, grads, state, lr=lr, weight_decay=weight_decay)
    momentum = share("nesterov", "momentum", momentum)

    def update(p, v, g, work):
        if weight_decay:
            g = g + weight_decay * p
        v *= momentum
        v += g
        np.multiply(v, momentum, out=work)
        work += g
        work *= lr
        p -= work

    return update, {"momentum_buffer": 0.0}, {"step": step}


@optimizer
def lion(
    params: Any, grads: Any, state: dict | None = None, *, lr: float, betas: tuple[float, float] = (0.9, 0.99),
    weight_decay: float = 0.0,
) -> tuple[Any, dict]:
    r"""Take a step of the same length in every coordinate, along the sign of a mixture of memory and gradient.

    $$\theta_{s+1} = \theta_s - \eta \big( \operatorname{sign}(\beta_1 m_s + (1 - \beta_1) g_s) + \lambda \theta_s
    \big), \qquad m_{s+1} = \beta_2 m_s + (1 - \beta_2) g_s$$

    Parameters
    ----------
    params : theta, a float array or a tree of them; it is not changed.
    grads : g, of the structure of params.
    state : what the step before returned, or None before the first.
    lr : eta, at least 0; about a tenth of a good rate for Adam.
    betas : beta1 for the direction, beta2 for the memory, both in [0, 1).
    weight_decay : lambda, at least 0, decoupled as in `adamw`.

    Returns
    -------
    params, state : after the step; state has "step" and "exp_avg".

    Raises
    ------
    ValueError : for gradients of another structure or shape, or an option outside its range.

    **Source** Chen, Liang, Huang and others (2023), algorithm 2.
    **Book** eq-lion
    """
    step = check_update("lion", params, grads, state, lr=lr, weight_decay=weight_decay)
    beta1, beta2 = shares("lion", betas)

    def update(p, m, g, work):
        np.multiply(m, beta1, out=work)
        work += (1 - beta1) * g
        m *= beta2
        m += (1 - beta2) * g
        np.sign(work, out=work)
        work *= lr
        p *= 1 - lr * weight_decay
        p -= work

    return update, {"exp_avg": 0.0}, {"step": step}
