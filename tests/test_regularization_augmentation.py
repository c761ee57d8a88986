"""Augmentation and mixed labels: what a change keeps, and what a group of changes leaves alone."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_problems import biased_mlp as network

from dlbook import vjp
from dlbook.numpy import regularization as rg
from dlbook.numpy.convolution import convnet, convnet_objective, init_convnet
from dlbook.numpy.deep_networks import mlp, mlp_objective
from dlbook.numpy.linear_classifiers import cross_entropy, one_hot

seeds = st.integers(0, 2**32 - 1)


# ------------------------------------------------------------------------------------------------ augmentation


def images(rng, dtype="float32"):
    return rng.random((6, 2, 5, 4)).astype(dtype)


CHANGES = {
    "random_shift": rg.random_shift,
    "random_shift, cyclic": partial(rg.random_shift, reach=9, axes=1, cyclic=True),
    "random_flip": rg.random_flip,
    "random_scale": rg.random_scale,
    "add_noise": rg.add_noise,
    "random_cutout": partial(rg.random_cutout, size=2),
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_change_keeps_shape_and_dtype_repeats_with_its_seed_and_leaves_the_original_alone(name, dtype):
    x = images(np.random.default_rng(0), dtype)
    before = x.copy()
    y, again, other = (CHANGES[name](x, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert y.shape == x.shape
    assert y.dtype == x.dtype
    np.testing.assert_array_equal(y, again)
    np.testing.assert_array_equal(x, before)
    assert (y != other).any()
    assert not np.shares_memory(x, y)


@given(seed=seeds)
def test_what_is_shifted_out_is_lost_and_the_rest_is_where_it_should_be(seed):
    rng = np.random.default_rng(seed)
    x, offset = images(rng, "float64"), rng.integers(-6, 7, (6, 2))
    y = rg.shift(x, offset)
    for one, moved, (down, right) in zip(x, y, offset, strict=True):
        for i in range(5):
            for j in range(4):
                inside = 0 <= i - down < 5 and 0 <= j - right < 4
                np.testing.assert_array_equal(moved[:, i, j], one[:, i - down, j - right] if inside else 0)


@given(seed=seeds)
def test_a_cyclic_shift_loses_nothing_and_shifts_form_a_group(seed):
    rng = np.random.default_rng(seed)
    x, a, b = images(rng, "float64"), rng.integers(-9, 10, (6, 2)), rng.integers(-9, 10, (6, 2))
    move = partial(rg.shift, cyclic=True)
    np.testing.assert_array_equal(np.sort(move(x, a), axis=None), np.sort(x, axis=None))
    np.testing.assert_array_equal(move(move(x, a), b), move(x, a + b))
    np.testing.assert_array_equal(move(move(x, a), -a), x)
    np.testing.assert_array_equal(move(x, abs(a).astype("uint64")), move(x, abs(a)))


def test_flips_scales_noise_and_holes_do_what_they_say():
    x = images(np.random.default_rng(0), "float64")
    flipped = rg.random_flip(x, np.random.default_rng(0), p=1.0)
    np.testing.assert_array_equal(flipped, x[..., ::-1])
    np.testing.assert_array_equal(rg.random_flip(x, np.random.default_rng(0), p=0.0), x)
    some = rg.random_flip(x, np.random.default_rng(3))
    assert {bool((a == b).all()) for a, b in zip(some, x, strict=True)} == {True, False}
    ratio = rg.random_scale(x, np.random.default_rng(0), low=0.5, high=2.0) / x
    assert (ratio.std(axis=(1, 2, 3)) < 1e-12).all()
    assert ratio.min() >= 0.5
    assert ratio.max() <= 2
    noise = rg.add_noise(np.zeros((100, 50)), np.random.default_rng(0), std=0.3)
    assert noise.std() == pytest.approx(0.3, rel=0.05)
    holes = rg.random_cutout(np.ones((50, 1, 8, 8)), np.random.default_rng(0), size=3)
    assert {int(n) for n in (1 - holes).sum(axis=(1, 2, 3))} == {4, 6, 9}  # in a corner, at an edge, inside


@given(seed=seeds)
def test_the_mean_over_a_group_does_not_change_when_the_group_moves_the_input(seed):
    rng = np.random.default_rng(seed)
    params, x = network(rng, (6, 5, 3)), rng.normal(size=(4, 6))
    offsets = [np.full((4, 1), k) for k in range(6)]
    group = [partial(rg.shift, offset=offset, cyclic=True) for offset in offsets]
    predict = partial(mlp, params=params)
    mean = rg.orbit_average(predict, x, group)
    for transform in group:
        np.testing.assert_allclose(rg.orbit_average(predict, transform(x), group), mean, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(rg.orbit_average(predict, x, group[:1]), mlp(x, params), rtol=1e-12)


def test_an_augmented_cost_is_the_cost_of_the_changed_examples():
    rng = np.random.default_rng(0)
    params, x, target = network(rng, (12, 5, 2)), rng.normal(size=(6, 12)), rng.integers(0, 2, 6)
    cost = rg.augmented(mlp_objective(), rg.random_shift, np.random.default_rng(3), shape=(1, 3, 4), reach=2)
    value, grads = cost(params, x, target)
    moved = rg.random_shift(x.reshape(6, 1, 3, 4), np.random.default_rng(3), reach=2).reshape(6, 12)
    want, want_grads = mlp_objective()(params, moved, target)
    assert value == want
    np.testing.assert_array_equal(grads[0][0], want_grads[0][0])
    with pytest.raises(ValueError, match="expected examples of 64 entries"):
        rg.augmented(mlp_objective(), rg.random_shift, rng, shape=(1, 8, 8))(params, x, target)
    with pytest.raises(ValueError, match=r"augment made float64 of shape \(5, 12\)"):
        rg.augmented(mlp_objective(), lambda x, rng: x[1:], rng)(params, x, target)


# --------------------------------------------------------------------------------------- labels that are not certain


@pytest.mark.parametrize(("eps", "k"), [(0.1, 10), (0.5, 3)])
def test_smoothed_labels_ask_for_a_finite_lead(eps, k):
    lead = np.log((1 - eps + eps / k) / (eps / k))
    scores = lead * one_hot(np.array([1]), k, dtype="float64")
    _, pullback = vjp(cross_entropy, scores, np.array([1]), label_smoothing=eps)
    np.testing.assert_allclose(pullback(1.0)[0], 0, atol=1e-15)


def test_partners_are_a_permutation_and_shares_have_the_moments_of_their_law():
    order, share = rg.mixup_pairs(5000, np.random.default_rng(0), alpha=0.4)
    assert sorted(order) == list(range(5000))
    assert share.dtype == np.float32
    assert share.mean() == pytest.approx(0.5, abs=0.02)
    assert share.var() == pytest.approx(0.25 / (2 * 0.4 + 1), rel=0.05)


def test_the_cost_on_mixed_examples_is_linear_in_the_labels():
    rng = np.random.default_rng(0)
    params, x, target = network(rng), rng.normal(size=(6, 3)), rng.integers(0, 2, 6)
    cost, grads = rg.mixup_objective(2, np.random.default_rng(4), alpha=1.0, strength=0.1)(params, x, target)
    order, share = rg.mixup_pairs(6, np.random.default_rng(4), alpha=1.0, dtype="float64")
    scores = mlp(share[:, None] * x + (1 - share[:, None]) * x[order], params)
    own, other = (cross_entropy(scores, t, reduction="none") for t in (target, target[order]))
    price = 0.1 * sum((weight**2).sum() for weight, _ in params)
    assert cost == pytest.approx((share * own + (1 - share) * other).mean() + price, rel=1e-12)
    assert [weight.shape for weight, _ in grads] == [weight.shape for weight, _ in params]


def test_any_network_may_be_trained_on_mixed_examples():
    rng = np.random.default_rng(0)
    params = init_convnet((1, 4, 4), (2,), 3, rng, average=True, dtype="float64")
    x, target = rng.normal(size=(6, 1, 4, 4)), rng.integers(0, 3, 6)
    mixed = rg.mixup_objective(3, np.random.default_rng(4), objective=convnet_objective, average=True)
    cost, grads = mixed(params, x, target)
    order, share = rg.mixup_pairs(6, np.random.default_rng(4), dtype="float64")
    own = share[:, None, None, None]
    scores = convnet(own * x + (1 - own) * x[order], params, average=True)
    parts = [cross_entropy(scores, t, reduction="none") for t in (target, target[order])]
    assert cost == pytest.approx((share * parts[0] + (1 - share) * parts[1]).mean(), rel=1e-12)
    assert grads[0][0].shape == (2, 1, 3, 3)
