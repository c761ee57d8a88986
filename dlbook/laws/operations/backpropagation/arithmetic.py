"""The catalogue's entries for the primitives of arithmetic."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import array, positive
from dlbook.laws.operation import Bug, Example, operation
from dlbook.laws.operations.backpropagation.drawing import (
    NO_INTEGERS,
    REFUSE_PAIR,
    a_repeated_argument_changes_no_value_and_collects_its_copies_gradients,
    entries_are_functions_of_entries,
    pairs,
    shapes,
    single,
    tensors,
    the_order_does_not_matter,
)
from dlbook.numpy.backpropagation import add, div, mul, neg, pow, scale, sub

FIRST_AS_IT_ARRIVED = "What was repeated on the way there must be summed on the way back: the gradient has a's shape."


def adding_nothing_changes_nothing(f, example):
    a, b = example.args
    np.testing.assert_array_equal(f(a, np.zeros_like(b)), np.broadcast_to(a, np.shape(f(a, b))))


operation(
    add,
    examples=pairs(),
    analytic=True,
    refuses=REFUSE_PAIR,
    invariants=(
        the_order_does_not_matter,
        adding_nothing_changes_nothing,
        a_repeated_argument_changes_no_value_and_collects_its_copies_gradients,
    ),
    exact=(((np.array([1.0, 2.0]), np.array(3.0)), {}, [4.0, 5.0], ([1.0, 1.0], 2.0)),),
    bugs=(
        Bug("gradient not summed", "sum_to(dy, shape=shape_of(a))", "dy * 1", FIRST_AS_IT_ARRIVED),
        Bug("gradient shared out", "return sum_to(dy,", "return sum_to(dy / 2,",
            "A sum gives each side the whole gradient, not half of it."),
        Bug("second side forgotten", "sum_to(dy, shape=shape_of(b))", "sum_to(0 * dy, shape=shape_of(b))",
            "Both sides of a sum receive the gradient."),
    ),
)  # fmt: skip


def a_number_minus_itself_is_nothing(f, example):
    assert not f(example.args[0], example.args[0]).any()


def exchanged_sides_change_the_sign(f, example):
    a, b = example.args
    np.testing.assert_array_equal(f(a, b), -f(b, a))


operation(
    sub,
    examples=pairs(),
    analytic=True,
    refuses=REFUSE_PAIR,
    invariants=(
        a_number_minus_itself_is_nothing,
        exchanged_sides_change_the_sign,
        a_repeated_argument_changes_no_value_and_collects_its_copies_gradients,
    ),
    exact=(((np.array([1.0, 2.0]), np.array(3.0)), {}, [-2.0, -1.0], ([1.0, 1.0], -2.0)),),
    bugs=(
        Bug("sign forgotten", "neg(sum_to(dy, shape=shape_of(b)))", "sum_to(dy, shape=shape_of(b))",
            "d(a - b)/db is -1."),
        Bug("sign on the wrong side", "return sum_to(dy, shape=shape_of(a)), neg(",
            "return neg(sum_to(dy, shape=shape_of(a))), (", "The minus belongs to b."),
        Bug("gradient not summed", "return sum_to(dy, shape=shape_of(a))", "return dy * 1", FIRST_AS_IT_ARRIVED),
    ),
)  # fmt: skip


def twice_is_once_back(f, example):
    np.testing.assert_array_equal(f(f(example.args[0])), example.args[0])


def it_cancels_its_argument(f, example):
    assert not (f(example.args[0]) + example.args[0]).any()


operation(
    neg,
    examples=single(),
    analytic=True,
    refuses=NO_INTEGERS,
    invariants=(twice_is_once_back, it_cancels_its_argument, entries_are_functions_of_entries),
    bugs=(
        Bug("gradient unchanged", "(neg(dy),)", "(dy * 1,)", "The way back changes the sign as the way there does."),
        Bug("absolute value", "return -value(x)", "return -abs(value(x))", "Negative entries become positive."),
        Bug("sign follows x", "(neg(dy),)", "(-dy * np.sign(x),)", "The slope is -1 everywhere, whatever x is."),
    ),
)


def a_doubled_constant_doubles(f, example):
    x, by = example.args[0], example.options["by"]
    np.testing.assert_allclose(f(x, by=2 * by), 2 * f(x, by=by), rtol=1e-14)


def the_constant_one_changes_nothing(f, example):
    np.testing.assert_array_equal(f(example.args[0], by=1.0), example.args[0])


operation(
    scale,
    examples=st.builds(lambda x, by: Example((x,), {"by": by}), tensors(), st.sampled_from((0.5, -3.0, 0.0, 2))),
    analytic=True,
    refuses={**NO_INTEGERS, "an infinite constant": lambda e: e.with_options(by=float("inf"))},
    invariants=(a_doubled_constant_doubles, the_constant_one_changes_nothing, entries_are_functions_of_entries),
    exact=(((np.array([1.0, -2.0]),), {"by": np.float64(3.0)}, [3.0, -6.0], ([3.0, 3.0],)),),
    bugs=(
        Bug("constant forgotten on the way back", "(scale(dy, by=by),)", "(dy * 1,)",
            "The gradient is multiplied with the constant too."),
        Bug("constant inverted", "scale(dy, by=by)", "scale(dy, by=1 / (by or 1))",
            "The way back multiplies with c, it does not divide."),
        Bug("constant squared", "scale(dy, by=by)", "scale(dy, by=by * by)", "The constant enters once."),
    ),
)  # fmt: skip


def one_changes_nothing(f, example):
    a, b = example.args
    np.testing.assert_array_equal(f(a, np.ones_like(b)), np.broadcast_to(a, np.shape(f(a, b))))


operation(
    mul,
    examples=pairs(),
    analytic=True,
    refuses=REFUSE_PAIR,
    invariants=(
        the_order_does_not_matter,
        one_changes_nothing,
        a_repeated_argument_changes_no_value_and_collects_its_copies_gradients,
    ),
    exact=(((np.array(3.0), np.array(-4.0)), {}, -12.0, (-4.0, 3.0)),),
    bugs=(
        Bug("sides not swapped", "mul(dy, b), shape=shape_of(a)", "mul(dy, a), shape=shape_of(a)",
            "The slope along a is b: a product swaps its inputs."),
        Bug("one side only", "sum_to(mul(dy, a), shape=shape_of(b))", "0 * sum_to(mul(dy, a), shape=shape_of(b))",
            "Both factors have a gradient."),
        Bug("gradient of a sum", "mul(dy, b), shape=shape_of(a)", "mul(dy, b * 0 + 1), shape=shape_of(a)",
            "That is the gradient of a + b."),
    ),
)  # fmt: skip


def apart_from_zero(*shape: int) -> st.SearchStrategy[np.ndarray]:
    """Draw numbers of both signs between 0.5 and 3."""
    return st.builds(
        lambda a, sign: a * np.where(sign > 0, 1, -1), positive(*shape, low=0.5), array(*shape, kinds=("normal",))
    )


def the_product_undoes_it(f, example):
    a, b = example.args
    np.testing.assert_allclose(f(a, b) * b, np.broadcast_to(a, np.shape(f(a, b))), rtol=1e-14)


def a_number_over_itself_is_one(f, example):
    np.testing.assert_array_equal(f(example.args[1], example.args[1]), 1.0)


operation(
    div,
    examples=pairs(apart_from_zero),
    analytic=True,
    refuses={**REFUSE_PAIR, "a divisor of zero": lambda e: e.with_arg(1, np.zeros_like(e.args[1]))},
    invariants=(
        the_product_undoes_it,
        a_number_over_itself_is_one,
        a_repeated_argument_changes_no_value_and_collects_its_copies_gradients,
    ),
    exact=(((np.array(6.0), np.array(-2.0)), {}, -3.0, (-0.5, -1.5)),),
    bugs=(
        Bug("square forgotten", "div(mul(da, a), b)", "mul(da, a)", "The slope along b is -a / b^2: b divides twice."),
        Bug("sign forgotten", "neg(sum_to(div(mul(da, a), b), shape=shape_of(b)))",
            "sum_to(div(mul(da, a), b), shape=shape_of(b))", "A larger divisor makes the quotient smaller."),
        Bug("divisor ignored", "da = div(dy, b)", "da = dy * 1", "The slope along a is 1 / b."),
    ),
)  # fmt: skip


@st.composite
def powers(draw):
    exponent = draw(st.sampled_from((2, 3.0, 1, 0, 0.5, -1, -1.5)))
    shape = draw(shapes())
    whole = float(exponent).is_integer() and exponent >= 0
    x = draw(array(*shape, kinds=("iota", "normal", "ties", "zeros"))) if whole else draw(positive(*shape, low=0.5))
    return Example((x,), {"exponent": exponent})


def the_exponent_one_changes_nothing(f, example):
    np.testing.assert_array_equal(f(example.args[0], exponent=1), example.args[0])


def exponents_add(f, example):
    x, p = example.args[0], example.options["exponent"]
    np.testing.assert_allclose(f(x, exponent=p) * x, f(x, exponent=p + 1), rtol=1e-12, atol=1e-300)


operation(
    pow,
    examples=powers(),
    analytic=True,
    scale=lambda e: max(1.0, float(np.abs(e.args[0]).max())) ** max(3.0, abs(e.options["exponent"]) + 1),
    refuses={
        **NO_INTEGERS,
        "the root of a negative number": lambda e: e.with_args(np.array([-1.0])).with_options(exponent=0.5),
        "one over zero": lambda e: e.with_args(np.array([0.0])).with_options(exponent=-1),
    },
    invariants=(the_exponent_one_changes_nothing, exponents_add, entries_are_functions_of_entries),
    exact=(
        ((np.array([-2.0, 0.0]),), {"exponent": 2}, [4.0, 0.0], ([-4.0, 0.0],)),
        ((np.array([-2.0, 0.0]),), {"exponent": 0}, [1.0, 1.0], ([0.0, 0.0],)),
    ),
    bugs=(
        Bug("exponent not lowered", "pow(x, exponent=p - 1)", "pow(x, exponent=p)", "The slope of x^p is p x^(p-1)."),
        Bug("exponent not multiplied", "by=p)\n", "by=1.0)\n", "The exponent comes down as a factor."),
        Bug("factor lowered too", "by=p)\n", "by=p - 1)\n", "The factor is p; only the exponent is lowered."),
    ),
)
