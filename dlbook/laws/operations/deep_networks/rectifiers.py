"""The catalogue's entries for the activations with a kink."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import array, sizes
from dlbook.laws.operation import Bug, Example, operation
from dlbook.laws.operations.linear_classifiers.drawing import shapes
from dlbook.numpy.deep_networks import elu, leaky_relu, maxout, prelu, relu, selu

ANY = shapes().flatmap(lambda shape: array(*shape)).map(lambda x: Example((x,)))
INTEGERS = {"integers for floats": lambda e: e.with_arg(0, e.args[0].astype(int))}


def with_option(**options):
    """Draw an array of any shape and, half of the time, each option."""
    optional = {name: st.none() | values for name, values in options.items()}
    return st.builds(
        lambda e, drawn: e.with_options(**{k: v for k, v in drawn.items() if v is not None}),
        ANY,
        st.fixed_dictionaries(optional),
    )


def it_is_monotone(f, example):
    x = np.sort(example.args[0].ravel())
    assert (np.diff(f(x)) >= 0).all(), "not monotone"


def positive_numbers_pass(f, example):
    x = np.abs(example.args[0]) + 0.5
    np.testing.assert_allclose(f(x, **example.options), x, rtol=1e-15)


def slope(f, x, **options):
    """Return the gradient at a cotangent of ones: the slope at each entry of x."""
    y, pullback = f.vjp(x, **options)
    return pullback(np.ones_like(y))[0]


# ------------------------------------------------------------------------------------------------ relu


def what_passes_forwards_minus_what_passes_backwards_is_the_number(f, example):
    (x,) = example.args
    np.testing.assert_array_equal(f(x) - f(-x), x)
    np.testing.assert_array_equal(f(x) + f(-x), np.abs(x))


def a_positive_factor_may_be_taken_out(f, example):
    (x,) = example.args
    np.testing.assert_array_equal(f(4 * x), 4 * f(x))  # a power of two, so that nothing is rounded


def doing_it_twice_is_doing_it_once(f, example):
    np.testing.assert_array_equal(f(f(example.args[0])), f(example.args[0]))


def the_slope_times_the_number_is_the_value(f, example):
    (x,) = example.args
    np.testing.assert_array_equal(slope(f, x) * x, f(x))


operation(
    relu,
    examples=ANY,
    kinks=True,
    rows=(0,),
    refuses=INTEGERS,
    invariants=(
        what_passes_forwards_minus_what_passes_backwards_is_the_number,
        a_positive_factor_may_be_taken_out,
        doing_it_twice_is_doing_it_once,
        the_slope_times_the_number_is_the_value,
        positive_numbers_pass,
    ),
    exact=(((np.array([-2.0, 0.0, 3.0]),), {}, [0.0, 0.0, 3.0], ([0.0, 0.0, 1.0],)),),
    bugs=(
        Bug("the mask forgotten", "dy * (y > 0)", "1.0 * dy",
            "A unit that was off passes no gradient: multiply by [x > 0]."),
        Bug("a slope of one at the kink", "dy * (y > 0)", "dy * (x >= 0)",
            "At x = 0 the slope is 0 by convention, as in PyTorch: the comparison must be strict."),
        Bug("dy rectified instead of masked", "dy * (y > 0)", "np.maximum(dy, 0) * (y > 0)",
            "The pullback is linear in dy: where x was positive negative gradients pass too."),
        Bug("x passed in the pullback", "dy * (y > 0)", "dy * y", "The slope of x is 1, not x."),
        Bug("the absolute value", "np.maximum(x, 0)", "np.maximum(x, -x)", "Negative inputs give 0, not their size."),
    ),
)  # fmt: skip


# ------------------------------------------------------------------------------------------ leaky_relu


def slope_one_is_the_identity_and_minus_one_the_absolute_value(f, example):
    (x,) = example.args
    np.testing.assert_array_equal(f(x, negative_slope=1.0), x)
    np.testing.assert_array_equal(f(x, negative_slope=-1.0), np.abs(x))


def slope_zero_is_the_relu(f, example):
    np.testing.assert_array_equal(f(example.args[0], negative_slope=0.0), np.maximum(example.args[0], 0))


def both_sides_add_up_to_a_multiple_of_the_size(f, example):
    (x,) = example.args
    a = example.options.get("negative_slope", 0.01)
    both = f(x, **example.options) + f(-x, **example.options)
    np.testing.assert_allclose(both, (1 - a) * np.abs(x), rtol=1e-12, atol=1e-15 * np.abs(x).max())


operation(
    leaky_relu,
    examples=with_option(negative_slope=st.sampled_from((0.2, 0.0, -0.5, 1.5))),
    kinks=True,
    rows=(0,),
    refuses=INTEGERS,
    invariants=(
        positive_numbers_pass,
        slope_one_is_the_identity_and_minus_one_the_absolute_value,
        slope_zero_is_the_relu,
        both_sides_add_up_to_a_multiple_of_the_size,
    ),
    exact=(
        ((np.array([-2.0, 0.0, 3.0]),), {}, [-0.02, 0.0, 3.0], ([0.01, 0.01, 1.0],)),
        ((np.array([-2.0, 3.0]),), {"negative_slope": 2.0}, [-4.0, 3.0], ([2.0, 1.0],)),
    ),
    bugs=(
        Bug("the larger of x and a x", "return x * slope, pullback",
            "return np.maximum(x, float(negative_slope) * x), pullback",
            "max(x, a x) is right for slopes up to 1 only: ask for the sign of x."),
        Bug("the leak is a constant", "return x * slope, pullback",
            "return np.where(x > 0, x, -float(negative_slope)).astype(x.dtype), pullback",
            "Negative inputs are multiplied by the slope, they do not become the slope."),
        Bug("no leak in the pullback", "dy * slope", "dy * (slope == 1)",
            "Where x was negative dy passes with the factor negative_slope; it is what keeps units alive."),
        Bug("a slope of one at the kink", "np.where(x > 0, 1.0", "np.where(x >= 0, 1.0",
            "At x = 0 the slope is negative_slope, as in PyTorch: the comparison must be strict."),
    ),
)  # fmt: skip


# ----------------------------------------------------------------------------------------------- prelu


@st.composite
def channels(draw):
    shape = draw(shapes(1, 4))
    count = shape[1] if len(shape) > 1 and draw(st.booleans()) else 1
    return Example((draw(array(*shape)), draw(array(count, kinds=("iota", "normal", "ties", "zeros")))))


def slopes_of_one_change_nothing(f, example):
    x, weight = example.args
    np.testing.assert_array_equal(f(x, np.ones_like(weight)), x)


def slopes_of_zero_rectify(f, example):
    x, weight = example.args
    np.testing.assert_array_equal(f(x, np.zeros_like(weight)), np.maximum(x, 0))


def equal_slopes_for_all_channels_are_one_slope(f, example):
    x, _ = example.args
    count = x.shape[1] if x.ndim > 1 else 1
    np.testing.assert_array_equal(f(x, np.full(count, 0.3)), f(x, np.array([0.3])))


def without_negative_inputs_the_slopes_learn_nothing(f, example):
    x, weight = example.args
    y, pullback = f.vjp(np.abs(x), weight)
    assert not pullback(np.ones_like(y))[1].any(), "a slope that met no negative input has a gradient"


operation(
    prelu,
    examples=channels(),
    kinks=True,
    rows=lambda e: (0,) if e.args[0].ndim > 1 else (),
    refuses={
        **INTEGERS,
        "more slopes than channels": lambda e: e.with_arg(
            1, np.ones(2 + (e.args[0].shape[1] if e.args[0].ndim > 1 else 1))
        ),
        "no slope at all": lambda e: e.with_arg(1, np.ones(0)) if e.args[0].size else e.with_arg(1, np.ones(7)),
    },
    invariants=(
        slopes_of_one_change_nothing,
        slopes_of_zero_rectify,
        equal_slopes_for_all_channels_are_one_slope,
        without_negative_inputs_the_slopes_learn_nothing,
    ),
    exact=(
        (
            (np.array([[-2.0, -3.0], [0.0, 1.0], [5.0, -1.0]]), np.array([0.5, 2.0])),
            {},
            [[-1.0, -6.0], [0.0, 1.0], [5.0, -2.0]],
            ([[0.5, 2.0], [0.5, 1.0], [1.0, 2.0]], [-2.0, -4.0]),
        ),
        ((np.array([-2.0, 3.0, -1.0]), np.array([0.5])), {}, [-1.0, 3.0, -0.5], ([0.5, 1.0, 0.5], [-3.0])),
    ),
    bugs=(
        Bug("the slope has no gradient", "dweight.reshape(weight.shape)", "0 * dweight.reshape(weight.shape)",
            "The slope is a parameter: it collects dy times min(0, x) from every entry that it met."),
        Bug("the slope also collects from positive inputs", "sent = dy * negative", "sent = dy * x",
            "Positive inputs pass by the slope; only the negative ones were multiplied by it."),
        Bug("the slope's gradient is averaged", "dweight = sent.sum(", "dweight = sent.mean(",
            "Every entry of the channel has used the slope, and their gradients add up."),
        Bug("no slope in dx", "np.where(x > 0, dy, a * dy)", "np.where(x > 0, dy, 0 * dy)",
            "A negative input was multiplied by the slope, and so is its gradient."),
        Bug("channels on the last axis", "weight.reshape(-1, *(1,) * (x.ndim - 2))", "weight",
            "The second axis counts the channels, as in PyTorch: give the slopes trailing axes of length one."),
    ),
)  # fmt: skip


# ---------------------------------------------------------------------------------------- elu and selu


def never_below_the_floor(f, example):
    alpha = example.options.get("alpha", 1.0)
    assert (f(example.args[0], **example.options) >= -alpha).all(), "below -alpha"


def the_slope_of_negative_numbers_is_the_value_above_the_floor(f, example):
    x = -np.abs(example.args[0])
    alpha = example.options.get("alpha", 1.0)
    np.testing.assert_allclose(slope(f, x, **example.options), f(x, **example.options) + alpha, rtol=1e-12, atol=1e-14)


def a_tiny_number_keeps_its_digits(f, example):
    np.testing.assert_allclose(f(np.array([-1e-12])), [-1e-12], rtol=1e-9)


operation(
    elu,
    examples=with_option(alpha=st.sampled_from((0.5, 2.0))),
    kinks=True,
    rows=(0,),
    refuses=INTEGERS,
    invariants=(
        positive_numbers_pass,
        it_is_monotone,
        never_below_the_floor,
        the_slope_of_negative_numbers_is_the_value_above_the_floor,
        a_tiny_number_keeps_its_digits,
    ),
    exact=(
        ((np.array([-1e4, 0.0, 3.0]),), {}, [-1.0, 0.0, 3.0], ([0.0, 1.0, 1.0],)),
        ((np.array([0.0, -np.log(2.0)]),), {"alpha": 2.0}, [0.0, -1.0], ([2.0, 1.0],)),
    ),
    bugs=(
        Bug("the exponential overflows", "np.expm1(np.minimum(x, 0))", "np.expm1(x)",
            "exp(1000) overflows although its branch is not taken: cut x at 0 first."),
        Bug("tiny numbers lose their digits", "np.expm1(np.minimum(x, 0))", "(np.exp(np.minimum(x, 0)) - 1)",
            "exp(x) - 1 cancels for tiny x: use expm1."),
        Bug("alpha forgotten in the pullback", "bent + alpha)", "bent + 1)",
            "The slope is alpha exp(x), which is y + alpha."),
        Bug("the value taken for the slope", "bent + alpha)", "bent)",
            "alpha exp(x) is the value plus alpha: the minus one of the value has to come back."),
        Bug("minus one forgotten", "alpha * np.expm1(np.minimum(x, 0))", "alpha * np.exp(np.minimum(x, 0))",
            "alpha (exp(x) - 1) is 0 at 0; without the minus one the function jumps there."),
    ),
)  # fmt: skip


def mean_zero_and_variance_one_reproduce_themselves(f, example):
    # Gauss and Hermite's nodes, half on each side of the kink, are not exact; a fine grid is.
    x = np.linspace(-12, 12, 480_001)
    weight = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi) * (x[1] - x[0])
    y = f(x)
    np.testing.assert_allclose([weight @ y, weight @ y**2], [0, 1], atol=1e-6)


def both_branches_start_at_zero(f, example):
    np.testing.assert_allclose(f(np.array([1e-9, -1e-9])), 0, atol=1e-8)


def positive_numbers_are_stretched_by_one_constant(f, example):
    x = np.abs(example.args[0]) + 0.5
    np.testing.assert_allclose(f(x) / x, f(np.ones(1))[0], rtol=1e-12)


operation(
    selu,
    examples=ANY,
    kinks=True,
    rows=(0,),
    refuses=INTEGERS,
    invariants=(
        it_is_monotone,
        mean_zero_and_variance_one_reproduce_themselves,
        both_branches_start_at_zero,
        positive_numbers_are_stretched_by_one_constant,
    ),
    exact=(
        (
            (np.array([-1e4, 0.0, 1.0]),),
            {},
            [-1.7580993408473766, 0.0, 1.0507009873554805],
            ([0.0, 1.7580993408473766, 1.0507009873554805],),
        ),
    ),
    bugs=(
        Bug("the two constants swapped", "_elu(x, SELU_ALPHA, SELU_SCALE)", "_elu(x, SELU_SCALE, SELU_ALPHA)",
            "lambda = 1.0507 multiplies everything, alpha = 1.6733 the negative branch only."),
        Bug("the scale on the positive branch only", "scale * np.where(positive, x, bent)",
            "np.where(positive, scale * x, bent)", "lambda multiplies both branches."),
        Bug("the scale forgotten in the pullback", "dy * (scale * np.where(", "dy * (1.0 * np.where(",
            "The constant factor lambda multiplies the slope as well."),
        Bug("a plain ELU", "_elu(x, SELU_ALPHA, SELU_SCALE)", "_elu(x, 1.0, 1.0)",
            "Without its two constants it is the ELU, and the variance shrinks from layer to layer."),
    ),
)  # fmt: skip


# ---------------------------------------------------------------------------------------------- maxout


@st.composite
def competing(draw):
    n, k, p = draw(sizes(3, high=4))
    options = {"pieces": p} if p != 2 or draw(st.booleans()) else {}
    return Example((draw(array(n, k * p)),), options)


def pieces_of(example):
    return example.options.get("pieces", 2)


def every_value_is_one_of_its_groups_and_none_is_larger(f, example):
    (x,) = example.args
    groups = x.reshape(len(x), -1, pieces_of(example))
    above = f(x, **example.options)[..., None] - groups
    assert (above >= 0).all(), "an entry of the group is larger"
    assert (above == 0).any(axis=2).all(), "a value that is not in its group"


def the_gradient_goes_to_the_winner_alone(f, example):
    (x,) = example.args
    y, pullback = f.vjp(x, **example.options)
    (dx,) = pullback(np.ones_like(y))
    sent = dx.reshape(len(x), -1, pieces_of(example))
    np.testing.assert_array_equal(sent.sum(axis=2), 1)
    assert ((sent == 0) | (sent == 1)).all(), "the gradient is divided among the pieces"


def one_piece_is_no_competition(f, example):
    np.testing.assert_array_equal(f(example.args[0], pieces=1), example.args[0])


def against_zero_it_is_the_relu(f, example):
    x = example.args[0]
    paired = np.stack([x, np.zeros_like(x)], axis=2).reshape(len(x), -1)
    np.testing.assert_array_equal(f(paired, pieces=2), np.maximum(x, 0))


def shared_constants_shift_it(f, example):
    (x,) = example.args
    np.testing.assert_allclose(f(x + 0.5, **example.options), f(x, **example.options) + 0.5, rtol=1e-12, atol=1e-12)


operation(
    maxout,
    examples=competing(),
    kinks=True,
    rows=(0,),
    refuses={
        **INTEGERS,
        "columns that cannot be dealt": lambda e: e.with_options(pieces=e.args[0].shape[1] + 1),
        "no piece": lambda e: e.with_options(pieces=0),
    },
    invariants=(
        every_value_is_one_of_its_groups_and_none_is_larger,
        the_gradient_goes_to_the_winner_alone,
        one_piece_is_no_competition,
        against_zero_it_is_the_relu,
        shared_constants_shift_it,
    ),
    exact=(
        ((np.array([[1.0, 3.0, 2.0, 2.0]]),), {}, [[3.0, 2.0]], ([[0.0, 1.0, 1.0, 0.0]],)),
        ((np.array([[1.0, 3.0, 2.0]]),), {"pieces": 3}, [[3.0]], ([[0.0, 1.0, 0.0]],)),
    ),
    bugs=(
        Bug("the last of equal ones wins", "groups.argmax(axis=2)[..., None]",
            "(pieces - 1 - groups[:, :, ::-1].argmax(axis=2))[..., None]",
            "Of equal entries the first one wins and gets the gradient, as in PyTorch."),
        Bug("the gradient goes to all", "np.put_along_axis(dgroups, winner, dy[..., None], axis=2)",
            "dgroups += dy[..., None]", "Only the winner has influenced the value: the others get 0."),
        Bug("every P-th column makes a group", "x.reshape(rows, columns // pieces, pieces)",
            "x.reshape(rows, pieces, columns // pieces).swapaxes(1, 2)",
            "Neighbouring columns compete: column k P + p belongs to unit k."),
        Bug("the winner by size", "groups.argmax(axis=2)[..., None]", "np.abs(groups).argmax(axis=2)[..., None]",
            "The largest wins, not the one that is farthest from zero."),
    ),
)  # fmt: skip
