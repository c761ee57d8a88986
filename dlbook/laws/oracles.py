"""Second opinions that share no code with the gradient on trial: the complex step, and autograd."""

import warnings
from collections.abc import Callable

import numpy as np

from dlbook.laws.operation import Example, Op
from dlbook.laws.trees import flatten, inner, random_like, rebuild
from dlbook.laws.verdict import Finding, call, close, names, require, worst
from dlbook.shapes import describe, leaves


def complex_step(op: Op, f: Callable, example: Example) -> Finding:
    """The complex step, exact to rounding, agrees: Im f(x + i h u) / h = J u with h = 1e-20."""
    if not op.analytic:
        return None
    found, h = [], 1e-20
    for index, name in enumerate(names(op, example)):
        if not flatten(example.args[index]):
            continue
        rng = example.rng()
        y, pullback = f.vjp(*example.args, **example.options)
        dy, u = random_like(y, rng), random_like(example.args[index], rng)
        moved = [a + 1j * h * d for a, d in zip(flatten(example.args[index]), flatten(u), strict=True)]
        args = [rebuild(a, [leaf + 0j for leaf in flatten(a)]) for a in example.args]
        args[index] = rebuild(example.args[index], moved)
        with warnings.catch_warnings():
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            value = f.definition(*args, **example.options)[0]
        numeric = sum(float(np.sum(g * np.imag(v))) for g, v in zip(flatten(dy), _numbers(value), strict=True)) / h
        grad = pullback(dy)[index]
        terms = sum(float(np.abs(a * b).sum()) for a, b in zip(flatten(grad), flatten(u), strict=True))
        found.append(
            close(
                [np.float64(inner(grad, u))],
                [np.float64(numeric)],
                1e-11,
                1e-11 * terms + 1e-13 * op.scale(example),
                f"gradient of {name} against the complex step",
            )
        )
    return worst(*found)


def _numbers(tree) -> list:
    return [np.asarray(leaf) for _, leaf in leaves(tree) if np.asarray(leaf).dtype.kind in "fc"]


def twin_value(op: Op, f: Callable, example: Example) -> Finding:
    """NumPy and PyTorch give the same value."""
    y, _, _ = call(f, example)
    theirs, _ = on_device(op, example, y)
    return close(y, theirs, 1e-10, 1e-12 * op.scale(example), "y against the PyTorch twin")


def twin_gradient(op: Op, f: Callable, example: Example) -> Finding:
    """The hand-derived pullback and autograd give the same gradients."""
    if not (op.twin_gradient(example) if callable(op.twin_gradient) else op.twin_gradient):
        return None
    y, _, grads = call(f, example)
    _, theirs = on_device(op, example, y)
    found = []
    for name, mine, want in zip(names(op, example), grads, theirs, strict=True):
        require(
            (mine is None) == (want is None),
            f"gradient of {name}: {describe(mine)}, but autograd gives {describe(want)}",
        )
        found.append(close(mine, want, 1e-9, 1e-12 * op.scale(example), f"gradient of {name} against autograd"))
    return worst(*found)


def on_device(op: Op, example: Example, y, device: str = "cpu", dtype=None):
    """Return the twin's value and gradients for the example's own cotangent, as NumPy.

    Parameters
    ----------
    device, dtype : where and in which precision the twin runs; the arguments' own dtype by default.
    """
    import torch

    import dlbook.torch

    def tensors(tree):
        if isinstance(tree, dict):
            return {k: tensors(v) for k, v in tree.items()}
        if isinstance(tree, tuple | list):
            return type(tree)(map(tensors, tree))
        if isinstance(tree, np.ndarray | np.generic):
            tensor = torch.as_tensor(np.array(tree), device=device)
            return tensor if dtype is None or not tensor.is_floating_point() else tensor.to(dtype)
        return tree

    def arrays(tree):
        if isinstance(tree, dict):
            return {k: arrays(v) for k, v in tree.items()}
        if isinstance(tree, tuple | list):
            return type(tree)(map(arrays, tree))
        return _numpy(tree) if isinstance(tree, torch.Tensor) else tree

    theirs, pullback = dlbook.torch.vjp(op.twin(), *tensors(example.args), **tensors(dict(example.options)))
    return arrays(theirs), arrays(pullback(tensors(random_like(y, example.rng()))))


def _numpy(tensor) -> np.ndarray:
    tensor = tensor.detach().cpu()
    return (tensor.double() if tensor.is_floating_point() else tensor).numpy()
