"""The catalogue's entries for the activations without a kink."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import array
from dlbook.laws.operation import Bug, Example, operation
from dlbook.laws.operations.deep_networks.rectifiers import ANY, INTEGERS, slope, with_option
from dlbook.laws.operations.linear_classifiers.drawing import shapes
from dlbook.numpy.deep_networks import gelu, silu, softplus

# -------------------------------------------------------------------------------------------- softplus


def both_sides_differ_by_the_number(f, example):
    (x,) = example.args
    never = {**example.options, "threshold": 500.0}
    np.testing.assert_allclose(f(x, **never) - f(-x, **never), x, rtol=1e-12, atol=1e-12)


def it_lies_above_the_relu_by_at_most_log_two(f, example):
    (x,) = example.args
    beta = example.options.get("beta", 1.0)
    above = f(x, **{**example.options, "threshold": 500.0}) - np.maximum(x, 0)
    assert (above >= 0).all(), "below the ReLU"
    assert (above <= np.log(2) / beta + 1e-12).all(), "more than log(2) / beta above the ReLU"


def the_slope_is_a_probability_that_mirrors(f, example):
    (x,) = example.args
    never = {**example.options, "threshold": 500.0}
    np.testing.assert_allclose(slope(f, x, **never) + slope(f, -x, **never), 1, rtol=1e-12)


operation(
    softplus,
    examples=with_option(beta=st.sampled_from((0.5, 3.0)), threshold=st.sampled_from((7.3, 30.0))),
    analytic=True,
    rows=(0,),
    refuses={**INTEGERS, "a beta of zero": lambda e: e.with_options(beta=0.0)},
    invariants=(
        both_sides_differ_by_the_number,
        it_lies_above_the_relu_by_at_most_log_two,
        the_slope_is_a_probability_that_mirrors,
    ),
    exact=(
        ((np.array([0.0, 1e4, -1e4]),), {}, [np.log(2.0), 1e4, 0.0], ([0.5, 1.0, 0.0],)),
        ((np.array([0.0, 8.0]),), {"beta": 2.0, "threshold": 10.0}, [np.log(2.0) / 2, 8.0], ([0.5, 1.0],)),
    ),
    bugs=(
        Bug("beta forgotten in front", "_softplus(scaled) / beta", "_softplus(scaled)",
            "The logarithm is divided by beta, or the function would not follow the ReLU."),
        Bug("beta in the slope", "np.where(straight, 1, _sigmoid(scaled))",
            "np.where(straight, 1, beta * _sigmoid(scaled))",
            "The inner derivative beta and the factor 1 / beta cancel: the slope is sigmoid(beta x)."),
        Bug("the sigmoid of x itself", "_sigmoid(scaled)", "_sigmoid(x)", "The slope is sigmoid(beta x)."),
        Bug("the threshold is compared with x", "straight = scaled > threshold", "straight = x > threshold",
            "PyTorch compares beta x with the threshold."),
        Bug("the exponential overflows", "_softplus(scaled) / beta", "np.log1p(np.exp(scaled)) / beta",
            "exp(1000) overflows: write max(x, 0) + log(1 + exp(-|x|))."),
    ),
)  # fmt: skip


# ------------------------------------------------------------------------------------------------ gelu


@st.composite
def either_form(draw):
    shape = draw(shapes())
    options = draw(st.sampled_from(({}, {"approximate": "none"}, {"approximate": "tanh"})))
    return Example((draw(array(*shape)),), options)


def both_sides_differ_by_the_number_itself(f, example):
    (x,) = example.args
    np.testing.assert_allclose(
        f(x, **example.options) - f(-x, **example.options), x, rtol=1e-12, atol=1e-15 * max(1.0, np.abs(x).max())
    )


def the_two_forms_differ_by_less_than_a_thousandth(f, example):
    (x,) = example.args
    assert np.abs(f(x, approximate="tanh") - f(x, approximate="none")).max() < 5e-4, "the forms differ"


def one_standard_deviation_keeps_its_share(f, example):
    # Phi(1) = 0.8413447460685429 and Phi(-2) = 0.022750131948179195, from a table.
    y = f(np.array([1.0, -2.0]), approximate="none")
    np.testing.assert_allclose(y, [0.8413447460685429, -2 * 0.022750131948179195], rtol=1e-12)


def the_slopes_of_both_sides_add_up_to_one(f, example):
    (x,) = example.args
    np.testing.assert_allclose(slope(f, x, **example.options) + slope(f, -x, **example.options), 1, atol=1e-12)


operation(
    gelu,
    examples=either_form(),
    rows=(0,),
    finite=(1e4, 1e-8, 1e110),  # the cube of the last one is beyond the numbers
    refuses={**INTEGERS, "a form that does not exist": lambda e: e.with_options(approximate="sigmoid")},
    invariants=(
        both_sides_differ_by_the_number_itself,
        the_two_forms_differ_by_less_than_a_thousandth,
        one_standard_deviation_keeps_its_share,
        the_slopes_of_both_sides_add_up_to_one,
    ),
    exact=(
        ((np.array([0.0, 1e4, -1e4]),), {}, [0.0, 1e4, 0.0], ([0.5, 1.0, 0.0],)),
        ((np.array([0.0, 1e4, -1e4]),), {"approximate": "tanh"}, [0.0, 1e4, 0.0], ([0.5, 1.0, 0.0],)),
    ),
    bugs=(
        Bug("a digit of the constant", "np.tanh(math.sqrt(2 / math.pi) * (near + 0.044715 * near**3))",
            "np.tanh(math.sqrt(2 / math.pi) * (near + 0.44715 * near**3))",
            "The cube's factor is 0.044715: with 0.44715 the two forms differ by more than a tenth."),
        Bug("the error function of x itself", "_erf(near * math.sqrt(0.5))", "_erf(near)",
            "The normal distribution is (1 + erf(x / sqrt 2)) / 2."),
        Bug("the density forgotten", "dy * (share + near * density)", "dy * share",
            "The share itself depends on x: the product rule gives x times the density."),
        Bug("the density without its norm", "/ math.sqrt(2 * math.pi)\n", "* 1.0\n",
            "The slope of Phi is exp(-x^2 / 2) / sqrt(2 pi)."),
        Bug("the inner slope of the cube", "1 + 3 * 0.044715 * near * near", "1 + 0.044715 * near * near",
            "The derivative of x^3 is 3 x^2."),
        Bug("the cube overflows", "np.clip(x, -10, 10)", "x * 1.0",
            "For huge x a square or a cube leaves the numbers: the share is 0 or 1 long before."),
    ),
)  # fmt: skip


# ------------------------------------------------------------------------------------------------ silu


def sigmoid_of(x):
    """Return the sigmoid by way of the tanh, which shares no code with the reference."""
    return 0.5 * (1 + np.tanh(0.5 * x))


def it_is_the_number_times_its_sigmoid(f, example):
    (x,) = example.args
    np.testing.assert_allclose(f(x), x * sigmoid_of(x), rtol=1e-12, atol=1e-15 * max(1.0, np.abs(x).max()))


def both_sides_differ_by_exactly_the_number(f, example):
    (x,) = example.args
    np.testing.assert_allclose(f(x) - f(-x), x, rtol=1e-12, atol=1e-15)


def never_below_its_one_minimum(f, example):
    assert (f(example.args[0]) >= -0.27846454276107380).all(), "below the minimum"


def both_slopes_add_up_to_one(f, example):
    (x,) = example.args
    np.testing.assert_allclose(slope(f, x) + slope(f, -x), 1, atol=1e-12)


operation(
    silu,
    examples=ANY,
    analytic=True,
    rows=(0,),
    refuses=INTEGERS,
    invariants=(
        it_is_the_number_times_its_sigmoid,
        both_sides_differ_by_exactly_the_number,
        never_below_its_one_minimum,
        both_slopes_add_up_to_one,
    ),
    exact=(((np.array([0.0, 1e4, -1e4]),), {}, [0.0, 1e4, 0.0], ([0.5, 1.0, 0.0],)),),
    bugs=(
        Bug("the gate's slope forgotten", "gate + y * (1 - gate)", "gate",
            "The gate depends on x too: the product rule gives x times its slope."),
        Bug("the slope of the sigmoid", "gate + y * (1 - gate)", "gate * (1 - gate)",
            "That is the slope of the sigmoid alone; silu is x times the sigmoid."),
        Bug("x instead of y", "gate + y * (1 - gate)", "gate + x * (1 - gate)",
            "x times sigma (1 - sigma) is y (1 - sigma): one factor sigma got lost."),
        Bug("the gate of the other side", "y = x * gate", "y = x * (1 - gate)",
            "Large numbers pass: the factor is sigmoid(x), not sigmoid(-x)."),
    ),
)  # fmt: skip
