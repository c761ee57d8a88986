"""Time the optimizers of `optimization` against torch.optim, on parameters that do not fit into the first caches.

Run it with `python -m benchmarks.optimization [rounds]`. Ours return new arrays, torch's overwrite the old ones.
"""

import sys

import numpy as np
import torch

from benchmarks.timing import Duel, one_thread, table
from dlbook.numpy import optimization as op

SIZE = 1_000_000


def step_duel(optimizer, peer: str, goal: float | None = None, **options) -> Duel:
    """Set one step on a million float32 parameters against one step of torch.optim."""
    rng = np.random.default_rng(0)
    params, grads = (rng.standard_normal(SIZE).astype(np.float32) for _ in range(2))
    _, state = optimizer(params, grads, lr=1e-3)
    tensor = torch.from_numpy(params.copy()).requires_grad_()
    tensor.grad = torch.from_numpy(grads)
    theirs = getattr(torch.optim, peer)([tensor], lr=1e-3, **options)
    theirs.step()
    words = "".join(f", {name}" for name in options if options[name] is True)
    return Duel(
        f"{optimizer.__name__}, 1M parameters, torch {peer}{words}",
        lambda: optimizer(params, grads, state, lr=1e-3), theirs.step, goal,
    )  # fmt: skip


def duels() -> list[Duel]:
    """List what is compared."""
    return [
        step_duel(op.sgd_momentum, "SGD", momentum=0.9),
        step_duel(op.rmsprop, "RMSprop"),
        step_duel(op.adam, "Adam", goal=0.8),
        step_duel(op.adam, "Adam", goal=1.7, fused=True),
    ]


if __name__ == "__main__":
    with one_thread():
        table(duels(), rounds=int(sys.argv[1]) if len(sys.argv) > 1 else 40)
