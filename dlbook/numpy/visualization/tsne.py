"""t-SNE: points in the plane whose neighbours are the neighbours that they had in many dimensions."""

import numpy as np

from dlbook.differentiable import differentiable, vjp
from dlbook.numpy.gradient_descent.descent import Descent, check_finite
from dlbook.numpy.linear_classifiers.arguments import above_zero, whole_number
from dlbook.shapes import Array, Float, Scalar, ShapeError

__all__ = ["affinities", "tsne", "tsne_loss"]

HALVINGS = 64  # of the interval in which a width is searched: more than a double has digits


def affinities(x: Float[Array, "N D"], *, perplexity: float) -> Float[Array, "N N"]:
    r"""Say how much each pair of points are neighbours, each point counting about the same number of them.

    $$p_{j|i} = \frac{e^{-\beta_i \lVert x_i - x_j \rVert^2}}{\sum_{k \ne i} e^{-\beta_i \lVert x_i - x_k \rVert^2}},
    \quad e^{H(p_{\cdot|i})} = \text{perplexity}, \qquad p_{ij} = \frac{p_{j|i} + p_{i|j}}{2N}$$

    Parameters
    ----------
    x : (N, D) a point per row, at least three.
    perplexity : the number of neighbours, above 1 and below N - 1; each point's width is found by bisection.

    Returns
    -------
    p : (N, N), symmetric, zero on the diagonal, with sum 1.

    Raises
    ------
    ShapeError : for points that are no rows of floats.
    ValueError : for too few points, or a perplexity out of range.

    **Source** van der Maaten and Hinton (2008), eq. 1 and section 3.1.
    **Book** eq-affinities
    """
    if x.ndim != 2 or x.dtype.kind != "f":
        raise ShapeError(f"affinities: x is {x.dtype} of shape {x.shape}, expected float array of shape (N, D)")
    n = len(x)
    if n < 3 or not 1 < above_zero("affinities", "perplexity", perplexity) < n - 1:
        raise ValueError(f"affinities: perplexity is {perplexity} for {n} points, expected above 1 and below N - 1")
    square = (x**2).sum(axis=1)
    away = np.maximum(square[:, None] + square - 2 * x @ x.T, 0)
    others = ~np.eye(n, dtype=bool)
    away = away[others].reshape(n, n - 1)  # row i: to all points but itself
    away = away - away.min(axis=1, keepdims=True)  # p is the same, and the nearest has the weight 1 at any width
    scale = np.maximum(away.mean(axis=1, keepdims=True), np.finfo(x.dtype).tiny)
    low, high = np.full((n, 1), -40.0), np.full((n, 1), 40.0)  # logarithms of beta times scale
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        p = np.exp(-np.exp(middle) * away / scale)
        total = p.sum(axis=1, keepdims=True)
        entropy = np.log(total) + (p * np.exp(middle) * away / scale).sum(axis=1, keepdims=True) / total
        wide = entropy > np.log(perplexity)  # too many neighbours: a narrower bell
        low, high = np.where(wide, middle, low), np.where(wide, high, middle)
    joint = np.zeros((n, n), x.dtype)
    joint[others] = (p / total).ravel()
    return (joint + joint.T) / (2 * n)


