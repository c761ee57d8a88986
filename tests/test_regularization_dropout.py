"""Dropout: its mean over all masks, the networks that it trains, its price in least squares."""


import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_problems import biased_mlp as network

from dlbook import vjp
from dlbook.numpy import regularization as rg
from dlbook.numpy.deep_networks import mlp, mlp_objective
from dlbook.numpy.linear_classifiers import cross_entropy, ridge_regression, softmax

seeds = st.integers(0, 2**32 - 1)
rates = st.sampled_from((0.1, 0.5, 0.8))


# ---------------------------------------------------------------------------------------------- the masks


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_a_mask_keeps_its_share_within_the_binomial_bound(p):
    n = 40_000
    kept = rg.keep_mask(n, np.random.default_rng(0), p=p).sum()
    assert abs(kept - n * (1 - p)) < 4 * np.sqrt(n * p * (1 - p))


@pytest.mark.parametrize("p", [0.2, 0.5, 0.8])
def test_the_mean_of_dropout_is_the_input_within_the_binomial_bound(p):
    rng, n = np.random.default_rng(1), 20_000
    x = np.array([-2.0, 0.3, 5.0])
    y = rg.dropout(np.tile(x, (n, 1)), rg.keep_mask((n, 3), rng, p=p), p=p)
    # A kept number is x / (1 - p), so that its standard deviation is |x| sqrt(p / (1 - p)).
    assert (np.abs(y.mean(axis=0) - x) < 4 * np.abs(x) * np.sqrt(p / (1 - p) / n)).all()


def test_masks_at_the_ends_and_of_other_sizes():
    rng = np.random.default_rng(0)
    assert rg.keep_mask((3, 2), rng, p=0.0).all()
    assert not rg.keep_mask((3, 2), rng, p=1.0).any()
    assert rg.keep_mask((), rng).shape == ()
    assert rg.keep_mask((0, 4), rng).shape == (0, 4)
    same = [rg.keep_mask(9, np.random.default_rng(5)) for _ in range(2)]
    np.testing.assert_array_equal(*same)
    params = network(rng)
    masks = rg.hidden_masks(params, 7, rng, p=0.3)
    assert [mask.shape for mask in masks] == [(7, 5), (7, 4)]


@given(seed=seeds, p=rates)
def test_pytorchs_dropout_is_ours_with_the_mask_that_it_drew(seed, p):
    torch = pytest.importorskip("torch")
    x = torch.tensor(np.random.default_rng(seed).normal(size=(2, 3, 4, 5)))
    for ours, theirs, axes in (
        (rg.dropout, torch.nn.functional.dropout, 4), (rg.spatial_dropout, torch.nn.functional.dropout2d, 2),
    ):
        torch.manual_seed(seed % 2**31)
        mask = theirs(torch.ones_like(x), p).numpy() > 0
        torch.manual_seed(seed % 2**31)
        y = theirs(x, p).numpy()
        for _ in range(4 - axes):
            mask = mask[..., 0]
        np.testing.assert_allclose(ours(x.numpy(), mask, p=p), y, rtol=1e-12)
        assert torch.equal(theirs(x, p, training=False), x)


def test_a_dropped_block_leaves_its_short_cut_and_the_mean_is_the_whole_block():
    rng = np.random.default_rng(0)
    h, branch, p = rng.normal(size=(3, 4)), rng.normal(size=(3, 4)), 0.25
    masks = rg.all_masks(3)
    weights = rg.mask_probability(masks, p=p)
    mean = sum(w * (h + rg.drop_path(branch, mask, p=p)) for w, mask in zip(weights, masks, strict=True))
    np.testing.assert_allclose(mean, h + branch, rtol=1e-12)
    np.testing.assert_array_equal(h + rg.drop_path(branch, masks[0], p=p), h)


# -------------------------------------------------------------------------------------- all thinned networks


@given(n=st.integers(0, 7), p=st.floats(0, 1))
def test_all_masks_are_different_and_their_probabilities_sum_to_one(n, p):
    masks = rg.all_masks(n)
    assert len({tuple(mask) for mask in masks}) == 2**n == len(masks)
    assert rg.mask_probability(masks, p=p).sum() == pytest.approx(1)


