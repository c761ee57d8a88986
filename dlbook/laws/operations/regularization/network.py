"""The catalogue's entry for the k-layer network with dropout between its layers."""

from itertools import pairwise

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import SEEDS, array
from dlbook.laws.operation import Bug, Example, operation
from dlbook.laws.operations.deep_networks.network import NAMES, size, wrong_layer
from dlbook.numpy.deep_networks import mlp
from dlbook.numpy.regularization import dropout_mlp


@st.composite
def thinned(draw):
    n = draw(st.integers(1, 4))
    widths = draw(st.lists(st.integers(1, 4), min_size=2, max_size=4))
    rng = np.random.default_rng(draw(SEEDS))
    params = tuple((rng.normal(size=(k, d)), 0.5 * rng.normal(size=k)) for d, k in pairwise(widths))
    p = draw(st.sampled_from((0.5, 0.2, 0.0, 1.0)))
    masks = tuple(rng.random((n, k)) >= p for k in widths[1:-1])
    options = {"p": p} if draw(st.booleans()) or p != 0.5 else {}
    if draw(st.booleans()):
        options["activation"] = draw(st.sampled_from(NAMES))
    return Example((draw(array(n, widths[0])), params, masks), options)


def stretched(example) -> float:
    """Bound the values inside: those of the network, and a factor for each layer that drops."""
    x, params, _ = example.args
    p = example.options.get("p", 0.5)
    return size(Example((x, params))) * (1 / (1 - p) if p < 1 else 1.0) ** (len(params) - 1)


def without_dropping_it_is_the_network(f, example):
    x, params, masks = example.args
    name = example.options.get("activation", "relu")
    all_kept = tuple(np.ones_like(mask) for mask in masks)
    np.testing.assert_array_equal(f(x, params, all_kept, p=0.0, activation=name), mlp(x, params, activation=name))


def a_unit_that_is_dropped_for_all_may_be_cut_out(f, example):
    x, params, masks = example.args
    if not masks:
        return
    masks = (np.broadcast_to(masks[0][:1], masks[0].shape).copy(), *masks[1:])
    kept = masks[0][0]
    if not kept.any():
        return
    (weight, bias), (after, b), *rest = params
    thin = ((weight[kept], bias[kept]), (after[:, kept], b), *rest)
    np.testing.assert_allclose(
        f(x, params, masks, **example.options), f(x, thin, (masks[0][:, kept], *masks[1:]), **example.options),
        rtol=1e-9, atol=1e-12 * stretched(example),
    )  # fmt: skip


def with_everything_dropped_only_the_last_bias_speaks(f, example):
    x, params, masks = example.args
    if not masks:
        return
    y = f(x, params, tuple(np.zeros_like(mask) for mask in masks), **example.options)
    np.testing.assert_array_equal(y, np.broadcast_to(params[-1][1], y.shape))


def a_dropped_unit_hears_nothing(f, example):
    x, params, masks = example.args
    if not masks:
        return
    y, pullback = f.vjp(x, params, masks, **example.options)
    _, grads, _ = pullback(example.rng().normal(size=y.shape))
    for mask, (dweight, dbias) in zip(masks, grads, strict=False):
        dropped = ~mask.any(axis=0)  # for every example
        assert not dweight[dropped].any()
        assert not dbias[dropped].any()


def a_row_depends_on_its_own_masks(f, example):
    x, params, masks = example.args
    order = example.rng().permutation(len(x))
    y = f(x, params, masks, **example.options)
    moved = f(x[order], params, tuple(mask[order] for mask in masks), **example.options)
    np.testing.assert_allclose(moved, y[order], rtol=1e-12, atol=1e-13 * stretched(example))


operation(
    dropout_mlp,
    examples=thinned(),
    kinks=True,
    scale=stretched,
    finite=(1e3, 1e-8),
    refuses={
        "integers for floats": lambda e: e.with_arg(0, e.args[0].astype(int)),
        "no layer": lambda e: e.with_arg(1, ()),
        "a layer that does not fit": lambda e: e.with_arg(1, wrong_layer(Example(e.args[:2])).args[1]),
        "a mask too many": lambda e: e.with_arg(2, (*e.args[2], np.ones((len(e.args[0]), 2), bool))),
        "a probability above 1": lambda e: e.with_options(p=1.5),
    },
    invariants=(
        without_dropping_it_is_the_network,
        a_unit_that_is_dropped_for_all_may_be_cut_out,
        with_everything_dropped_only_the_last_bias_speaks,
        a_dropped_unit_hears_nothing,
        a_row_depends_on_its_own_masks,
    ),
    exact=(
        (
            (
                np.array([[1.0]]),
                ((np.array([[1.0], [2.0]]), np.zeros(2)), (np.array([[1.0, 1.0]]), np.array([0.5]))),
                (np.array([[True, False]]),),
            ),
            {"p": 0.5},
            [[2.5]],
            ([[2.0]], (([[2.0], [0.0]], [2.0, 0.0]), ([[2.0, 0.0]], [1.0])), None),
        ),
    ),
    bugs=(
        Bug("the mask forgotten on the way back", "dy, _ = dropout_pullback(dy)", "dy = 1.0 * dy",
            "Between two layers dy has to pass the dropout as well: the mask of the way forward, and its factor."),
        Bug("dropout before the activation", "h, activation_pullback = vjp(ACTIVATIONS[activation], h)\n        "
            "h, dropout_pullback = vjp(dropout, h, mask, p=p)",
            "h, dropout_pullback = vjp(dropout, h, mask, p=p)\n        "
            "h, activation_pullback = vjp(ACTIVATIONS[activation], h)",
            "Drop what a unit says, after its activation: a sigmoid of a score of 0 is not 0."),
        Bug("the output layer dropped too", "return h, pullback", "return h * (h > 0), pullback",
            "The last layer gives scores, and all of them are needed."),
        Bug("the first mask for every example", "vjp(dropout, h, mask, p=p)",
            "vjp(dropout, h, np.broadcast_to(mask[:1], mask.shape).copy(), p=p)",
            "Each example has its own mask, a row of masks[l]."),
        Bug("always one half", "vjp(dropout, h, mask, p=p)", "vjp(dropout, h, mask, p=0.5)",
            "The option says with which probability the masks were drawn, and by what to stretch."),
        Bug("the gradients in the order of the way back", "tuple(reversed(grads))", "tuple(grads)",
            "The way back meets the last layer first: put the gradients back into the order of params."),
    ),
)  # fmt: skip
