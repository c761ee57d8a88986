"""Solutions of the third assignment that are code: its cost as the sheet has it, training by cycles, and company."""

import numpy as np

from dlbook.differentiable import vjp
from dlbook.numpy.deep_networks import relu
from dlbook.numpy.linear_classifiers import cross_entropy, linear
from dlbook.numpy.normalization import batch_norm, normalized_mlp
from dlbook.numpy.optimization import optimize, triangular_lr

__all__ = ["cycle_ends", "influence", "sheet_cost"]


def sheet_cost(params, x, target):
    """Compute the loss of a network of two layers as the sheet has it, with a bias before the batch norm, and its
    gradients.

    Parameters
    ----------
    params : (weight, bias, gamma, beta, weight, bias), the last two those of the last layer.
    x : (N, D), all of one batch.
    target : (N,) labels.

    Returns
    -------
    loss, grads : a number, and a tuple like params.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> params = rng.normal(size=(4, 3)), rng.normal(size=4), np.ones(4), np.zeros(4), np.zeros((2, 4)), np.zeros(2)
    >>> loss, grads = sheet_cost(params, rng.normal(size=(5, 3)), np.array([0, 1, 1, 0, 1]))
    >>> round(float(loss), 6), [grad.shape for grad in grads]
    (0.693147, [(4, 3), (4,), (4,), (4,), (2, 4), (2,)])
    """
    w, b, gamma, beta, v, c = params
    s, s_pullback = vjp(linear, x, w, b)
    z, z_pullback = vjp(batch_norm, s, gamma, beta)
    h, h_pullback = vjp(relu, z)
    y, y_pullback = vjp(linear, h, v, c)
    loss, loss_pullback = vjp(cross_entropy, y, target)
    dy, *_ = loss_pullback(1.0)
    dh, dv, dc = y_pullback(dy)
    (dz,) = h_pullback(dh)
    ds, dgamma, dbeta = z_pullback(dz)
    _, dw, db = s_pullback(ds)
    return loss, (dw, db, dgamma, dbeta, dv, dc)


def cycle_ends(cost, network, train, *, optimizer, cycles, n, top, rng, low=1e-5, batch_size=100):
    """Train a network for some cycles of the rate and keep it as it is at the end of each, where the rate is low.

    Parameters
    ----------
    cost : maps `(network, x, target)` to `(value, grads)`.
    network : where to start, whatever cost and optimizer understand.
    train : (x, target).
    optimizer : as in `optimize`.
    cycles : how many.
    n : updates of a climb; a cycle of 2 n updates must be a whole number of epochs.
    top, low : the ends of the rate.
    rng : the order of the examples.
    batch_size : examples of an update.

    Returns
    -------
    The networks, one for each cycle.

    Examples
    --------
    >>> from functools import partial
    >>> from dlbook.numpy.optimization import sgd_momentum
    >>> slope, plain = (lambda w, x: (w.sum(), np.ones(1))), partial(sgd_momentum, momentum=0.0)
    >>> cycle_ends(slope, np.zeros(1), (np.zeros((4, 1)),), optimizer=plain, cycles=2, n=1, top=0.5, low=0.25,
    ...            rng=np.random.default_rng(0), batch_size=2)
    [array([-0.75]), array([-1.5])]
    """
    epochs, rest = divmod(2 * n, -(-len(train[0]) // batch_size))
    if rest:
        raise ValueError(f"cycle_ends: a cycle of {2 * n} updates is no whole number of epochs for {len(train[0])} "
                         f"examples in batches of {batch_size}")
    networks = []
    for _ in range(cycles):
        network = optimize(
            cost, network, train, optimizer=optimizer, lr=triangular_lr(low, top, step_size_up=n), epochs=epochs,
            batch_size=batch_size, rng=rng,
        ).params  # fmt: skip
        networks.append(network)
    return networks


def influence(x, params, running=None, *, norm="batch"):
    r"""Measure how much the scores of each example depend on each example of its batch.

    $$m_{ij} = \Big\lVert \frac{\partial}{\partial x_j} \sum_k f_k(x_i; \theta, B) \Big\rVert$$

    Parameters
    ----------
    x : (N, D), the batch.
    params, running, norm : as in `normalized_mlp`.

    Returns
    -------
    m : (N, N); a diagonal matrix where no example has company.

    Examples
    --------
    >>> params = (np.array([[2.0]]), np.array([1.0]), np.array([5.0])), (np.array([[3.0]]), np.array([0.0]))
    >>> x = np.array([[1.0], [2.0], [4.0]])
    >>> influence(x, params, ((np.zeros(1), np.ones(1)),)).round(2)
    array([[6., 0., 0.],
           [0., 6., 0.],
           [0., 0., 6.]])
    >>> (influence(x, params) > 0).all()
    np.True_
    """
    y, pullback = vjp(normalized_mlp, x, params, running, norm=norm)
    rows = []
    for i in range(len(x)):
        dy = np.zeros_like(y)
        dy[i] = 1
        rows.append(np.linalg.norm(pullback(dy)[0], axis=1))
    return np.array(rows)