@given(seed=seeds, p=rates)
def test_for_one_linear_layer_the_geometric_mean_of_all_thinned_networks_is_the_whole_network(seed, p):
    rng = np.random.default_rng(seed)
    x, weight, bias = rng.normal(size=(3, 6)), rng.normal(size=(4, 6)), rng.normal(size=4)
    masks = rg.all_masks(6)
    thinned = np.stack([
        softmax(rg.dropout(x, np.tile(mask, (3, 1)), p=p) @ weight.T + bias, axis=1) for mask in masks
    ])  # fmt: skip
    mean = rg.normalized_geometric_mean(thinned, rg.mask_probability(masks, p=p))
    np.testing.assert_allclose(mean, softmax(x @ weight.T + bias, axis=1), rtol=1e-9)
    # The classical way: nothing is stretched in training, and the weights shrink in evaluation.
    plain = np.stack([softmax((x * mask) @ weight.T + bias, axis=1) for mask in masks])
    mean = rg.normalized_geometric_mean(plain, rg.mask_probability(masks, p=p))
    np.testing.assert_allclose(mean, softmax(x @ ((1 - p) * weight).T + bias, axis=1), rtol=1e-9)


def test_the_arithmetic_mean_of_all_thinned_networks_is_another():
    rng = np.random.default_rng(0)
    x, weight = rng.normal(size=(1, 6)), rng.normal(size=(4, 6))
    masks = rg.all_masks(6)
    thinned = np.stack([softmax(rg.dropout(x, mask[None]) @ weight.T, axis=1) for mask in masks])
    assert np.abs(thinned.mean(axis=0) - softmax(x @ weight.T, axis=1)).max() > 0.01


@given(seed=seeds, p=rates)
def test_the_mean_score_over_all_masks_of_the_last_hidden_layer_is_the_whole_networks(seed, p):
    rng = np.random.default_rng(seed)
    params, x = network(rng, (3, 5, 2)), rng.normal(size=(4, 3))
    masks = rg.all_masks(5)
    mean = sum(
        w * rg.dropout_mlp(x, params, (np.tile(mask, (4, 1)),), p=p)
        for w, mask in zip(rg.mask_probability(masks, p=p), masks, strict=True)
    )
    np.testing.assert_allclose(mean, mlp(x, params), rtol=1e-9, atol=1e-12)


# -------------------------------------------------------------------------------------- dropout in least squares


@given(seed=seeds, p=rates)
def test_least_squares_with_dropout_pays_a_price_on_each_weight(seed, p):
    rng = np.random.default_rng(seed)
    x, t, w = rng.normal(size=(7, 5)), rng.normal(size=7), rng.normal(size=5)
    masks = rg.all_masks(5)
    # One mask for each example and all of them in turn; the masks of different examples do not meet in the cost.
    costs = [((rg.dropout(x, np.tile(mask, (7, 1)), p=p) @ w - t) ** 2).mean() for mask in masks]
    expected = rg.mask_probability(masks, p=p) @ costs
    price = p / (1 - p) * (w**2 * (x**2).mean(axis=0)).sum()
    assert expected == pytest.approx(((x @ w - t) ** 2).mean() + price, rel=1e-10)


@given(seed=seeds, p=rates)
def test_dropout_regression_is_the_lowest_point_of_that_cost(seed, p):
    rng = np.random.default_rng(seed)
    x, t = rng.normal(size=(9, 4)), rng.normal(size=9)
    w = rg.dropout_regression(x, t, p=p)
    slope = 2 / 9 * x.T @ (x @ w - t) + 2 * p / (1 - p) * w * (x**2).mean(axis=0)
    np.testing.assert_allclose(slope, 0, atol=1e-11)
    # It does not care in which units an input is measured; ridge regression does.
    units = np.array([1.0, 10.0, 0.1, 1000.0])
    np.testing.assert_allclose(rg.dropout_regression(x * units, t, p=p) * units, w, rtol=1e-7, atol=1e-10)


def test_with_inputs_of_equal_size_dropout_regression_is_ridge_regression():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(50, 4))
    x -= x.mean(axis=0)
    x /= np.sqrt((x**2).mean(axis=0))
    t, p = rng.normal(size=50), 0.3
    weight, _ = ridge_regression(x, t - t.mean(), strength=p / (1 - p))
    np.testing.assert_allclose(rg.dropout_regression(x, t - t.mean(), p=p), weight, rtol=1e-9)


