"""Time the descents of `gradient_descent` against the same work in idiomatic eager PyTorch.

Run it with `python -m benchmarks.gradient_descent [rounds]`.
"""

import sys

import numpy as np
import torch

from benchmarks.timing import Duel, one_thread, table
from dlbook.numpy import gradient_descent as gd
from dlbook.numpy.linear_classifiers import cross_entropy, multi_margin_loss


def epoch_duel(n: int, d: int, k: int, loss, goal: float | None = None) -> Duel:
    """Set one shuffled epoch of `sgd` on `objective` against nn.Linear, autograd and torch.optim.SGD."""
    rng = np.random.default_rng(0)
    x, target = rng.normal(size=(n, d)).astype(np.float32), rng.integers(0, k, n)
    params, cost = gd.init_one_layer(d, k, rng), gd.objective(loss, strength=0.01)

    def ours():
        return gd.sgd(cost, params, (x, target), lr=1e-3, batch_size=100, epochs=1, rng=rng).params

    inputs, labels = torch.tensor(x), torch.tensor(target)
    model = torch.nn.Linear(d, k)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    criterion = getattr(torch.nn.functional, loss.__name__)

    def theirs():
        for rows in torch.randperm(n).split(100):
            optimizer.zero_grad()
            (criterion(model(inputs[rows]), labels[rows]) + 0.01 * model.weight.square().sum()).backward()
            optimizer.step()

    return Duel(f"sgd, one epoch of {n} x {d} -> {k}, {loss.__name__}", ours, theirs, goal)


def descent_duel(n: int, d: int, k: int, steps: int) -> Duel:
    """Set full-batch `gradient_descent` against the same loop with autograd."""
    rng = np.random.default_rng(0)
    x, target = rng.normal(size=(n, d)).astype(np.float32), rng.integers(0, k, n)
    params, cost = gd.init_one_layer(d, k, rng), gd.objective()
    inputs, labels = torch.tensor(x), torch.tensor(target)

    def ours():
        return gd.gradient_descent(cost, params, x, target, lr=0.1, steps=steps).params

    def theirs():
        weight, bias = (torch.tensor(p, requires_grad=True) for p in params)
        for _ in range(steps):
            scores = torch.nn.functional.linear(inputs, weight, bias)
            torch.nn.functional.cross_entropy(scores, labels).backward()
            with torch.no_grad():
                for p in (weight, bias):
                    p -= 0.1 * p.grad
                    p.grad = None

    return Duel(f"gradient_descent, {steps} steps on {n} x {d} -> {k}", ours, theirs)


def duels() -> list[Duel]:
    """List what is compared; training in NumPy is to be no slower than eager PyTorch on one thread."""
    return [
        epoch_duel(2000, 3072, 10, cross_entropy, goal=1.0),
        epoch_duel(2000, 3072, 10, multi_margin_loss, goal=1.0),
        epoch_duel(4000, 40, 10, cross_entropy, goal=1.0),
        epoch_duel(4000, 40, 10, multi_margin_loss, goal=1.0),
        descent_duel(1347, 64, 10, 20),
    ]


if __name__ == "__main__":
    with one_thread():
        table(duels(), rounds=int(sys.argv[1]) if len(sys.argv) > 1 else 40)
