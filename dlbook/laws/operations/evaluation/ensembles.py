"""The catalogue's entry for the average of an ensemble."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import array, sizes
from dlbook.laws.operation import Bug, Example, operation
from dlbook.numpy.evaluation import ensemble_average
from dlbook.numpy.linear_classifiers import log_softmax


@st.composite
def members(draw):
    of = draw(st.sampled_from((None, "probabilities", "scores")))
    return Example((draw(array(*draw(sizes(3)))),), {"of": of} if of else {})


def arithmetic(example) -> bool:
    return example.options.get("of", "probabilities") == "probabilities"


def probabilities_sum_to_one(f, example):
    y = f(*example.args, **example.options)
    np.testing.assert_allclose(np.exp(y).sum(axis=-1), 1, rtol=1e-9)


def members_who_agree_are_one_member(f, example):
    (scores,) = example.args
    same = np.repeat(scores[:1], 3, axis=0)
    np.testing.assert_allclose(
        f(same, **example.options), log_softmax(scores[0]), rtol=1e-9, atol=1e-9
    )


def the_order_of_the_members_is_no_matter(f, example):
    (scores,) = example.args
    turned = f(scores[::-1].copy(), **example.options)
    np.testing.assert_allclose(turned, f(scores, **example.options), rtol=1e-9, atol=1e-9)


def a_number_added_to_all_scores_of_a_member_changes_nothing(f, example):
    (scores,) = example.args
    shift = np.arange(len(scores))[:, None, None] + 0.5
    np.testing.assert_allclose(f(scores + shift, **example.options), f(scores, **example.options), rtol=1e-9, atol=1e-9)


def the_arithmetic_mean_is_the_mean_of_the_probabilities(f, example):
    (scores,) = example.args
    if arithmetic(example):
        p = np.exp(log_softmax(scores)).mean(axis=0)
        np.testing.assert_allclose(np.exp(f(scores, **example.options)), p, rtol=1e-9, atol=1e-12)


def nobody_loses_more_by_the_average_than_the_members_lose_on_average(f, example):
    (scores,) = example.args
    y, members_mean = f(scores, **example.options), log_softmax(scores).mean(axis=0)
    assert (y >= members_mean - 1e-9 * (1 + np.abs(members_mean))).all(), "worse than the members' mean log-probability"


def the_gradient_of_each_member_sums_to_zero(f, example):
    (scores,) = example.args
    y, pullback = f.vjp(scores, **example.options)
    (ds,) = pullback(example.rng().normal(size=y.shape))
    np.testing.assert_allclose(ds.sum(axis=-1), 0, atol=1e-10)


operation(
    ensemble_average,
    examples=members(),
    analytic=True,
    refuses={
        "no members": lambda e: e.with_arg(0, np.zeros((0, 2, 3))),
        "no classes": lambda e: e.with_arg(0, np.zeros((2, 3, 0))),
        "scores of one member without its axis": lambda e: e.with_arg(0, e.args[0][0]),
        "another mean": lambda e: e.with_options(of="votes"),
        "integers for scores": lambda e: e.with_arg(0, e.args[0].astype(int)),
    },
    invariants=(
        probabilities_sum_to_one,
        members_who_agree_are_one_member,
        the_order_of_the_members_is_no_matter,
        a_number_added_to_all_scores_of_a_member_changes_nothing,
        the_arithmetic_mean_is_the_mean_of_the_probabilities,
        nobody_loses_more_by_the_average_than_the_members_lose_on_average,
        the_gradient_of_each_member_sums_to_zero,
    ),
    exact=(
        # One says 3/4 and 1/4, the other 1/4 and 3/4.
        ((np.log([[[3.0, 1.0]], [[1.0, 3.0]]]),), {}, [[-np.log(2), -np.log(2)]], None),
        ((np.log([[[3.0, 1.0]], [[1.0, 3.0]]]),), {"of": "scores"}, [[-np.log(2), -np.log(2)]], None),
        # Certain and opposite: the arithmetic mean shrugs, and so does the geometric one.
        ((np.array([[[2000.0, 0.0]], [[0.0, 2000.0]]]),), {}, [[-np.log(2), -np.log(2)]], None),
        # Certain and of one mind: a probability that rounds to 0 still has a logarithm.
        ((np.array([[[2000.0, 0.0]], [[2000.0, 0.0]]]),), {}, [[0.0, -2000.0]], ([[[-0.5, 0.5]], [[-0.5, 0.5]]],)),
    ),
    bugs=(
        Bug("the mean of the log-probabilities", "y = peak + np.log(total / members)",
            "y = each.mean(axis=0) + 0 * peak",
            "The exponentials of mean logarithms do not sum to 1: average the probabilities, then take the logarithm."),
        Bug("a sum instead of a mean", "np.log(total / members)", "np.log(total)",
            "The probabilities of M members sum to M: divide by their number."),
        Bug("the logarithm of rounded probabilities", "peak = each.real.max(axis=0)",
            "peak = 0 * each.real.max(axis=0)",
            "A probability of exp(-2000) rounds to 0: shift by the largest log-probability before the exponential."),
        Bug("a softmax over the members", "np.log(np.exp(shifted).sum(axis=-1, keepdims=True))",
            "np.log(np.exp(shifted).sum(axis=0, keepdims=True))",
            "The probabilities of one member sum to 1 over the classes, the last axis."),
        Bug("the same gradient for every member", "deach = share / total * dy", "deach = dy / members + 0 * share",
            "A member answers for its part of the mean probability: the weights are share / total, not 1/M."),
        Bug("the softmax is forgotten on the way back", "(deach - np.exp(each) * deach.sum(axis=-1, keepdims=True),)",
            "(deach,)", "The scores pass through a log-softmax: subtract p times the sum of the gradient."),
        Bug("no 1/M in the gradient of the mean score", "keepdims=True)) / members", "keepdims=True))",
            "A mean score moves by 1/M of what one member's score moves."),
    ),
)  # fmt: skip
