"""The catalogue's entries for the matrix product and its generalization."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import array, sizes
from dlbook.laws.operation import Bug, Example, operation
from dlbook.laws.operations.backpropagation.drawing import NO_INTEGERS, shapes
from dlbook.numpy.backpropagation import einsum, matmul


@st.composite
def matrices(draw):
    stack, (n, d, k) = draw(shapes(most=2)), draw(sizes(3))
    return Example((draw(array(*stack, n, d)), draw(array(*stack, d, k))))


def the_unit_matrix_changes_nothing(f, example):
    a = example.args[0]
    unit = np.broadcast_to(np.eye(a.shape[-1]), (*a.shape[:-2], a.shape[-1], a.shape[-1])).copy()
    np.testing.assert_allclose(f(a, unit), a, rtol=1e-14)


def the_transposed_product_is_the_product_of_transposes_in_reverse(f, example):
    a, b = (arg.swapaxes(-1, -2) for arg in example.args)
    got, size = f(b, a), np.abs(f(*example.args)).max(initial=1.0)
    np.testing.assert_allclose(got, f(*example.args).swapaxes(-1, -2), rtol=1e-10, atol=1e-13 * size)


def an_entry_is_a_row_times_a_column(f, example):
    a, b = example.args
    first = (0,) * (a.ndim - 2)
    terms = [float(p) * float(q) for p, q in zip(a[(*first, 0)], b[(*first, slice(None), 0)], strict=True)]
    got = f(a, b)[(*first, 0, 0)]
    assert abs(got - sum(terms)) <= 1e-12 * max(1.0, sum(map(abs, terms)))


operation(
    matmul,
    examples=matrices(),
    analytic=True,
    refuses={
        **NO_INTEGERS,
        "inner axes that differ": lambda e: e.with_args(np.ones((2, 3)), np.ones((4, 2))),
        "stacks of different length": lambda e: e.with_args(np.ones((2, 3, 4)), np.ones((3, 4, 2))),
        "a vector": lambda e: e.with_args(np.ones((2, 3)), np.ones(3)),
    },
    invariants=(
        the_unit_matrix_changes_nothing,
        the_transposed_product_is_the_product_of_transposes_in_reverse,
        an_entry_is_a_row_times_a_column,
    ),
    bugs=(
        Bug("transpose forgotten", "matmul(dy, _swapped(b))", "matmul(dy, b.reshape(_swapped(b).shape))",
            "The gradient of A is dY times B transposed; a reshape is no transpose."),
        Bug("averaged over rows", "matmul(_swapped(a), dy)", "matmul(_swapped(a), dy) / dy.shape[-2]",
            "B collects the sum over the rows, not their mean."),
        Bug("whole stack reversed", "(*axes[:-2], axes[-1], axes[-2])", "axes[::-1]",
            "Only the last two axes are exchanged: the stack stays as it is."),
        Bug("second gradient missing", "matmul(_swapped(a), dy)", "0 * matmul(_swapped(a), dy)",
            "Both matrices have a gradient."),
    ),
)  # fmt: skip

EQUATIONS = ("nd,kd->nk", "ij->", "i,j->ij", "bij,bjk->bik", "ij,ij->i", "ab->ba", "nd,d->n", "i,ij,j->", "ij,jk->k")


@st.composite
def equations(draw):
    equation = draw(st.sampled_from(EQUATIONS))
    letters = sorted(set(equation) - set(",->"))
    size = dict(zip(letters, draw(sizes(len(letters), high=4)), strict=True))
    operands = (draw(array(*(size[c] for c in name))) for name in equation.split("->")[0].split(","))
    return Example(tuple(operands), {"equation": equation})


def the_names_of_axes_do_not_matter(f, example):
    renamed = example.options["equation"].translate(str.maketrans("abdijkn", "uvwxyzt"))
    np.testing.assert_allclose(f(*example.args, equation=renamed), f(*example.args, **example.options), rtol=1e-13)


def the_order_of_operands_does_not_matter(f, example):
    before, out = example.options["equation"].split("->")
    other = ",".join(before.split(",")[::-1]) + "->" + out
    y = f(*example.args, **example.options)
    size = np.prod([max(1.0, np.abs(a).max()) for a in example.args])
    np.testing.assert_allclose(f(*example.args[::-1], equation=other), y, rtol=1e-10, atol=1e-12 * size)


def it_is_linear_in_each_operand(f, example):
    y = f(*example.args, **example.options)
    for i, a in enumerate(example.args):
        np.testing.assert_allclose(f(*example.with_arg(i, 2 * a).args, **example.options), 2 * y, rtol=1e-13)


def with_equation(text: str):
    return lambda e: e.with_args(np.ones((2, 3)), np.ones((3, 4))).with_options(equation=text)


operation(
    einsum,
    examples=equations(),
    analytic=True,
    refuses={
        **NO_INTEGERS,
        "a letter twice in one operand": with_equation("ii,ij->j"),
        "a letter twice in the result": with_equation("ij,jk->kk"),
        "an unknown letter in the result": with_equation("ij,jk->iz"),
        "a letter of two sizes": with_equation("ij,ik->jk"),
        "an equation without an arrow": with_equation("ij,jk"),
        "too few operands": with_equation("ij->i"),
        "too many letters": with_equation("ijk,kl->il"),
    },
    invariants=(
        the_names_of_axes_do_not_matter,
        the_order_of_operands_does_not_matter,
        it_is_linear_in_each_operand,
    ),
    exact=(((np.array([[1.0, 2.0]]),), {"equation": "ij->"}, 3.0, ([[1.0, 1.0]],)),),
    bugs=(
        Bug("letters that were summed alone are forgotten", "n if c in seen else 1 for c", "n for c",
            "A letter that no other operand has is repeated in the gradient, not missing from it."),
        Bug("gradient divided by the number of operands", "        return tuple(_grad(dy, i)",
            "        return tuple(_grad(dy / len(operands), i)", "Each factor receives the whole gradient."),
        Bug("the first operand's gradient everywhere", "_grad(dy, i) for i in range(len(operands))",
            "_grad(dy, i) * (i == 0) for i in range(len(operands))", "Every operand has a gradient of its own."),
    ),
)  # fmt: skip
