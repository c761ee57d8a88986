"""Solutions of the exercises of `linear_classifiers`, written as a reader would write them."""

import numpy as np

__all__ = ["edge_strength", "hinge_by_loops", "linear", "templates_from_means"]


def linear(x, weight, bias=None):
    """Score each row of x against each row of weight, the bias as one more column of weights.

    The trick of the exercise: with a column of ones beside x, y = [x 1] [weight bias]^T is a product of two
    matrices, and its pullback falls apart into the three gradients.
    """
    if bias is None:
        return x @ weight.T, lambda dy: (dy @ weight, dy.T @ x)
    x1 = np.column_stack([x, np.ones(len(x), x.dtype)])
    w1 = np.column_stack([weight, bias])
    y = x1 @ w1.T

    def pullback(dy):
        dx1, dw1 = dy @ w1, dy.T @ x1
        return dx1[:, :-1].copy(), dw1[:, :-1].copy(), dw1[:, -1].copy()

    return y, pullback


def templates_from_means(x, target, classes):
    """Build the linear classifier that assigns each row of x to the nearest class mean.

    ||x - m_k||^2 = ||x||^2 - 2 m_k^T x + ||m_k||^2, and ||x||^2 is the same for every class: the nearest mean is
    the largest score of w_k = m_k, b_k = -||m_k||^2 / 2.

    Parameters
    ----------
    x : (N, D) one example per row.
    target : (N,) labels 0..K-1, each class at least once.
    classes : K.

    Returns
    -------
    weight : (K, D), bias : (K,).

    Examples
    --------
    >>> weight, bias = templates_from_means(np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 4.0]]), np.array([0, 0, 1]), 2)
    >>> weight
    array([[1., 0.],
           [0., 4.]])
    >>> bias
    array([-0.5, -8. ])
    """
    weight = np.stack([x[target == k].mean(axis=0) for k in range(classes)])
    return weight, -(weight**2).sum(axis=1) / 2


def hinge_by_loops(scores, target, margin=1.0):
    """Sum the hinges over the rivals, average over the examples: value and gradient, as CS231n's first exercise asks.

    Each rival inside the margin pushes its own score down and the label's up, by the same amount.

    Parameters
    ----------
    scores : (N, K) one score per class.
    target : (N,) labels 0..K-1.
    margin : what a rival has to stay behind the label, in units of the scores.

    Returns
    -------
    loss : a number, K times `multi_margin_loss`.
    dscores : (N, K) its gradient.

    Examples
    --------
    >>> loss, dscores = hinge_by_loops(np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0]]), np.array([0, 1]))
    >>> round(loss, 2)
    1.45
    >>> dscores
    array([[-0.5,  0.5,  0. ],
           [ 0. ,  0. ,  0. ]])
    """
    loss, dscores = 0.0, np.zeros_like(scores)
    for n, t in enumerate(target):
        for k in range(scores.shape[1]):
            short = scores[n, k] - scores[n, t] + margin
            if k != t and short > 0:
                loss += short / len(target)
                dscores[n, k] += 1 / len(target)
                dscores[n, t] -= 1 / len(target)
    return float(loss), dscores


def edge_strength(images, cell=2):
    """Measure how much the colour changes in each cell of an image, whichever colours they are.

    Differences along both diagonals of each 2x2 neighbourhood, squared and summed over the channels, so that a step
    up and a step down count alike; then the square root, averaged over cells.

    Parameters
    ----------
    images : (N, C, H, W) with H and W multiples of the cell.
    cell : side of the squares over which strengths are averaged, in pixels.

    Returns
    -------
    features : (N, H W / cell^2).

    Examples
    --------
    A disc that is lighter than its ground and one that is darker look alike:

    >>> y, x = np.mgrid[-3.5:4, -3.5:4]
    >>> disc = ((x**2 + y**2 < 6) * 1.0)[None, None]
    >>> bool(np.allclose(edge_strength(disc), edge_strength(1 - disc)))
    True
    """
    n, _, height, width = images.shape
    first = images[:, :, 1:, 1:] - images[:, :, :-1, :-1]
    second = images[:, :, 1:, :-1] - images[:, :, :-1, 1:]
    strength = np.zeros((n, height, width), images.dtype)
    strength[:, 1:, 1:] = np.sqrt((first**2 + second**2).sum(axis=1))
    cells = strength.reshape(n, height // cell, cell, width // cell, cell)
    return cells.mean(axis=(2, 4)).reshape(n, -1)
