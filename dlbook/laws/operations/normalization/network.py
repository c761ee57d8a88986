"""The catalogue's entry for the k-layer network with normalization."""

from itertools import pairwise

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import SEEDS, array
from dlbook.laws.operation import Bug, Example, operation
from dlbook.laws.operations.normalization.drawing import REFUSED
from dlbook.numpy.deep_networks import mlp
from dlbook.numpy.normalization import normalized_mlp

NAMES = ("relu", "tanh", "gelu", "identity")


@st.composite
def networks(draw):
    n = draw(st.integers(2, 4))
    widths = draw(st.lists(st.integers(1, 4), min_size=2, max_size=4))
    rng = np.random.default_rng(draw(SEEDS))
    norm = draw(st.sampled_from(("batch", "batch", "layer", "none")))
    params = []
    for layer, (d, k) in enumerate(pairwise(widths)):
        plain = norm == "none" or layer == len(widths) - 2
        own = [rng.normal(size=k)] if plain else [rng.uniform(0.5, 2, k), rng.normal(size=k)]
        params.append((rng.normal(size=(k, d)), *own))
    running = None
    if norm == "batch" and draw(st.booleans()):
        running = tuple((rng.normal(size=k), rng.uniform(0.1, 2, k)) for k in widths[1:-1])
    options = {"activation": draw(st.sampled_from(NAMES))} if draw(st.booleans()) else {}
    options |= {} if norm == "batch" and draw(st.booleans()) else {"norm": norm}
    # An eps that is large keeps the slopes of these tiny batches in the range of the others.
    return Example((draw(array(n, widths[0], kinds=("iota", "normal", "ties"))), tuple(params), running),
                   {"eps": 0.1, **options})  # fmt: skip


def size(example) -> float:
    """Bound the values inside a network, each normalization enlarging them by 1 / sqrt(eps) at most."""
    x, params, _ = example.args
    bound = max(1.0, float(np.abs(x).max()))
    for weight, *rest in params:
        bound = 4 * (bound * float(np.abs(weight).sum(axis=1).max()) + 2) * max(1.0, *(np.abs(a).max() for a in rest))
    return bound


def norm_of(example) -> str:
    return example.options.get("norm", "batch")


def rows(example) -> tuple[int, ...]:
    return () if norm_of(example) == "batch" and example.args[2] is None and len(example.args[1]) > 1 else (0,)


def without_a_norm_it_is_the_network_that_we_know(f, example):
    x, params, _ = example.args
    plain = tuple((layer[0], layer[-1]) for layer in params)
    options = {k: v for k, v in example.options.items() if k == "activation"}
    np.testing.assert_array_equal(f(x, plain, norm="none", **options), mlp(x, plain, **options))


def the_scale_of_the_first_weights_does_not_count(f, example):
    x, params, running = example.args
    if norm_of(example) == "none" or running is not None or len(params) == 1:
        return
    (weight, *rest), *above = params
    y = f(x, params, **{**example.options, "eps": 1e-9})
    scaled = f(x, ((4 * weight, *rest), *above), **{**example.options, "eps": 1e-9})
    if np.abs(np.subtract.outer(x @ weight.T, x @ weight.T)).max() < 1e-3:
        return  # nothing but eps is left to divide by
    s = x @ weight.T
    if s.std(axis=0 if norm_of(example) == "batch" else 1).min() > 0.1:
        np.testing.assert_allclose(scaled, y, rtol=1e-4, atol=1e-4 * size(example))


def hidden_units_may_change_places(f, example):
    x, params, running = example.args
    if len(params) == 1:
        return
    order = example.rng().permutation(len(params[0][0]))
    first, (after, *others), *above = params
    moved = tuple(a[order] for a in first), (after[:, order], *others), *above
    if running is not None:
        running = tuple(a[order] for a in running[0]), *running[1:]
    y = f(*example.args, **example.options)
    np.testing.assert_allclose(
        f(x, moved, running, **example.options), y, rtol=1e-9, atol=1e-12 * size(example)
    )


