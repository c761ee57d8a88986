"""The catalogue's entry for the residual network."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import SEEDS, array
from dlbook.laws.operation import Bug, Example, operation
from dlbook.laws.operations.architectures.drawing import INTEGERS, bound, statistics
from dlbook.laws.trees import flatten, rebuild
from dlbook.numpy.architectures import init_residual_network, residual_network


@st.composite
def networks(draw):
    rng = np.random.default_rng(draw(SEEDS))
    widths, blocks = draw(st.sampled_from((((2,), 1), ((1, 2), 1), ((1, 2), 1), ((1, 1), 2))))
    flags = {"preactivation": draw(st.booleans()), "skip": draw(st.sampled_from((True, True, False)))}
    bottleneck = draw(st.sampled_from((0, 0, 0, 1)))
    channels, n = 1, draw(st.integers(1, 2))
    params, running = init_residual_network(
        channels, widths, blocks, draw(st.integers(1, 2)), rng, bottleneck=bottleneck, dtype="float64", **flags
    )
    params = rebuild(params, [a + 0.2 * rng.normal(size=a.shape) for a in flatten(params)])
    running = statistics(rng, [len(mean) for mean, _ in running]) if draw(st.booleans()) else None
    size = 3, draw(st.integers(2, 3))
    told = {name: value for name, value in flags.items() if value != (name == "skip")}
    return Example((draw(array(n, channels, *size, kinds=("iota", "normal"))), params, running), {"eps": 0.3, **told})


def every_score_moves_with_its_bias(f, example):
    x, (stem, stages, last, (weight, bias)), running = example.args
    y = f(*example.args, **example.options)
    moved = f(x, (stem, stages, last, (weight, bias + 1.5)), running, **example.options)
    np.testing.assert_allclose(moved, y + 1.5, rtol=1e-9, atol=1e-11 * bound(example))


def a_permuted_batch_is_permuted(f, example):
    x, *rest = example.args
    np.testing.assert_allclose(
        f(x[::-1], *rest, **example.options), f(x, *rest, **example.options)[::-1], rtol=1e-8,
        atol=1e-11 * bound(example),
    )  # fmt: skip


def with_silent_branches_a_stage_counts_for_nothing(f, example):
    """Blocks whose last gamma and beta are zero hand on what they are given; without shortcuts nothing is left."""
    rng = example.rng()
    x = rng.normal(size=(2, 1, 4, 4))
    (stem, (stage,), last, head), _ = init_residual_network(1, (2,), 2, 3, rng, dtype="float64")
    silent = tuple(((*branch[:-1], (branch[-1][0], *(0 * a for a in branch[-1][1:]))), ()) for branch, _ in stage)
    np.testing.assert_array_equal(f(x, (stem, (silent,), last, head)), f(x, (stem, (), last, head)))
    np.testing.assert_array_equal(f(x, (stem, (silent,), last, head), skip=False), np.zeros((2, 3)))


def the_last_maps_count_by_their_means(f, example):
    """An image and its mirror image have the same scores when all kernels are their own mirror images."""
    x, params, running = example.args
    even = rebuild(params, [a + a[..., ::-1] if a.ndim == 4 else a for a in flatten(params)])
    if len(params[1]) > 1:
        return  # a stride begins at one side
    np.testing.assert_allclose(
        f(x[..., ::-1], even, running, **example.options), f(x, even, running, **example.options), rtol=1e-8,
        atol=1e-10 * bound(example),
    )  # fmt: skip


def wrong_head(example):
    x, (stem, stages, last, (weight, bias)), running = example.args
    return example.with_args(x, (stem, stages, last, (np.ones((len(weight), 9)), bias)), running)


def wrong_stem(example):
    x, (stem, *rest), running = example.args
    return example.with_args(x, ((np.ones((len(stem[0]), 9, 3, 3)), *stem[1:]), *rest), running)


operation(
    residual_network,
    examples=networks(),
    kinks=True,
    rows=lambda example: () if example.args[2] is None else (0,),
    scale=bound,
    finite=(1e2, 1e-4),
    refuses={
        **INTEGERS,
        "a stem for other channels": wrong_stem,
        "a head for other channels": wrong_head,
        "statistics for one batch norm too many": lambda e: e.with_arg(
            2, (*(e.args[2] or ()), *[(np.zeros(1), np.ones(1))] * 30)),
        "an eps of zero": lambda e: e.with_options(eps=0.0),
    },
    invariants=(
        every_score_moves_with_its_bias,
        a_permuted_batch_is_permuted,
        with_silent_branches_a_stage_counts_for_nothing,
        the_last_maps_count_by_their_means,
    ),
    bugs=(
        Bug("a stride in every block", "2 if s and not b else 1", "2 if s else 1",
            "Only the first block of a stage halves the image."),
        Bug("a stride in the first stage", "2 if s and not b else 1", "2 if not b else 1",
            "The first stage keeps the size of the image."),
        Bug("the mean's gradient not divided", "dh[:, :, None, None] / (h.shape[2] * h.shape[3])",
            "dh[:, :, None, None]", "A mean of all places sends each of them its share."),
        Bug("the shortcuts always there", "2 if s and not b else 1, skip)", "2 if s and not b else 1, True)",
            "With skip = False a block is a plain stack of layers."),
        Bug("the blocks' gradients in the order of the way back", "found.reverse()", "pass",
            "The way back meets the last block first: put the gradients back in order."),
        Bug("the stem's rectifier forgotten", "h, relu_pullback = vjp(relu, h)",
            "_, relu_pullback = vjp(relu, h)", "The first convolution and its norm are followed by a rectifier."),
        Bug("the last norm forgotten on the way back", "dh, dlast, of_running = last_pullback(dh)",
            "_, dlast, of_running = last_pullback(dh)", "What comes back from the head passes the last norm first."),
    ),
)  # fmt: skip
