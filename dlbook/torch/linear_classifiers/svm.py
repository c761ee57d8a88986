"""The support vector machine: its primal problem, its dual problem, and the exact solution of the small dual."""

import torch
from jaxtyping import Float, Integer
from torch import Tensor

from dlbook.numpy.linear_classifiers.arguments import above_zero, check_rows, whole_number
from dlbook.numpy.linear_classifiers.svm import SvmSolution
from dlbook.torch import twin
from dlbook.torch.linear_classifiers.hinge import hinge_loss
from dlbook.torch.linear_classifiers.penalties import l2_penalty

__all__ = ["SvmSolution", "dual_objective", "primal_objective", "svm_dual"]


def check_svm(function: str, x: Tensor, target: Tensor, strength: float) -> float:
    """Refuse what is no binary problem; return the strength as a Python float."""
    check_rows(function, x=x, target=target)
    wrong = (target != -1) & (target != 1)
    if wrong.any():
        raise ValueError(f"{function}: target has the label {int(target[wrong][0])}, expected -1 or 1")
    return above_zero(function, "strength", strength)


@twin
def primal_objective(
    weight: Float[Tensor, " D"], bias: float, x: Float[Tensor, "N D"], target: Integer[Tensor, " N"], *, strength: float
) -> float:
    """Evaluate what a support vector machine minimizes: a price on the weights plus the mean hinge loss."""
    strength = check_svm("primal_objective", x, target, strength)
    return float(hinge_loss(x @ weight + bias, target) + l2_penalty(weight, strength=strength))


@twin
def dual_objective(
    alpha: Float[Tensor, " N"], x: Float[Tensor, "N D"], target: Integer[Tensor, " N"], *, strength: float
) -> float:
    """Evaluate the lower bound that the dual variables give."""
    strength = check_svm("dual_objective", x, target, strength)
    signed = alpha * target
    slack = 1e-6 / len(x)
    if alpha.min() < -slack or alpha.max() > 1 / len(x) + slack or abs(float(signed.sum())) > 1e-6:
        raise ValueError(
            f"dual_objective: alpha lies between {float(alpha.min()):.3g} and {float(alpha.max()):.3g} with "
            f"alpha . target = {float(signed.sum()):.3g}, expected 0 to 1/N = {1 / len(x):.3g} with alpha . target = 0"
        )
    weight = signed @ x / (2 * strength)
    return float(alpha.sum() - strength * (weight @ weight))


def best_bias(scores: Tensor, target: Tensor) -> float:
    """Return the bias that minimizes the mean hinge loss of scores + bias: the first bend from which it rises."""
    bends = (target - scores).sort().values
    positives, negatives = ((target - scores)[target == sign].sort().values for sign in (1, -1))
    missed = len(positives) - torch.searchsorted(positives, bends, right=True)
    wrong = torch.searchsorted(negatives, bends, right=True)
    return float(bends[(wrong >= missed).int().argmax()])


def _violating_pair(alpha: Tensor, slope: Tensor, t: Tensor, kernel: Tensor, top: float) -> tuple[int, int, float]:
    """Choose the pair of dual variables to move, and say by how much the optimality conditions are violated."""
    infinity = torch.tensor(torch.inf, dtype=t.dtype, device=t.device)
    asks = -t * slope
    up = torch.where(t > 0, alpha < top, alpha > 0)
    down = torch.where(t > 0, alpha > 0, alpha < top)
    i = int(torch.where(up, asks, -infinity).argmax())
    excess = asks[i] - asks
    bend = (kernel[i, i] + kernel.diagonal() - 2 * kernel[i]).clamp_min(1e-12)
    j = int(torch.where(down & (excess > 0), excess**2 / bend, -infinity).argmax())
    return i, j, float(asks[i] - torch.where(down, asks, infinity).min())


@twin
def svm_dual(
    x: Float[Tensor, "N D"], target: Integer[Tensor, " N"], *, strength: float, tol: float = 1e-4,
    max_steps: int = 100_000,
) -> SvmSolution:
    """Solve the dual of the support vector machine by moving two variables at a time."""
    strength = check_svm("svm_dual", x, target, strength)
    tol = above_zero("svm_dual", "tol", tol)
    max_steps = whole_number("svm_dual", "max_steps", max_steps, 1)
    if (target == target[0]).all():
        raise ValueError(f"svm_dual: all labels are {int(target[0])}, expected both -1 and +1")
    x64, t, top = x.double(), target.double(), 1 / len(x)
    centre = x64.mean(dim=0)
    x64 = x64 - centre
    kernel = x64 @ x64.T / (2 * strength)
    alpha, slope = torch.zeros_like(t), -torch.ones_like(t)
    primal, dual = [], []
    for _ in range(max_steps + 1):
        i, j, violation = _violating_pair(alpha, slope, t, kernel, top)
        price = alpha @ (slope + 1) / 2
        bias = best_bias(t * (slope + 1), t)
        primal.append(price + torch.relu(-slope - t * bias).mean())
        dual.append(alpha.sum() - price)
        if violation <= tol:
            break
        bend = max(float(kernel[i, i] + kernel[j, j] - 2 * kernel[i, j]), 1e-12)
        delta = float(t[j] * slope[j] - t[i] * slope[i]) / bend
        room_i = float(top - alpha[i] if t[i] > 0 else alpha[i])
        room_j = float(alpha[j] if t[j] > 0 else top - alpha[j])
        delta = min(delta, room_i, room_j)
        alpha[i] = (top if t[i] > 0 else 0.0) if delta == room_i else alpha[i] + t[i] * delta
        alpha[j] = (0.0 if t[j] > 0 else top) if delta == room_j else alpha[j] - t[j] * delta
        slope = slope + delta * t * (kernel[:, i] - kernel[:, j])
    else:
        raise ArithmeticError(f"svm_dual: after {max_steps} updates the conditions are violated by {violation:.3g}, "
                              f"expected {tol:.3g}; allow more updates, or scale the features alike")
    weight = (alpha * t) @ x64 / (2 * strength)
    return SvmSolution(
        weight.to(x.dtype), float(bias - centre @ weight), alpha.to(x.dtype), torch.nonzero(alpha > 0).squeeze(1),
        torch.stack(primal), torch.stack(dual),
    )  # fmt: skip