@differentiable
def tsne_loss(y: Float[Array, "N M"], p: Float[Array, "N N"]) -> Scalar:
    r"""Measure how badly points in the plane have the neighbours that they should have.

    $$C = \sum_{i \ne j} p_{ij} \log \frac{p_{ij}}{q_{ij}}, \qquad
    q_{ij} = \frac{w_{ij}}{\sum_{k \ne l} w_{kl}}, \quad w_{ij} = \frac{1}{1 + \lVert y_i - y_j \rVert^2}, \qquad
    \bar y_i = 4\, \bar C \sum_j (p_{ij} - q_{ij})\, w_{ij}\, (y_i - y_j)$$

    (The gradient for a symmetric p with sum 1; the function itself assumes neither.)

    Parameters
    ----------
    y : (N, M) the points in the plane, at least two.
    p : (N, N) how much each pair should be neighbours, above 0 or 0 off the diagonal; the diagonal does not count.

    Returns
    -------
    C : at least 0 if p sums to 1.

    Raises
    ------
    ShapeError : for a single point.
    ValueError : for a negative entry of p off the diagonal.

    **Source** van der Maaten and Hinton (2008), eqs. 4 and 5.
    **Book** eq-tsne-loss, eq-tsne-gradient
    """
    n = len(y)
    if n < 2:
        raise ShapeError(f"tsne_loss: y is {y.shape}, expected at least two points")
    others = ~np.eye(n, dtype=bool)
    if (p[others] < 0).any():
        raise ValueError(f"tsne_loss: p has the entry {p[others].min()}, expected none below 0")
    apart = y[:, None] - y
    far = 1 + (apart**2).sum(axis=2)
    w = others / far
    total = w.sum()
    mass = p[others].sum()
    known = np.where(others & (p > 0), p, 1)  # 0 log 0 = 0
    log_ratio = np.where(others, np.log(known) + np.log(far) + np.log(total), 0)  # log p / q; finite for huge y
    value = (np.where(others, p, 0) * log_ratio).sum()

    def pullback(dc):
        pull = np.where(others, p + p.T, 0) - 2 * mass * w / total  # twice p - q, as p is symmetric
        dy = 2 * dc * ((pull * w)[:, :, None] * apart).sum(axis=1)
        return dy, dc * np.where(others, log_ratio + 1, 0)

    return value, pullback


def tsne(
    p: Float[Array, "N N"], start: Float[Array, "N M"], *, lr: float, steps: int, exaggeration: float = 4.0,
    early: int = 100, keep_path: bool = False,
) -> Descent:  # fmt: skip
    r"""Move points in the plane downhill on `tsne_loss`, with momentum, and at first with exaggerated neighbours.

    $$v \leftarrow \mu v - \eta\, \nabla C(y;\, c\, p), \qquad y \leftarrow y + v, \qquad
    (\mu, c) = (0.5,\, c_0) \text{ at first, later } (0.8,\, 1)$$

    Parameters
    ----------
    p : (N, N) from `affinities`.
    start : (N, M) where the points begin; it is not changed.
    lr : eta, above 0; about as large as N, since the forces are of the size of p.
    steps : how many, at least 1.
    exaggeration : c_0, above 0, by which p is multiplied during the first `early` steps: groups gather before they
        settle.
    early : how many steps that is, at least 0.
    keep_path : keep the points of every step (memory: steps + 1 times the points).

    Returns
    -------
    Descent : params are the points, values the loss by the true p before each step and at the end.

    Raises
    ------
    ValueError : for an option out of range, or a start that does not fit p.
    FloatingPointError : when the loss becomes infinite or nan.

    **Source** van der Maaten and Hinton (2008), algorithm 1 and section 3.4.
    **Book** eq-tsne-step
    """
    lr, exaggeration = (above_zero("tsne", o, v) for o, v in (("lr", lr), ("exaggeration", exaggeration)))
    steps, early = whole_number("tsne", "steps", steps, 1), whole_number("tsne", "early", early, 0)
    if len(start) != len(p):
        raise ValueError(f"tsne: start has {len(start)} points and p {len(p)}, expected equally many")
    y, v, values, visited = start.copy(), np.zeros_like(start), [], [start] if keep_path else []
    larger = exaggeration * p
    for step in range(steps):
        value, pullback = vjp(tsne_loss, y, p)
        check_finite("tsne", value, step)
        values.append(value)
        if step < early:
            _, pullback = vjp(tsne_loss, y, larger)
        v = (0.5 if step < early else 0.8) * v - lr * pullback(1.0)[0]
        y = y + v
        if keep_path:
            visited.append(y)
    values.append(tsne_loss(y, p))
    return Descent(y, np.array(values), np.full(steps, lr), np.array(visited) if keep_path else None)
