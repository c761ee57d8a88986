"""Gauges: numbers to look at before and during a training, layer by layer, and how to judge them."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dlbook.numpy.gradient_descent.trees import check_params
from dlbook.numpy.linear_classifiers.arguments import check_rows
from dlbook.numpy.training.verdict import Check
from dlbook.shapes import Array, describe, leaves

__all__ = ["dead_units", "gradient_norms", "update_ratio"]


def gradient_norms(value_and_grad: Callable, params: Any, *batch) -> dict[str, float]:
    r"""Measure the gradient of each leaf of the parameters, by its root mean square.

    $$\frac{1}{\sqrt{n}}\, \lVert \nabla_w f \rVert, \qquad n \text{ entries in } w$$

    Parameters
    ----------
    value_and_grad, params, batch : as in `initial_loss`.

    Returns
    -------
    norms : path of the leaf -> number, in the order of the tree.

    Examples
    --------
    >>> import numpy as np
    >>> gradient_norms(lambda p: (0.0, 3 * p), np.ones(4))
    {'params': 3.0}

    **Source** Glorot and Bengio (2010), section 4.2, draw the distributions of which this is the size.
    **Book** eq-gradient-norms
    """
    check_params("gradient_norms", params)
    _, grads = value_and_grad(params, *batch)
    return {path: float(np.sqrt(np.mean(np.square(g, dtype=np.float64)))) for path, g in leaves(grads, "params")}


def update_ratio(before: Any, after: Any) -> dict[str, float]:
    r"""Measure by how much one step changes each leaf, in parts of the leaf.

    $$\frac{\lVert \theta_{s+1} - \theta_s \rVert}{\lVert \theta_s \rVert} \approx 10^{-3}$$

    Parameters
    ----------
    before, after : the parameters around one step of any optimizer.

    Returns
    -------
    ratios : path of the leaf -> number; inf for a leaf that was zero and moved, as biases are at first.

    Raises
    ------
    ValueError : when the two have other structures or shapes.

    Examples
    --------
    >>> import numpy as np
    >>> update_ratio((np.full(4, 2.0), np.zeros(1)), (np.full(4, 2.5), np.ones(1)))
    {'params[0]': 0.25, 'params[1]': inf}

    **Source** Karpathy and others, CS231n notes on neural networks, part 3.
    **Book** eq-update-ratio
    """
    check_params("update_ratio", before)
    check_alike(before, after)
    ratios = {}
    for (path, old), (_, new) in zip(leaves(before, "params"), leaves(after, "params"), strict=True):
        size, moved = float(np.linalg.norm(old)), float(np.linalg.norm(new - old))
        ratios[path] = moved / size if size else np.inf if moved else 0.0
    return ratios


def check_alike(before: Any, after: Any) -> None:
    """Refuse parameters after a step that are not those before it: differences would broadcast without a word."""
    shapes = [{path: tuple(leaf.shape) for path, leaf in leaves(tree)} for tree in (before, after)]
    if shapes[0] != shapes[1]:
        raise ValueError(f"update_ratio: after is {describe(after)}, expected the structure and shapes of before, "
                         f"{describe(before)}")


def dead_units(hidden: Sequence[Array]) -> list[float]:
    r"""Measure which part of each hidden layer says the same for every example.

    $$\frac1M \#\{ j : h_{nj} = h_{1j} \text{ for all } n \}$$

    Parameters
    ----------
    hidden : the values of each hidden layer after its activation, each (N, ...) with N at least 2; may be empty.

    Returns
    -------
    shares : one for each layer, 0 to 1. For the ReLU these are the units that are zero throughout.

    Raises
    ------
    ValueError : for fewer than two examples.

    Examples
    --------
    >>> import numpy as np
    >>> dead_units([np.array([[0.0, 1.0], [0.0, 2.0]])])
    [0.5]

    **Source** Maas, Hannun and Ng (2013).
    **Book** eq-dead-units
    """
    if not hidden:
        return []
    rows = check_rows("dead_units", **{f"hidden[{i}]": h for i, h in enumerate(hidden)})
    if rows < 2:
        raise ValueError("dead_units: hidden has one example, expected at least two: one alone is always constant")
    return [float((h == h[:1]).all(axis=0).mean()) for h in hidden]


def judge_norms(norms: dict[str, float], matrices: list[str], spread: float = 1e4) -> Check:
    """Judge the gradients of the weight matrices: none zero, none infinite, none far smaller than another."""
    sizes = [norms[path] for path in matrices] or list(norms.values())
    low, high = min(sizes), max(sizes)
    return Check(
        "gradient norms", bool(np.isfinite(high) and low > 0 and high <= spread * low),
        f"{low:.2g} to {high:.2g}", f"all above 0, the largest at most {spread:.0e} times the smallest",
        "zero: equal or zero first weights, dead units, a leaf that the loss does not use; spread: a depth that "
        "the first weights do not suit", low / high if high else 0.0,
    )  # fmt: skip


def judge_ratios(ratios: dict[str, float], matrices: list[str], low: float = 1e-5, high: float = 0.2) -> Check:
    """Judge the first step of the weight matrices: neither for ever nor at once."""
    found = [ratios[path] for path in matrices] or list(ratios.values())
    fits = all(low <= ratio <= high for ratio in found)
    return Check(
        "update ratio", fits, f"{min(found):.2g} to {max(found):.2g}", f"{low:.0e} to {high:g}, best near 1e-3",
        "above: lr, the loss (a sum?) or the inputs too large; below: lr too small, or no gradient", max(found),
    )  # fmt: skip


def judge_dead(shares: list[float], most: float = 0.5) -> Check:
    """Judge the worst hidden layer."""
    worst = max(shares, default=0.0)
    return Check(
        "dead units", worst <= most, f"{100 * worst:.0f} % of the worst layer", f"at most {100 * most:.0f} %",
        "a bias or a step that pushed the units off; inputs of one sign", worst,
    )  # fmt: skip
