"""The catalogue's entry for local response normalization."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import array
from dlbook.laws.operation import Bug, Example, operation
from dlbook.laws.operations.architectures.drawing import INTEGERS
from dlbook.numpy.architectures import local_response_norm


@st.composite
def responses(draw):
    shape = [draw(st.integers(1, 2)), draw(st.integers(1, 6)), *draw(st.lists(st.integers(1, 2), max_size=2))]
    options = {"size": draw(st.integers(1, 5))}
    if draw(st.booleans()):
        options |= {"alpha": draw(st.sampled_from((0.0, 0.5, 2.0))), "beta": draw(st.sampled_from((0.0, 0.75, 2.0)))}
        options["k"] = draw(st.sampled_from((1.0, 2.0)))
    return Example((draw(array(*shape, kinds=("iota", "normal", "ties", "small", "zeros"))),), options)


def with_alpha_zero_it_divides_by_a_constant(f, example):
    x = example.args[0]
    np.testing.assert_allclose(f(x, size=3, alpha=0.0, beta=0.5, k=4.0), x / 2, rtol=1e-14)


def signs_stay_and_sizes_do_not_grow(f, example):
    x = example.args[0]
    y = f(x, **{**example.options, "k": 1.0})
    assert (np.abs(y) <= np.abs(x) * (1 + 1e-14)).all()
    assert (x * y >= 0).all()


def of_all_channels_it_is_a_length(f, example):
    """With a window over all channels, alpha = size, beta = 1/2 and a tiny k every place becomes a unit vector."""
    x = example.args[0] + np.where(example.args[0] < 0, -1.0, 1.0)
    size = 2 * x.shape[1] + 1
    y = f(x, size=size, alpha=float(size), beta=0.5, k=1e-12)
    np.testing.assert_allclose((y**2).sum(axis=1), np.ones_like(y[:, 0]), rtol=1e-9)


def channels_far_away_do_not_count(f, example):
    x = example.rng().normal(size=(1, 7, 1))
    other = x.copy()
    other[:, 6] += 5
    a, b = (f(v, size=3, alpha=1.0) for v in (x, other))
    np.testing.assert_array_equal(a[:, :5], b[:, :5])
    assert (a[:, 5] != b[:, 5]).all()


def a_reversed_order_of_channels_reverses_an_odd_window(f, example):
    x, options = example.args[0], {**example.options, "size": 3}
    np.testing.assert_allclose(f(x[:, ::-1], **options), f(x, **options)[:, ::-1], rtol=1e-13)


operation(
    local_response_norm,
    examples=responses(),
    analytic=True,
    rows=(0,),
    refuses={
        **INTEGERS,
        "a window of no channel": lambda e: e.with_options(size=0),
        "a negative alpha": lambda e: e.with_options(alpha=-1.0),
        "a negative beta": lambda e: e.with_options(beta=-0.5),
        "k of zero": lambda e: e.with_options(k=0.0),
    },
    invariants=(
        with_alpha_zero_it_divides_by_a_constant,
        signs_stay_and_sizes_do_not_grow,
        of_all_channels_it_is_a_length,
        channels_far_away_do_not_count,
        a_reversed_order_of_channels_reverses_an_odd_window,
    ),
    exact=(
        # Two channels, window of two: channel 0 sees itself, channel 1 both. s = 1 + 8/2 = 5, 1 + (8 + 8)/2 = 9.
        ((np.array([[[8.0**0.5], [8.0**0.5]]]),), {"size": 2, "alpha": 1.0, "beta": 1.0},
         [[[8.0**0.5 / 5], [8.0**0.5 / 9]]], None),
        ((np.array([[[2.0]]]),), {"size": 1, "alpha": 2.0, "beta": 1.0}, [[[2 / 9]]], ([[[1 / 9 - 16 / 81]]],)),
    ),
    bugs=(
        Bug("the sum not divided by the size", "alpha / size * neighbour_sum(x * x", "alpha * neighbour_sum(x * x",
            "In PyTorch alpha is divided by the size of the window; the paper's own alpha is not."),
        Bug("an even window one channel to the right", "before, after = size // 2, (size - 1) // 2",
            "before, after = (size - 1) // 2, size // 2",
            "Of an even window the extra channel lies before, not after."),
        Bug("the window not turned on the way back", "dy * x * scale / s, after, before)",
            "dy * x * scale / s, before, after)",
            "Channel c is seen by the channels whose window contains it: before and after change their places."),
        Bug("the neighbours' sums taken for constants", "dy * scale - (2 * alpha * beta / size) * x * felt",
            "dy * scale - 0 * felt", "The divisor depends on x: its slope belongs to the gradient."),
        Bug("only its own sum", "neighbour_sum(dy * x * scale / s, after, before)", "dy * x * scale / s",
            "An entry stands in the sums of its neighbours too, and each of them has a say."),
        Bug("a window over places", "s = k + alpha / size * neighbour_sum(x * x, before, after)",
            "s = k + alpha / size * neighbour_sum((x * x).swapaxes(1, -1), before, after).swapaxes(1, -1)",
            "The neighbours are channels at the same place, not places of the same channel."),
        Bug("the two of the square forgotten", "(2 * alpha * beta / size)", "(alpha * beta / size)",
            "The square of x has the slope 2 x."),
    ),
)  # fmt: skip
