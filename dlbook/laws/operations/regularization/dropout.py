"""The catalogue's entries for dropout, by entry, by channel and by example, and for the hole that is cut."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import SEEDS, array, sizes
from dlbook.laws.operation import Bug, Example, operation
from dlbook.laws.operations.linear_classifiers.drawing import shapes
from dlbook.numpy.regularization import cutout, drop_path, dropout, spatial_dropout

PROBABILITIES = st.sampled_from((0.5, 0.25, 0.8, 0.0, 1.0))


@st.composite
def masked(draw, axes: int | None):
    """Draw an array, a mask of its first `axes` axes (of all for None), and sometimes a probability."""
    shape = draw(shapes(least=max(1, axes or 0), most=max(3, axes or 0)))
    p = draw(st.none() | PROBABILITIES)
    rng = np.random.default_rng(draw(SEEDS))
    mask = rng.random(shape[:axes]) >= (0.5 if p is None else p)
    return Example((draw(array(*shape)), mask), {} if p is None else {"p": p})


REFUSES = {
    "a probability above 1": lambda e: e.with_options(p=1.5),
    "a negative probability": lambda e: e.with_options(p=-0.1),
    "a mask of numbers": lambda e: e.with_arg(1, e.args[1].astype(float)),
    "integers for floats": lambda e: e.with_arg(0, e.args[0].astype(int)),
    "a mask of another length": lambda e: e.with_arg(1, np.concatenate([e.args[1], e.args[1][:1]])),
}


def over(mask, x):
    """Spread a mask of the first axes over the others."""
    return np.broadcast_to(mask.reshape(mask.shape + (1,) * (x.ndim - mask.ndim)), x.shape)


def a_value_is_zero_or_stretched_by_the_same_factor(f, example):
    x, mask = example.args
    p = example.options.get("p", 0.5)
    y = f(x, mask, **example.options)
    kept = over(mask, x)
    np.testing.assert_array_equal(y[~kept], 0)
    if p < 1:
        np.testing.assert_allclose(y[kept] * (1 - p), x[kept], rtol=1e-12)


def dropping_nothing_changes_nothing(f, example):
    x, mask = example.args
    np.testing.assert_array_equal(f(x, np.ones_like(mask), p=0.0), x)


def dropping_all_leaves_nothing(f, example):
    x, mask = example.args
    np.testing.assert_array_equal(f(x, mask, p=1.0), 0)


def the_mean_over_all_masks_is_the_number(f, example):
    """Weigh all masks of the first three places by their probabilities, the other places staying as they are."""
    x, mask = example.args
    p = 0.25
    few = min(3, mask.size)
    mean = np.zeros_like(x)
    for code in range(2**few):
        m = np.ones(mask.shape, bool)
        m.flat[:few] = [code >> i & 1 for i in range(few)]
        kept = int(m.flat[:few].sum())
        mean += (1 - p) ** kept * p ** (few - kept) * f(x, m, p=p)
    chosen = np.zeros(mask.shape, bool)
    chosen.flat[:few] = True
    chosen = over(chosen, x)
    np.testing.assert_allclose(mean[chosen], x[chosen], rtol=1e-12, atol=1e-15)


def the_way_back_uses_the_mask_of_the_way_forward(f, example):
    x, mask = example.args
    _, pullback = f.vjp(x, mask, **example.options)
    dy = example.rng().normal(size=x.shape)
    np.testing.assert_array_equal(pullback(dy)[0], f(dy, mask, **example.options))  # it is linear and symmetric


COMMON = (
    a_value_is_zero_or_stretched_by_the_same_factor,
    dropping_nothing_changes_nothing,
    dropping_all_leaves_nothing,
    the_mean_over_all_masks_is_the_number,
    the_way_back_uses_the_mask_of_the_way_forward,
)


def bugs(kept: str) -> tuple[Bug, ...]:
    """List the mistakes that the three have in common; `kept` is what their sources call the mask."""
    forward, backward = f"np.where({kept}, x * scale, 0)", f"np.where({kept}, dy * scale, 0)"
    return (
        Bug("no scale in training", forward, f"np.where({kept}, x, 0)",
            "Divide what is kept by 1 - p, or the mean shrinks by that factor and evaluation would have to know."),
        Bug("divided by p", "return 1 / (1 - p) if p < 1 else 0.0", "return 1 / p if p > 0 else 1.0",
            "p is the probability of being dropped: what is kept is divided by 1 - p."),
        Bug("the mask the wrong way round", forward, f"np.where({kept}, 0, x * scale)",
            "The mask is True where x is kept."),
        Bug("no mask on the way back", backward, "dy * scale",
            "What was dropped has no part in y, and so it gets no gradient."),
        Bug("no scale on the way back", backward, f"np.where({kept}, dy, 0)",
            "The factor of the way forward is the slope: it multiplies dy as well."),
        Bug("a fresh mask on the way back", backward,
            "np.where(np.random.default_rng(0).random(dy.shape) < 0.5, dy * scale, 0)",
            "The way back goes through the mask of the way forward: draw it once and keep it."),
    )  # fmt: skip


operation(
    dropout,
    examples=masked(None),
    analytic=True,
    rows=(0, 1),
    refuses=REFUSES,
    invariants=COMMON,
    exact=(
        ((np.array([1.0, -2.0, 3.0]), np.array([True, True, False])), {"p": 0.5}, [2.0, -4.0, 0.0],
         ([2.0, 2.0, 0.0], None)),
        ((np.array([1.0, -2.0]), np.array([True, True])), {"p": 1.0}, [0.0, 0.0], ([0.0, 0.0], None)),
        ((np.array([np.inf, 1.0]), np.array([False, True])), {"p": 0.0}, [0.0, 1.0], None),
    ),
    bugs=bugs("mask"),
)  # fmt: skip


def a_channel_is_kept_or_dropped_as_a_whole(f, example):
    x, mask = example.args
    y = f(np.ones_like(x), mask, **example.options).reshape(*mask.shape, -1)
    assert (y == y[..., :1]).all(), "a channel is dropped in part"


operation(
    spatial_dropout,
    examples=masked(2),
    analytic=True,
    rows=(0, 1),
    refuses=REFUSES,
    invariants=(*COMMON, a_channel_is_kept_or_dropped_as_a_whole),
    exact=(
        ((np.ones((1, 2, 1, 2)), np.array([[False, True]])), {"p": 0.5}, [[[[0.0, 0.0]], [[2.0, 2.0]]]],
         ([[[[0.0, 0.0]], [[2.0, 2.0]]]], None)),
    ),
    bugs=bugs("kept"),
)  # fmt: skip


def an_example_is_kept_or_dropped_as_a_whole(f, example):
    x, mask = example.args
    y = f(np.ones_like(x), mask, **example.options).reshape(len(x), -1)
    assert (y == y[:, :1]).all(), "an example is dropped in part"


operation(
    drop_path,
    examples=masked(1),
    analytic=True,
    rows=(0, 1),
    refuses=REFUSES,
    invariants=(*COMMON, an_example_is_kept_or_dropped_as_a_whole),
    exact=(
        ((np.ones((2, 2)), np.array([True, False])), {"p": 0.75}, [[4.0, 4.0], [0.0, 0.0]],
         ([[4.0, 4.0], [0.0, 0.0]], None)),
    ),
    bugs=bugs("kept"),
)  # fmt: skip


# ------------------------------------------------------------------------------------------------ cutout


@st.composite
def holes(draw):
    n, c, h, w = draw(sizes(4))
    centre = np.random.default_rng(draw(SEEDS)).integers(0, (h, w), (n, 2))
    return Example((draw(array(n, c, h, w)), centre), {"size": draw(st.integers(0, 4))})


def a_hole_is_a_square_that_may_hang_over_the_edge(f, example):
    x, centre = example.args
    size = example.options["size"]
    y = f(np.ones_like(x), centre, size=size)
    for image, (row, column) in zip(y, centre, strict=True):
        want = np.ones(image.shape[1:])
        top, left = row - size // 2, column - size // 2
        want[max(0, top) : max(0, top + size), max(0, left) : max(0, left + size)] = 0
        np.testing.assert_array_equal(image, np.broadcast_to(want, image.shape))


def outside_the_hole_nothing_changes(f, example):
    x, centre = example.args
    kept = f(np.ones_like(x), centre, **example.options) == 1
    np.testing.assert_array_equal(f(x, centre, **example.options)[kept], x[kept])


def cutting_twice_is_cutting_once(f, example):
    y = f(*example.args, **example.options)
    np.testing.assert_array_equal(f(y, example.args[1], **example.options), y)


operation(
    cutout,
    examples=holes(),
    analytic=True,
    rows=(0, 1),
    refuses={
        "a negative size": lambda e: e.with_options(size=-1),
        "half a pixel": lambda e: e.with_options(size=1.5),
        "centres that are floats": lambda e: e.with_arg(1, e.args[1].astype(float)),
        "a centre too few": lambda e: e.with_arg(1, e.args[1][1:]),
    },
    invariants=(
        a_hole_is_a_square_that_may_hang_over_the_edge,
        outside_the_hole_nothing_changes,
        cutting_twice_is_cutting_once,
    ),
    exact=(
        ((np.ones((1, 1, 3, 3)), np.array([[0, 2]])), {"size": 3}, [[[[1.0, 0, 0], [1, 0, 0], [1, 1, 1]]]],
         ([[[[1.0, 0, 0], [1, 0, 0], [1, 1, 1]]]], None)),
        ((np.ones((1, 1, 2, 2)), np.array([[1, 1]])), {"size": 2}, [[[[0.0, 0], [0, 0]]]], None),
    ),
    bugs=(
        Bug("row and column exchanged", "first.T, strict=True", "first.T[::-1], strict=True",
            "The first number of a centre is the row, the second the column."),
        Bug("the corner taken for the middle", "centre - size // 2", "centre",
            "centre is the middle of the square, not its upper left corner."),
        Bug("a stripe instead of a square", "rows[:, :, None] & columns[:, None, :]",
            "rows[:, :, None] | columns[:, None, :]", "The hole is where row and column are both inside."),
        Bug("the gradient of what was cut", "np.where(hole, 0, dy)", "dy.copy()",
            "What was cut out has no part in y, and so it gets no gradient."),
        Bug("a pixel too large", "start[:, None] + size)", "start[:, None] + size + 1)",
            "A square of side s has s rows: the last one is start + s - 1."),
    ),
)  # fmt: skip
