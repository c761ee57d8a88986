"""The catalogue's entries for soft targets and for mixed examples."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import SEEDS, array, sizes
from dlbook.laws.operation import Bug, Example, magnitude, operation
from dlbook.laws.operations.linear_classifiers.drawing import REDUCTIONS, batch, longer, total
from dlbook.numpy.linear_classifiers import cross_entropy, one_hot
from dlbook.numpy.regularization import mixup, soft_cross_entropy


def distributions(n: int, k: int, seed: int) -> np.ndarray:
    """Draw n distributions over k classes; some of them certain."""
    rng = np.random.default_rng(seed)
    q = rng.dirichlet(np.ones(k), n)
    q[rng.random(n) < 0.3] = np.eye(k)[0]
    return q


@st.composite
def scored(draw):
    n, k = draw(sizes(2))
    mass = draw(st.sampled_from((1.0, 0.5)))  # the formula does not ask that a row sums to 1
    return Example((draw(array(n, k)), mass * distributions(n, k, draw(SEEDS))), {"reduction": draw(REDUCTIONS)})


def a_certain_target_gives_the_loss_of_its_label(f, example):
    scores = example.args[0]
    target = np.arange(len(scores)) % scores.shape[1]
    certain = one_hot(target, scores.shape[1], dtype="float64")
    np.testing.assert_allclose(
        f(scores, certain, **example.options), cross_entropy(scores, target, **example.options), rtol=1e-9, atol=1e-11
    )


def smoothed_labels_give_the_loss_of_label_smoothing(f, example):
    scores = example.args[0]
    k = scores.shape[1]
    target = np.arange(len(scores)) % k
    smooth = 0.7 * one_hot(target, k, dtype="float64") + 0.3 / k
    want = cross_entropy(scores, target, label_smoothing=0.3, **example.options)
    np.testing.assert_allclose(f(scores, smooth, **example.options), want, rtol=1e-9, atol=1e-10)


def it_is_linear_in_the_target(f, example):
    scores, q = example.args
    other = q[::-1]
    mixed = total(f, example, scores, 0.25 * q + 0.75 * other)
    parts = 0.25 * total(f, example, scores, q) + 0.75 * total(f, example, scores, other)
    np.testing.assert_allclose(mixed, parts, rtol=1e-9, atol=1e-10)


def the_least_loss_is_the_entropy(f, example):
    _, q = example.args
    soft = 0.9 * q / q.sum(axis=1, keepdims=True) + 0.1 / q.shape[1]
    losses = f(np.log(soft), soft, reduction="none")
    np.testing.assert_allclose(losses, -(soft * np.log(soft)).sum(axis=1), rtol=1e-9, atol=1e-12)
    assert (f(np.log(soft) + example.rng().normal(size=q.shape), soft, reduction="none") >= losses - 1e-9).all()


def a_constant_shift_of_all_scores_changes_nothing(f, example):
    scores, q = example.args
    np.testing.assert_allclose(
        f(scores + 3.5, q, **example.options), f(scores, q, **example.options), rtol=1e-9, atol=1e-10
    )


operation(
    soft_cross_entropy,
    examples=scored(),
    rows=batch(0, 1),
    refuses={
        "labels for distributions": lambda e: e.with_arg(1, e.args[1].argmax(axis=1)),
        "more targets than rows": lambda e: longer(e, 1),
        "an unknown reduction": lambda e: e.with_options(reduction="average"),
    },
    invariants=(
        a_certain_target_gives_the_loss_of_its_label,
        smoothed_labels_give_the_loss_of_label_smoothing,
        it_is_linear_in_the_target,
        the_least_loss_is_the_entropy,
        a_constant_shift_of_all_scores_changes_nothing,
    ),
    exact=(
        ((np.array([[0.0, np.log(3.0)]]), np.array([[0.5, 0.5]])), {}, np.log(4.0) - np.log(3.0) / 2,
         ([[-0.25, 0.25]], [[np.log(4.0), np.log(4.0 / 3)]])),
    ),
    bugs=(
        Bug("the logarithm of the target", "(target * log_p)", "(np.exp(log_p) * np.log(target + 1e-9))",
            "The logarithm belongs to the prediction, the weight to the target: -sum q log p."),
        Bug("the sum over the classes forgotten", "target.sum(axis=1, keepdims=True) - target", "1 - target",
            "p is multiplied by the sum of the target's row, which is 1 only for a distribution."),
        Bug("the sign of the gradient", "return dscores,", "return -dscores,",
            "The gradient is p - q: the scores of likely classes go down until p = q."),
        Bug("no gradient for the target", "-g * log_p", "0 * g * log_p",
            "The loss is linear in the target, with the slopes -log p."),
        Bug("the gradient of a sum", "g = column(dy * share)", "g = column(dy * (0 * share + 1))",
            "The loss is a mean, so each example's gradient carries the 1/N of the mean."),
    ),
)  # fmt: skip


# ------------------------------------------------------------------------------------------------- mixup


@st.composite
def mixtures(draw):
    n, k = draw(sizes(2))
    rest = draw(st.sampled_from(((), (2,), (1, 3))))
    rng = np.random.default_rng(draw(SEEDS))
    # Repeated partners too, not only permutations; shares away from 0 and 1, beyond which differences may not step.
    order = rng.permutation(n) if draw(st.booleans()) else rng.integers(0, n, n)
    return Example(
        (draw(array(n, *rest)), distributions(n, k, draw(SEEDS)), order, rng.uniform(0.1, 0.9, n))
    )


def a_share_of_one_changes_nothing(f, example):
    x, q, order, share = example.args
    for mine, want in zip(f(x, q, order, np.ones_like(share)), (x, q), strict=True):
        np.testing.assert_allclose(mine, want, rtol=1e-12)


def a_share_of_zero_is_the_partner(f, example):
    x, q, order, share = example.args
    for mine, want in zip(f(x, q, order, np.zeros_like(share)), (x, q), strict=True):
        np.testing.assert_allclose(mine, want[order], rtol=1e-12)


def mixed_labels_are_distributions(f, example):
    q = f(*example.args)[1]
    np.testing.assert_allclose(q.sum(axis=1), 1, rtol=1e-12)
    assert (q >= 0).all(), "a probability is negative"


def every_number_lies_between_those_it_was_mixed_from(f, example):
    x, _, order, _ = example.args
    mixed = f(*example.args)[0]
    room = 1e-9 * (1 + np.abs(x).max())
    assert (mixed >= np.minimum(x, x[order]) - room).all()
    assert (mixed <= np.maximum(x, x[order]) + room).all()


def gradient_mass_is_kept(f, example):
    """What the mixed examples are told arrives at the examples, all of it: the shares of each mixture sum to 1."""
    y, pullback = f.vjp(*example.args)
    rng = example.rng()
    dy = tuple(rng.normal(size=part.shape) for part in y)
    for grad, came in zip(pullback(dy), dy, strict=False):
        np.testing.assert_allclose(grad.sum(axis=0), came.sum(axis=0), rtol=1e-9, atol=1e-12)


def first_entry(e, index, value):
    changed = e.args[index].copy()
    changed[0] = value
    return e.with_arg(index, changed)


operation(
    mixup,
    examples=mixtures(),
    analytic=True,
    finite=(1.0, 1e-8),  # a share is no number that may be scaled up
    scale=lambda e: 4 * magnitude(e),
    refuses={
        "a partner beyond the last": lambda e: first_entry(e, 2, len(e.args[0])),
        "a negative partner": lambda e: first_entry(e, 2, -1),
        "a share above 1": lambda e: first_entry(e, 3, 1.5),
        "a negative share": lambda e: first_entry(e, 3, -0.5),
        "a partner too many": lambda e: longer(e, 2),
    },
    invariants=(
        a_share_of_one_changes_nothing,
        a_share_of_zero_is_the_partner,
        mixed_labels_are_distributions,
        every_number_lies_between_those_it_was_mixed_from,
        gradient_mass_is_kept,
    ),
    exact=(
        (
            (np.array([[0.0], [4.0]]), np.eye(2), np.array([1, 1]), np.array([0.75, 0.5])),
            {},
            ([[1.0], [4.0]], [[0.75, 0.25], [0.0, 1.0]]),
            ([[0.75], [1.25]], [[0.75, 0.75], [1.25, 1.25]], None, [-4.0, 0.0]),
        ),
    ),
    bugs=(
        Bug("the partner's gradient forgotten", "np.add.at(back, order, (1 - own) * da)", "pass",
            "An example is also the partner of others: what they are told comes back to it as well."),
        Bug("repeated partners counted once", "np.add.at(back, order, (1 - own) * da)", "back[order] += (1 - own) * da",
            "`back[order] += ...` keeps one of several additions to a row; np.add.at adds them all."),
        Bug("the partner's gradient at the wrong place", "np.add.at(back, order, (1 - own) * da)",
            "back += ((1 - own) * da)[order]",
            "The gradient of example n goes to row order[n], which is a scatter and not a gather."),
        Bug("labels left unmixed", "return (mix(x), mix(target)), pullback", "return (mix(x), 1.0 * target), pullback",
            "The labels are mixed in the same proportion as the examples."),
        Bug("the shares exchanged", "return own * a + (1 - own) * a[order]", "return (1 - own) * a + own * a[order]",
            "The share is that of the example itself; its partner has the rest."),
        Bug("the share hears of the labels only", "from_x + from_target", "from_target",
            "The share moves the mixed example as well as its label: add both parts."),
    ),
)  # fmt: skip

