"""The catalogue's entries for `optimization`: the two surfaces on which optimizers race."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import array
from dlbook.laws.operation import Bug, Example, operation
from dlbook.numpy.optimization import rosenbrock, saddle


@st.composite
def valley_examples(draw):
    options = {"a": draw(st.sampled_from([1.0, -0.5])), "b": draw(st.sampled_from([1.0, 10.0, 100.0]))}
    return Example((draw(array(2)),), options if draw(st.booleans()) else {})


@st.composite
def saddle_examples(draw):
    return Example((draw(array(2)),))


def height(example) -> float:
    """Return a bound on the terms of either surface and of its gradients."""
    x = np.abs(example.args[0]) + 1
    return float(200 * x.max() ** 4)


def the_lowest_point_is_a_and_its_square(f, example):
    a = example.options.get("a", 1.0)
    y, pullback = f.vjp(np.array([a, a**2]), **example.options)
    assert y == 0
    np.testing.assert_array_equal(pullback(1.0)[0], [0, 0])


def no_point_lies_below_zero(f, example):
    assert f(*example.args, **example.options) >= 0


def on_the_floor_only_the_way_to_a_counts(f, example):
    x1, a = example.args[0][0], example.options.get("a", 1.0)
    floor = f(np.array([x1, x1 * x1]), **example.options)
    np.testing.assert_allclose(floor, (a - x1) ** 2, rtol=1e-9, atol=1e-12 * height(example))


def across_the_valley_it_is_a_bowl_of_curvature_two_b(f, example):
    (x,), b = example.args, example.options.get("b", 100.0)
    up, down = (f(x + np.array([0, d]), **example.options) for d in (1.0, -1.0))
    here = f(x, **example.options)
    np.testing.assert_allclose(up - 2 * here + down, 2 * b, rtol=1e-6, atol=1e-11 * height(example))


operation(
    rosenbrock,
    examples=valley_examples(),
    analytic=True,
    invariants=(
        the_lowest_point_is_a_and_its_square,
        no_point_lies_below_zero,
        on_the_floor_only_the_way_to_a_counts,
        across_the_valley_it_is_a_bowl_of_curvature_two_b,
    ),
    exact=(
        ((np.array([-1.0, 1.0]),), {}, 4.0, (np.array([-4.0, 0.0]),)),
        ((np.array([0.0, 1.0]),), {}, 101.0, (np.array([-2.0, 200.0]),)),
    ),
    refuses={"three numbers": lambda e: e.with_arg(0, np.ones(3))},
    bugs=(
        Bug("the inner derivative forgotten", "- 2 * x[0] * dacross", "- dacross",
            "The chain rule: x2 - x1^2 changes with x1 by -2 x1."),
        Bug("the first term's sign", "-2 * along * dy", "2 * along * dy",
            "The derivative of (a - x1)^2 by x1 is -2 (a - x1)."),
        Bug("the walls' steepness missing in the gradient", "2 * b * across * dy", "2 * across * dy",
            "The factor b belongs to the gradient of the wall as well."),
        Bug("the way along the floor lost", "-2 * along * dy - 2 * x[0] * dacross", "-2 * x[0] * dacross",
            "x1 stands in both terms: add both derivatives."),
        Bug("a written as one", "a - x[0]", "1 - x[0]", "The lowest point is at a, an option, and not always at 1."),
    ),
)  # fmt: skip


def it_is_the_same_on_all_four_sides(f, example):
    (x,) = example.args
    for sign in ([-1, 1], [1, -1], [-1, -1]):
        np.testing.assert_allclose(f(sign * x), f(x), rtol=1e-12, atol=1e-14 * height(example))


def the_slope_is_zero_at_the_saddle_and_in_both_hollows(f, example):
    for point, level in (([0.0, 0.0], 0.0), ([0.0, 1.0], -0.25), ([0.0, -1.0], -0.25)):
        y, pullback = f.vjp(np.array(point))
        assert y == level
        np.testing.assert_array_equal(pullback(1.0)[0], [0, 0])


def no_point_lies_below_the_hollows(f, example):
    assert f(*example.args) >= -0.25 - 1e-12 * height(example)


operation(
    saddle,
    examples=saddle_examples(),
    analytic=True,
    invariants=(
        it_is_the_same_on_all_four_sides,
        the_slope_is_zero_at_the_saddle_and_in_both_hollows,
        no_point_lies_below_the_hollows,
    ),
    exact=(((np.array([2.0, -2.0]),), {}, 4.0, (np.array([2.0, -6.0]),)),),
    refuses={"one number": lambda e: e.with_arg(0, np.ones(1))},
    bugs=(
        Bug("a bowl", "- x[1] ** 2 / 2 + x[1] ** 4 / 4", "+ x[1] ** 2 / 2 + x[1] ** 4 / 4",
            "A saddle falls in one direction: the square of x2 has a minus."),
        Bug("the gradient's sign in the falling direction", "x[1] ** 3 - x[1]", "x[1] ** 3 + x[1]",
            "The derivative of -x2^2 / 2 is -x2."),
        Bug("the fourth power forgotten in the gradient", "(x[1] ** 3 - x[1])", "(-x[1])",
            "x2^4 / 4 has the derivative x2^3: without it the walk never stops."),
        Bug("the fourth power's exponent brought down without its quarter", "x[1] ** 3 - x[1]", "4 * x[1] ** 3 - x[1]",
            "The 4 of the exponent and the quarter in front cancel."),
    ),
)  # fmt: skip
