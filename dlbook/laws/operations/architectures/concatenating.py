"""The catalogue's entries for the blocks that put channels side by side."""

from itertools import pairwise

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import SEEDS, array
from dlbook.laws.operation import Bug, Example, operation
from dlbook.laws.operations.architectures.drawing import INTEGERS, KINDS, agree, bound, layer, sizes, statistics
from dlbook.numpy.architectures import dense_block, inception_block
from dlbook.numpy.convolution import conv2d, max_pool2d


@st.composite
def inceptions(draw):
    n, channels = draw(sizes()), draw(sizes())
    rng = np.random.default_rng(draw(SEEDS))
    kernels = draw(st.sampled_from((((1,), (1, 3), (1, 5), (1,)), ((1,), (3,)), ((3, 1),), ((1,), (1, 3), (1,)))))
    branches = []
    for sequence in kernels:
        path = [channels, *(draw(sizes()) for _ in sequence)]
        branches.append(tuple(layer(rng, path[i], path[i + 1], k, 1) for i, k in enumerate(sequence)))
    size = draw(st.integers(2, 4)), draw(st.integers(2, 3))
    return Example((draw(array(n, channels, *size, kinds=KINDS)), tuple(branches)))


def each_branch_computes_what_it_computes_alone(f, example):
    x, branches = example.args
    y, start = f(x, branches), 0
    for b, branch in enumerate(branches):
        h = max_pool2d(x, kernel_size=3, stride=1, padding=1) if b == len(branches) - 1 else x
        for weight, bias in branch:
            h = np.maximum(conv2d(h, weight, bias, padding="same"), 0)
        agree(y[:, start : start + h.shape[1]], h, example, f"branch {b}")
        start += h.shape[1]
    assert start == y.shape[1]


def branches_before_the_pooling_may_change_places(f, example):
    x, branches = example.args
    if len(branches) < 3:
        return
    widths = [len(branch[-1][0]) for branch in branches]
    y = f(x, branches)
    parts = np.split(y, np.cumsum(widths)[:-1], axis=1)
    moved = f(x, (branches[1], branches[0], *branches[2:]))
    agree(moved, np.concatenate([parts[1], parts[0], *parts[2:]], axis=1), example)


def nothing_is_negative(f, example):
    assert (f(*example.args) >= 0).all()


def the_gradients_of_the_branches_add_up(f, example):
    x, branches = example.args
    y, pullback = f.vjp(x, branches)
    dy = example.rng().normal(size=y.shape)
    widths = np.cumsum([0, *(len(branch[-1][0]) for branch in branches)])
    total = 0
    for low, high in pairwise(widths):
        part = np.zeros_like(dy)
        part[:, low:high] = dy[:, low:high]
        total = total + pullback(part)[0]
    agree(pullback(dy)[0], total, example)


operation(
    inception_block,
    examples=inceptions(),
    kinks=True,
    rows=(0,),
    scale=bound,
    finite=(1e3, 1e-8),
    refuses={
        **INTEGERS,
        "no branch": lambda e: e.with_arg(1, ()),
        "a branch without a layer": lambda e: e.with_arg(1, (*e.args[1], ())),
        "a layer for other channels": lambda e: e.with_arg(1, ((layer(e.rng(), 9, 1, 1, 1),),)),
        "an even kernel": lambda e: e.with_arg(1, ((layer(e.rng(), e.args[0].shape[1], 1, 2, 1),),)),
    },
    invariants=(
        each_branch_computes_what_it_computes_alone,
        branches_before_the_pooling_may_change_places,
        nothing_is_negative,
        the_gradients_of_the_branches_add_up,
    ),
    exact=(
        # One branch sees x itself, the other the maximum of a neighbourhood that is the whole image.
        ((np.array([[[[1.0, 2.0]]]]),
          (((np.ones((1, 1, 1, 1)), np.zeros(1)),), ((np.ones((1, 1, 1, 1)), np.ones(1)),))),
         {}, [[[[1, 2]], [[3, 3]]]], ([[[[1, 3]]]], ((([[[[3]]]], [2]),), (([[[[4]]]], [2]),)))),
    ),
    bugs=(
        Bug("the branches' gradients overwrite one another", "dx += dh  #", "dx = dh  #",
            "Every branch has looked at x: its gradient is the sum over the branches."),
        Bug("the pooling in front of every branch", "if b == len(branches) - 1:", "if b >= 0:",
            "Only the last branch begins with a pooling."),
        Bug("the pooling forgotten on the way back", "(dh,) = pool_pullback(dh)", "pool_pullback(dh)",
            "What the last branch sends back passes the pooling: it goes to the entries that won."),
        Bug("a branch's gradients in the order of the way back", "dbranches.append(tuple(reversed(grads)))",
            "dbranches.append(tuple(grads))", "The way back meets the last layer of a branch first."),
        Bug("dy cut at the wrong places", "h.shape[1] for h in found])[:-1]", "1 for h in found])[:-1]",
            "Each branch gets the gradients of its own channels: cut where the channels were joined."),
        Bug("no rectifier between the layers", "h, relu_pullback = vjp(relu, h)",
            "_, relu_pullback = vjp(relu, h * 0 + 1)",
            "Each convolution is followed by a rectifier, the 1 x 1 in front as well."),
    ),
)  # fmt: skip


