"""What is special to `regularization`: means over all masks, shrinkage in closed form, laws of invariance."""

from functools import partial
from importlib import import_module

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlbook import vjp
from dlbook.numpy import regularization as rg
from dlbook.numpy.deep_networks import init_mlp, mlp, mlp_objective
from dlbook.numpy.gradient_descent import gradient_descent, sgd
from dlbook.numpy.linear_classifiers import cross_entropy, one_hot, ridge_regression, softmax
from dlbook.numpy.optimization import adam, adamw, optimize, sgd_momentum
from dlbook.numpy.optimization import sgd_momentum
from dlbook.shapes import ShapeError

seeds = st.integers(0, 2**32 - 1)
rates = st.sampled_from((0.1, 0.5, 0.8))


def network(rng, widths=(3, 5, 4, 2)):
    params = init_mlp(widths, rng, dtype="float64")
    return tuple((weight, 0.5 * rng.standard_normal(len(bias))) for weight, bias in params)


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


# ------------------------------------------------------------------------------------------------ shrinkage


def bowl(rng, d=4):
    a = rng.normal(size=(d, d))
    return a @ a.T + 0.1 * np.eye(d), rng.normal(size=d)


@given(seed=seeds, strength=st.sampled_from((0.01, 1.0)))
def test_a_ridge_shrinks_along_the_eigenvectors(seed, strength):
    hessian, optimum = bowl(np.random.default_rng(seed))
    w = np.linalg.solve(hessian + 2 * strength * np.eye(4), hessian @ optimum)
    h, q = np.linalg.eigh(hessian)
    share = rg.ridge_shrinkage(h, strength=strength)
    np.testing.assert_allclose(q.T @ w, share * (q.T @ optimum), rtol=1e-8, atol=1e-10)


@given(seed=seeds, steps=st.integers(0, 30))
def test_descent_from_zero_covers_a_share_of_each_eigenvector(seed, steps):
    hessian, optimum = bowl(np.random.default_rng(seed))
    h, q = np.linalg.eigh(hessian)
    lr = 0.5 / h[-1]

    def cost(w):
        return (w - optimum) @ hessian @ (w - optimum) / 2, hessian @ (w - optimum)

    w = gradient_descent(cost, np.zeros(4), lr=lr, steps=steps).params
    share = rg.descent_shrinkage(h, lr=lr, steps=steps)
    np.testing.assert_allclose(q.T @ w, share * (q.T @ optimum), rtol=1e-9, atol=1e-10)


def test_stopping_after_s_steps_is_a_ridge_of_one_over_two_eta_s_where_the_bowl_is_flat_and_close_elsewhere():
    h, lr, steps = np.logspace(-7, 0, 400), 0.1, 100
    stopped = rg.descent_shrinkage(h, lr=lr, steps=steps)
    ridge = rg.ridge_shrinkage(h, strength=1 / (2 * lr * steps))
    flat = h < 1e-5
    np.testing.assert_allclose(stopped[flat], ridge[flat], rtol=1e-3)
    gap = stopped - ridge
    assert (gap >= -1e-12).all()
    u = np.linspace(0.01, 20, 100_000)
    assert gap.max() == pytest.approx((u / (1 + u) - 1 + np.exp(-u)).min() * -1, abs=0.005)


@given(seed=seeds, strength=st.sampled_from((0.0, 0.3)))
def test_the_lasso_moves_to_the_lowest_point(seed, strength):
    rng = np.random.default_rng(seed)
    optimum, h = rng.normal(size=3), rng.uniform(0.2, 2, 3)
    w = rg.lasso_shrinkage(optimum, h, strength=strength)
    grid = np.linspace(-4, 4, 8001)
    for i in range(3):
        cost = h[i] / 2 * (grid - optimum[i]) ** 2 + strength * np.abs(grid)
        assert w[i] == pytest.approx(grid[cost.argmin()], abs=1e-3)


