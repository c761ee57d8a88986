"""The support vector machine: its primal problem, its dual problem, and the exact solution of the small dual."""

from typing import NamedTuple

import numpy as np

from dlbook.numpy.linear_classifiers.arguments import above_zero, check_rows, check_two_values, whole_number
from dlbook.numpy.linear_classifiers.hinge import hinge_loss
from dlbook.numpy.linear_classifiers.penalties import l2_penalty
from dlbook.shapes import Array, Float, Int, describe

__all__ = ["SvmSolution", "dual_objective", "primal_objective", "svm_dual"]


class SvmSolution(NamedTuple):
    """A solved support vector machine.

    Parameters
    ----------
    weight, bias : (D,) and a number: the score of x is x . weight + bias.
    alpha : (N,) the dual variables, 0 to 1/N.
    support : indices of the points with alpha above 0, which alone decide the boundary.
    primal, dual : (S,) both objectives before each update and at the end: no dual value exceeds a primal one, and
        the last two differ by the tolerance at most.
    """

    weight: Array
    bias: float
    alpha: Array
    support: Array
    primal: Array
    dual: Array


def check_svm(function: str, x, target, strength: float) -> float:
    """Refuse what is no binary problem; return the strength as a Python float."""
    check_rows(function, x=x, target=target)
    if x.ndim != 2 or x.dtype.kind != "f" or target.ndim != 1 or target.dtype.kind != "i":
        raise ValueError(
            f"{function}: x is {describe(x)} and target {describe(target)}, expected a float array of shape (N, D) "
            "and N integers -1 or +1"
        )
    check_two_values(function, target, -1, 1)
    return above_zero(function, "strength", strength)


def primal_objective(
    weight: Float[Array, " D"], bias: float, x: Float[Array, "N D"], target: Int[Array, " N"], *, strength: float
) -> float:
    r"""Evaluate what a support vector machine minimizes: a price on the weights plus the mean hinge loss.

    $$P(w, b) = \lambda |w|^2 + \frac1N \sum_n \max\big(0,\, 1 - t_n (w^\top x_n + b)\big)$$

    Textbooks that write $\frac12 |w|^2 + C \sum_n \xi_n$ have $C = 1 / (2 \lambda N)$.

    Parameters
    ----------
    weight : (D,).
    bias : goes free.
    x : (N, D).
    target : (N,) -1 or +1.
    strength : lambda, above 0.

    Returns
    -------
    P : at least the dual objective of any alpha.

    Raises
    ------
    ValueError : for a target that is neither -1 nor +1, no examples, or a strength that is not positive.

    **Source** Cortes and Vapnik (1995), section 3; Shalev-Shwartz, Singer, Srebro and Cotter (2011).
    **Book** eq-svm-primal
    """
    strength = check_svm("primal_objective", x, target, strength)
    return float(hinge_loss(x @ weight + bias, target) + l2_penalty(weight, strength=strength))


def dual_objective(
    alpha: Float[Array, " N"], x: Float[Array, "N D"], target: Int[Array, " N"], *, strength: float
) -> float:
    r"""Evaluate the lower bound that the dual variables give.

    $$D(\alpha) = \sum_n \alpha_n - \lambda |w|^2, \qquad w = \frac{1}{2 \lambda} \sum_n \alpha_n t_n x_n, \qquad
    0 \le \alpha_n \le \tfrac1N, \quad \sum_n \alpha_n t_n = 0$$

    Parameters
    ----------
    alpha : (N,) within its bounds.
    x : (N, D).
    target : (N,) -1 or +1.
    strength : lambda, above 0.

    Returns
    -------
    D : at most the primal objective of any (w, b).

    Raises
    ------
    ValueError : for an alpha outside its bounds or that does not sum to 0 with the signs of the targets (it would
        bound nothing), and as `primal_objective`.

    **Source** Cortes and Vapnik (1995), appendix A.2.
    **Book** eq-svm-dual
    """
    strength = check_svm("dual_objective", x, target, strength)
    check_rows("dual_objective", x=x, alpha=alpha)
    slack = 1e-6 / len(x)
    if alpha.min() < -slack or alpha.max() > 1 / len(x) + slack or abs(alpha @ target) > 1e-6:
        raise ValueError(
            f"dual_objective: alpha lies between {alpha.min():.3g} and {alpha.max():.3g} with alpha . target = "
            f"{alpha @ target:.3g}, expected 0 to 1/N = {1 / len(x):.3g} with alpha . target = 0"
        )
    weight = (alpha * target) @ x / (2 * strength)
    return float(alpha.sum() - strength * (weight @ weight))


def best_bias(scores: Array, target: Array) -> float:
    """Return the bias that minimizes the mean hinge loss of scores + bias, exactly.

    The loss is convex and bends only at the biases t - score, where an example meets its margin. To the right of a
    bend its slope is (negatives that miss their margin - positives that do) / N: we want the first bend after which
    it is not negative any more.
    """
    bends = np.sort(target - scores)
    positives = np.sort((target - scores)[target > 0])
    negatives = np.sort((target - scores)[target < 0])
    missed = len(positives) - np.searchsorted(positives, bends, "right")  # 1 - (s + b) > 0: b is left of the bend
    wrong = np.searchsorted(negatives, bends, "right")
    return float(bends[np.argmax(wrong >= missed)])


