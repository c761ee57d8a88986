"""The catalogue's entries for the primitives that apply a function to every entry."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import positive
from dlbook.laws.operation import Bug, Example, operation
from dlbook.laws.operations.backpropagation.drawing import (
    NO_INTEGERS,
    REFUSE_PAIR,
    a_repeated_argument_changes_no_value_and_collects_its_copies_gradients,
    entries_are_functions_of_entries,
    pairs,
    shapes,
    single,
    the_order_does_not_matter,
)
from dlbook.numpy.backpropagation import cos, exp, log, maximum, sin, sqrt, tanh

MODERATE = ("iota", "normal", "ties", "small", "zeros")
FORGOTTEN = "The gradient that arrived is multiplied with the function's slope."


def forgotten(text: str) -> Bug:
    """Plant a slope of 1."""
    return Bug("slope forgotten", text, "(dy * 1,)", FORGOTTEN)


def nothing_gives_one(f, example):
    np.testing.assert_array_equal(f(np.zeros_like(example.args[0])), 1.0)


def opposite_arguments_give_inverse_values(f, example):
    np.testing.assert_allclose(f(example.args[0]) * f(-example.args[0]), 1.0, rtol=1e-13)


def its_slope_is_its_value(f, example):
    y, pullback = f.vjp(example.args[0])
    np.testing.assert_allclose(pullback(np.ones(np.shape(y)))[0], y, rtol=1e-14)


operation(
    exp,
    examples=single(kinds=MODERATE),  # from 709 on the exponential is infinite, as it should be
    analytic=True,
    finite=(10.0, 1e-8),
    refuses=NO_INTEGERS,
    invariants=(
        nothing_gives_one,
        opposite_arguments_give_inverse_values,
        its_slope_is_its_value,
        entries_are_functions_of_entries,
    ),
    bugs=(
        forgotten("(mul(dy, exp(x)),)"),
        Bug("slope of a power", "(mul(dy, exp(x)),)", "(mul(dy, x),)", "x e^(x-1) is no derivative: e^x is its own."),
        Bug("base two", "return np.exp(value(x))", "return np.exp2(value(x))", "This raises 2 and not e."),
    ),
)


def positives(low: float = 0.3) -> st.SearchStrategy[Example]:
    return shapes().flatmap(lambda shape: positive(*shape, low=low)).map(lambda x: Example((x,)))


NOT_POSITIVE = {
    **NO_INTEGERS,
    "a zero": lambda e: e.with_args(np.array([1.0, 0.0])),
    "a negative number": lambda e: e.with_args(np.array([[-1.0]])),
}


def products_become_sums(f, example):
    x = example.args[0]
    np.testing.assert_allclose(f(3 * x), f(x) + np.log(3), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(f(x * x), 2 * f(x), rtol=1e-12, atol=1e-14)


def one_gives_nothing(f, example):
    assert not f(np.ones_like(example.args[0])).any()


operation(
    log,
    examples=positives(),
    analytic=True,
    refuses=NOT_POSITIVE,
    invariants=(products_become_sums, one_gives_nothing, entries_are_functions_of_entries),
    bugs=(
        forgotten("(div(dy, x),)"),
        Bug("base ten", "return np.log(value(x))", "return np.log10(value(x))", "In this book log is the natural one."),
        Bug("multiplied instead of divided", "(div(dy, x),)", "(mul(dy, x),)", "The slope of the logarithm is 1 / x."),
    ),
)


def its_square_is_the_argument(f, example):
    np.testing.assert_allclose(f(example.args[0]) ** 2, example.args[0], rtol=1e-14)


def a_fourfold_argument_doubles_it(f, example):
    np.testing.assert_allclose(f(4 * example.args[0]), 2 * f(example.args[0]), rtol=1e-14)


operation(
    sqrt,
    examples=positives(),
    analytic=True,
    refuses=NOT_POSITIVE,
    invariants=(its_square_is_the_argument, a_fourfold_argument_doubles_it, entries_are_functions_of_entries),
    bugs=(
        forgotten("(scale(div(dy, sqrt(x)), by=0.5),)"),
        Bug("half forgotten", "by=0.5", "by=1.0", "The slope is 1 / (2 sqrt x)."),
        Bug("root forgotten", "div(dy, sqrt(x))", "div(dy, x)", "The slope is 1 / (2 sqrt x), and not 1 / (2x)."),
    ),
)


def a_full_turn_changes_nothing(f, example):
    x = example.args[0]
    np.testing.assert_allclose(f(x + 2 * np.pi), f(x), atol=1e-12 * max(1.0, np.abs(x).max()))


def a_quarter_turn_completes_the_square(f, example):
    x = example.args[0]
    squares = f(x) ** 2 + f(x + np.pi / 2) ** 2
    np.testing.assert_allclose(squares, 1.0, atol=1e-12 * max(1.0, np.abs(x).max()))


def it_is_odd(f, example):
    np.testing.assert_array_equal(f(-example.args[0]), -f(example.args[0]))


def it_is_even(f, example):
    np.testing.assert_array_equal(f(-example.args[0]), f(example.args[0]))


operation(
    sin,
    examples=single(),
    analytic=True,
    refuses=NO_INTEGERS,
    invariants=(it_is_odd, a_full_turn_changes_nothing, a_quarter_turn_completes_the_square),
    exact=(((np.array([0.0, np.pi / 2]),), {}, [0.0, 1.0], ([1.0, 0.0],)),),
    bugs=(
        forgotten("(mul(dy, cos(x)),)"),
        Bug("sign of the slope", "(mul(dy, cos(x)),)", "(neg(mul(dy, cos(x))),)", "The sine rises at 0: +cos."),
        Bug("degrees", "return np.sin(value(x))", "return np.sin(np.pi / 180 * value(x))", "Angles are in radians."),
    ),
)

operation(
    cos,
    examples=single(),
    analytic=True,
    refuses=NO_INTEGERS,
    invariants=(it_is_even, a_full_turn_changes_nothing, a_quarter_turn_completes_the_square),
    exact=(((np.array([0.0, np.pi / 2]),), {}, [1.0, 0.0], ([0.0, -1.0],)),),
    bugs=(
        forgotten("(neg(mul(dy, sin(x))),)"),
        Bug("sign of the slope", "(neg(mul(dy, sin(x))),)", "(mul(dy, sin(x)),)", "The slope of the cosine is -sin."),
        Bug("slope is its value", "mul(dy, sin(x))", "mul(dy, cos(x))", "Only the exponential is its own derivative."),
    ),
)


def it_stays_within_one(f, example):
    assert (np.abs(f(example.args[0])) <= 1).all()


def the_double_argument_follows_the_addition_theorem(f, example):
    x = example.args[0]
    np.testing.assert_allclose(f(2 * x), 2 * f(x) / (1 + f(x) ** 2), rtol=1e-12)


operation(
    tanh,
    examples=single(),
    analytic=True,
    refuses=NO_INTEGERS,
    invariants=(it_is_odd, it_stays_within_one, the_double_argument_follows_the_addition_theorem),
    exact=(((np.array([0.0, 1e4]),), {}, [0.0, 1.0], ([1.0, 0.0],)),),
    bugs=(
        Bug("slope in terms of x", "t = y if value(x) is x else tanh(x)", "t = x",
            "The slope is 1 - y^2 with y the value, not x."),
        Bug("slope of the sigmoid", "(sub(dy, mul(dy, mul(t, t))),)", "(mul(dy, mul(t, sub(1 + 0 * t, t))),)",
            "y (1 - y) is the slope of the sigmoid."),
        Bug("square forgotten", "mul(dy, mul(t, t))", "mul(dy, t)", "The slope is 1 - y^2."),
    ),
)  # fmt: skip


def it_is_never_below_either(f, example):
    a, b = example.args
    assert (f(a, b) >= a).all()
    assert (f(a, b) >= b).all()


def the_gradient_is_shared_out_and_nothing_is_lost(f, example):
    y, pullback = f.vjp(*example.args)
    dy = example.rng().normal(size=np.shape(y))
    da, db = pullback(dy)
    np.testing.assert_allclose(np.sum(da) + np.sum(db), np.sum(dy), rtol=1e-12, atol=1e-12)


operation(
    maximum,
    examples=pairs(),
    kinks=True,
    refuses=REFUSE_PAIR,
    invariants=(
        the_order_does_not_matter,
        it_is_never_below_either,
        the_gradient_is_shared_out_and_nothing_is_lost,
        a_repeated_argument_changes_no_value_and_collects_its_copies_gradients,
    ),
    exact=(((np.array([1.0, 2.0, 3.0]), np.array([3.0, 2.0, 1.0])), {}, [3.0, 2.0, 3.0],
            ([0.0, 0.5, 1.0], [1.0, 0.5, 0.0])),),
    bugs=(
        Bug("both win a tie", "lost = 1 - won", "lost = (value(b) >= value(a)).astype(y.dtype)",
            "In a tie the two sides share the gradient: their parts sum to 1."),
        Bug("the loser is paid", "mul(dy, won)", "mul(dy, lost)", "The gradient goes to the larger side."),
        Bug("everyone is paid", "mul(dy, won)", "mul(dy, won * 0 + 1)", "The smaller side did not move the maximum."),
        Bug("a tie is nobody's", "0.5 * (value(a) == value(b))", "0.0 * (value(a) == value(b))",
            "In a tie each side receives half."),
    ),
)  # fmt: skip