@given(seed=seeds)
def test_max_norm_goes_to_the_nearest_allowed_point_and_no_farther(seed):
    rng = np.random.default_rng(seed)
    weight = rng.normal(size=(5, 3)) * rng.uniform(0.1, 3, (5, 1))
    clipped = rg.max_norm(weight, limit=1.5)
    lengths, before = np.linalg.norm(clipped, axis=1), np.linalg.norm(weight, axis=1)
    np.testing.assert_allclose(lengths, np.minimum(before, 1.5), rtol=1e-12)
    np.testing.assert_allclose(clipped * before[:, None], weight * lengths[:, None], rtol=1e-12)
    np.testing.assert_array_equal(rg.max_norm(clipped * 0.999, limit=1.5), clipped * 0.999)
    assert not rg.max_norm(np.zeros((1, 2)), limit=1.0).any()


# ----------------------------------------------------------------------------------- weights after each step


def noisy(rng):
    """Return a cost of one matrix on noisy linear data, and the data."""
    x, w = rng.normal(size=(30, 3)), rng.normal(size=(2, 3))
    t = x @ w.T + rng.normal(size=(30, 2))

    def cost(weight, xb, tb, strength=0.0):
        error = xb @ weight.T - tb
        value = (error**2).mean() + strength * (weight**2).sum()
        return value, 2 / error.size * error.T @ xb + 2 * strength * weight

    return cost, rng.normal(size=(2, 3)), (x, t)


@given(seed=seeds)
def test_for_plain_descent_the_penalty_and_the_decay_are_the_same_step_and_with_a_memory_they_are_not(seed):
    cost, start, data = noisy(np.random.default_rng(seed))
    options = {"lr": lambda s: 0.1 / (1 + s), "batch_size": 10, "epochs": 3}
    for momentum, alike in ((0.0, True), (0.9, False)):
        ends = [
            optimize(f, start, data, optimizer=step, momentum=momentum, rng=np.random.default_rng(seed), **options)
            for f, step in (
                (partial(cost, strength=0.2), sgd_momentum), (cost, rg.decoupled(sgd_momentum, weight_decay=0.4)),
            )
        ]  # fmt: skip
        assert np.allclose(*(run.params for run in ends), rtol=1e-12, atol=1e-14) == alike


@given(seed=seeds)
def test_adam_with_decoupled_decay_is_adamw_and_neither_is_adam_with_a_penalty(seed):
    cost, start, data = noisy(np.random.default_rng(seed))
    options = {"lr": 0.01, "batch_size": 10, "epochs": 4}
    ours, theirs, coupled = (
        optimize(cost, start, data, optimizer=step, rng=np.random.default_rng(seed), **options, **more).params
        for step, more in (
            (rg.decoupled(adam, weight_decay=0.5), {}), (adamw, {"weight_decay": 0.5}), (adam, {"weight_decay": 0.5}),
        )
    )
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    assert np.abs(coupled - theirs).max() > 1e-6


@given(seed=seeds)
def test_constrained_weights_never_leave_the_sphere_and_biases_may(seed):
    rng = np.random.default_rng(seed)
    params, x, target = network(rng), rng.normal(size=(8, 3)), rng.integers(0, 2, 8)
    step = rg.constrained(sgd_momentum, limit=0.7)
    run = optimize(
        mlp_objective(), params, (x, target), optimizer=step, lr=1.0, batch_size=4, epochs=3, rng=rng, keep_path=True
    )
    for weight, _ in run.path:
        assert (np.linalg.norm(weight[1:], axis=-1) <= 0.7 + 1e-12).all()
    shifted = step(((np.zeros((1, 1)), np.full(1, 9.0)),), ((np.zeros((1, 1)), np.zeros(1)),), lr=1.0)[0]
    assert shifted[0][1] == 9.0


# --------------------------------------------------------------------------------------------- early stopping


@given(curve=st.lists(st.integers(0, 9).map(float), min_size=1, max_size=12), patience=st.integers(1, 4))
def test_patience_ends_at_the_first_place_that_is_too_far_from_the_best_so_far(curve, patience):
    stop = rg.early_stopping(curve, patience=patience)
    late = [e for e in range(len(curve)) if e - int(np.argmin(curve[: e + 1])) >= patience]
    assert stop.last == (late[0] if late else len(curve) - 1)
    assert stop.best == int(np.argmin(curve[: stop.last + 1]))


