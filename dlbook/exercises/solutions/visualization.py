"""Solutions of the exercises of `visualization`, written as a reader would write them."""

import numpy as np

from dlbook.differentiable import differentiable, vjp
from dlbook.shapes import Array, Float

__all__ = ["deletion_curve", "grad_cam", "integrated_gradients"]


@differentiable
def grad_cam(h: Float[Array, "N C P Q"], dh: Float[Array, "N C P Q"]) -> Float[Array, "N P Q"]:
    """Weigh the maps by their mean gradient, with `einsum`, and go back through the three steps."""
    places = h.shape[2] * h.shape[3]
    alpha = np.einsum("ncpq->nc", dh) / places
    total = np.einsum("nc,ncpq->npq", alpha, h)
    y = np.where(total > 0, total, 0).astype(h.dtype)

    def pullback(dy):
        dtotal = np.where(total > 0, dy, 0).astype(h.dtype)  # the rectifier
        back = np.einsum("nc,npq->ncpq", alpha, dtotal)  # the sum over the maps has two factors
        dalpha = np.einsum("npq,ncpq->nc", dtotal, h)
        return back, np.ones_like(dh) * (dalpha / places)[:, :, None, None]  # the mean shares among all places

    return y, pullback


def integrated_gradients(f, x, target, *params, baseline=0.0, steps=32, **options):
    """Put all points of the way into one batch, and take one gradient."""
    if steps < 1 or len(target) != len(x) or (np.asarray(target) < 0).any():
        raise ValueError("integrated_gradients: expected steps >= 1 and a class for each row of x")
    way = x - np.asarray(baseline, x.dtype)
    parts = ((np.arange(steps) + 0.5) / steps).astype(x.dtype).reshape(-1, *[1] * x.ndim)
    points = (x - way + parts * way).reshape(-1, *x.shape[1:])
    scores, pullback = vjp(f, points, *params, **options)
    labels = np.tile(target, steps)
    if labels.max() >= scores.shape[1]:
        raise ValueError("integrated_gradients: target has a class that does not exist")
    dy = np.zeros_like(scores)
    dy[np.arange(len(points)), labels] = 1
    return way * pullback(dy)[0].reshape(steps, *x.shape).mean(axis=0)


def deletion_curve(f, x, target, maps, *params, fill=0.0, points=9, **options):
    """Paint over the pixels of each image, the strongest of its map first, and watch the score.

    Parameters
    ----------
    f, x, target, *params, **options : as in `saliency`.
    maps : (N, H, W), what decides the order.
    fill : what a pixel is painted with.
    points : at how many shares of painted pixels, from none to all, the score is noted.

    Returns
    -------
    shares : (points,) of painted pixels.
    scores : (points,) the mean score of the target.

    Examples
    --------
    >>> image = np.array([[[[1.0, 2.0], [3.0, 4.0]]]])
    >>> shares, scores = deletion_curve(lambda x: x.sum(axis=(2, 3)), image, np.array([0]), image[:, 0], points=3)
    >>> shares.tolist(), scores.tolist()
    ([0.0, 0.5, 1.0], [10.0, 3.0, 0.0])
    """
    order = np.argsort(np.argsort(-maps.reshape(len(maps), -1), axis=1), axis=1).reshape(len(maps), 1, *maps.shape[1:])
    shares = np.linspace(0, 1, points)
    scores = []
    for share in shares:
        painted = np.where(order < share * maps[0].size, np.asarray(fill, x.dtype), x)
        scores.append(f(painted, *params, **options)[np.arange(len(x)), target].mean())
    return shares, np.array(scores)
