"""The catalogue's entries for the margin losses."""

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
from dlbook.numpy.linear_classifiers import crammer_singer_loss, hinge_loss, multi_margin_loss, squared_hinge_loss

NO_MEAN = Bug(
    "the gradient of a sum",
    "dy * share",
    "dy * (0 * share + 1)",
    "The loss is a mean, so each example's gradient carries its 1/N.",
)


@st.composite
def signed(draw):
    shape = draw(shapes())
    return Example((draw(array(*shape)), draw(choices(shape, (-1, 1)))), {"reduction": draw(REDUCTIONS)})


def zero_exactly_where_the_margin_is_met(f, example):
    scores, target = example.args
    losses = f(scores, target, reduction="none")
    np.testing.assert_array_equal(losses == 0, target * scores >= 1)


def the_other_class_s_name_and_the_opposite_score_cost_the_same(f, example):
    scores, target = example.args
    np.testing.assert_array_equal(f(-scores, -target, **example.options), f(scores, target, **example.options))


def a_wrong_answer_costs_at_least_one(f, example):
    scores, target = example.args
    losses = f(scores, target, reduction="none")
    assert (losses[target * scores <= 0] >= 1).all(), "the loss is no bound of the error rate"


def a_met_margin_has_no_gradient(f, example):
    scores, target = example.args
    dscores = f.vjp(scores, target, reduction="sum")[1](np.ones(()))[0]
    met = target * scores >= 1
    assert not dscores[met].any(), "a met margin has a gradient"
    assert (np.sign(dscores[~met]) == -target[~met]).all(), "the gradient does not point to the wrong side"


BINARY = {
    "examples": signed(),
    "rows": batch(0, 1),
    "refuses": {
        "a label of 0": lambda e: with_first(e, 1, 0),
        "a label of 2": lambda e: with_first(e, 1, 2),
        "labels that are floats": lambda e: e.with_arg(1, e.args[1].astype(float)),
        "more labels than scores": lambda e: longer(e, 1),
        "an unknown reduction": lambda e: e.with_options(reduction="average"),
    },
    "invariants": (
        zero_exactly_where_the_margin_is_met,
        the_other_class_s_name_and_the_opposite_score_cost_the_same,
        a_wrong_answer_costs_at_least_one,
        a_met_margin_has_no_gradient,
    ),
}
NO_MARGIN = Bug(
    "no margin",
    "np.maximum(1 - t * scores, 0)",
    "np.maximum(-t * scores, 0)",
    "That is the perceptron's loss: the hinge asks for t s to be at least 1, not 0.",
)
LABEL_IGNORED = Bug(
    "the label left out of the margin",
    "np.maximum(1 - t * scores, 0)",
    "np.maximum(1 - scores, 0)",
    "A negative example wants a negative score: multiply the score by its label.",
)

operation(
    hinge_loss,
    kinks=True,
    **BINARY,
    exact=(
        ((np.array([1.0, -1.0]), np.array([1, -1])), {}, 0.0, ([0.0, 0.0], None)),
        ((np.array([0.0, 3.0]), np.array([1, -1])), {"reduction": "sum"}, 5.0, ([-1.0, 1.0], None)),
    ),
    bugs=(
        NO_MEAN,
        NO_MARGIN,
        LABEL_IGNORED,
        Bug("a gradient at the kink", "(short > 0)", "(short >= 0)",
            "Where the margin is met the loss is 0 and stays 0: no gradient, at the kink neither."),
        Bug("the gradient without the label", "dy * share * -t * (short > 0)", "dy * share * -1 * (short > 0)",
            "d(1 - t s)/ds = -t: the sign of the gradient is the label's."),
    ),
)  # fmt: skip