@given(seed=seeds, std=st.sampled_from((0.1, 1.0)))
def test_noise_on_the_inputs_of_least_squares_is_a_ridge(seed, std):
    rng = np.random.default_rng(seed)
    x, t, w = rng.normal(size=(6, 4)), rng.normal(size=6), rng.normal(size=4)
    # Noise of plus or minus std has the same first two moments as Gaussian noise, and a square needs no others.
    costs = [((x + std * (2.0 * signs - 1)) @ w - t) ** 2 for signs in rg.all_masks(4)]
    assert np.mean(costs) == pytest.approx(((x @ w - t) ** 2).mean() + std**2 * w @ w, rel=1e-10)


def test_stochastic_descent_with_masks_ends_where_the_formula_says():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 3)) * [0.5, 1.0, 2.0]
    t = (x @ [1.0, -1.0, 0.5])[:, None]
    total, p, w = np.zeros((1, 3)), 0.3, np.zeros((1, 3))
    for step in range(6000):
        dropped = rg.dropout(x, rg.keep_mask(x.shape, rng, p=p), p=p)
        w = w - 0.05 * 2 / 200 * (dropped @ w.T - t).T @ dropped
        total += w * (step >= 1000)
    np.testing.assert_allclose(total[0] / 5000, rg.dropout_regression(x, t[:, 0], p=p), atol=0.01)


# ------------------------------------------------------------------------------------------- networks that drop


@given(seed=seeds, p=st.sampled_from((0.2, 0.5)), strength=st.sampled_from((0.0, 0.1)))
def test_the_objective_is_the_cost_of_the_network_with_the_masks_that_it_draws(seed, p, strength):
    rng = np.random.default_rng(seed)
    params, x, target = network(rng), rng.normal(size=(6, 3)), rng.integers(0, 2, 6)
    cost, grads = rg.dropout_objective(np.random.default_rng(seed), p=p, strength=strength)(params, x, target)
    masks = rg.hidden_masks(params, 6, np.random.default_rng(seed), p=p)
    scores, network_pullback = vjp(rg.dropout_mlp, x, params, masks, p=p)
    loss, loss_pullback = vjp(cross_entropy, scores, target)
    assert cost == pytest.approx(loss + strength * sum((weight**2).sum() for weight, _ in params), rel=1e-12)
    for (g, b), (dweight, dbias), (weight, _) in zip(
        grads, network_pullback(loss_pullback(1.0)[0])[1], params, strict=True
    ):
        np.testing.assert_allclose(g, dweight + 2 * strength * weight, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(b, dbias, rtol=1e-12, atol=1e-14)


def test_without_dropping_the_objective_is_the_networks_and_the_samples_are_all_alike():
    rng = np.random.default_rng(0)
    params, x, target = network(rng), rng.normal(size=(6, 3)), rng.integers(0, 2, 6)
    mine, other = rg.dropout_objective(rng, p=0.0)(params, x, target), mlp_objective()(params, x, target)
    assert mine[0] == pytest.approx(other[0], rel=1e-12)
    np.testing.assert_allclose(mine[1][0][0], other[1][0][0], rtol=1e-12)
    samples = rg.mc_dropout(x, params, rng, samples=3, p=0.0)
    for sample in samples:
        np.testing.assert_allclose(sample, softmax(mlp(x, params), axis=1), rtol=1e-12)
    samples = rg.mc_dropout(x, params, rng, samples=4)
    assert samples.shape == (4, 6, 2)
    np.testing.assert_allclose(samples.sum(axis=2), 1, rtol=1e-12)
    assert samples.std(axis=0).max() > 0.01


@given(seed=seeds, p=rates)
def test_dropout_raises_the_mean_square_of_a_score_by_the_variance_of_its_masks(seed, p):
    rng = np.random.default_rng(seed)
    h, w = rng.normal(size=6), rng.normal(size=6)
    masks = rg.all_masks(6)
    scores = np.array([rg.dropout(h, mask, p=p) @ w for mask in masks])
    square = rg.mask_probability(masks, p=p) @ scores**2
    assert square == pytest.approx((h @ w) ** 2 + p / (1 - p) * (w**2 * h**2).sum(), rel=1e-9)
