"""Penalties, decay and stopping: what they leave of each direction, and where they end."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_problems import biased_mlp as network

from dlbook.numpy import regularization as rg
from dlbook.numpy.deep_networks import mlp, mlp_objective
from dlbook.numpy.gradient_descent import gradient_descent, sgd
from dlbook.numpy.linear_classifiers import cross_entropy
from dlbook.numpy.optimization import adam, adamw, optimize, sgd_momentum

seeds = st.integers(0, 2**32 - 1)


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


def test_a_number_that_is_watched_has_to_be_measured():
    data = np.ones((2, 3)), np.array([0, 1])
    with pytest.raises(KeyError, match=r"watch is 'loss', expected one of \['cost'\]"):
        rg.optimize_with_patience(
            mlp_objective(), network(np.random.default_rng(0)), data, epochs=1, rng=None, patience=1, lr=0.1,
            batch_size=1, measure=lambda params: {"cost": 1.0}, watch="loss",
        )  # fmt: skip


def test_no_epoch_is_an_early_stop_too():
    params = network(np.random.default_rng(0))
    run = rg.optimize_with_patience(
        mlp_objective(), params, (np.ones((2, 3)), np.array([0, 1])), epochs=0, rng=None, patience=1, lr=0.1,
        batch_size=1, measure=lambda params: {"validation_loss": 1.0},
    )
    np.testing.assert_array_equal(run.params[0][0], params[0][0])
    assert run.values.shape == (0,)