def test_an_improvement_has_to_exceed_the_least_that_counts():
    assert rg.early_stopping([1.0, 0.95, 0.9], patience=2, min_delta=0.2) == (0, 2)
    assert rg.early_stopping([1.0, 0.95, 0.75], patience=2, min_delta=0.2) == (2, 2)


@pytest.mark.parametrize("patience", [1, 3])
def test_stopping_while_training_is_stopping_on_the_curve(patience):
    rng = np.random.default_rng(0)
    x, target = rng.normal(size=(40, 3)), rng.integers(0, 2, 40)
    fresh, answers = rng.normal(size=(40, 3)), rng.integers(0, 2, 40)  # nothing to learn: the curve soon goes up

    def measure(params):
        return {"validation_loss": float(cross_entropy(mlp(fresh, params), answers))}

    start = network(rng, (3, 20, 2))
    options = {"lr": lambda s: 0.3 / (1 + s / 40), "batch_size": 10, "measure": measure}
    rng_a, rng_b = np.random.default_rng(1), np.random.default_rng(1)
    whole = sgd(mlp_objective(), start, (x, target), epochs=30, rng=rng_a, **options)
    run = rg.optimize_with_patience(
        mlp_objective(), start, (x, target), epochs=30, rng=rng_b, patience=patience, optimizer=sgd_momentum,
        momentum=0.0, **options,
    )
    stop = rg.early_stopping(whole.measured["validation_loss"], patience=patience)
    curve = run.measured["validation_loss"]
    np.testing.assert_allclose(curve, whole.measured["validation_loss"][: stop.last + 1], rtol=1e-12)
    assert measure(run.params)["validation_loss"] == curve.min() == curve[stop.best]
    np.testing.assert_allclose(run.values, whole.values[: len(run.values)], rtol=1e-12)
    np.testing.assert_allclose(run.rates, whole.rates[: len(run.rates)], rtol=1e-12)


def test_no_epoch_is_an_early_stop_too():
    params = network(np.random.default_rng(0))
    run = rg.optimize_with_patience(
        mlp_objective(), params, (np.ones((2, 3)), np.array([0, 1])), epochs=0, rng=None, patience=1, lr=0.1,
        batch_size=1, measure=lambda params: {"validation_loss": 1.0},
    )
    np.testing.assert_array_equal(run.params[0][0], params[0][0])
    assert run.values.shape == (0,)


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
    cost = rg.augmented(mlp_objective(), rg.random_shift, np.random.default_rng(3), shape=(1, 3, 4))
    value, grads = cost(params, x, target)
    moved = rg.random_shift(x.reshape(6, 1, 3, 4), np.random.default_rng(3)).reshape(6, 12)
    want, want_grads = mlp_objective()(params, moved, target)
    assert value == want
    np.testing.assert_array_equal(grads[0][0], want_grads[0][0])


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


# ------------------------------------------------------------------------------------------------- both halves


def tensors(torch, tree):
    if isinstance(tree, tuple):
        return tuple(tensors(torch, branch) for branch in tree)
    return torch.tensor(tree)


def same(mine, theirs):
    if isinstance(mine, tuple):
        for a, b in zip(mine, theirs, strict=True):
            same(a, b)
    else:
        np.testing.assert_allclose(mine, np.asarray(theirs), rtol=1e-9, atol=1e-12)


