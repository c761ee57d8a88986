"""Updates that stay in the cache: what all optimizers share."""

from collections.abc import Callable
from functools import partial, wraps
from itertools import accumulate, pairwise

import numpy as np

from dlbook.numpy.gradient_descent.trees import check_params
from dlbook.numpy.linear_classifiers.arguments import at_least_zero
from dlbook.shapes import describe, leaves, refill

__all__ = []

BLOCK = 2**20  # bytes: with less the calls of NumPy begin to count, with much more the arrays leave the cache
SMALL = 2**14  # numbers: up to here it is the call of an operation that takes time, and not the numbers


def optimizer(define: Callable) -> Callable:
    """Make a function that takes a step out of one that says what a step does.

    The definition returns `(update, start, constants)`: the update of `in_blocks`, what the optimizer remembers
    about each number before the first step, by name, and the rest of its state. The step changes nothing that it is
    given. Its other form, `.in_place`, may overwrite params and state, and belongs to a caller whom nobody else
    could see doing it: on a large network new arrays take a good part of the time of a step.
    """

    def run(in_place: bool, params, grads, state=None, **options):
        update, start, constants = define(params, grads, state, **options)
        values = flat(params)
        held = memory(define.__name__, values, state, start)
        values, *held = in_blocks(update, [values, *held], flat(grads), in_place=in_place and state is not None)
        params, *held = (refill(params, iter(new)) for new in (values, *held))
        return params, {**constants, **dict(zip(start, held, strict=True))}

    @wraps(define)
    def step(*args, **options):
        return run(False, *args, **options)

    step.in_place = wraps(define)(partial(run, True))
    return step


def in_blocks(update: Callable, changing: list, grads: list, *, in_place: bool = False) -> list:
    """Update lists of arrays block by block; return the new lists, the old ones are left alone unless `in_place`.

    `update(*parts, g, work)` gets the same numbers of every list as flat arrays and overwrites all but g; work is for
    what lies between. An update is a dozen operations on each number. On whole arrays each of them would fetch its
    operands from memory and send the result back there; a block is fetched once, worked on while it is near, and
    sent back once. Small arrays are strung together first: a dozen calls for every bias of a network would cost
    more than all of its arithmetic.
    """
    new = [[] for _ in changing]
    for group in groups(changing, grads):
        if len(group) > 1:
            i, j = group[0], group[-1] + 1
            parts = [np.concatenate(old[i:j], axis=None) for old in changing]
            update(*parts, np.concatenate(grads[i:j], axis=None), np.empty_like(parts[0]))
            ends = list(accumulate((g.size for g in grads[i:j]), initial=0))
            for part, to in zip(parts, new, strict=True):
                to += [part[a:b].reshape(g.shape) for (a, b), g in zip(pairwise(ends), grads[i:j], strict=True)]
            continue
        old = [arrays[group[0]] for arrays in changing]
        ours = in_place and old[0].size > SMALL and all(a.flags.c_contiguous for a in old)
        after = old if ours else [np.empty(a.shape, a.dtype) for a in old]
        g, sources, parts = np.ravel(grads[group[0]]), *([np.ravel(a) for a in tree] for tree in (old, after))
        length = BLOCK // parts[0].itemsize
        work = np.empty(min(length, g.size), parts[0].dtype)
        for start in range(0, g.size, length):
            block = slice(start, start + length)
            near = [part[block] for part in parts]
            if not ours:
                for part, source in zip(near, sources, strict=True):
                    part[...] = source[block]
            update(*near, g[block], work[: near[0].size])
        for to, array in zip(new, after, strict=True):
            to.append(array)
    return new


def groups(changing: list, grads: list) -> list:
    """Divide the places of a list into runs: neighbours of the same dtypes that are small even together."""
    runs, size, before = [], 0, None
    for i, g in enumerate(grads):
        dtypes = [g.dtype, *(arrays[i].dtype for arrays in changing)]
        size += g.size
        if dtypes == before and size <= SMALL:
            runs[-1].append(i)
        else:
            runs.append([i])
            size, before = g.size, dtypes
    return runs


