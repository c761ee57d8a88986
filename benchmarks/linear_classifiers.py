"""Time the losses of `linear_classifiers` and the training step of a one-layer network against eager PyTorch.

Run it with `python -m benchmarks.linear_classifiers [rounds]`.
"""

import sys
from collections.abc import Callable

import numpy as np
import torch

import dlbook.numpy.linear_classifiers as reference
import dlbook.torch.linear_classifiers as twins
from benchmarks.timing import Duel, one_thread, table
from dlbook import vjp


def loss_duel(name: str, *args: np.ndarray, goal: float | None = None, **options) -> Duel:
    """Set a reference's value and gradients against its twin's under autograd."""
    f, g = getattr(reference, name), getattr(twins, name)
    tensors = [torch.tensor(a) for a in args]
    leaves = [t.requires_grad_() for t in tensors if t.is_floating_point()]
    dy = np.ones_like(f(*args, **options))
    dy_tensor = torch.tensor(dy)

    def ours():
        _, pullback = vjp(f, *args, **options)
        return pullback(dy)

    def theirs():
        return torch.autograd.grad(g(*tensors, **options), leaves, dy_tensor)

    shape = " x ".join(map(str, args[0].shape))
    told = "".join(f", {option}={value}" for option, value in options.items())
    return Duel(f"{name} {shape}{told}", ours, theirs, goal)


def training_step_duel(n: int, d: int, k: int, rng: np.random.Generator, goal: float | None = None) -> Duel:
    """One step of mini-batch gradient descent on cross-entropy plus an l2 penalty, in place on both sides."""
    x, target = rng.normal(size=(n, d)).astype(np.float32), rng.integers(0, k, n)
    weight, bias = 0.01 * rng.normal(size=(k, d)).astype(np.float32), np.zeros(k, np.float32)
    strength, lr, one = 0.01, 1e-3, np.float32(1)

    def ours():
        scores, linear_pullback = vjp(reference.linear, x, weight, bias)
        loss, loss_pullback = vjp(reference.cross_entropy, scores, target)
        penalty, penalty_pullback = vjp(reference.l2_penalty, weight, strength=strength)
        _, dweight, dbias = linear_pullback(loss_pullback(one)[0])
        dweight += penalty_pullback(one)[0]
        np.subtract(weight, lr * dweight, out=weight)
        np.subtract(bias, lr * dbias, out=bias)
        return loss + penalty

    return Duel(f"training step {d} -> {k}, batch {n}", ours, _torch_step(x, target, k, strength, lr), goal)


def _torch_step(x: np.ndarray, target: np.ndarray, k: int, strength: float, lr: float) -> Callable:
    inputs, labels = torch.tensor(x), torch.tensor(target)
    model = torch.nn.Linear(x.shape[1], k)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)

    def step():
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(inputs), labels) + strength * model.weight.square().sum()
        loss.backward()
        optimizer.step()
        return loss

    return step


def duels() -> list[Duel]:
    """List what is compared, with the ratios that the book aims at where it has set one."""
    rng = np.random.default_rng(0)
    scores, labels = rng.normal(size=(1000, 1000)).astype(np.float32), rng.integers(0, 1000, 1000)
    few, few_labels = rng.normal(size=(100, 10)).astype(np.float32), rng.integers(0, 10, 100)
    signs = 2 * rng.integers(0, 2, (1000, 1000)) - 1
    other = rng.normal(size=(1000, 1000)).astype(np.float32)
    return [
        loss_duel("cross_entropy", scores, labels, goal=0.85),
        loss_duel("cross_entropy", scores, labels, label_smoothing=0.1),
        loss_duel("multi_margin_loss", scores, labels, goal=0.33),
        loss_duel("crammer_singer_loss", scores, labels),
        loss_duel("multi_bce", scores, labels),
        loss_duel("softmax", scores),
        loss_duel("log_softmax", scores),
        loss_duel("hinge_loss", scores, signs),
        loss_duel("mse_loss", scores, other),
        loss_duel("huber_loss", scores, other),
        loss_duel("cross_entropy", few, few_labels),
        loss_duel("multi_margin_loss", few, few_labels),
        loss_duel("multi_bce", few, few_labels),
        training_step_duel(100, 3072, 10, rng),
        training_step_duel(100, 64, 10, rng),
    ]


if __name__ == "__main__":
    with one_thread():
        table(duels(), rounds=int(sys.argv[1]) if len(sys.argv) > 1 else 40)
