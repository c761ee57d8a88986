"""Time convolutions and poolings, forward and both gradients, against eager PyTorch.

Run it with `python -m benchmarks.convolution [rounds]`.
"""

import sys

import numpy as np
import torch

import dlbook.numpy.convolution as reference
import dlbook.torch.convolution as twins
from benchmarks.timing import Duel, one_thread, table
from dlbook import vjp


def duel(name: str, *shapes: tuple[int, ...], goal: float | None = None, dtype: str = "float32", **options) -> Duel:
    """Set a reference's value and gradients against its twin's under autograd."""
    rng = np.random.default_rng(0)
    args = [rng.normal(size=shape).astype(dtype) for shape in shapes]
    f, g = getattr(reference, name), getattr(twins, name)
    leaves = [torch.tensor(a).requires_grad_() for a in args]
    dy = rng.normal(size=f(*args, **options).shape).astype(dtype)
    cotangent = torch.tensor(dy)

    def ours():
        _, pullback = vjp(f, *args, **options)
        return pullback(dy)

    def theirs():
        return torch.autograd.grad(g(*leaves, **options), leaves, cotangent)

    told = "".join(f" {option[:3]} {value}" for option, value in options.items())
    kind = "" if dtype == "float32" else f" {dtype}"
    sizes = " * ".join("x".join(map(str, shape)) for shape in shapes)
    return Duel(f"{name.replace('conv_transpose', 'transposed')} {sizes}{told}{kind}", ours, theirs, goal)


def names(count: int = 10, letters: int = 27, places: int = 16, filters: int = 20, taps: int = 5) -> Duel:
    """Set shifts against the sheet's matrices for names: here the second column is NumPy as well.

    The matrices are computed beforehand, one for each name, as the sheet advises.
    """
    rng = np.random.default_rng(0)
    x = np.zeros((count, letters, places), np.float32)
    for n in range(count):
        length = rng.integers(4, 12)
        x[n, rng.integers(letters, size=length), np.arange(length)] = 1
    weight = rng.normal(size=(filters, letters, taps)).astype("float32")
    dy = rng.normal(size=(count, filters, places - taps + 1)).astype("float32")
    matrices = [reference.input_matrix(one[:, None], filters=filters, kernel_size=(1, taps)) for one in x]

    def by_shifts():
        _, pullback = vjp(reference.conv1d, x, weight)
        return pullback(dy)

    def by_matrices():
        answers = [matrix @ weight.ravel() for matrix in matrices]
        return answers, sum(matrix.T @ one.ravel() for matrix, one in zip(matrices, dy, strict=True))

    return Duel(f"conv1d of {count} names, shifts against M_X (dense)", by_shifts, by_matrices)


def duels() -> list[Duel]:
    """List what is compared, with the ratios that the book aims at where it has set one."""
    image = (32, 16, 32, 32)
    return [
        duel("conv2d", image, (32, 16, 3, 3), padding=1, goal=1.1),
        duel("conv2d", image, (32, 16, 5, 5), padding=2, goal=1.1),
        duel("conv2d", image, (32, 16, 3, 3), padding=1, stride=2, goal=1.1),
        duel("conv2d", image, (32, 16, 3, 3), padding=1, dtype="float64"),
        duel("conv2d", (100, 3, 32, 32), (32, 3, 3, 3), padding=1, goal=1.1),
        duel("conv2d", (32, 64, 16, 16), (64, 64, 3, 3), padding=1, goal=1.1),
        duel("conv2d", (32, 128, 8, 8), (128, 128, 3, 3), padding=1, goal=1.6),
        duel("conv2d", (32, 32, 16, 16), (32, 1, 3, 3), padding=1, groups=32),
        duel("conv1d", (100, 1, 40), (16, 1, 5), padding=2),
        duel("conv1d", (100, 16, 20), (24, 16, 5), padding=2),
        names(),
        duel("conv_transpose2d", (32, 32, 16, 16), (32, 16, 4, 4), stride=2, padding=1, goal=1.6),
        duel("max_pool2d", (32, 32, 32, 32), kernel_size=2, goal=0.55),
        duel("max_pool2d", (32, 32, 33, 33), kernel_size=3, stride=2, goal=1.0),
        duel("avg_pool2d", (32, 32, 32, 32), kernel_size=2),
        duel("unfold", (32, 16, 32, 32), kernel_size=3, padding=1),
        duel("interpolate", (32, 16, 16, 16), scale_factor=2.0, mode="bilinear"),
    ]


if __name__ == "__main__":
    with one_thread():
        table(duels(), rounds=int(sys.argv[1]) if len(sys.argv) > 1 else 20)