def flat(tree) -> list:
    """Return the leaves of a tree, in order."""
    if type(tree) is np.ndarray:
        return [tree]
    if isinstance(tree, tuple | list):
        return [leaf for branch in tree for leaf in flat(branch)]
    if hasattr(tree, "dtype"):
        return [tree]
    return [leaf for branch in tree.values() for leaf in flat(branch)]


def memory(function: str, params: list, state: dict | None, start: dict[str, float]) -> list:
    """Return the lists of arrays that a state holds under these names: `start` everywhere before the first step."""
    if state is None:
        return [[np.full_like(p, value) for p in params] for value in start.values()]
    if missing := [name for name in start if name not in state]:
        raise ValueError(f"{function}: state has no {missing[0]!r}, expected what {function} returned, or None")
    held, shapes = [flat(state[name]) for name in start], [p.shape for p in params]
    for name, arrays in zip(start, held, strict=True):
        if [a.shape for a in arrays] != shapes:
            raise ValueError(f"{function}: state[{name!r}] is {describe(state[name])}, expected the structure and "
                             "shapes of params: it belongs to other parameters")
    return held


def check_update(function: str, params, grads, state, **options) -> int:
    """Refuse wrong parameters, gradients of other shapes, a foreign state and negative options; return the step."""
    if not fits(params, grads):
        refuse(function, params, grads)
    for option, value in options.items():
        at_least_zero(function, option, value)
    if state is None:
        return 1
    if "step" not in state:
        raise ValueError(f"{function}: state is {describe(state)}, expected what {function} returned, or None")
    return int(state["step"]) + 1  # an array of one number, when it comes from a file


def fits(params, grads) -> bool:
    """Say at once that float arrays of the same shapes stand in the same places; whatever is rare is answered no."""
    kind = type(params)
    if kind is np.ndarray:
        return type(grads) is kind and params.shape == grads.shape and params.dtype.kind == grads.dtype.kind == "f"
    if type(grads) is not kind or not params or len(params) != len(grads):
        return False
    if kind is tuple or kind is list:
        return all(map(fits, params, grads))
    return kind is dict and list(params) == list(grads) and all(map(fits, params.values(), grads.values()))


def refuse(function: str, params, grads) -> None:
    """Look at every leaf, and refuse the first that is wrong by its name."""
    ours, theirs = list(leaves(params)), list(leaves(grads))
    if any(getattr(getattr(leaf, "dtype", None), "kind", None) != "f" for _, leaf in ours + theirs) or not ours:
        check_params(function, params)
        check_params(function, grads, "grads")
    if len(ours) != len(theirs) or any(p[0] != g[0] for p, g in zip(ours, theirs, strict=True)):
        raise ValueError(f"{function}: grads is {describe(grads)}, expected the structure of params")
    for (path, p), (_, g) in zip(ours, theirs, strict=True):
        if p.shape != g.shape:
            raise ValueError(f"{function}: the gradient of params{path} is {describe(g)}, expected shape {p.shape}")


def share(function: str, option: str, value: float) -> float:
    """Return the weight of the past in a running average; refuse it outside [0, 1)."""
    if not 0 <= at_least_zero(function, option, value) < 1:
        raise ValueError(f"{function}: {option} is {value}, expected a number of at least 0 and below 1")
    return float(value)


def shares(function: str, betas: tuple[float, float]) -> list[float]:
    """Return the weights of the past in two running averages; refuse anything but two of them."""
    if not isinstance(betas, tuple | list) or len(betas) != 2:
        raise ValueError(f"{function}: betas is {betas!r}, expected a pair of numbers")
    return [share(function, f"betas[{i}]", beta) for i, beta in enumerate(betas)]