def _violating_pair(alpha: Array, slope: Array, target: Array, kernel: Array, top: float) -> tuple[int, int, float]:
    """Choose the pair of dual variables to move, and say by how much the optimality conditions are violated.

    v = t - score is the bias that each point asks for. Points whose alpha may move up along t ask for a bias of at
    least v, those whose alpha may move down for one of at most v; at the optimum some bias suits all. The pair is
    the point that asks for most and the partner with which the dual gains most, to second order.
    """
    asks = -target * slope
    up = np.where(target > 0, alpha < top, alpha > 0)
    down = np.where(target > 0, alpha > 0, alpha < top)
    i = int(np.argmax(np.where(up, asks, -np.inf)))
    excess = asks[i] - asks
    bend = np.maximum(kernel[i, i] + kernel.diagonal() - 2 * kernel[i], 1e-12)
    j = int(np.argmax(np.where(down & (excess > 0), excess**2 / bend, -np.inf)))
    return i, j, float(asks[i] - np.where(down, asks, np.inf).min())


def svm_dual(
    x: Float[Array, "N D"], target: Int[Array, " N"], *, strength: float, tol: float = 1e-4, max_steps: int = 100_000
) -> SvmSolution:
    r"""Solve the dual of the support vector machine by moving two variables at a time.

    $$\max_\alpha D(\alpha) \quad \text{subject to} \quad 0 \le \alpha_n \le \tfrac1N, \quad
    \sum_n \alpha_n t_n = 0$$

    Two is the least number that can move without leaving $\sum_n \alpha_n t_n = 0$: along $\alpha_i t_i + \delta$,
    $\alpha_j t_j - \delta$ the dual is a parabola, with its top, for $K = X X^\top / 2 \lambda$ and scores
    $f = K (\alpha \odot t)$, at

    $$\delta = \frac{(t_i - f_i) - (t_j - f_j)}{K_{ii} + K_{jj} - 2 K_{ij}}$$

    unless a bound comes first. It ends when no bias is asked for that differs by more than `tol` from another: then
    primal and dual differ by `tol` at most.

    Parameters
    ----------
    x : (N, D); N up to a few thousand, as the N x N matrix of inner products is kept.
    target : (N,) -1 or +1, both present.
    strength : lambda in P(w, b), above 0.
    tol : in units of the margin, above 0.
    max_steps : updates at most.

    Returns
    -------
    SvmSolution : computed in float64; weight and alpha have x's dtype.

    Raises
    ------
    ValueError : for a target that is neither -1 nor +1, a single class, or an option outside its range.
    ArithmeticError : when max_steps updates do not suffice.

    **Source** Platt (1998); Fan, Chen and Lin (2005), "WSS 2", for the choice of the pair.
    **Book** eq-svm-dual
    """
    strength = check_svm("svm_dual", x, target, strength)
    tol = above_zero("svm_dual", "tol", tol)
    max_steps = whole_number("svm_dual", "max_steps", max_steps, 1)
    if (target == target[0]).all():
        raise ValueError(f"svm_dual: all labels are {target[0]}, expected both -1 and +1")
    x64, t, top = x.astype(np.float64), target.astype(np.float64), 1 / len(x)
    # The solution does not depend on where the origin lies, but the rounding of the inner products does.
    centre = x64.mean(axis=0)
    x64 -= centre
    kernel = x64 @ x64.T / (2 * strength)
    alpha, slope = np.zeros(len(x)), -np.ones(len(x))  # slope: of -D, which is t f - 1
    primal, dual = [], []
    for _ in range(max_steps + 1):
        i, j, violation = _violating_pair(alpha, slope, t, kernel, top)
        price = alpha @ (slope + 1) / 2  # lambda |w|^2
        bias = best_bias(t * (slope + 1), t)
        primal.append(price + np.maximum(-slope - t * bias, 0).mean())
        dual.append(alpha.sum() - price)
        if violation <= tol:
            break
        bend = max(kernel[i, i] + kernel[j, j] - 2 * kernel[i, j], 1e-12)
        delta = (t[j] * slope[j] - t[i] * slope[i]) / bend
        room_i = top - alpha[i] if t[i] > 0 else alpha[i]
        room_j = alpha[j] if t[j] > 0 else top - alpha[j]
        delta = min(delta, room_i, room_j)
        # A variable that has reached its bound is put there exactly, or rounding would leave it free for ever.
        alpha[i] = (top if t[i] > 0 else 0.0) if delta == room_i else alpha[i] + t[i] * delta
        alpha[j] = (0.0 if t[j] > 0 else top) if delta == room_j else alpha[j] - t[j] * delta
        slope += delta * t * (kernel[:, i] - kernel[:, j])
    else:
        raise ArithmeticError(f"svm_dual: after {max_steps} updates the conditions are violated by {violation:.3g}, "
                              f"expected {tol:.3g}; allow more updates, or scale the features alike")
    weight = (alpha * t) @ x64 / (2 * strength)
    return SvmSolution(
        weight.astype(x.dtype), float(bias - centre @ weight), alpha.astype(x.dtype), np.flatnonzero(alpha > 0),
        np.array(primal), np.array(dual),
    )  # fmt: skip
