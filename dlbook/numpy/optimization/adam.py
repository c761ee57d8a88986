"""Adam and its relatives: a running mean of the gradients over the root of a running mean of their squares."""

from typing import Any

import numpy as np

from dlbook.numpy.linear_classifiers.arguments import at_least_zero
from dlbook.numpy.optimization.blocks import check_update, optimizer, shares

__all__ = ["adam", "adamw", "nadam"]

Betas = tuple[float, float]


@optimizer
def adam(
    params: Any, grads: Any, state: dict | None = None, *, lr: float, betas: Betas = (0.9, 0.999), eps: float = 1e-8,
    weight_decay: float = 0.0, amsgrad: bool = False,
) -> tuple[Any, dict]:
    r"""Take a step along the mean gradient, in each coordinate divided by the root of the mean square.

    $$m_{s} = \beta_1 m_{s-1} + (1 - \beta_1)\, g_s, \qquad v_{s} = \beta_2 v_{s-1} + (1 - \beta_2)\, g_s^2, \qquad
    \theta_{s+1} = \theta_s - \eta\, \frac{m_s / (1 - \beta_1^s)}{\sqrt{v_s / (1 - \beta_2^s)} + \epsilon}$$

    for the steps $s = 1, 2, \dots$, with $m_0 = v_0 = 0$.

    Parameters
    ----------
    params : theta, a float array or a tree of them; it is not changed.
    grads : g, of the structure of params.
    state : what the step before returned, or None before the first.
    lr : eta, at least 0; about the length of a step in every coordinate.
    betas : beta1, beta2, both in [0, 1).
    eps : epsilon, at least 0.
    weight_decay : lambda, at least 0; lambda theta is added to the gradient, which is not what `adamw` does.
    amsgrad : divide by the root of the largest mean square so far.

    Returns
    -------
    params, state : after the step; state has "step", "exp_avg" and "exp_avg_sq", with amsgrad "max_exp_avg_sq".

    Raises
    ------
    ValueError : for gradients of another structure or shape, or an option outside its range.

    Examples
    --------
    >>> import numpy as np
    >>> theta, state = adam(np.array([1.0, 1.0]), np.array([5.0, -0.01]), lr=0.1)
    >>> theta.round(6)  # a first step of length lr, whatever the gradient
    array([0.9, 1.1])

    **Source** Kingma and Ba (2015), algorithm 1; Reddi, Kale and Kumar (2018) for amsgrad; `torch.optim.Adam`.
    **Book** eq-adam
    """
    step = check_update("adam", params, grads, state, lr=lr, weight_decay=weight_decay, eps=eps)
    return adam_update("adam", step, lr, betas, eps, weight_decay, 0.0, amsgrad)


@optimizer
def adamw(
    params: Any, grads: Any, state: dict | None = None, *, lr: float, betas: Betas = (0.9, 0.999), eps: float = 1e-8,
    weight_decay: float = 0.01, amsgrad: bool = False,
) -> tuple[Any, dict]:
    r"""Take a step of Adam, and shrink the parameters apart from it.

    $$\theta_{s+1} = (1 - \eta \lambda)\, \theta_s - \eta\, \frac{\hat m_s}{\sqrt{\hat v_s} + \epsilon}$$

    with the corrected means of `adam`.

    Parameters
    ----------
    params, grads, state, lr, betas, eps, amsgrad : as in `adam`.
    weight_decay : lambda, at least 0; the gradient never sees it.

    Returns
    -------
    params, state : after the step; the state is that of `adam`.

    Raises
    ------
    ValueError : for gradients of another structure or shape, or an option outside its range.

    **Source** Loshchilov and Hutter (2019), algorithm 2; `torch.optim.AdamW`.
    **Book** eq-adamw
    """
    step = check_update("adamw", params, grads, state, lr=lr, weight_decay=weight_decay, eps=eps)
    return adam_update("adamw", step, lr, betas, eps, 0.0, weight_decay, amsgrad)


