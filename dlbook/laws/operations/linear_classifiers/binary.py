"""The catalogue's entries for the sigmoid and the binary cross-entropies."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import array, labels, positive, sizes
from dlbook.laws.operation import Bug, Example, operation
from dlbook.laws.operations.linear_classifiers.drawing import (
    REDUCTIONS,
    batch,
    choices,
    longer,
    shapes,
    total,
    with_first,
)
from dlbook.numpy.linear_classifiers import binary_cross_entropy_with_logits, focal_loss, multi_bce, sigmoid

OVERFLOW = Bug(
    "the softplus overflows",
    "np.maximum(x, 0) + np.log1p(np.exp(-np.maximum(x, -x)))",
    "np.log1p(np.exp(x))",
    "exp(1000) overflows: take max(x, 0) out of the logarithm.",
)
NO_MEAN = Bug(
    "the gradient of a sum",
    "dy * share",
    "dy * (0 * share + 1)",
    "The loss is a mean, so each example's gradient carries its 1/N.",
)


def opposite_scores_have_opposite_probabilities(f, example):
    np.testing.assert_allclose(f(-example.args[0]), 1 - f(example.args[0]), atol=1e-15)


def a_larger_score_is_never_less_probable(f, example):
    x = np.sort(example.args[0].ravel())
    assert (np.diff(f(x)) >= 0).all(), "not monotone"


def it_undoes_the_log_odds(f, example):
    p = np.linspace(0.05, 0.95, 7)
    np.testing.assert_allclose(f(np.log(p / (1 - p))), p, rtol=1e-12)


operation(
    sigmoid,
    examples=shapes().flatmap(lambda shape: array(*shape)).map(lambda x: Example((x,))),
    analytic=True,
    rows=(0,),
    refuses={"integers for floats": lambda e: e.with_arg(0, e.args[0].astype(int))},
    invariants=(
        opposite_scores_have_opposite_probabilities,
        a_larger_score_is_never_less_probable,
        it_undoes_the_log_odds,
    ),
    exact=(
        ((np.array([0.0, 1e4, -1e4]),), {}, [0.5, 1.0, 0.0], ([0.25, 0.0, 0.0],)),
        ((np.array([-50.0]),), {}, [np.exp(-50.0)], ([np.exp(-50.0)],)),
    ),
    bugs=(
        Bug("the score is clipped", "y = _sigmoid(x)", "y = _sigmoid(np.clip(x, -30, 30))",
            "Clipping stops the overflow, and gives every score beyond the bounds one and the same probability."),
        Bug(
            "the exponential overflows",
            "np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.maximum(x, -x)))",
            "1 / (1 + np.exp(-x))",
            "For x = -1000 this computes exp(1000): keep the exponent below zero on both sides.",
        ),
        Bug("the slope in terms of x", "dy * y * (1 - y)", "dy * x * (1 - x)",
            "sigmoid'(x) = y (1 - y) with y the sigmoid, not x."),
        Bug("the slope of the tanh", "dy * y * (1 - y)", "dy * (1 - y * y)",
            "1 - y^2 is the slope of tanh; the sigmoid's is y (1 - y)."),
    ),
)  # fmt: skip


@st.composite
def logits(draw):
    shape = draw(shapes())
    scores, target = draw(array(*shape)), draw(positive(*shape, low=0, high=1))
    if draw(st.booleans()):
        target = np.round(target)
    narrow = st.sampled_from((shape, shape[-1:], (1, *shape[1:])))  # what broadcasts against the scores
    weight = draw(st.none() | narrow.flatmap(lambda s: positive(*s)))
    pos_weight = draw(st.none() | narrow.flatmap(lambda s: positive(*s)))
    return Example((scores, target, weight, pos_weight), {"reduction": draw(REDUCTIONS)})


def naming_the_other_class_negates_the_score(f, example):
    scores, target = example.args[:2]
    np.testing.assert_allclose(
        f(-scores, 1 - target, **example.options), f(scores, target, **example.options), rtol=1e-9, atol=1e-12
    )


def a_score_of_zero_costs_the_logarithm_of_two(f, example):
    scores, target = example.args[:2]
    losses = f(0 * scores, target, reduction="none")
    np.testing.assert_allclose(losses, np.full_like(scores, np.log(2)), rtol=1e-12)


def pos_weight_multiplies_positives_only(f, example):
    scores = example.args[0]
    c = np.linspace(0.5, 2, scores.shape[-1])
    ones, zeros = np.ones_like(scores), np.zeros_like(scores)
    plain = f(scores, ones, reduction="none")
    np.testing.assert_allclose(f(scores, ones, None, c, reduction="none"), c * plain, rtol=1e-12)
    np.testing.assert_allclose(
        f(scores, zeros, None, c, reduction="none"), f(scores, zeros, reduction="none"), rtol=1e-12
    )


def without_weights_the_gradient_is_sigmoid_minus_target(f, example):
    scores, target = example.args[:2]
    dscores = f.vjp(scores, target, reduction="sum")[1](np.ones(()))[0]
    moderate = np.clip(scores, -500, 500)
    np.testing.assert_allclose(dscores, 1 / (1 + np.exp(-moderate)) - target, rtol=1e-9, atol=1e-14)


operation(
    binary_cross_entropy_with_logits,
    examples=logits(),
    analytic=True,
    rows=lambda e: (0, 1) if e.options["reduction"] == "none" and e.args[2] is None is e.args[3] else (),
    refuses={
        "a target of another shape": lambda e: longer(e, 1),
        "integer targets": lambda e: e.with_arg(1, np.round(e.args[1]).astype(int)),
        "a weight that does not broadcast": lambda e: e.with_arg(2, np.ones(e.args[0].shape[-1] + 1)),
        "an unknown reduction": lambda e: e.with_options(reduction="average"),
    },
    invariants=(
        naming_the_other_class_negates_the_score,
        a_score_of_zero_costs_the_logarithm_of_two,
        pos_weight_multiplies_positives_only,
        without_weights_the_gradient_is_sigmoid_minus_target,
    ),
    exact=(
        ((np.array([0.0]), np.array([1.0])), {}, np.log(2), ([-0.5], [0.0])),
        ((np.array([1e4, -1e4]), np.array([0.0, 1.0])), {}, 1e4, ([0.5, -0.5], [-5e3, 5e3])),
    ),
    bugs=(
        OVERFLOW,
        NO_MEAN,
        Bug("target minus probability",
            "(1 - target) * _sigmoid(scores) - c * target * _sigmoid(-scores)",
            "c * target * _sigmoid(-scores) - (1 - target) * _sigmoid(scores)",
            "The gradient is probability minus target: a score that is too high must go down."),
        Bug("pos_weight on the negatives", "c * target * miss + (1 - target) * alarm",
            "target * miss + c * (1 - target) * alarm", "pos_weight multiplies the term of the positives, t log p."),
        Bug("pos_weight missing from the target's gradient", "c * miss - alarm", "miss - alarm",
            "The derivative with respect to t keeps the factor of the positive term."),
        Bug("the gradient of a broadcast weight is not summed", "sum_to(g * plain, weight.shape)", "g * plain",
            "A weight that served many elements collects the gradients of all of them."),
    ),
)  # fmt: skip


@st.composite
def one_against_all(draw):
    n, k = draw(sizes(2))
    return Example((draw(array(n, k)), draw(labels(n, k))), {"reduction": draw(REDUCTIONS)})


def scores_of_zero_cost_the_logarithm_of_two(f, example):
    losses = f(0 * example.args[0], example.args[1], reduction="none")
    np.testing.assert_allclose(losses, np.full(len(losses), np.log(2)), rtol=1e-12)


def it_is_the_mean_of_k_binary_cross_entropies(f, example):
    scores, target = example.args
    signed = np.where(np.arange(scores.shape[1]) == target[:, None], scores, -scores)
    losses = f(scores, target, reduction="none")
    np.testing.assert_allclose(losses, np.logaddexp(0, -signed).mean(axis=1), rtol=1e-12, atol=1e-15)


def only_the_label_s_score_is_pulled_up(f, example):
    scores, target = example.args
    dscores = f.vjp(scores, target, reduction="sum")[1](np.ones(()))[0]
    mine = np.arange(scores.shape[1]) == target[:, None]
    assert (dscores[mine] <= 0).all(), "the label's score is pushed down"
    assert (dscores[~mine] >= 0).all(), "another class's score is pulled up"


operation(
    multi_bce,
    examples=one_against_all(),
    analytic=True,
    rows=batch(0, 1),
    refuses={
        "a label beyond the last class": lambda e: with_first(e, 1, e.args[0].shape[1]),
        "a negative label": lambda e: with_first(e, 1, -1),
        "a mean of nothing": lambda e: e.with_args(e.args[0][:0], e.args[1][:0]).with_options(reduction="mean"),
    },
    invariants=(
        scores_of_zero_cost_the_logarithm_of_two,
        it_is_the_mean_of_k_binary_cross_entropies,
        only_the_label_s_score_is_pulled_up,
    ),
    exact=(((np.array([[0.0, 0.0]]), np.array([1])), {}, np.log(2), ([[0.25, -0.25]], None)),),
    bugs=(
        OVERFLOW,
        Bug("the sum over the classes", "_softplus(asked).sum(axis=1) / classes", "_softplus(asked).sum(axis=1)",
            "The loss of an example is the mean over its K questions: divide by K."),
        Bug("the gradient without 1/K", "column(dy * share / classes)", "column(dy * share)",
            "The mean over the K questions puts a 1/K into the gradient."),
        Bug("the label's question answered with no", "asked[n, labels] *= -1", "asked[n, labels] *= 1",
            "For its own class the answer is yes: its term is log sigmoid(s), the others' log sigmoid(-s)."),
        Bug("whole columns for labels", "dscores[n, labels] *= -1", "dscores[:, labels] *= -1",
            "dscores[:, labels] is whole columns; dscores[np.arange(N), labels] is one entry in each row."),
    ),
)  # fmt: skip


@st.composite
def detections(draw):
    shape = draw(shapes())
    options = {
        "gamma": draw(st.sampled_from((0.0, 0.5, 2.0, 5.0))),
        "alpha": draw(st.sampled_from((None, 0.25, 0.5, 1.0))),
        "reduction": draw(REDUCTIONS),
    }
    return Example((draw(array(*shape)), draw(choices(shape, (0, 1)))), options)


def without_focus_and_balance_it_is_the_cross_entropy(f, example):
    scores, target = example.args
    losses = f(scores, target, gamma=0.0, alpha=None, reduction="none")
    np.testing.assert_allclose(losses, np.logaddexp(0, np.where(target == 1, -scores, scores)), rtol=1e-9, atol=1e-15)


def more_focus_never_costs_more(f, example):
    little, much = (f(*example.args, alpha=None, gamma=g, reduction="none") for g in (1.0, 3.0))
    assert (much <= little).all(), "a larger gamma gives a larger loss"


def balanced_it_does_not_matter_which_class_is_called_positive(f, example):
    scores, target = example.args
    options = {**example.options, "alpha": None}
    np.testing.assert_allclose(f(-scores, 1 - target, **options), f(scores, target, **options), rtol=1e-12)


def the_two_classes_share_the_weight(f, example):
    scores = example.args[0]
    ones = np.ones(scores.shape, int)
    whole = total(f, example, scores, ones, alpha=None)
    parts = total(f, example, scores, ones, alpha=0.3) + total(f, example, -scores, 0 * ones, alpha=0.3)
    np.testing.assert_allclose(parts, whole, rtol=1e-12)


operation(
    focal_loss,
    examples=detections(),
    analytic=True,
    rows=batch(0, 1),
    refuses={
        "a label of two": lambda e: with_first(e, 1, 2),
        "a label of minus one": lambda e: with_first(e, 1, -1),
        "a negative gamma": lambda e: e.with_options(gamma=-1.0),
        "an alpha above 1": lambda e: e.with_options(alpha=1.5),
    },
    invariants=(
        without_focus_and_balance_it_is_the_cross_entropy,
        more_focus_never_costs_more,
        balanced_it_does_not_matter_which_class_is_called_positive,
        the_two_classes_share_the_weight,
    ),
    exact=(
        ((np.array([0.0]), np.array([1])), {}, 0.0625 * np.log(2), ([-0.0625 * (np.log(2) + 0.5)], None)),
        ((np.array([1e4, -1e4]), np.array([1, 0])), {"gamma": 0.5}, 0.0, ([0.0, 0.0], None)),
    ),
    bugs=(
        OVERFLOW,
        Bug("focus on the easy examples", "np.exp(-gamma * _softplus(z))", "np.exp(-gamma * _softplus(-z))",
            "The factor is (1 - p)**gamma: small where the answer is right, not where it is wrong."),
        Bug("the focus taken for a constant", "gamma * _sigmoid(z) * surprise + _sigmoid(-z)", "_sigmoid(-z)",
            "(1 - p)**gamma depends on the score too: the product rule gives a second term."),
        Bug("alpha on both classes", "0.5 + (alpha - 0.5) * sign", "alpha + 0 * sign",
            "alpha weighs the positives, 1 - alpha the negatives."),
        Bug("the sign of negatives lost", "dy * share * sign * dz", "dy * share * dz",
            "For a negative z = -s, so the gradient with respect to the score changes its sign."),
    ),
)  # fmt: skip