def a_permuted_batch_is_permuted(f, example):
    x, *rest = example.args
    order = example.rng().permutation(len(x))
    y = f(*example.args, **example.options)
    np.testing.assert_allclose(
        f(x[order], *rest, **example.options), y[order], rtol=1e-9, atol=1e-12 * size(example)
    )


def wrong_layer(example):
    """Return the example with a last layer that has a column too many."""
    x, params, running = example.args
    weight, *rest = params[-1]
    return example.with_args(x, (*params[:-1], (np.ones((len(weight), weight.shape[1] + 1)), *rest)), running)


def misfit_statistics(example):
    """Return the example with running statistics for a unit too many, or for a network without any."""
    x, params, _ = example.args
    running = tuple((np.zeros(len(w) + 1), np.ones(len(w) + 1)) for w, *_ in params)
    return example.with_args(x, params, running)


operation(
    normalized_mlp,
    examples=networks(),
    kinks=True,
    rows=rows,
    scale=size,
    finite=(1e2, 1e-6),
    refuses={
        **{k: v for k, v in REFUSED.items() if k != "integers for floats"},
        "no layer": lambda e: e.with_arg(1, ()),
        "a layer that does not fit": wrong_layer,
        "statistics that do not fit": misfit_statistics,
        "a norm that does not exist": lambda e: e.with_options(norm="group"),
        "an activation that does not exist": lambda e: e.with_options(activation="step"),
    },
    invariants=(
        without_a_norm_it_is_the_network_that_we_know,
        the_scale_of_the_first_weights_does_not_count,
        hidden_units_may_change_places,
        a_permuted_batch_is_permuted,
    ),
    exact=(
        # One hidden unit sees 0, 3, 3: mean 2, variance 2, and an eps of 2 that makes the root 2.
        (
            (
                np.array([[0.0], [3.0], [3.0]]),
                ((np.ones((1, 1)), np.array([2.0]), np.array([0.5])), (np.array([[4.0]]), np.array([1.0]))),
                None,
            ),
            {"eps": 2.0},
            [[1.0], [7.0], [7.0]],
            None,
        ),
        # The same numbers within one example, for the layer norm.
        (
            (
                np.array([[1.0]]),
                (
                    (np.array([[0.0], [3.0], [3.0]]), np.full(3, 2.0), np.full(3, 0.5)),
                    (np.array([[1.0, 2.0, 3.0]]), np.array([1.0])),
                ),
                None,
            ),
            {"norm": "layer", "eps": 2.0},
            [[8.5]],
            None,
        ),
    ),
    bugs=(
        Bug("the batch's own statistics in evaluation", "elif running is None:", "elif True:",
            "With running statistics an example must not see its company."),
        Bug("the norm after the activation", "x, norm_pullback = vjp(batch_norm, x, *rest, eps=eps)",
            "x, norm_pullback = vjp(batch_norm, np.maximum(x, 0), *rest, eps=eps)",
            "The normalization stands between the linear map and the activation."),
        Bug("a norm after the last layer", "plain = last or norm ==", "plain = (last and len(params) > 9) or norm ==",
            "The last layer gives scores: they are not normalized."),
        Bug("the activation forgotten on the way back", "parts.append(activation_pullback)",
            "parts.append(lambda dy: (dy,))", "dy has to pass the slope of the activation."),
        Bug("the norm forgotten on the way back", "parts.append(norm_pullback)",
            "parts.append(lambda dy: (dy, *norm_pullback(dy)[1:]))",
            "dy has to pass the pullback of the normalization, which couples the examples."),
        Bug("the gradients in the order of the way back", "return dy, tuple(reversed(grads))",
            "return dy, tuple(grads)", "The way back meets the last layer first: put the gradients back in order."),
        Bug("the option eps is not handed on", "x, norm_pullback = vjp(layer_norm, x, *rest, eps=eps)",
            "x, norm_pullback = vjp(layer_norm, x, *rest)", "eps belongs to every normalization of the network."),
    ),
)  # fmt: skip