@given(seed=seeds)
def test_both_halves_draw_shrink_average_and_change_alike(seed):
    torch = pytest.importorskip("torch")
    theirs = import_module("dlbook.torch.regularization")
    rng = np.random.default_rng(seed)
    params, x, target = network(rng), rng.normal(size=(6, 3)), rng.integers(0, 2, 6)
    curvature, optimum = rng.uniform(0.1, 2, 3), rng.normal(size=3)
    probabilities, weight = softmax(rng.normal(size=(4, 5, 3)), axis=2), rng.dirichlet(np.ones(4))
    pictures = rng.normal(size=(4, 2, 5, 4))
    for name, arguments, options in [
        ("keep_mask", ((3, 4),), {"rng": seed, "p": 0.3}),
        ("hidden_masks", (params, 5), {"rng": seed}),
        ("mc_dropout", (x, params), {"rng": seed, "samples": 3}),
        ("mixup_pairs", (9,), {"rng": seed, "alpha": 0.4}),
        ("ridge_shrinkage", (curvature,), {"strength": 0.3}),
        ("descent_shrinkage", (curvature,), {"lr": 0.1, "steps": 7}),
        ("lasso_shrinkage", (optimum, curvature), {"strength": 0.3}),
        ("dropout_regression", (x, optimum[target]), {"p": 0.4}),
        ("max_norm", (x,), {"limit": 1.0}),
        ("all_masks", (4,), {}),
        ("mask_probability", (rg.all_masks(4),), {"p": 0.3}),
        ("normalized_geometric_mean", (probabilities, weight), {}),
        ("shift", (pictures, rng.integers(-3, 4, (4, 2))), {}),
        ("shift", (pictures, rng.integers(-9, 9, (4, 1))), {"cyclic": True}),
        ("random_shift", (pictures,), {"rng": seed, "reach": 2}),
        ("random_flip", (pictures,), {"rng": seed}),
        ("random_scale", (pictures,), {"rng": seed}),
        ("add_noise", (pictures,), {"rng": seed}),
        ("random_cutout", (pictures,), {"rng": seed, "size": 3}),
    ]:
        seeded = [{**options, "rng": np.random.default_rng(seed)} if "rng" in options else options for _ in range(2)]
        converted = tuple(tensors(torch, a) if isinstance(a, tuple | np.ndarray) and name != "keep_mask" else a
                          for a in arguments)  # fmt: skip
        same(getattr(rg, name)(*arguments, **seeded[0]), getattr(theirs, name)(*converted, **seeded[1]))