operation(
    squared_hinge_loss,
    analytic=True,
    **BINARY,
    exact=(
        ((np.array([1.0, -1.0]), np.array([1, -1])), {}, 0.0, ([0.0, 0.0], None)),
        ((np.array([0.0, 3.0]), np.array([1, -1])), {"reduction": "sum"}, 17.0, ([-2.0, 8.0], None)),
    ),
    bugs=(
        NO_MEAN,
        NO_MARGIN,
        LABEL_IGNORED,
        Bug("the factor 2 of the square", "dy * share * -2 * t * short", "dy * share * -1 * t * short",
            "d(z^2)/dz = 2 z."),
        Bug("squares of met margins too", "short = np.maximum(1 - t * scores, 0)", "short = 1 - t * scores",
            "A score far on the right side costs nothing: cut at 0 before you square."),
    ),
)  # fmt: skip


@st.composite
def rivals(draw):
    n, k = draw(sizes(2))
    scores, target = draw(array(n, k)), draw(labels(n, k))
    options = {
        "p": draw(st.sampled_from((1, 2))),
        "margin": draw(st.sampled_from((1.0, 0.5, 2.0))),
        "reduction": draw(REDUCTIONS),
    }
    return Example((scores, target, draw(positive(k))) if draw(st.booleans()) else (scores, target), options)


def favour(example, by):
    """Return the scores with the label's own moved."""
    scores = example.args[0].copy()
    scores[np.arange(len(scores)), example.args[1]] += by
    return scores


def met_margins_cost_nothing(f, example):
    scores, reach = example.args[0], 2 * np.abs(example.args[0]).max() + example.options["margin"]
    assert total(f, example, favour(example, reach), *example.args[1:]) <= 1e-9 * max(1, np.abs(scores).max()) ** 2


def a_constant_shift_of_all_scores_changes_nothing(f, example):
    shifted = f(example.args[0] + 3.5, *example.args[1:], **example.options)
    np.testing.assert_allclose(shifted, f(*example.args, **example.options), rtol=1e-9, atol=1e-9)


def the_gradient_of_a_row_sums_to_zero(f, example):
    y, pullback = f.vjp(*example.args, **example.options)
    dscores = pullback(example.rng().normal(size=np.shape(y)))[0]
    size = max(1.0, float(np.abs(dscores).max()))
    np.testing.assert_allclose(dscores.sum(axis=1), 0, atol=1e-12 * size)


def it_is_the_mean_over_the_classes_of_the_rivals_hinges(f, example):
    (scores, target), options = example.args[:2], example.options
    expected = [
        sum(max(0.0, options["margin"] + s - row[t]) ** options["p"] for k, s in enumerate(row) if k != t) / len(row)
        for row, t in zip(scores, target, strict=True)
    ]
    np.testing.assert_allclose(f(scores, target, **{**options, "reduction": "none"}), expected, rtol=1e-9, atol=1e-12)


LABELLED = {
    "a label beyond the last class": lambda e: with_first(e, 1, e.args[0].shape[1]),
    "a negative label": lambda e: with_first(e, 1, -1),
    "a margin of 0": lambda e: e.with_options(margin=0.0),
    "a mean of nothing": lambda e: e.with_args(e.args[0][:0], e.args[1][:0]).with_options(reduction="mean"),
}