@st.composite
def dense(draw):
    n, channels, layers = draw(sizes()), draw(sizes()), draw(st.integers(0, 3))
    rng = np.random.default_rng(draw(SEEDS))
    rest, growth = draw(st.sampled_from((2, 2, 1, 0))), draw(sizes())
    path = [channels + growth * i for i in range(layers)]
    params = tuple(layer(rng, c, growth, draw(st.sampled_from((1, 3))), rest, c) for c in path)
    running = statistics(rng, path if rest == 2 else []) if draw(st.booleans()) else None
    size = draw(st.integers(2, 3)), draw(st.integers(2, 3))
    return Example((draw(array(n, channels, *size, kinds=KINDS)), params, running), {"eps": 0.1})


def is_alone(example) -> tuple[int, ...]:
    return () if any(len(own) == 3 for own in example.args[1]) and example.args[2] is None else (0,)


def the_input_stands_first(f, example):
    x = example.args[0]
    np.testing.assert_array_equal(f(*example.args, **example.options)[:, : x.shape[1]], x)


def fewer_layers_give_the_first_channels(f, example):
    x, params, running = example.args
    if not params:
        return
    running = running[:-1] if running else running
    shorter = f(x, params[:-1], running, **example.options)
    np.testing.assert_array_equal(f(*example.args, **example.options)[:, : shorter.shape[1]], shorter)


def without_layers_it_changes_nothing(f, example):
    np.testing.assert_array_equal(f(example.args[0], ()), example.args[0])


def a_layer_adds_what_it_finds_in_all_before(f, example):
    rng = example.rng()
    x = rng.normal(size=(1, 2, 3, 3))
    first, second = layer(rng, 2, 1, 3, 1), layer(rng, 3, 2, 3, 1)
    y = f(x, (first, second))
    np.testing.assert_allclose(y[:, 3:], conv2d(np.maximum(y[:, :3], 0), *second, padding=1), rtol=1e-12, atol=1e-13)


operation(
    dense_block,
    examples=dense(),
    kinks=True,
    rows=is_alone,
    scale=bound,
    finite=(1e2, 1e-6),
    refuses={
        **INTEGERS,
        "a layer for other channels": lambda e: e.with_arg(1, (layer(e.rng(), 9, 1, 1, 1),)),
        "statistics for one batch norm too many": lambda e: e.with_arg(
            2, (*(e.args[2] or ()), *[(np.zeros(1), np.ones(1))] * 9)),
        "an even kernel": lambda e: e.with_arg(1, (layer(e.rng(), e.args[0].shape[1], 1, 2, 1),)),
        "an eps of zero": lambda e: e.with_options(eps=0.0),
    },
    invariants=(
        the_input_stands_first,
        fewer_layers_give_the_first_channels,
        without_layers_it_changes_nothing,
        a_layer_adds_what_it_finds_in_all_before,
    ),
    exact=(
        ((np.array([[[[2.0]], [[-1.0]]]]), ((np.array([[[[3.0]], [[5.0]]]]),),), None), {}, [[[[2]], [[-1]], [[6]]]],
         ([[[[4]], [[1]]]], (([[[[2]], [[0]]]],),), None)),
    ),
    bugs=(
        Bug("new channels in front of the old", "y = np.concatenate([y, h], axis=1)",
            "y = np.concatenate([h, y], axis=1)", "New channels are put behind the ones that are there."),
        Bug("what was known is not handed on", "dy = dy[:, :known] + dh  #", "dy = dh  #",
            "The channels that were known go on to the result themselves: their own gradient counts too."),
        Bug("what was looked at has no gradient", "dy = dy[:, :known] + dh  #", "dy = dy[:, :known]  #",
            "Each layer has looked at all channels before it and sends them a gradient."),
        Bug("the gradients in the order of the way back", "return dy.copy(), tuple(reversed(grads))",
            "return dy.copy(), tuple(grads)", "The way back meets the last layer first."),
        Bug("no rectifier", "h, activate_pullback = activate(y, layer, norms)",
            "h, activate_pullback = activate(y * 0 + 1, layer, norms)",
            "Norm and rectifier stand before each convolution."),
        Bug("the sum instead of the pile", "y = np.concatenate([y, h], axis=1)",
            "y = np.concatenate([y, h + y[:, : h.shape[1]].sum(axis=1, keepdims=True)], axis=1)",
            "Channels are put side by side and not added: that is the difference to a residual block."),
    ),
)  # fmt: skip
