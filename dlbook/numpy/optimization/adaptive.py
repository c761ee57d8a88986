"""A step size for every coordinate: divided by the size of the gradients that it has seen."""

from typing import Any

import numpy as np

from dlbook.numpy.linear_classifiers.arguments import at_least_zero
from dlbook.numpy.optimization.blocks import check_update, optimizer, share

__all__ = ["adadelta", "adagrad", "rmsprop"]


@optimizer
def adagrad(
    params: Any, grads: Any, state: dict | None = None, *, lr: float, lr_decay: float = 0.0,
    weight_decay: float = 0.0, initial_accumulator_value: float = 0.0, eps: float = 1e-10,
) -> tuple[Any, dict]:
    r"""Divide each coordinate's step by the root of the sum of its squared gradients.

    $$r_{s+1} = r_s + g_s^2, \qquad
    \theta_{s+1} = \theta_s - \frac{\eta}{1 + s \gamma} \, \frac{g_s}{\sqrt{r_{s+1}} + \epsilon}$$

    Parameters
    ----------
    params : theta, a float array or a tree of them; it is not changed.
    grads : g, of the structure of params.
    state : what the step before returned, or None before the first.
    lr : eta, at least 0.
    lr_decay : gamma, at least 0.
    weight_decay : lambda, at least 0; lambda theta is added to the gradient.
    initial_accumulator_value : r_0, at least 0.
    eps : epsilon, at least 0; it keeps a coordinate without a gradient from dividing by 0.

    Returns
    -------
    params, state : after the step; state has "step" and "sum".

    Raises
    ------
    ValueError : for gradients of another structure or shape, or an option outside its range.

    **Source** Duchi, Hazan and Singer (2011); `torch.optim.Adagrad`.
    **Book** eq-adagrad
    """
    options = {"lr": lr, "lr_decay": lr_decay, "weight_decay": weight_decay, "eps": eps}
    step = check_update("adagrad", params, grads, state, **options)
    start = at_least_zero("adagrad", "initial_accumulator_value", initial_accumulator_value)
    rate = lr / (1 + (step - 1) * lr_decay)

    def update(p, r, g, work):
        if weight_decay:
            g = g + weight_decay * p
        r += np.multiply(g, g, out=work)
        np.sqrt(r, out=work)
        work += eps
        np.divide(g, work, out=work)
        work *= rate
        p -= work

    return update, {"sum": start}, {"step": step}


@optimizer
def rmsprop(
    params: Any, grads: Any, state: dict | None = None, *, lr: float, alpha: float = 0.99, eps: float = 1e-8,
    weight_decay: float = 0.0, momentum: float = 0.0, centered: bool = False,
) -> tuple[Any, dict]:
    r"""Divide each coordinate's step by the root of the running mean of its squared gradients.

    $$r_{s+1} = \alpha r_s + (1 - \alpha)\, g_s^2, \qquad
    u_{s+1} = \mu u_s + \frac{g_s}{\sqrt{r_{s+1}} + \epsilon}, \qquad \theta_{s+1} = \theta_s - \eta\, u_{s+1}$$

    Parameters
    ----------
    params : theta, a float array or a tree of them; it is not changed.
    grads : g, of the structure of params.
    state : what the step before returned, or None before the first.
    lr : eta, at least 0.
    alpha : the weight of the past, in [0, 1); with 0 the step is eta times the sign of the gradient.
    eps : epsilon, at least 0.
    weight_decay : lambda, at least 0; lambda theta is added to the gradient.
    momentum : mu, in [0, 1).
    centered : divide by the standard deviation instead, with the running mean of the gradients taken off.

    Returns
    -------
    params, state : after the step; state has "step" and "square_avg", with momentum "momentum_buffer", and if
        centered "grad_avg".

    Raises
    ------
    ValueError : for gradients of another structure or shape, or an option outside its range.

    **Source** Tieleman and Hinton (2012), lecture 6.5; Graves (2013) for the centred form; `torch.optim.RMSprop`.
    **Book** eq-rmsprop
    """
    step = check_update("rmsprop", params, grads, state, lr=lr, weight_decay=weight_decay, eps=eps)
    alpha, momentum = share("rmsprop", "alpha", alpha), share("rmsprop", "momentum", momentum)

    def update(p, r, *rest):
        *_, g, work = rest
        if weight_decay:
            g = g + weight_decay * p
        r *= alpha
        np.multiply(g, g, out=work)
        work *= 1 - alpha
        r += work
        variance = r
        if centered:
            mean = rest[-3]
            mean += (1 - alpha) * (g - mean)
            variance = r - mean * mean
        np.sqrt(variance, out=work)
        work += eps
        step = np.divide(g, work, out=work)
        if momentum:
            u = rest[0]
            u *= momentum
            u += step
            step = u
        p -= np.multiply(step, lr, out=work)

    names = ["square_avg", *(["momentum_buffer"] if momentum else []), *(["grad_avg"] if centered else [])]
    return update, dict.fromkeys(names, 0.0), {"step": step}


@optimizer
def adadelta(
    params: Any, grads: Any, state: dict | None = None, *, lr: float = 1.0, rho: float = 0.9, eps: float = 1e-6,
    weight_decay: float = 0.0,
) -> tuple[Any, dict]:
    r"""Scale each coordinate's gradient by the ratio of its recent steps to its recent gradients.

    $$r_{s+1} = \rho r_s + (1 - \rho)\, g_s^2, \qquad
    \Delta_s = \frac{\sqrt{d_s + \epsilon}}{\sqrt{r_{s+1} + \epsilon}} \, g_s, \qquad
    d_{s+1} = \rho d_s + (1 - \rho)\, \Delta_s^2, \qquad \theta_{s+1} = \theta_s - \eta \Delta_s$$

    Parameters
    ----------
    params : theta, a float array or a tree of them; it is not changed.
    grads : g, of the structure of params.
    state : what the step before returned, or None before the first.
    lr : eta, at least 0; 1 in the paper, which wanted to do without it.
    rho : the weight of the past, in [0, 1).
    eps : epsilon, at least 0; it also makes the first step, which would otherwise be 0 for ever.
    weight_decay : lambda, at least 0; lambda theta is added to the gradient.

    Returns
    -------
    params, state : after the step; state has "step", "square_avg" and "acc_delta".

    Raises
    ------
    ValueError : for gradients of another structure or shape, or an option outside its range.

    **Source** Zeiler (2012), algorithm 1; `torch.optim.Adadelta`.
    **Book** eq-adadelta
    """
    step = check_update("adadelta", params, grads, state, lr=lr, weight_decay=weight_decay, eps=eps)
    rho = share("adadelta", "rho", rho)

    def update(p, r, d, g, work):
        if weight_decay:
            g = g + weight_decay * p
        r *= rho
        np.multiply(g, g, out=work)
        work *= 1 - rho
        r += work
        delta = (d + eps) / np.add(r, eps, out=work)
        np.sqrt(delta, out=delta)
        delta *= g
        d *= rho
        np.multiply(delta, delta, out=work)
        work *= 1 - rho
        d += work
        p -= np.multiply(delta, lr, out=work)

    return update, {"square_avg": 0.0, "acc_delta": 0.0}, {"step": step}
