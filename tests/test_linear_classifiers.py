"""What ties the operations of `linear_classifiers` to one another, and what their options mean.

What holds for each of them alone stands in the catalogue, `dlbook/laws/operations/linear_classifiers`.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlbook import vjp
from dlbook.laws.arrays import SEEDS, array, labels, positive, sizes
from dlbook.laws.operations.linear_classifiers.drawing import choices
from dlbook.numpy import linear_classifiers as lc

pytestmark = pytest.mark.law

ONE = np.ones(())


@st.composite
def batches(draw, least_classes=1):
    """Draw scores (N, K) and labels (N,)."""
    n, k = draw(st.integers(1, 5)), draw(st.integers(least_classes, 5))
    return draw(array(n, k)), draw(labels(n, k))


def same(got, want, atol=1e-12):
    np.testing.assert_allclose(got, want, rtol=1e-9, atol=atol)


# ---------------------------------------------------------------- one operation in terms of another


@given(batches())
def test_cross_entropy_is_the_likelihood_of_the_log_softmax(drawn):
    scores, target = drawn
    same(lc.cross_entropy(scores, target), lc.nll_loss(lc.log_softmax(scores), target))
    log_p, softmax_pullback = vjp(lc.log_softmax, scores)
    dlog_p, _ = vjp(lc.nll_loss, log_p, target)[1](ONE)
    same(vjp(lc.cross_entropy, scores, target)[1](ONE)[0], softmax_pullback(dlog_p)[0])


@given(batches())
def test_softmax_is_the_exponential_of_log_softmax_and_the_gradient_of_logsumexp(drawn):
    scores, _ = drawn
    p = lc.softmax(scores)
    same(np.exp(lc.log_softmax(scores)), p)
    y, pullback = vjp(lc.logsumexp, scores)
    same(pullback(np.ones_like(y))[0], p)
    same(scores - lc.log_softmax(scores), np.broadcast_to(y[:, None], scores.shape))


@given(sizes(1).flatmap(lambda n: st.tuples(array(*n), choices(n, (0, 1)))))
def test_with_two_classes_softmax_is_the_sigmoid_of_the_difference(drawn):
    x, target = drawn
    scores = np.stack([np.zeros_like(x), x], axis=1)
    same(lc.softmax(scores)[:, 1], lc.sigmoid(x))
    binary, pullback = vjp(lc.binary_cross_entropy_with_logits, x, target.astype(float))
    same(lc.cross_entropy(scores, target), binary)
    same(vjp(lc.cross_entropy, scores, target)[1](ONE)[0][:, 1], pullback(ONE)[0])


@given(sizes(1).flatmap(lambda n: st.tuples(array(*n), choices(n, (-1, 1)))))
def test_with_two_classes_the_margin_losses_are_the_hinge_of_the_difference(drawn):
    x, sign = drawn
    scores, target = np.stack([np.zeros_like(x), x], axis=1), (sign + 1) // 2
    hinge = lc.hinge_loss(x, sign, reduction="none")
    same(2 * lc.multi_margin_loss(scores, target, reduction="none"), hinge)
    same(2 * lc.multi_margin_loss(scores, target, p=2, reduction="none"), hinge**2)
    same(lc.crammer_singer_loss(scores, target, reduction="none"), hinge)
    same(lc.squared_hinge_loss(x, sign, reduction="none"), hinge**2)


@given(batches(), st.sampled_from((0.5, 1.0, 2.0)))
def test_the_mean_over_the_classes_times_k_is_the_sum_over_the_rivals(drawn, margin):
    scores, target = drawn
    n, k = scores.shape
    expected = sum(
        max(0.0, scores[i, j] - scores[i, target[i]] + margin) for i in range(n) for j in range(k) if j != target[i]
    )
    same(k * lc.multi_margin_loss(scores, target, margin=margin, reduction="sum"), expected)


@given(batches(least_classes=2))
def test_every_surrogate_lies_above_the_error_that_it_stands_for(drawn):
    scores, target = drawn
    n = np.arange(len(scores))
    rivals = scores.copy()
    rivals[n, target] = -np.inf
    wrong = rivals.max(axis=1) >= scores[n, target]
    assert (lc.cross_entropy(scores, target, reduction="none") / np.log(2) >= wrong - 1e-12).all()
    assert (lc.crammer_singer_loss(scores, target, reduction="none") >= wrong).all()
    assert (scores.shape[1] * lc.multi_margin_loss(scores, target, reduction="none") >= wrong - 1e-12).all()


CONVEX = {
    "cross_entropy": lambda s, t: lc.cross_entropy(s, t),
    "cross_entropy, smoothed": lambda s, t: lc.cross_entropy(s, t, label_smoothing=0.3),
    "multi_bce": lambda s, t: lc.multi_bce(s, t),
    "multi_margin_loss": lambda s, t: lc.multi_margin_loss(s, t),
    "multi_margin_loss, p = 2": lambda s, t: lc.multi_margin_loss(s, t, p=2),
    "hinge_loss": lambda s, t: lc.hinge_loss(s[:, 0], np.where(t > 0, 1, -1)),
    "squared_hinge_loss": lambda s, t: lc.squared_hinge_loss(s[:, 0], np.where(t > 0, 1, -1)),
    "huber_loss": lambda s, t: lc.huber_loss(s[:, 0], t.astype(float)),
    "logsumexp": lambda s, t: lc.logsumexp(s).sum(),
    "elastic_net_penalty": lambda s, t: lc.elastic_net_penalty(s, strength=0.1),
}


@pytest.mark.parametrize("name", CONVEX)
@given(batches(), SEEDS)
def test_the_loss_between_two_points_lies_below_the_chord(name, drawn, seed):
    scores, target = drawn
    other = np.random.default_rng(seed).normal(size=scores.shape) * max(1.0, np.abs(scores).max())
    here, there, between = (CONVEX[name](s, target) for s in (scores, other, (scores + other) / 2))
    rounding = 1e-12 * (1 + abs(here) + abs(there))
    assert between <= (here + there) / 2 + rounding


@given(sizes(2).flatmap(lambda shape: st.tuples(array(*shape), array(*shape))))
def test_huber_lies_between_half_the_square_and_the_absolute_difference(drawn):
    x, t = drawn
    far = 10 * (1 + np.abs(x - t).max())
    huber, huber_pullback = vjp(lc.huber_loss, x, t, delta=far)
    square, square_pullback = vjp(lc.mse_loss, x, t)
    same(huber, square / 2)
    same(huber_pullback(ONE)[0], square_pullback(ONE)[0] / 2)
    same(lc.huber_loss(x, t, delta=1e-9) / 1e-9, lc.l1_loss(x, t), atol=1e-8)


@given(sizes(2).flatmap(lambda shape: st.tuples(array(*shape), array(*shape))))
def test_smooth_l1_is_huber_divided_by_its_delta_and_l1_when_beta_is_zero(drawn):
    x, t = drawn
    same(lc.smooth_l1_loss(x, t, beta=0.7), lc.huber_loss(x, t, delta=0.7) / 0.7)
    smooth, smooth_pullback = vjp(lc.smooth_l1_loss, x, t, beta=0.0)
    sharp, sharp_pullback = vjp(lc.l1_loss, x, t)
    assert smooth == sharp
    np.testing.assert_array_equal(smooth_pullback(ONE)[0], sharp_pullback(ONE)[0])


@given(sizes(2).flatmap(lambda shape: st.tuples(array(*shape), choices(shape, (0, 1)))))
def test_focal_loss_without_focus_is_the_binary_cross_entropy(drawn):
    scores, target = drawn
    binary, pullback = vjp(lc.binary_cross_entropy_with_logits, scores, target.astype(float))
    focal, focal_pullback = vjp(lc.focal_loss, scores, target, gamma=0.0, alpha=None)
    same(focal, binary)
    same(focal_pullback(ONE)[0], pullback(ONE)[0])
    same(lc.focal_loss(scores, target, gamma=0.0, alpha=0.5), binary / 2)


@given(batches())
def test_k_binary_cross_entropies_are_the_binary_cross_entropy_of_the_one_hot_labels(drawn):
    scores, target = drawn
    one_hot = np.eye(scores.shape[1])[target]
    binary, pullback = vjp(lc.binary_cross_entropy_with_logits, scores, one_hot)
    y, multi_pullback = vjp(lc.multi_bce, scores, target)
    same(y, binary)
    same(multi_pullback(ONE)[0], pullback(ONE)[0])


# ---------------------------------------------------------------- what the options mean


@given(batches())
def test_smoothing_mixes_the_label_with_all_classes(drawn):
    scores, target = drawn
    plain = lc.cross_entropy(scores, target, reduction="none")
    uniform = -lc.log_softmax(scores).mean(axis=1)
    same(lc.cross_entropy(scores, target, reduction="none", label_smoothing=0.0), plain)
    same(lc.cross_entropy(scores, target, reduction="none", label_smoothing=1.0), uniform)
    same(lc.cross_entropy(scores, target, reduction="none", label_smoothing=0.3), 0.7 * plain + 0.3 * uniform)


@given(batches(least_classes=2), st.sampled_from((0.0, 0.2)))
def test_a_class_of_weight_two_is_a_class_seen_twice(drawn, smoothing):
    scores, target = drawn
    weight = np.ones(scores.shape[1])
    weight[0] = 2
    twice = np.concatenate([np.arange(len(target)), np.flatnonzero(target == 0)])
    if smoothing == 0:
        weighted = lc.cross_entropy(scores, target, weight)
        same(weighted, lc.cross_entropy(scores[twice], target[twice]))
    log_p = lc.log_softmax(scores)
    same(lc.nll_loss(log_p, target, weight), lc.nll_loss(log_p[twice], target[twice]))


@given(batches(), SEEDS, st.sampled_from((0.0, 0.2)), st.booleans())
def test_an_ignored_label_is_an_example_left_out(drawn, seed, smoothing, weighted):
    scores, target = drawn
    left_out = np.random.default_rng(seed).random(len(target)) < 0.4
    left_out[0] = False
    weight = np.linspace(0.5, 2, scores.shape[1]) if weighted else None
    marked = np.where(left_out, 255, target).astype(np.uint8)
    options = {"label_smoothing": smoothing}
    y, pullback = vjp(lc.cross_entropy, scores, marked, weight, ignore_index=255, **options)
    z, fewer_pullback = vjp(lc.cross_entropy, scores[~left_out], target[~left_out], weight, **options)
    same(y, z)
    dscores, _, dweight = pullback(ONE)
    fewer, _, fewer_weight = fewer_pullback(ONE)
    assert not dscores[left_out].any()
    same(dscores[~left_out], fewer)
    if weighted:
        same(dweight, fewer_weight)


@given(sizes(4, high=3).flatmap(lambda s: st.tuples(array(*s), labels(s[0] * s[2] * s[3], s[1]))), positive(5))
def test_an_image_of_labels_is_a_batch_of_its_pixels(drawn, weight):
    scores, flat = drawn
    n, k, *pixels = scores.shape
    target, weight = flat.reshape(n, *pixels), weight[:k]
    rows = scores.transpose(0, 2, 3, 1).reshape(-1, k)
    for f, options in ((lc.cross_entropy, {"label_smoothing": 0.1}), (lc.nll_loss, {})):
        y, pullback = vjp(f, scores, target, weight, **options)
        z, rows_pullback = vjp(f, rows, flat, weight, **options)
        same(y, z)
        same(pullback(ONE)[0].transpose(0, 2, 3, 1).reshape(-1, k), rows_pullback(ONE)[0])
        same(f(scores, target, reduction="none"), f(rows, flat, reduction="none").reshape(target.shape))


@given(batches(), batches())
def test_the_loss_of_two_batches_is_their_weighted_mean(first, second):
    k = min(first[0].shape[1], second[0].shape[1])
    (a, s), (b, t) = ((scores[:, :k], target % k) for scores, target in (first, second))
    both, all_labels = np.concatenate([a, b]), np.concatenate([s, t])
    for f in (lc.cross_entropy, lc.multi_margin_loss, lc.multi_bce):
        want = (len(a) * f(a, s) + len(b) * f(b, t)) / len(both)
        same(f(both, all_labels), want)
