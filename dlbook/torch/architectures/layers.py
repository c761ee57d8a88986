"""Convolutions with and without a batch norm, from which the blocks are built."""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from dlbook.shapes import ShapeError
from dlbook.torch.normalization.batch import batch_norm, batch_norm_eval

__all__ = []

Layer = tuple[Float[Tensor, "*S"], ...]
Stats = tuple[tuple[Float[Tensor, " C"], Float[Tensor, " C"]], ...]


class Norms:
    """The batch norms of a block or network in the order of the forward pass."""

    def __init__(self, function: str, running: Stats | None, eps: float):
        self.function, self.running, self.eps = function, running, eps
        self.seen: list[Tensor] = []

    def __call__(self, x: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
        place = len(self.seen)
        self.seen.append(x)
        if self.running is None:
            return batch_norm(x, gamma, beta, eps=self.eps)
        if place >= len(self.running) or len(self.running[place][0]) != x.shape[1]:
            raise ShapeError(f"{self.function}: running does not fit batch norm {place} of {x.shape[1]} channels")
        return batch_norm_eval(x, *self.running[place], gamma, beta, eps=self.eps)

    def done(self) -> None:
        """Refuse statistics for more batch norms than there are."""
        if self.running is not None and len(self.running) != len(self.seen):
            raise ShapeError(f"{self.function}: running has {len(self.running)} pairs, expected {len(self.seen)}")


def convolve(x: Tensor, layer: Layer, norms: Norms, *, stride: int = 1) -> Tensor:
    """Convolve, then normalize if the layer has gamma and beta."""
    weight, *rest = layer
    bias = rest[0] if len(rest) == 1 else None
    x = F.conv2d(x, weight, bias, stride=stride, padding=weight.shape[2] // 2)
    return norms(x, *rest) if len(rest) == 2 else x


def convolve_last(x: Tensor, layer: Layer, norms: Norms, *, stride: int = 1) -> tuple[Tensor, Tensor]:
    """Normalize if the layer has gamma and beta, rectify, convolve; return also what was convolved."""
    weight, *rest = layer
    h = F.relu(norms(x, *rest) if len(rest) == 2 else x)
    bias = rest[0] if len(rest) == 1 else None
    return F.conv2d(h, weight, bias, stride=stride, padding=weight.shape[2] // 2), h


def add_up(function: str, a: Tensor, s: Tensor) -> Tensor:
    """Return the sum of branch and shortcut."""
    if a.shape != s.shape:
        raise ShapeError(f"{function}: the branch gave {tuple(a.shape)} and the shortcut {tuple(s.shape)}")
    return a + s
