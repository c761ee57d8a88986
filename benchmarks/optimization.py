"""Time the optimizers of `optimization` against torch.optim, on parameters that do not fit into the first caches.

Run it with `python -m benchmarks.optimization [rounds]`. The loop's step overwrites its arrays, as torch's does; the
step that a reader calls returns new ones.
"""

import sys

import numpy as np
import torch

from benchmarks.timing import Duel, one_thread, table
from dlbook.numpy import optimization as op
from dlbook.numpy.deep_networks import init_mlp
from dlbook.numpy.gradient_descent.trees import tree_map
from dlbook.shapes import leaves

SIZE = 1_000_000


def step_duel(
    optimizer, peer: str, goal: float | None = None, *, widths: tuple[int, ...] = (), pure: bool = False, **options
) -> Duel:
    """Set one step on a million float32 parameters, or on a network's, against one step of torch.optim."""
    rng = np.random.default_rng(0)
    params = init_mlp(widths, rng) if widths else rng.standard_normal(SIZE).astype(np.float32)
    grads = tree_map(lambda p: rng.standard_normal(p.shape).astype(np.float32), params)
    ours, state = optimizer(params, grads, lr=1e-3)
    tensors = [torch.from_numpy(p.copy()).requires_grad_() for _, p in leaves(params)]
    for tensor, (_, g) in zip(tensors, leaves(grads), strict=True):
        tensor.grad = torch.from_numpy(g)
    theirs = getattr(torch.optim, peer)(tensors, lr=1e-3, **options)
    theirs.step()
    words = "".join(f", {name}" for name in options if options[name] is True)
    on = "-".join(map(str, widths)) or "1M parameters"
    step = optimizer if pure else optimizer.in_place
    return Duel(
        f"{optimizer.__name__}{', pure' if pure else ''}, {on}, torch {peer}{words}",
        lambda: step(ours, grads, state, lr=1e-3), theirs.step, goal,
    )  # fmt: skip


def duels() -> list[Duel]:
    """List what is compared."""
    return [
        step_duel(op.sgd_momentum, "SGD", momentum=0.9),
        step_duel(op.nesterov, "SGD", momentum=0.9, nesterov=True),
        step_duel(op.adagrad, "Adagrad"),
        step_duel(op.rmsprop, "RMSprop"),
        step_duel(op.adadelta, "Adadelta"),
        step_duel(op.adam, "Adam", goal=0.8),
        step_duel(op.adam, "Adam", goal=1.7, fused=True),
        step_duel(op.adam, "Adam", pure=True),
        step_duel(op.adamw, "AdamW", goal=0.8),
        step_duel(op.nadam, "NAdam"),
        step_duel(op.adam, "Adam", widths=(40, 50, 50, 10)),
        step_duel(op.adam, "Adam", widths=(3072, 50, 50, 10)),
    ]


if __name__ == "__main__":
    with one_thread():
        table(duels(), rounds=int(sys.argv[1]) if len(sys.argv) > 1 else 40)
