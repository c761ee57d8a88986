"""The twins: the same operations in idiomatic PyTorch, on any device, differentiated by autograd.

A twin has its reference's name, parameters, defaults and shape strings, and never a gradient of its own:
that is what makes it an oracle.
"""

import functools
from collections.abc import Callable
from typing import Any

import torch
from torch.utils._pytree import tree_flatten, tree_unflatten

from dlbook.numpy import from_topics
from dlbook.shapes import Promise

__all__ = ["chain", "residual", "twin", "vjp"]


def twin(function: Callable) -> Callable:
    """Check each call of a PyTorch function against the shapes that its signature promises.

    Repeated shapes cost a few microseconds, and nothing under `torch.compile`, which traces the bare function.
    """
    promise = Promise(function)

    @functools.wraps(function)
    def checked(*args, **options):
        if torch.compiler.is_compiling():
            return function(*args, **options)
        return promise.keep(*promise.bind(args, options), function)

    return checked


def vjp(f: Callable, *args, **options) -> tuple[Any, Callable]:
    """Return `f(*args, **options)` and its pullback, computed by autograd.

    A wrapper of `torch.func.vjp` that closes over the options and over every leaf that is not a float
    tensor; the pullback answers None for those.

    Parameters
    ----------
    f : a function of tensors.
    *args : tensors, or nested tuples, lists and dicts of tensors.
    **options : its options.

    Returns
    -------
    y : the value.
    pullback : maps dy, of y's structure and shapes, to a tuple with one gradient per positional argument.

    Raises
    ------
    ShapeError : from f, when a shape does not fit.
    """
    flat, spec = tree_flatten(args)
    floats = [i for i, leaf in enumerate(flat) if isinstance(leaf, torch.Tensor) and leaf.is_floating_point()]

    def of_floats(*tensors):
        whole = list(flat)
        for i, tensor in zip(floats, tensors, strict=True):
            whole[i] = tensor
        return f(*tree_unflatten(whole, spec), **options)

    y, pull = torch.func.vjp(of_floats, *(flat[i] for i in floats))

    def pullback(dy):
        whole = [None] * len(flat)
        for i, grad in zip(floats, pull(dy), strict=True):
            whole[i] = grad
        return tree_unflatten(whole, spec)

    return y, pullback


def chain(*layers: Callable) -> Callable:
    """Compose layers: a function of `(x, params)`, one tuple of params for each layer. See `dlbook.numpy.chain`."""
    if not layers:
        raise ValueError("chain needs at least one layer, got none")

    def composed(x, params):
        for layer, own in zip(layers, params, strict=True):
            x = layer(x, *own)
        return x

    return composed


def residual(layer: Callable) -> Callable:
    """Add a layer's input to its output: y = x + f(x, *params). See `dlbook.numpy.residual`."""

    def added(x, *params):
        return x + layer(x, *params)

    return added


def __getattr__(name):
    return from_topics(__name__, name)
