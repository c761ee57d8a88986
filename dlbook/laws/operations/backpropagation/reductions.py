"""The catalogue's entries for sum, mean and the largest."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.operation import Bug, Example, operation
from dlbook.laws.operations.backpropagation.drawing import (
    NO_INTEGERS,
    inner_products_are_the_same_on_both_sides,
    tensors,
)
from dlbook.numpy.backpropagation import amax, mean, sum


@st.composite
def reductions(draw):
    x = draw(tensors())
    axes = st.permutations(range(x.ndim)).flatmap(lambda p: st.integers(0, x.ndim).map(lambda k: tuple(p[:k])))
    one = st.integers(-x.ndim, x.ndim - 1) if x.ndim else st.none()
    return Example((x,), {"axis": draw(st.none() | one | axes), "keepdims": draw(st.booleans())})


REFUSE = {
    **NO_INTEGERS,
    "an axis that is not there": lambda e: e.with_options(axis=np.ndim(e.args[0])),
    "an axis named twice": lambda e: e.with_args(np.ones((2, 2))).with_options(axis=(1, -1)),
}
NOTHING = {"the mean or the largest of nothing": lambda e: e.with_args(np.ones((2, 0))).with_options(axis=1)}


def kept_axes_have_length_one(f, example):
    axis = example.options["axis"]
    kept, gone = (f(example.args[0], axis=axis, keepdims=k) for k in (True, False))
    assert np.ndim(kept) == example.args[0].ndim
    np.testing.assert_array_equal(np.reshape(kept, np.shape(gone)), gone)


def ones_are_counted(f, example):
    ones = np.ones_like(example.args[0])
    y = f(ones, **example.options)
    assert (y == ones.size // np.size(y)).all()


operation(
    sum,
    examples=reductions(),
    analytic=True,
    refuses=REFUSE,
    invariants=(ones_are_counted, kept_axes_have_length_one, inner_products_are_the_same_on_both_sides),
    bugs=(
        Bug("gradient of the mean", "(_spread(dy, x, axes),)", "(_spread(dy, x, axes) * np.size(dy) / np.size(x),)",
            "A sum is not divided by anything, so neither is its gradient."),
        Bug("spread along the wrong axis", "reshape(dy, shape=with_ones(shape_of(x), axes))",
            "reshape(dy, shape=with_ones(shape_of(x), axes)[::-1])",
            "The gradient is spread along the axis that was summed."),
        Bug("first entry only", "broadcast_to(reshape(dy, shape=with_ones(shape_of(x), axes)), shape=shape_of(x))",
            "broadcast_to(reshape(dy, shape=with_ones(shape_of(x), axes)), shape=shape_of(x))"
            " * (np.arange(np.size(x)).reshape(np.shape(x)) == 0)",
            "Every entry that was summed receives the gradient."),
    ),
)  # fmt: skip


def a_constant_is_its_own_mean(f, example):
    np.testing.assert_array_equal(f(np.full_like(example.args[0], 1.5), **example.options), 1.5)


operation(
    mean,
    examples=reductions(),
    analytic=True,
    refuses={**REFUSE, **NOTHING},
    invariants=(a_constant_is_its_own_mean, kept_axes_have_length_one, inner_products_are_the_same_on_both_sides),
    exact=(((np.array([1.0, 3.0]),), {"axis": 0}, 2.0, ([0.5, 0.5],)),),
    bugs=(
        Bug("gradient of the sum", "by=share", "by=1.0", "A mean divides by n, and its gradient too."),
        Bug("divided by the number of means", "np.size(y) / max(1, np.size(value(x)))", "1 / max(1, np.size(y))",
            "n is how many entries go into one mean, not how many means there are."),
        Bug("divided by all entries", "np.size(y) / max(1, np.size(value(x)))", "1 / max(1, np.size(value(x)))",
            "Along an axis the mean divides by that axis's length only."),
    ),
)  # fmt: skip


def a_constant_shift_shifts_it(f, example):
    x = np.round(example.args[0])
    np.testing.assert_array_equal(f(x + 8, **example.options), f(x, **example.options) + 8)


def no_gradient_is_lost(f, example):
    y, pullback = f.vjp(*example.args, **example.options)
    dy = example.rng().normal(size=np.shape(y))
    np.testing.assert_allclose(np.sum(pullback(dy)[0]), np.sum(dy), rtol=1e-12, atol=1e-12)


def it_is_an_entry_and_none_is_larger(f, example):
    x = example.args[0]
    y = f(x, axis=example.options["axis"], keepdims=True)
    assert (x <= y).all()
    assert np.isin(y, x).all()


operation(
    amax,
    examples=reductions(),
    kinks=True,
    # Where several entries tie, a direction that moves them apart has one-sided slopes of the winner only: the shared
    # gradient lies between them, which is what the law of kinks asks.
    refuses={**REFUSE, **NOTHING},
    invariants=(
        a_constant_shift_shifts_it,
        no_gradient_is_lost,
        it_is_an_entry_and_none_is_larger,
        kept_axes_have_length_one,
    ),
    exact=(((np.array([[1.0, 2.0, 2.0], [4.0, 0.0, 3.0]]),), {"axis": 1}, [2.0, 4.0],
            ([[0.0, 0.5, 0.5], [1.0, 0.0, 0.0]],)),),
    bugs=(
        Bug("every winner is paid in full", "winners = winners / winners.sum(axis=axes, keepdims=True)", "pass",
            "Entries that share the maximum share its gradient: their parts sum to 1."),
        Bug("everyone is paid", "(value(x) == peak)", "(value(x) <= peak)", "Only the largest moves the maximum."),
        Bug("smallest entry paid", "(value(x) == peak)", "(value(x) == value(x).min(axis=axes, keepdims=True))",
            "The gradient goes to the largest entry."),
    ),
)  # fmt: skip
