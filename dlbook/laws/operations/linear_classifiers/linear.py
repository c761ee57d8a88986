"""The catalogue's entry for the linear layer."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import array, sizes
from dlbook.laws.operation import Bug, Example, operation
from dlbook.numpy.linear_classifiers import linear


@st.composite
def linear_examples(draw):
    n, d, k = draw(sizes(3))
    x, weight = draw(array(n, d)), draw(array(k, d))
    return Example((x, weight, draw(array(k)))) if draw(st.booleans()) else Example((x, weight))


def superposition(f, example):
    x, weight, *_ = example.args
    other = np.ones_like(x)
    np.testing.assert_allclose(f(2 * x - other, weight), 2 * f(x, weight) - f(other, weight), rtol=1e-9, atol=1e-9)


def scores_of_a_template_are_its_dot_products(f, example):
    x, weight, *_ = example.args
    np.testing.assert_allclose(
        f(x, weight)[0, 0],
        sum(float(a) * float(b) for a, b in zip(x[0], weight[0], strict=True)),
        rtol=1e-9,
        atol=1e-9,
    )


def a_bias_shifts_every_row_alike(f, example):
    x, weight, *_ = example.args
    bias = np.arange(1.0, len(weight) + 1)
    np.testing.assert_allclose(f(x, weight, bias) - f(x, weight), np.tile(bias, (len(x), 1)), rtol=1e-9, atol=1e-8)


operation(
    linear,
    examples=linear_examples(),
    analytic=True,
    rows=(0,),
    invariants=(superposition, scores_of_a_template_are_its_dot_products, a_bias_shifts_every_row_alike),
    refuses={
        "integers for floats": lambda e: e.with_arg(0, e.args[0].astype(int)),
        "a bias of one entry for several scores": lambda e: e.with_args(
            e.args[0], np.ones((2, e.args[0].shape[1])), np.ones(1)
        ),
    },
    bugs=(
        Bug(
            "bias gradient averaged over the batch",
            "dy.sum(axis=0)",
            "dy.mean(axis=0)",
            "The bias is added to every row, so its gradient is the sum over the rows, not their mean.",
        ),
        Bug("bias forgotten", "y += bias", "y += 0 * bias", "The bias is never added to the scores."),
        Bug(
            "weight gradient divided by the batch size",
            "dy.T @ x",
            "dy.T @ x / len(x)",
            "Averaging over the batch is the loss's business: dy already carries the 1/N.",
        ),
        Bug(
            "input gradient made from the input",
            "dx = dy @ weight",
            "dx = dy @ weight + 0.1 * x",
            "The gradient of a linear map with respect to its input depends on dy and weight only.",
        ),
    ),
)