@given(seed=seeds)
def test_both_halves_have_the_same_costs_and_stop_at_the_same_place(seed):
    torch = pytest.importorskip("torch")
    theirs = import_module("dlbook.torch.regularization")
    twins = import_module("dlbook.torch.deep_networks")
    rng = np.random.default_rng(seed)
    params, x, target = network(rng, (4, 5, 3)), rng.normal(size=(12, 4)), rng.integers(0, 3, 12)
    data = params, x, target
    for name, positional, options in [
        ("dropout_objective", (), {"p": 0.3, "strength": 0.1}),
        ("mixup_objective", (3,), {"alpha": 0.5, "strength": 0.1}),
    ]:
        pair = []
        for half, arguments in ((rg, data), (theirs, tensors(torch, data))):
            objective = getattr(half, name)(*positional, np.random.default_rng(seed), **options)
            pair.append(objective(*arguments))
        if name == "mixup_objective":  # the twin draws its shares in float32 and casts them
            assert pair[0][0] == pytest.approx(float(pair[1][0]), rel=1e-5)
        else:
            same(*pair)
    runs = []
    for half, nets, arguments in ((rg, None, data), (theirs, twins, tensors(torch, data))):
        source = nets or import_module("dlbook.numpy.deep_networks")
        change = half.augmented(source.mlp_objective(), half.add_noise, np.random.default_rng(seed), shape=(2, 2))
        runs.append(half.optimize_with_patience(
            change, arguments[0], arguments[1:], lr=0.3, batch_size=4, epochs=6, patience=2,
            measure=source.measure_splits(arguments[1:], arguments[1:]), rng=np.random.default_rng(seed),
        ))  # fmt: skip
    same(runs[0].params, runs[1].params)
    same(runs[0].measured["validation_loss"], runs[1].measured["validation_loss"])
    ends = []
    for half, source, optimizer in ((rg, "numpy", "adam"), (theirs, "torch", "adam")):
        arguments = data if half is rg else tensors(torch, data)
        base = getattr(import_module(f"dlbook.{source}.optimization"), optimizer)
        step = half.constrained(half.decoupled(base, weight_decay=0.3), limit=0.8)
        grads = import_module(f"dlbook.{source}.deep_networks").mlp_objective()(*arguments)[1]
        ends.append(step(arguments[0], grads, lr=0.1)[0])
    same(*ends)
    flat = [half.orbit_average(lambda a: 2 * a, arguments[1], [lambda a: a, lambda a: -3 * a])
            for half, arguments in ((rg, data), (theirs, tensors(torch, data)))]  # fmt: skip
    same(*flat)


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: rg.keep_mask(3, np.random.default_rng(0), p=1.5), ValueError, "keep_mask: p"),
        (lambda: rg.keep_mask(3, 0), TypeError, "keep_mask: rng"),
        (lambda: rg.keep_mask((2, -1), np.random.default_rng(0)), ValueError, r"keep_mask: shape\[1\]"),
        (lambda: rg.dropout(np.ones(2), np.ones(3, bool)), ShapeError, "dropout: mask"),
        (lambda: rg.dropout_objective(0), TypeError, "dropout_objective: rng"),
        (lambda: rg.dropout_objective(np.random.default_rng(0), strength=-1.0), ValueError, "strength"),
        (lambda: rg.all_masks(17), ValueError, "all_masks: n is 17"),
        (lambda: rg.mask_probability(rg.all_masks(2), p=-1.0), ValueError, "mask_probability: p"),
        (lambda: rg.normalized_geometric_mean(np.ones((2, 3)), np.ones(2)), ValueError, "expected shapes"),
        (lambda: rg.normalized_geometric_mean(np.zeros((1, 1, 2)), np.ones(1)), ValueError, "positive"),
        (lambda: rg.ridge_shrinkage(np.array([-1.0]), strength=1.0), ValueError, "curvature"),
        (lambda: rg.ridge_shrinkage(np.array([0.0]), strength=0.0), ValueError, "positive"),
        (lambda: rg.descent_shrinkage(np.ones(2), lr=0.0, steps=1), ValueError, "lr"),
        (lambda: rg.lasso_shrinkage(np.ones(2), np.zeros(2), strength=1.0), ValueError, "lasso_shrinkage"),
        (lambda: rg.dropout_regression(np.ones((2, 1)), np.ones(2), p=1), ValueError, "p is 1"),
        (lambda: rg.dropout_regression(np.ones((2, 1)), np.ones((2, 1))), ValueError, "expected shapes"),
        (lambda: rg.max_norm(np.ones(2), limit=1.0), ValueError, "max_norm: weight"),
        (lambda: rg.early_stopping([], patience=1), ValueError, "empty"),
        (lambda: rg.early_stopping([1.0], patience=0), ValueError, "patience"),
        (lambda: rg.shift(np.ones((2, 3)), np.ones((2, 2), int)), ValueError, "shift"),
        (lambda: rg.shift(np.ones((2, 3)), np.ones((2, 1))), ValueError, "integers"),
        (lambda: rg.random_shift(np.ones((2, 3)), 0), TypeError, "random_shift: rng"),
        (lambda: rg.random_flip(np.ones((2, 3)), np.random.default_rng(0), p=2.0), ValueError, "random_flip: p"),
        (lambda: rg.random_scale(np.ones((2, 3)), np.random.default_rng(0), low=0.0), ValueError, "low"),
        (lambda: rg.add_noise(np.ones(2), np.random.default_rng(0), std=-1.0), ValueError, "std"),
        (lambda: rg.random_cutout(np.ones((2, 3)), np.random.default_rng(0), size=1), ValueError, "images"),
        (lambda: rg.orbit_average(abs, np.ones(2), []), ValueError, "empty"),
        (lambda: rg.augmented(abs, abs, 3), TypeError, "augmented: rng"),
        (lambda: rg.mixup_pairs(0, np.random.default_rng(0)), ValueError, "mixup_pairs: n"),
        (lambda: rg.mixup_pairs(2, np.random.default_rng(0), alpha=0.0), ValueError, "alpha"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(call, error, match):
    with pytest.raises(error, match=match):
        call()
