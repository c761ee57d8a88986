"""Gradients by differences for functions of tensors: the differences are those of the reference, taken on the CPU."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils._pytree import tree_map

import dlbook.torch
from dlbook.numpy import backpropagation as reference
from dlbook.numpy.backpropagation.checking import Finding, GradientCheck
from dlbook.numpy.backpropagation.differences import Scheme

__all__ = ["Finding", "GradientCheck", "gradient_check", "numerical_gradient", "step_sweep"]


def numerical_gradient(
    f: Callable, x: Tensor, dy: Tensor | None = None, *, scheme: Scheme = "central", h: float | None = None
) -> Tensor:
    """Measure a gradient entry by entry. See `dlbook.numpy.backpropagation.numerical_gradient`."""
    return torch.from_numpy(reference.numerical_gradient(OnArrays(f), _arrays(x), _arrays(dy), scheme=scheme, h=h))


def step_sweep(
    f: Callable,
    x: Tensor,
    dy: Tensor | None = None,
    *,
    scheme: Scheme = "central",
    steps: tuple[float, ...] | np.ndarray | None = None,
) -> tuple[Tensor, Tensor]:
    """Measure the error of a numerical gradient for many steps. See `dlbook.numpy.backpropagation.step_sweep`."""
    steps, errors = reference.step_sweep(OnArrays(f), _arrays(x), _arrays(dy), scheme=scheme, steps=steps)
    return torch.from_numpy(steps), torch.from_numpy(errors)


def gradient_check(
    f: Callable,
    *args,
    rng: np.random.Generator | None = None,
    directions: int = 3,
    entries: bool = False,
    kinks: bool = False,
    **options,
) -> GradientCheck:
    """Hold autograd against differences. See `dlbook.numpy.backpropagation.gradient_check`."""
    how = {"rng": rng, "directions": directions, "entries": entries, "kinks": kinks}
    return reference.gradient_check(OnArrays(f), *_arrays(args), **how, **options)


class OnArrays:
    """A function of tensors, seen as a `@differentiable` function of arrays."""

    def __init__(self, f: Callable):
        self.f, self.__name__ = f, getattr(f, "__name__", "f")

    def __call__(self, *args, **options):
        """Return the value, as arrays; on a tape, the variable of the tape's record."""
        for arg in args:
            if hasattr(arg, "__differentiable__"):
                return arg.__differentiable__(self, args, options)
        return _arrays(self.f(*_tensors(args), **options))

    def vjp(self, *args, **options):
        """Return the value and autograd's pullback, both of arrays."""
        y, pullback = dlbook.torch.vjp(self.f, *_tensors(args), **options)
        return _arrays(y), lambda dy: _arrays(pullback(_tensors(dy)))


def _tensors(tree: Any) -> Any:
    return tree_map(lambda a: torch.tensor(a) if isinstance(a, np.ndarray | np.generic) else a, tree)


def _arrays(tree: Any) -> Any:
    return tree_map(lambda a: a.detach().cpu().numpy() if isinstance(a, Tensor) else a, tree)
