"""The catalogue's entries for softmax and its relatives."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import array
from dlbook.laws.operation import Bug, Example, operation
from dlbook.laws.operations.linear_classifiers.drawing import shapes
from dlbook.numpy.linear_classifiers import log_softmax, logsumexp, softmax

NO_SHIFT = Bug(
    "no shift before the exponential",
    "exps = x - peak",
    "exps = x - 0 * peak",
    "exp(1000) overflows: subtract the row's maximum first, which changes nothing else.",
)
WRONG_AXIS = Bug(
    "sums over the last axis, whatever axis is asked for",
    "exps.sum(axis=axis, keepdims=True)",
    "exps.sum(axis=-1, keepdims=True)",
    "The sum must run along `axis`, in value and gradient alike.",
)


@st.composite
def scores_and_axis(draw):
    shape = draw(shapes())
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    return Example((draw(array(*shape)),), {"axis": axis} if draw(st.booleans()) or axis != -1 else {})


def axis_of(example):
    return example.options.get("axis", -1)


def rows(example):
    x = example.args[0]
    return (0,) if x.ndim > 1 and axis_of(example) % x.ndim != 0 else ()


REFUSES = {
    "an axis that x does not have": lambda e: e.with_options(axis=e.args[0].ndim),
    "a negative axis beyond the first": lambda e: e.with_options(axis=-e.args[0].ndim - 1),
    "an axis with nothing on it": lambda e: e.with_args(np.zeros((2, 0))).with_options(axis=1),
    "integers for floats": lambda e: e.with_arg(0, e.args[0].astype(int)),
}


def probabilities_sum_to_one(f, example):
    p = f(*example.args, **example.options)
    np.testing.assert_allclose(p.sum(axis=axis_of(example)), 1, rtol=1e-12)
    assert (p >= 0).all(), "a probability is negative"


def a_constant_shift_changes_nothing(f, example):
    (x,) = example.args
    shifted = f(x + 7.25, **example.options)
    np.testing.assert_allclose(shifted, f(x, **example.options), rtol=1e-9, atol=1e-11)


def classes_in_another_order_give_the_same_in_that_order(f, example):
    (x,), axis = example.args, axis_of(example)
    turned = f(np.roll(x, 1, axis), **example.options)
    np.testing.assert_allclose(turned, np.roll(f(x, **example.options), 1, axis), rtol=1e-12, atol=1e-300)


def the_gradient_sums_to_zero(f, example):
    (x,) = example.args
    dy = example.rng().normal(size=x.shape)
    (dx,) = f.vjp(x, **example.options)[1](dy)
    np.testing.assert_allclose(dx.sum(axis=axis_of(example)), 0, atol=1e-12)


operation(
    softmax,
    examples=scores_and_axis(),
    analytic=True,
    rows=rows,
    refuses=REFUSES,
    invariants=(
        probabilities_sum_to_one,
        a_constant_shift_changes_nothing,
        classes_in_another_order_give_the_same_in_that_order,
        the_gradient_sums_to_zero,
    ),
    exact=(
        ((np.array([[0.0, np.log(3.0)]]),), {}, [[0.25, 0.75]], ([[0.0, 0.0]],)),
        ((np.array([5.0, 5.0, -np.inf]),), {}, [0.5, 0.5, 0.0], None),
    ),
    bugs=(
        NO_SHIFT,
        WRONG_AXIS,
        Bug(
            "the Jacobian taken for diagonal",
            "dp - np.expand_dims(np.vecdot(p, dp, axis=axis), axis)",
            "dp - p * dp",
            "Every score moves every probability: p (1 - p) is only the diagonal of the Jacobian.",
        ),
        Bug(
            "the gradient sums over all axes",
            "np.expand_dims(np.vecdot(p, dp, axis=axis), axis)",
            "np.vdot(p, dp)",
            "Each row has its own sum of p dp: rows do not know of each other.",
        ),
        Bug(
            "the gradient of the logarithm",
            "dx *= p",
            "dx *= 1",
            "That is the gradient of log_softmax; the softmax itself has one more factor p.",
        ),
    ),
)


def a_constant_in_every_entry_is_added(f, example):
    (x,) = example.args
    np.testing.assert_allclose(
        f(x + 7.25, **example.options), f(x, **example.options) + 7.25, rtol=1e-12, atol=1e-12
    )


def it_lies_between_the_maximum_and_log_k_above_it(f, example):
    (x,), axis = example.args, axis_of(example)
    above = f(x, **example.options) - x.max(axis=axis)
    assert (above >= 0).all(), "below the maximum"
    assert (above <= np.log(x.shape[axis]) + 1e-12).all(), "more than log K above the maximum"


def its_gradient_is_a_probability(f, example):
    (x,), axis = example.args, axis_of(example)
    y, pullback = f.vjp(x, **example.options)
    (dx,) = pullback(np.ones(np.shape(y)))
    np.testing.assert_allclose(dx.sum(axis=axis), 1, rtol=1e-12)
    assert (dx >= 0).all(), "an entry of the gradient is negative"


operation(
    logsumexp,
    examples=scores_and_axis(),
    analytic=True,
    rows=rows,
    refuses=REFUSES,
    invariants=(
        a_constant_in_every_entry_is_added,
        it_lies_between_the_maximum_and_log_k_above_it,
        its_gradient_is_a_probability,
    ),
    exact=(
        ((np.array([0.0, 0.0]),), {}, np.log(2.0), ([0.5, 0.5],)),
        ((np.array([[3.0, -np.inf]]),), {}, [3.0], ([[1.0, 0.0]],)),
    ),
    bugs=(
        NO_SHIFT,
        WRONG_AXIS,
        Bug("the shift is not added again", "(peak + np.log(sums))", "(0 * peak + np.log(sums))",
            "What was subtracted before the exponential has to be added after the logarithm."),
        Bug("the gradient is not normalized", "np.expand_dims(dy, axis) / sums", "np.expand_dims(dy, axis)",
            "The gradient is the softmax: the exponentials divided by their sum."),
        Bug("the gradient spreads dy evenly", "exps * (np.expand_dims(dy, axis) / sums)",
            "0 * exps + np.expand_dims(dy, axis) / x.shape[axis]",
            "Large entries matter more: the weights are the softmax, not 1/K."),
    ),
)  # fmt: skip


def exponentials_sum_to_one(f, example):
    y = f(*example.args, **example.options)
    np.testing.assert_allclose(np.exp(y).sum(axis=axis_of(example)), 1, rtol=1e-12)


def differences_of_scores_are_kept(f, example):
    (x,), axis = example.args, axis_of(example)
    y = f(x, **example.options)
    np.testing.assert_allclose(np.diff(y, axis=axis), np.diff(x, axis=axis), rtol=1e-9, atol=1e-11)


operation(
    log_softmax,
    examples=scores_and_axis(),
    analytic=True,
    rows=rows,
    refuses=REFUSES,
    invariants=(
        exponentials_sum_to_one,
        differences_of_scores_are_kept,
        a_constant_shift_changes_nothing,
        the_gradient_sums_to_zero,
    ),
    exact=(
        ((np.array([[0.0, np.log(3.0)]]),), {}, [[-np.log(4.0), np.log(0.75)]], None),
        ((np.array([[0.0, 2000.0]]),), {}, [[-2000.0, 0.0]], ([[1.0, -1.0]],)),
    ),
    bugs=(
        NO_SHIFT,
        WRONG_AXIS,
        Bug("the logarithm of a rounded softmax", "y -= np.log(sums)", "y = np.log(exps / sums)",
            "A probability of exp(-2000) rounds to 0 and its logarithm to -inf: subtract logarithms instead."),
        Bug("a small number inside the logarithm", "y -= np.log(sums)", "y = np.log(exps / sums + 1e-12)",
            "log(p + epsilon) never falls below log(epsilon), and is off everywhere: x - logsumexp(x) needs no help."),
        Bug("dy passes unchanged", "dx = exps * (-dy.sum(axis=axis, keepdims=True) / sums)", "dx = 0 * exps",
            "The normalizing sum depends on every score: its part of the gradient is missing."),
        Bug("the softmax's pullback", "-dy.sum(axis=axis, keepdims=True) / sums",
            "-(dy * exps).sum(axis=axis, keepdims=True) / sums**2",
            "log_softmax sums dy itself; the sum of p dy belongs to the softmax."),
    ),
)  # fmt: skip
