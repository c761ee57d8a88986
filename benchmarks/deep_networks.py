"""Time a training step of the k-layer networks of `deep_networks` against eager PyTorch.

Run it with `python -m benchmarks.deep_networks [rounds]`.
"""

import sys
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import torch

from benchmarks.timing import Duel, one_thread, table
from dlbook.numpy.deep_networks import init_mlp, mlp_objective
from dlbook.numpy.gradient_descent.stochastic import plain_step


def step_duel(d: int, hidden: tuple[int, ...], k: int, *, strength: float = 0.0, goal: float | None = None) -> Duel:
    """Forward, backward and a step of SGD on 100 examples against nn.Sequential, autograd and optim.SGD."""
    rng, widths = np.random.default_rng(0), (d, *hidden, k)
    x, target = rng.normal(size=(100, d)).astype(np.float32), rng.integers(0, k, 100)
    cost, params = mlp_objective(strength=strength), init_mlp(widths, rng)

    def ours():
        nonlocal params
        value, grads = cost(params, x, target)
        params, _ = plain_step(params, grads, None, lr=1e-3)
        return value

    words = ", penalty" if strength else ""
    return Duel(f"step {'-'.join(map(str, widths))}, batch 100{words}", ours,
                _torch_step(widths, x, target, strength), goal)


def _torch_step(widths: tuple[int, ...], x: np.ndarray, target: np.ndarray, strength: float) -> Callable:
    inputs, labels = torch.tensor(x), torch.tensor(target)
    layers = [part for a, b in pairwise(widths) for part in (torch.nn.Linear(a, b), torch.nn.ReLU())]
    model = torch.nn.Sequential(*layers[:-1])
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)

    def step():
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(inputs), labels)
        if strength:
            loss = loss + strength * sum(w.square().sum() for w in model.parameters() if w.ndim == 2)
        loss.backward()
        optimizer.step()
        return loss

    return step


def duels() -> list[Duel]:
    """List what is compared, with the ratios that the book aims at where it has set one."""
    return [
        step_duel(3072, (50, 50), 10, goal=0.7),
        step_duel(3072, (50, 50), 10, strength=0.005, goal=0.7),
        step_duel(40, (50, 50), 10, goal=0.7),
        step_duel(40, (50, 30, 20, 20, 10, 10, 10, 10), 10),
    ]


if __name__ == "__main__":
    with one_thread():
        table(duels(), rounds=int(sys.argv[1]) if len(sys.argv) > 1 else 40)
