"""The catalogue's entries for the cross-entropy and the negative log-likelihood."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import SEEDS, array, positive, sizes
from dlbook.laws.operation import Bug, Example, magnitude, operation
from dlbook.laws.operations.linear_classifiers.drawing import batch, longer, total, with_first
from dlbook.numpy.linear_classifiers import cross_entropy, nll_loss

# Which reduction, and whether with weights. Only a weighted mean has weights below the bar too; drawn independently the
# two met so seldom that one run in ten did not try it at all.
CALLS = (
    *[(reduction, weighted) for reduction in ("mean", "sum", "none") for weighted in (False, True)],
    *[("mean", True)] * 3,
)


@st.composite
def labelled_scores(draw, smoothing: bool):
    n, k = draw(sizes(2))
    pixels = draw(st.sampled_from(((), (), (2,), (1, 3))))
    scores = draw(array(n, k, *pixels))
    ignore_index = draw(st.sampled_from((-100, -1, k - 1))) if k > 1 else -100
    rng = np.random.default_rng(draw(SEEDS))
    target = rng.integers(0, k, (n, *pixels))
    target[target == ignore_index] = 0
    ignored = rng.random(target.shape) < 0.2
    ignored.flat[0] = False  # a mean of nothing is refused
    target[ignored] = ignore_index
    reduction, weighted = draw(st.sampled_from(CALLS))
    options = {"reduction": reduction, "ignore_index": ignore_index}
    if smoothing:
        options["label_smoothing"] = draw(st.sampled_from((0.0, 0.1, 0.5, 1.0)))
    return Example((scores, target, draw(positive(k))) if weighted else (scores, target), options)


def weights_and_losses(example: Example) -> float:
    """The sizes of the losses and of the weights, on both sides of the bar of the weighted mean."""
    weights = example.args[2] if len(example.args) > 2 else np.ones(1)
    return magnitude(example) * max(1.0, float(1 / np.abs(weights).min()))


REFUSES = {
    "a label beyond the last class": lambda e: with_first(e, 1, e.args[0].shape[1] + 2),
    "a negative label": lambda e: with_first(e, 1, -7),
    "a mean of ignored labels only": lambda e: e.with_arg(
        1, np.full_like(e.args[1], e.options["ignore_index"])
    ).with_options(reduction="mean"),
    "more labels than rows": lambda e: longer(e, 1),
    "more weights than classes": lambda e: e.with_args(*e.args[:2], np.ones(e.args[0].shape[1] + 1)),
    "labels that are floats": lambda e: e.with_arg(1, e.args[1].astype(float)),
    "an unknown reduction": lambda e: e.with_options(reduction="average"),
}


def kept_labels(example):
    return example.args[1] != example.options.get("ignore_index", -100)


def ignored_labels_receive_no_gradient(f, example):
    y, pullback = f.vjp(*example.args, **example.options)
    dscores = np.moveaxis(pullback(np.ones(np.shape(y)))[0], 1, -1)
    assert not dscores[~kept_labels(example)].any(), "an ignored label has a gradient"


def the_mean_divides_by_the_sum_of_the_weights(f, example):
    kept = kept_labels(example)
    weight = example.args[2] if len(example.args) > 2 else np.ones(example.args[0].shape[1])
    mean = f(*example.args, **{**example.options, "reduction": "mean"})
    np.testing.assert_allclose(
        mean * weight[example.args[1][kept]].sum(), total(f, example, *example.args), rtol=1e-9, atol=1e-12
    )


def losses_add_up_to_the_sum(f, example):
    losses = f(*example.args, **{**example.options, "reduction": "none"})
    assert losses.shape == example.args[1].shape, f"shape {losses.shape}, expected that of the labels"
    np.testing.assert_allclose(losses.sum(), total(f, example, *example.args), rtol=1e-12, atol=1e-12)


def equal_scores_cost_the_logarithm_of_k(f, example):
    scores, target = example.args[:2]
    losses = f(np.full_like(scores, 2.5), target, **{**example.options, "reduction": "none"})
    np.testing.assert_allclose(losses, kept_labels(example) * np.log(scores.shape[1]), rtol=1e-12, atol=1e-15)


def no_loss_is_negative(f, example):
    assert (f(*example.args, **{**example.options, "reduction": "none"}) >= 0).all(), "a loss is negative"


def a_constant_shift_of_all_scores_changes_nothing(f, example):
    shifted = f(example.args[0] + 3.5, *example.args[1:], **example.options)
    np.testing.assert_allclose(shifted, f(*example.args, **example.options), rtol=1e-9, atol=1e-11)


def the_gradient_of_a_row_sums_to_zero(f, example):
    y, pullback = f.vjp(*example.args, **example.options)
    dscores = pullback(example.rng().normal(size=np.shape(y)))[0]
    np.testing.assert_allclose(dscores.sum(axis=1), 0, atol=1e-12)


def it_is_minus_the_logarithm_of_the_label_s_probability(f, example):
    scores, target = (np.moveaxis(example.args[0], 1, -1), np.where(kept_labels(example), example.args[1], 0))
    chosen = np.take_along_axis(scores, target[..., None], -1)
    odds = np.log(np.exp(np.minimum(scores - chosen, 700)).sum(axis=-1))  # the log of 1/p
    moderate = (np.abs(scores - chosen).max(axis=-1) < 700) & kept_labels(example)
    losses = f(*example.args[:2], **{**example.options, "reduction": "none", "label_smoothing": 0.0})
    np.testing.assert_allclose(losses[moderate], odds[moderate], rtol=1e-9, atol=1e-12)


COMMON_BUGS = (
    Bug(
        "the mean divides by the number of labels",
        "total = weights.sum()",
        "total = labels.size",
        "A weighted mean divides by the sum of the weights, and ignored labels weigh nothing.",
    ),
    Bug(
        "the gradient of a sum",
        "g = np.ravel(dy) * share",
        "g = np.ravel(dy) * (0 * share + 1)",
        "The loss is a mean, so each example's gradient carries the 1/N (1/W with weights) of the mean.",
    ),
    Bug(
        "the weights below the bar forgotten",
        '(y if reduction == "mean" else 0)',
        "0",
        "The mean has the weights above and below the bar: by the quotient rule both move it.",
    ),
    Bug(
        "ignored labels counted",
        "weights = kept.astype(scores.real.dtype) if weight is None else kept * weight[labels]",
        "weights = np.ones(labels.shape, scores.real.dtype) if weight is None else weight[labels]",
        "An ignored label adds neither to the loss nor to the count of the mean.",
    ),
)

operation(
    cross_entropy,
    examples=labelled_scores(smoothing=True),
    analytic=True,
    rows=batch(0, 1),
    scale=weights_and_losses,
    refuses=REFUSES
    | {
        "a smoothing above 1": lambda e: e.with_options(label_smoothing=1.5),
        "a negative smoothing": lambda e: e.with_options(label_smoothing=-0.1),
    },
    invariants=(
        equal_scores_cost_the_logarithm_of_k,
        it_is_minus_the_logarithm_of_the_label_s_probability,
        no_loss_is_negative,
        a_constant_shift_of_all_scores_changes_nothing,
        the_gradient_of_a_row_sums_to_zero,
        ignored_labels_receive_no_gradient,
        the_mean_divides_by_the_sum_of_the_weights,
        losses_add_up_to_the_sum,
    ),
    exact=(
        ((np.array([[0.0, np.log(3.0)]]), np.array([0])), {}, np.log(4.0), ([[-0.75, 0.75]], None)),
        ((np.array([[0.0, 1e4]]), np.array([0])), {}, 1e4, ([[-1.0, 1.0]], None)),
    ),
    bugs=(
        *COMMON_BUGS,
        Bug(
            "the label is not subtracted",
            "drows[n, labels] -= g * hit",
            "drows[n, labels] -= 0 * g * hit",
            "The gradient is p minus one-hot: the label's own score must go up.",
        ),
        Bug(
            "the labels of all rows subtracted from every row",
            "drows[n, labels] -= g * hit",
            "drows[:, labels] -= g * hit",
            "drows[:, labels] is whole columns; drows[np.arange(N), labels] is one entry in each row.",
        ),
        Bug(
            "smoothing spread over the other classes only",
            "spread = eps / rows.shape[1]",
            "spread = eps / max(rows.shape[1] - 1, 1)",
            "The smoothing spreads epsilon over all K classes, the label's own included.",
        ),
        Bug(
            "no shift where scores are large",
            "peaks[wild] = z.real.max(axis=1)",
            "peaks[wild] = 0",
            "exp(1000) overflows: subtract the row's maximum first, which changes nothing else.",
        ),
    ),
)


def other_classes_do_not_matter(f, example):
    log_p, target = example.args[:2]
    picked = np.zeros(log_p.shape, bool)
    np.put_along_axis(picked, np.where(kept_labels(example), target, 0)[:, None], True, axis=1)
    moved = np.where(picked, log_p, log_p - 5)
    got = f(moved, *example.args[1:], **example.options)
    np.testing.assert_allclose(got, f(*example.args, **example.options), rtol=1e-12)


operation(
    nll_loss,
    examples=labelled_scores(smoothing=False),
    analytic=True,
    rows=batch(0, 1),
    scale=weights_and_losses,
    refuses=REFUSES,
    invariants=(
        other_classes_do_not_matter,
        ignored_labels_receive_no_gradient,
        the_mean_divides_by_the_sum_of_the_weights,
        losses_add_up_to_the_sum,
    ),
    exact=(((np.array([[-1.0, -2.0]]), np.array([1])), {}, 2.0, ([[0.0, -1.0]], None)),),
    bugs=(
        *COMMON_BUGS,
        Bug("the sign forgotten", "surprise = -rows[n, labels]", "surprise = rows[n, labels]",
            "A likely label is a small loss: the log-probability comes with a minus."),
        Bug("the weight of the row instead of the label's", "drows[n, labels] = -g * weights", "drows[n, labels] = -g",
            "Each label's gradient is multiplied by the weight of its class."),
    ),
)  # fmt: skip
