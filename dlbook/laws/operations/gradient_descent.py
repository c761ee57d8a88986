"""The catalogue's entry for the one operation of `gradient_descent`."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import array, sizes
from dlbook.laws.operation import Bug, Example, operation
from dlbook.numpy.gradient_descent import quadratic


@st.composite
def quadratic_examples(draw):
    (d,) = draw(sizes(1))
    return Example((draw(array(d)), draw(array(d, d))))


def size(example) -> float:
    """Return the sum that the terms of x' H x cannot exceed."""
    x, hessian = (np.abs(a) for a in example.args)
    return float(x @ hessian @ x) + 1e-300


def doubling_the_point_quadruples_the_height(f, example):
    x, hessian = example.args
    np.testing.assert_allclose(f(2 * x, hessian), 4 * f(x, hessian), rtol=1e-12, atol=1e-14 * size(example))


def the_point_opposite_lies_as_high(f, example):
    x, hessian = example.args
    np.testing.assert_allclose(f(-x, hessian), f(x, hessian), rtol=1e-12, atol=1e-14 * size(example))


def only_the_symmetric_part_of_the_matrix_counts(f, example):
    x, hessian = example.args
    np.testing.assert_allclose(f(x, hessian.T), f(x, hessian), rtol=1e-9, atol=1e-12 * size(example))


def the_height_is_half_the_slope_along_the_point(f, example):
    x, hessian = example.args
    y, pullback = f.vjp(x, hessian)
    np.testing.assert_allclose(pullback(1.0)[0] @ x, 2 * y, rtol=1e-9, atol=1e-12 * size(example))


operation(
    quadratic,
    examples=quadratic_examples(),
    analytic=True,
    invariants=(
        doubling_the_point_quadruples_the_height,
        the_point_opposite_lies_as_high,
        only_the_symmetric_part_of_the_matrix_counts,
        the_height_is_half_the_slope_along_the_point,
    ),
    exact=(
        (
            (np.array([1.0, 2.0]), np.array([[1.0, 1.0], [0.0, 3.0]])),
            {},
            7.5,
            (np.array([2.0, 6.5]), np.array([[0.5, 1.0], [1.0, 2.0]])),
        ),
    ),
    refuses={"a matrix that is not square": lambda e: e.with_arg(1, np.ones((len(e.args[0]), len(e.args[0]) + 1)))},
    bugs=(
        Bug("factor one half forgotten", "x @ hessian @ x / 2", "x @ hessian @ x", "The bowl is x' H x / 2: halve it."),
        Bug(
            "gradient of a symmetric matrix only",
            "(hessian @ x + x @ hessian) / 2",
            "hessian @ x",
            "H x is the gradient only if H is symmetric: in general it is (H + H') x / 2.",
        ),
        Bug(
            "gradient without the one half",
            "dy * (hessian @ x + x @ hessian) / 2",
            "dy * (hessian @ x + x @ hessian)",
            "The product rule gives H x and H' x, and both carry the one half.",
        ),
        Bug(
            "gradient by the matrix forgets its one half",
            "np.outer(x, x) / 2",
            "np.outer(x, x)",
            "The derivative of x' H x / 2 by the entry H_ij is x_i x_j / 2.",
        ),
    ),
)
