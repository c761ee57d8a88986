"""Linear regions: into how many pieces, on each of which it is a plane, a ReLU network cuts its input space."""

from collections.abc import Sequence
from math import comb, prod

import numpy as np

from dlbook.numpy.deep_networks.network import Params, check_layers, layer_values
from dlbook.numpy.linear_classifiers.arguments import whole_number
from dlbook.shapes import Array, Bool, Float

__all__ = ["activation_pattern", "breakpoints", "count_regions", "folding_mlp", "region_bound"]


def activation_pattern(x: Float[Array, "N D"], params: Params) -> Bool[Array, "N U"]:
    r"""Say which units of a ReLU network are on, for each example.

    $$a_{nu} = [\, s_{nu} > 0 \,], \quad u \text{ running over all hidden units}$$

    Parameters
    ----------
    x : (N, D) one example per row.
    params : as in `mlp`, with at least one hidden layer.

    Returns
    -------
    on : (N, U), U the number of hidden units; examples with equal rows share one linear map.

    Raises
    ------
    ValueError : for a network without hidden units, or layers that do not fit.

    **Source** Raghu, Poole, Kleinberg, Ganguli and Sohl-Dickstein (2017), section 2.
    **Book** eq-pattern
    """
    if len(params) < 2:
        raise ValueError(f"activation_pattern: params has {len(params)} layers, expected at least one hidden layer")
    return np.concatenate(layer_values(x, params)[:-1:2], axis=1) > 0


def count_regions(pattern: Bool[Array, "N U"]) -> int:
    """Count how many different rows a table of patterns has: the linear regions that the examples lie in.

    Parameters
    ----------
    pattern : (N, U) as `activation_pattern` gives it.

    Returns
    -------
    regions : a lower bound of the number of regions of the network, since the examples may miss some.

    **Source** Raghu, Poole, Kleinberg, Ganguli and Sohl-Dickstein (2017), section 2.
    **Book** eq-pattern
    """
    return len(np.unique(np.packbits(pattern, axis=1), axis=0))


def breakpoints(params: Params, start: Float[Array, " D"], end: Float[Array, " D"]) -> Float[Array, " B"]:
    r"""Find every place between two points at which a unit of a ReLU network switches on or off.

    Between neighbouring breakpoints of the layers before it a unit's score is linear in
    $t$, so that two values of it tell where it is zero:

    $$t^\star = t_0 + (t_1 - t_0)\, \frac{s(t_0)}{s(t_0) - s(t_1)}$$

    Parameters
    ----------
    params : as in `mlp`.
    start, end : (D,) the two points; the line is start + t (end - start).

    Returns
    -------
    t : (B,) ascending, strictly between 0 and 1; the network is linear on B + 1 pieces of the line.

    Raises
    ------
    ValueError : for layers that do not fit.

    **Source** Raghu, Poole, Kleinberg, Ganguli and Sohl-Dickstein (2017), section 2, who count along a trajectory.
    **Book** eq-breakpoint
    """
    check_layers("breakpoints", start[None], params)
    t = np.array([0.0, 1.0])
    for depth in range(1, len(params)):
        points = start + t[:, None] * (end - start)
        s = layer_values(points, params[:depth])[-1]
        left, right = s[:-1], s[1:]
        piece, unit = np.nonzero(left * right < 0)  # a change of sign inside a piece, for each unit
        part = left[piece, unit] / (left[piece, unit] - right[piece, unit])
        t = np.unique(np.concatenate([t, t[piece] + part * (t[piece + 1] - t[piece])]))
    return t[1:-1]


def region_bound(sizes: Sequence[int]) -> int:
    r"""Bound the number of linear regions of a ReLU network by the widths of its layers.

    $$R \le \prod_{l=1}^{k-1} \sum_{j=0}^{d_l} \binom{D_l}{j}, \qquad d_l = \min(D_0, \dots, D_{l-1})$$

    Parameters
    ----------
    sizes : D_0 inputs, the widths of the hidden layers, the number of outputs, which does not matter.

    Returns
    -------
    bound : exact for one hidden layer in general position.

    Raises
    ------
    ValueError : for fewer than two sizes, or a size below 1.

    Examples
    --------
    >>> region_bound([2, 3, 1]), region_bound([1, 2, 2, 2, 1])
    (7, 27)

    **Source** Zaslavsky (1975) for a layer; Raghu and others (2017), theorem 1, for the product.
    **Book** eq-region-bound
    """
    widths = [whole_number("region_bound", f"sizes[{i}]", size, 1) for i, size in enumerate(sizes)]
    if len(widths) < 2:
        raise ValueError(f"region_bound: sizes is {list(sizes)}, expected at least two: inputs and outputs")
    return prod(
        sum(comb(width, j) for j in range(min(widths[:layer]) + 1))
        for layer, width in enumerate(widths[1:-1], start=1)
    )


def folding_mlp(depth: int, *, dtype: str = "float64") -> Params:
    r"""Build a ReLU network that folds the interval from 0 to 1 in the middle, again and again.

    $$g(x) = 2 \max(0, x) - 4 \max(0, x - \tfrac12), \qquad f = \underbrace{g \circ \dots \circ g}_{\text{depth}}$$

    Parameters
    ----------
    depth : the number of hidden layers, each of two units, at least 1.
    dtype : of weights and biases; all weights are powers of two, so that nothing is rounded.

    Returns
    -------
    params : a network from one input to one output, with 2**depth linear pieces between 0 and 1.

    Raises
    ------
    ValueError : for a depth below 1.

    **Source** Telgarsky (2016), section 2; Montufar, Pascanu, Cho and Bengio (2014), section 3.1.
    **Book** eq-fold
    """
    depth = whole_number("folding_mlp", "depth", depth, 1)
    fold = np.array([2.0, -4.0])
    split, shift = np.ones(2), np.array([0.0, -0.5])
    first = (split[:, None], shift)
    inner = (np.outer(split, fold), shift)  # unfold the two units' sum and split it again, in one matrix
    last = (fold[None, :], np.zeros(1))
    layers = (first, *[inner] * (depth - 1), last)
    return tuple((weight.astype(dtype), bias.astype(dtype)) for weight, bias in layers)