operation(
    multi_margin_loss,
    kinks=True,
    examples=rivals(),
    rows=batch(0, 1),
    refuses=LABELLED
    | {
        "a third power": lambda e: e.with_options(p=3),
        "more weights than classes": lambda e: e.with_args(*e.args[:2], np.ones(e.args[0].shape[1] + 1)),
    },
    invariants=(
        it_is_the_mean_over_the_classes_of_the_rivals_hinges,
        met_margins_cost_nothing,
        a_constant_shift_of_all_scores_changes_nothing,
        the_gradient_of_a_row_sums_to_zero,
    ),
    exact=(
        ((np.array([[2.0, 1.0]]), np.array([0])), {}, 0.0, ([[0.0, 0.0]], None)),
        ((np.array([[0.0, 1.0, 0.5]]), np.array([0])), {}, 3.5 / 3, ([[-2 / 3, 1 / 3, 1 / 3]], None)),
    ),
    bugs=(
        NO_MEAN,
        Bug("the label is its own rival", "short[n, labels] = 0", "short[n, labels] *= 1",
            "The sum runs over the other classes: the label's own term would add the margin to every loss."),
        Bug("the sum over the classes", "sum(axis=1) / scores.shape[1]", "sum(axis=1)",
            "PyTorch's loss is the mean over the K classes; CS231n's sum is K times that."),
        Bug("the label's score is not pulled up", "dscores[n, labels] = -dscores.sum(axis=1)", "dscores[n, labels] = 0",
            "Each violated margin also contains minus the label's score, so that the row's gradient sums to 0."),
        Bug("a gradient at the kink", "(short > 0 if p == 1 else short)", "(short >= 0 if p == 1 else short)",
            "Where the margin is met there is no gradient, at the kink neither."),
        Bug("the gradient of p = 2 without its 2", "g * weight[labels]) * p /", "g * weight[labels]) /",
            "d(z^2)/dz = 2 z."),
        Bug("the weight of the rival", "column(per_rival)", "(column(per_rival) if weight is None else g * weight)",
            "The weight is that of the example's own label, one for the whole row."),
    ),
)  # fmt: skip


@st.composite
def strongest_rival(draw):
    n, k = draw(st.integers(1, 4)), draw(st.integers(2, 5))
    options = {"margin": draw(st.sampled_from((1.0, 0.5, 2.0))), "reduction": draw(REDUCTIONS)}
    return Example((draw(array(n, k)), draw(labels(n, k))), options)


def it_is_the_hinge_of_the_strongest_rival(f, example):
    (scores, target), margin = example.args, example.options["margin"]
    expected = [
        max(0.0, margin - row[t] + max(s for k, s in enumerate(row) if k != t))
        for row, t in zip(scores.tolist(), target.tolist(), strict=True)
    ]
    np.testing.assert_allclose(f(scores, target, **{**example.options, "reduction": "none"}), expected, atol=1e-9)


def two_scores_at_most_have_a_gradient(f, example):
    scores, target = example.args
    dscores = f.vjp(scores, target, **{**example.options, "reduction": "sum"})[1](np.ones(()))[0]
    assert (np.count_nonzero(dscores, axis=1) <= 2).all(), "more than the label and its rival have a gradient"
    np.testing.assert_array_equal(dscores.sum(axis=1), 0)


operation(
    crammer_singer_loss,
    kinks=True,
    examples=strongest_rival(),
    rows=batch(0, 1),
    refuses=LABELLED | {"a single class": lambda e: e.with_args(e.args[0][:, :1], 0 * e.args[1])},
    invariants=(
        it_is_the_hinge_of_the_strongest_rival,
        met_margins_cost_nothing,
        a_constant_shift_of_all_scores_changes_nothing,
        two_scores_at_most_have_a_gradient,
    ),
    exact=(
        ((np.array([[0.0, 1.0, 1.0]]), np.array([0])), {}, 2.0, ([[-1.0, 1.0, 0.0]], None)),
        ((np.array([[2.0, 1.0]]), np.array([0])), {}, 0.0, ([[0.0, 0.0]], None)),
    ),
    bugs=(
        NO_MEAN,
        Bug("the label is its own rival", "rivals[n, labels] = -np.inf", "rivals[n, labels] += 0",
            "The strongest rival is the best of the other classes: leave the label out of the maximum."),
        Bug("the last of equal rivals", "rivals.argmax(axis=1)",
            "rivals.shape[1] - 1 - rivals[:, ::-1].argmax(axis=1)",
            "Among equal rivals the gradient goes to the first, as argmax and PyTorch's max choose."),
        Bug("the label's score is not pulled up", "dscores[n, labels] = -push", "dscores[n, labels] = 0",
            "The margin contains minus the label's score: what the rival loses, the label gains."),
        Bug("a gradient at the kink", "(short > 0)", "(short >= 0)",
            "Where the margin is met there is no gradient, at the kink neither."),
    ),
)  # fmt: skip
