"""Many classes from two: one binary classifier for each class against all others."""

from collections.abc import Callable

import numpy as np

from dlbook.numpy.linear_classifiers.arguments import as_classes, check_rows, whole_number
from dlbook.shapes import Array, Float, Int

__all__ = ["one_vs_rest"]


def one_vs_rest(
    fit: Callable, x: Float[Array, "N D"], target: Int[Array, " N"], num_classes: int, **options
) -> tuple[Float[Array, "K D"], Float[Array, " K"]]:
    r"""Train a binary classifier for each class, "is it class k?", and let the highest score win.

    $$(w_k, b_k) = \mathrm{fit}\big(X,\ 2\,[t = k] - 1\big), \qquad \hat t = \arg\max_k \; w_k^\top x + b_k$$

    The K problems know nothing of one another, so their scores need not be on one scale.

    Parameters
    ----------
    fit : a function of `(x, signs, **options)`, signs being -1 or +1, that returns a weight (D,) and a bias before
        anything else: `pegasos` or `svm_dual`.
    x : (N, D).
    target : (N,) labels 0..K-1.
    num_classes : K, at least 2.
    **options : passed on to each fit; a generator among them is drawn from K times.

    Returns
    -------
    weight, bias : (K, D) and (K,), as `linear` takes them.

    Raises
    ------
    ValueError : for a label outside 0..K-1, or arrays that do not fit.

    **Source** Rifkin and Klautau (2004).
    **Book** eq-one-vs-rest
    """
    classes = whole_number("one_vs_rest", "num_classes", num_classes, 2)
    check_rows("one_vs_rest", x=x, target=target)
    labels = as_classes("one_vs_rest", target, classes)
    solutions = [fit(x, np.where(labels == k, 1, -1), **options) for k in range(classes)]
    return np.stack([s[0] for s in solutions]), np.array([s[1] for s in solutions], x.dtype)