def adam_update(function, step, lr, betas, eps, coupled, decoupled, amsgrad):
    """Say what a step of Adam does to a number, with a weight decay inside of the gradient or apart from it."""
    beta1, beta2 = shares(function, betas)
    rate, root = lr / (1 - beta1**step), (1 - beta2**step) ** 0.5

    def update(p, m, v, *rest):
        *largest, g, work = rest
        if coupled:
            g = g + coupled * p
        m *= beta1
        m += np.multiply(g, 1 - beta1, out=work)
        v *= beta2
        np.multiply(g, g, out=work)
        work *= 1 - beta2
        v += work
        if largest:
            np.maximum(largest[0], v, out=largest[0])
        np.sqrt(largest[0] if largest else v, out=work)
        # m rate / (sqrt(v) / root + eps), with the two numbers in front of the fraction
        work += eps * root
        np.divide(m, work, out=work)
        work *= rate * root
        if decoupled:
            p *= 1 - lr * decoupled
        p -= work

    start = {"exp_avg": 0.0, "exp_avg_sq": 0.0} | ({"max_exp_avg_sq": 0.0} if amsgrad else {})
    return update, start, {"step": step}


@optimizer
def nadam(
    params: Any, grads: Any, state: dict | None = None, *, lr: float, betas: Betas = (0.9, 0.999), eps: float = 1e-8,
    weight_decay: float = 0.0, momentum_decay: float = 0.004,
) -> tuple[Any, dict]:
    r"""Take a step of Adam with Nesterov's look-ahead in place of plain momentum.

    $$\mu_s = \beta_1 \big(1 - \tfrac12\, 0.96^{s \psi}\big), \qquad
    \theta_{s+1} = \theta_s - \frac{\eta}{\sqrt{\hat v_s} + \epsilon} \bigg(
    \frac{\mu_{s+1}\, m_s}{1 - \prod_{i \le s+1} \mu_i} + \frac{(1 - \mu_s)\, g_s}{1 - \prod_{i \le s} \mu_i} \bigg)$$

    with the means m and v of `adam`, v corrected and m not.

    Parameters
    ----------
    params, grads, state, lr, betas, eps : as in `adam`.
    weight_decay : lambda, at least 0; lambda theta is added to the gradient.
    momentum_decay : psi, at least 0: how fast the momentum grows from half of beta1 to beta1.

    Returns
    -------
    params, state : after the step; state has "step", "mu_product", "exp_avg" and "exp_avg_sq".

    Raises
    ------
    ValueError : for gradients of another structure or shape, or an option outside its range.

    **Source** Dozat (2016); `torch.optim.NAdam`.
    **Book** eq-nadam
    """
    step = check_update("nadam", params, grads, state, lr=lr, weight_decay=weight_decay, eps=eps)
    psi = at_least_zero("nadam", "momentum_decay", momentum_decay)
    beta1, beta2 = shares("nadam", betas)
    mu, mu_next = (beta1 * (1 - 0.5 * 0.96 ** (s * psi)) for s in (step, step + 1))
    product = mu * (state["mu_product"] if state else 1.0)

    def update(p, m, v, g, work):
        if weight_decay:
            g = g + weight_decay * p
        m *= beta1
        m += np.multiply(g, 1 - beta1, out=work)
        v *= beta2
        np.multiply(g, g, out=work)
        work *= 1 - beta2
        v += work
        ahead = lr * mu_next / (1 - product * mu_next) * m
        ahead += np.multiply(g, lr * (1 - mu) / (1 - product), out=work)
        np.divide(v, 1 - beta2**step, out=work)
        np.sqrt(work, out=work)
        work += eps
        ahead /= work
        p -= ahead

    return update, {"exp_avg": 0.0, "exp_avg_sq": 0.0}, {"step": step, "mu_product": product}
