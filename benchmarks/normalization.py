"""Time the normalizations and the training step of a normalized network against eager PyTorch.

Run it with `python -m benchmarks.normalization [rounds]`.
"""

import sys
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import torch

import dlbook.torch.normalization as twins
from benchmarks.timing import Duel, one_thread, table
from dlbook import vjp
from dlbook.numpy import normalization as reference
from dlbook.numpy.gradient_descent import sgd
from dlbook.numpy.gradient_descent.stochastic import descend_in_batches


def norm_duel(name: str, *args: np.ndarray, goal: float | None = None, **options) -> Duel:
    """Set a reference's value and gradients against its twin's under autograd."""
    f, g = getattr(reference, name), getattr(twins, name)
    tensors = [torch.tensor(a, requires_grad=True) for a in args]
    dy = np.random.default_rng(1).normal(size=args[0].shape).astype(np.float32)
    dy_tensor = torch.tensor(dy)

    def ours():
        _, pullback = vjp(f, *args, **options)
        return pullback(dy)

    def theirs():
        return torch.autograd.grad(g(*tensors, **options), tensors, dy_tensor)

    return Duel(f"{name} {' x '.join(map(str, args[0].shape))}", ours, theirs, goal)


def layers(d: int, hidden: tuple[int, ...], k: int) -> torch.nn.Module:
    """Build the peer: linear layers without bias, nn.BatchNorm1d, ReLU."""
    parts, widths = [], (d, *hidden)
    for a, b in pairwise(widths):
        parts += [torch.nn.Linear(a, b, bias=False), torch.nn.BatchNorm1d(b), torch.nn.ReLU()]
    return torch.nn.Sequential(*parts, torch.nn.Linear(widths[-1], k))


def step_duel(d: int, hidden: tuple[int, ...], k: int, goal: float | None = None, n: int = 100) -> Duel:
    """One step on one batch, penalty and running statistics included, against nn.Module, autograd and optim.SGD."""
    rng = np.random.default_rng(0)
    x, target = rng.normal(size=(n, d)).astype(np.float32), rng.integers(0, k, n)
    network = reference.init_normalized_mlp((d, *hidden, k), rng)
    cost = reference.normalized_mlp_objective(strength=0.005, track=True)
    update, state = reference.track_running(), None

    def ours():
        value, found = cost(network, x, target)
        return update(network, found, state, lr=1e-3), value

    return Duel(f"step {d}-{'-'.join(map(str, hidden))}-{k} + batch norm, {n} examples", ours,
                _torch_step(layers(d, hidden, k), x, target), goal)


def _torch_step(model: torch.nn.Module, x: np.ndarray, target: np.ndarray) -> Callable:
    inputs, labels = torch.tensor(x), torch.tensor(target)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    weights = [p for p in model.parameters() if p.ndim == 2]

    def step():
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(inputs), labels)
        loss = loss + 0.005 * sum(w.square().sum() for w in weights)
        loss.backward()
        optimizer.step()
        return loss

    return step


def tracking_duel(d: int, hidden: tuple[int, ...], k: int, n: int = 4000) -> Duel:
    """One epoch with running statistics against one without: what the statistics themselves cost."""
    rng = np.random.default_rng(0)
    x, target = rng.normal(size=(n, d)).astype(np.float32), rng.integers(0, k, n)
    network = reference.init_normalized_mlp((d, *hidden, k), rng)
    options = {"lr": 1e-3, "batch_size": 100, "epochs": 1, "rng": rng}

    def tracked():
        cost = reference.normalized_mlp_objective(track=True)
        return descend_in_batches("benchmark", reference.track_running(), cost, network, (x, target), **options)

    def untracked():
        return sgd(reference.normalized_mlp_objective(), network[0], (x, target), **options)

    return Duel(f"running statistics: an epoch with and without, {n} x {d}", tracked, untracked)


def duels() -> list[Duel]:
    """List what is compared, with the ratios that the book aims at where it has set one."""
    rng = np.random.default_rng(0)

    def draw(*shape):
        return rng.normal(size=shape).astype(np.float32)

    images, rows, few = draw(32, 32, 32, 32), draw(4096, 512), draw(100, 50)
    return [
        norm_duel("batch_norm", images, draw(32), draw(32), goal=1.2),
        norm_duel("batch_norm", few, draw(50), draw(50)),
        norm_duel("layer_norm", rows, draw(512), draw(512), goal=2.8),
        norm_duel("rms_norm", rows, draw(512)),
        norm_duel("group_norm", images, draw(32), draw(32), num_groups=8),
        norm_duel("instance_norm", images, draw(32), draw(32)),
        step_duel(3072, (50, 50), 10, goal=0.7),
        step_duel(40, (50, 50), 10),
        step_duel(40, (50, 30, 20, 20, 10, 10, 10, 10), 10),
        tracking_duel(40, (50, 50), 10),
    ]


if __name__ == "__main__":
    with one_thread():
        table(duels(), rounds=int(sys.argv[1]) if len(sys.argv) > 1 else 40)
