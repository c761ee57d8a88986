"""Descents, line search, mini-batches and curvature: what the theory promises, measured."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dlbook.differentiable import vjp
from dlbook.numpy import gradient_descent as gd
from dlbook.numpy.linear_classifiers import (
    cross_entropy,
    l2_penalty,
    linear,
    mse_loss,
    multi_bce,
    multi_margin_loss,
    one_hot,
)

pytestmark = pytest.mark.law

BOWL = gd.value_and_grad(gd.quadratic)
seeds = st.integers(0, 2**32 - 1)


def bowl(rng, dims, lowest=0.5, highest=8.0):
    """Return a symmetric matrix with eigenvalues drawn between the two, and the eigenvalues."""
    directions, _ = np.linalg.qr(rng.normal(size=(dims, dims)))
    eigenvalues = np.sort(rng.uniform(lowest, highest, dims))
    return (directions * eigenvalues) @ directions.T, eigenvalues


def problem(rng, n=12, d=3, k=4):
    """Return parameters, inputs and labels of a small one-layer network."""
    params = rng.normal(size=(k, d)), rng.normal(size=k)
    return params, rng.normal(size=(n, d)), rng.integers(0, k, n)


# ------------------------------------------------------------------------------------ descent on a bowl


@given(seed=seeds, dims=st.integers(1, 5), fraction=st.floats(0.05, 0.99))
def test_each_step_shrinks_the_distance_at_least_by_the_contraction_factor(seed, dims, fraction):
    rng = np.random.default_rng(seed)
    hessian, eigenvalues = bowl(rng, dims)
    lr = fraction * 2 / eigenvalues[-1]
    run = gd.gradient_descent(BOWL, rng.normal(size=dims), hessian, lr=lr, steps=20, keep_path=True)
    distances = np.linalg.norm(run.path, axis=1)
    factor = gd.contraction_factor(lr, eigenvalues)
    assert factor < 1
    assert (distances[1:] <= factor * distances[:-1] * (1 + 1e-12)).all()


@pytest.mark.parametrize("condition", [2.0, 10.0, 100.0])
def test_the_best_step_contracts_by_kappa_minus_one_over_kappa_plus_one_within_one_per_cent(condition):
    eigenvalues = np.array([1.0, condition])
    lr = 2 / eigenvalues.sum()
    start = np.array([1.0, 1.0])
    run = gd.gradient_descent(BOWL, start, np.diag(eigenvalues), lr=lr, steps=50, keep_path=True)
    measured = (np.linalg.norm(run.path[-1]) / np.linalg.norm(start)) ** (1 / 50)
    assert measured == pytest.approx((condition - 1) / (condition + 1), rel=0.01)
    assert gd.contraction_factor(lr, eigenvalues) == pytest.approx((condition - 1) / (condition + 1), rel=1e-12)


@given(seed=seeds, dims=st.integers(1, 4), excess=st.floats(1.01, 1.5))
def test_above_two_over_the_largest_curvature_gradient_descent_diverges(seed, dims, excess):
    rng = np.random.default_rng(seed)
    hessian, eigenvalues = bowl(rng, dims)
    steepest = np.linalg.eigh(hessian)[1][:, -1]
    run = gd.gradient_descent(BOWL, steepest, hessian, lr=excess * 2 / eigenvalues[-1], steps=10)
    assert (np.diff(run.values) > 0).all()


@given(seed=seeds, fraction=st.floats(0.05, 0.99))
def test_below_two_over_the_curvature_the_value_never_rises(seed, fraction):
    rng = np.random.default_rng(seed)
    hessian, eigenvalues = bowl(rng, 3)
    run = gd.gradient_descent(BOWL, rng.normal(size=3), hessian, lr=fraction * 2 / eigenvalues[-1], steps=15)
    assert (np.diff(run.values) <= 1e-15 * run.values[0]).all()


def test_a_step_is_minus_the_rate_times_the_gradient_in_every_leaf():
    params, x, target = problem(np.random.default_rng(0))
    cost = gd.objective(strength=0.1)
    _, grads = cost(params, x, target)
    run = gd.gradient_descent(cost, params, x, target, lr=0.3, steps=1)
    for after, before, grad in zip(run.params, params, grads, strict=True):
        np.testing.assert_array_equal(after, before - 0.3 * grad)


def test_parameters_may_be_nested_dicts_lists_and_tuples():
    def value_and_grad(tree):
        return tree["a"] @ tree["a"] + tree["b"][0][0].sum(), {"a": 2 * tree["a"], "b": [(np.ones(1),)]}

    start = {"a": np.array([1.0, 2.0]), "b": [(np.array([3.0]),)]}
    run = gd.gradient_descent(value_and_grad, start, lr=0.25, steps=2, keep_path=True)
    np.testing.assert_array_equal(run.path["a"], [[1, 2], [0.5, 1], [0.25, 0.5]])
    np.testing.assert_array_equal(run.path["b"][0][0], [[3], [2.75], [2.5]])
    assert type(run.params["b"]) is list
    assert type(run.params["b"][0]) is tuple


def test_a_descent_changes_nothing_that_it_was_given_and_keeps_float32():
    x0, hessian = np.ones(2, np.float32), np.eye(2, dtype=np.float32)
    x0.flags.writeable = hessian.flags.writeable = False
    run = gd.gradient_descent(BOWL, x0, hessian, lr=np.float64(0.1), steps=3, keep_path=True)
    assert run.params.dtype == run.path.dtype == np.float32
    assert not np.shares_memory(gd.gradient_descent(BOWL, x0, hessian, lr=0.1, steps=0).params, x0)


def test_the_rate_may_be_a_function_of_the_step():
    run = gd.gradient_descent(BOWL, np.ones(1), np.eye(1), lr=lambda s: 1 / (s + 2), steps=3)
    np.testing.assert_array_equal(run.rates, [1 / 2, 1 / 3, 1 / 4])
    assert run.params[0] == pytest.approx(1 / 2 * 2 / 3 * 3 / 4)


def test_a_descent_that_leaves_the_numbers_says_where():
    def explode(x):
        return (np.inf if x[0] < -5 else x[0]), np.array([3.0])

    with pytest.raises(FloatingPointError, match=r"gradient_descent: the value is inf after 2 steps"):
        gd.gradient_descent(explode, np.zeros(1), lr=1.0, steps=9)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"lr": -0.1}, ValueError, "gradient_descent: lr is -0.1"),
        ({"lr": float("nan")}, ValueError, "gradient_descent: lr is nan"),
        ({"steps": -1}, ValueError, "gradient_descent: steps is -1"),
        ({"steps": 2.0}, ValueError, "gradient_descent: steps is 2.0"),
        ({"params": np.array([1, 2])}, TypeError, "gradient_descent: params is int64"),
        ({"params": ()}, ValueError, "gradient_descent: params is a tuple of 0"),
    ],
)
def test_gradient_descent_refuses_and_says_what_it_expected(change, error, message):
    call = {"params": np.ones(2), "lr": 0.1, "steps": 1} | change
    with pytest.raises(error, match=message):
        gd.gradient_descent(BOWL, call.pop("params"), np.eye(2), **call)


# ------------------------------------------------------------------------------------------ line search


@given(seed=seeds, dims=st.integers(1, 4), c1=st.floats(1e-4, 0.9), shrink=st.floats(0.1, 0.9), lr=st.floats(0.01, 100))
def test_the_condition_of_armijo_holds_at_the_step_found_and_at_no_longer_one_tried(seed, dims, c1, shrink, lr):
    rng = np.random.default_rng(seed)
    hessian, _ = bowl(rng, dims)
    x = rng.normal(size=dims)
    value, grad = BOWL(x, hessian)

    def fair(rate):
        return gd.quadratic(x - rate * grad, hessian) <= value - c1 * rate * (grad @ grad)

    rate = gd.armijo_line_search(lambda p: gd.quadratic(p, hessian), x, grad, lr=lr, c1=c1, shrink=shrink)
    assert fair(rate)
    assert rate > 0
    tried = lr
    while tried > rate * (1 + 1e-9):
        assert not fair(tried)
        tried *= shrink


@given(seed=seeds, c1=st.sampled_from([1e-4, 0.1, 0.5]))
def test_a_descent_with_line_search_falls_at_each_step_as_fast_as_armijo_promises(seed, c1):
    rng = np.random.default_rng(seed)
    hessian, eigenvalues = bowl(rng, 3)
    run = gd.gradient_descent_armijo(BOWL, rng.normal(size=3), hessian, steps=100, lr=4.0, c1=c1, keep_path=True)
    # A bowl has |gradient|^2 >= 2 m f with m its smallest curvature.
    promised = run.values[:-1] * (1 - 2 * c1 * run.rates * eigenvalues[0])
    assert (run.values[1:] <= promised * (1 + 1e-9) + 1e-300).all()
    assert len(run.values) == len(run.rates) + 1 == len(run.path)
    np.testing.assert_array_equal(run.path[-1], run.params)


def test_at_a_minimum_that_rounding_hides_the_search_returns_zero_and_the_descent_ends():
    # 1 + x^2 / 1e30 is 1 wherever we step, so no step can show the descent that the slope promises.
    rate = gd.armijo_line_search(lambda p: 1 + p[0] ** 2 * 1e-30, np.ones(1), np.array([1e-3]), max_shrinks=20)
    assert rate == 0.0
    run = gd.gradient_descent_armijo(lambda p: (1 + p[0] ** 2 * 1e-30, np.array([1e-3])), np.ones(1), steps=5)
    assert len(run.rates) == 0
    assert len(run.values) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": 0}, "lr is 0"),
        ({"c1": 1.0}, "c1 is 1.0"),
        ({"shrink": 0.0}, "shrink is 0.0"),
        ({"max_shrinks": -1}, "max_shrinks is -1"),
        ({"direction": np.array([1.0])}, "direction has the slope 2, expected one that leads downhill"),
    ],
)
def test_the_line_search_refuses_and_says_what_it_expected(options, message):
    with pytest.raises(ValueError, match=f"armijo_line_search: {message}"):
        gd.armijo_line_search(lambda p: p[0] ** 2, np.ones(1), np.array([2.0]), **options)


# -------------------------------------------------------------------------------------------- mini-batches


@given(n=st.integers(1, 40), batch_size=st.integers(1, 45), seed=st.none() | seeds)
def test_an_epoch_of_minibatches_visits_every_index_once(n, batch_size, seed):
    rng = None if seed is None else np.random.default_rng(seed)
    batches = list(gd.minibatches(n, batch_size, rng))
    assert sorted(np.concatenate(batches).tolist()) == list(range(n))
    assert all(len(b) == batch_size for b in batches[:-1])
    assert 1 <= len(batches[-1]) <= batch_size


@given(n=st.integers(1, 40), batch_size=st.integers(1, 45), seed=seeds)
def test_with_drop_last_all_batches_are_full_and_no_index_comes_twice(n, batch_size, seed):
    assume(batch_size <= n)
    batches = list(gd.minibatches(n, batch_size, np.random.default_rng(seed), drop_last=True))
    assert [len(b) for b in batches] == [batch_size] * (n // batch_size)
    assert len(set(np.concatenate(batches).tolist())) == n // batch_size * batch_size


def test_minibatches_are_shuffled_by_the_generator_and_by_nothing_else():
    deal = [np.concatenate(list(gd.minibatches(30, 7, np.random.default_rng(seed)))) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(deal[0], deal[1])
    assert (deal[0] != deal[2]).any()


@given(seed=seeds, batch_size=st.sampled_from([1, 2, 3, 4, 6, 12]))
def test_the_mean_of_an_epochs_minibatch_gradients_is_the_full_gradient(seed, batch_size):
    rng = np.random.default_rng(seed)
    params, x, target = problem(rng, n=12)
    cost = gd.objective(strength=0.1)
    batches = [cost(params, x[rows], target[rows])[1] for rows in gd.minibatches(12, batch_size, rng)]
    for leaf, full in enumerate(cost(params, x, target)[1]):
        np.testing.assert_allclose(np.mean([b[leaf] for b in batches], axis=0), full, rtol=1e-10, atol=1e-12)


def test_the_noise_of_a_minibatch_gradient_falls_as_one_over_the_batch_size():
    rng = np.random.default_rng(0)
    params, x, target = problem(rng, n=24)
    cost = gd.objective()
    alone = gd.gradient_noise(cost, params, (x, target), batch_size=1, rng=None)
    _, full = cost(params, x, target)
    each = [cost(params, x[[i]], target[[i]])[1] for i in range(24)]
    exact = np.mean([sum(((g - f) ** 2).sum() for g, f in zip(one, full, strict=True)) for one in each])
    assert alone == pytest.approx(exact, rel=1e-10)
    for batch_size in (2, 6, 12):
        noise = gd.gradient_noise(cost, params, (x, target), batch_size=batch_size, rng=rng, epochs=400)
        assert noise == pytest.approx(alone / batch_size * (24 - batch_size) / 23, rel=0.15)
    assert gd.gradient_noise(cost, params, (x, target), batch_size=24, rng=rng) == pytest.approx(0, abs=1e-25)


@pytest.mark.parametrize(
    ("args", "options", "message"),
    [
        ((0, 1, None), {}, "n is 0"),
        ((3, 0, None), {}, "batch_size is 0"),
        ((3, 2.5, None), {}, "batch_size is 2.5"),
        ((3, 4, None), {"drop_last": True}, "batch_size is 4 with drop_last, expected at most n = 3"),
    ],
)
def test_minibatches_refuses_before_the_first_batch(args, options, message):
    with pytest.raises(ValueError, match=f"minibatches: {message}"):
        gd.minibatches(*args, **options)


@given(seed=seeds)
def test_sgd_with_batches_of_everything_is_gradient_descent(seed):
    rng = np.random.default_rng(seed)
    params, x, target = problem(rng)
    cost = gd.objective(strength=0.01)
    plain = gd.gradient_descent(cost, params, x, target, lr=0.2, steps=5)
    batches = gd.sgd(cost, params, (x, target), lr=0.2, batch_size=12, epochs=5, rng=rng)
    for a, b in zip(batches.params, plain.params, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(batches.values, plain.values[:-1], rtol=1e-10)


def test_sgd_measures_before_the_first_epoch_and_after_each():
    params, x, target = problem(np.random.default_rng(0))
    seen = []
    run = gd.sgd(
        gd.objective(), params, (x, target), lr=lambda s: 0.1 / (1 + s), batch_size=5, epochs=2, rng=None,
        measure=lambda p: seen.append(p) or {"size": np.abs(p[0]).sum()}, keep_path=True,
    )  # fmt: skip
    np.testing.assert_array_equal(run.measured["size"], [np.abs(p[0]).sum() for p in seen])
    np.testing.assert_array_equal(seen[0][0], params[0])
    np.testing.assert_array_equal(seen[2][0], run.params[0])
    assert len(run.values) == len(run.rates) == 6  # ceil(12 / 5) batches in each of two epochs
    assert run.rates[-1] == 0.1 / 6
    np.testing.assert_array_equal(run.path[0][[0, 3, 6]], [p[0] for p in seen])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lr": -1.0}, "sgd: lr is -1.0"),
        ({"batch_size": 0}, "minibatches: batch_size is 0"),
        ({"epochs": -1}, "sgd: epochs is -1"),
        ({"data": (np.ones((3, 2)), np.ones(4))}, r"sgd: got data\[0\] of shape \(3, 2\), data\[1\] of shape \(4,\)"),
        ({"data": (np.ones((0, 2)),)}, "hold no example"),
    ],
)
def test_sgd_refuses_and_says_what_it_expected(change, message):
    call = {"data": (np.ones((3, 2)),), "lr": 0.1, "batch_size": 1, "epochs": 1, "rng": None} | change
    with pytest.raises(ValueError, match=message):
        gd.sgd(lambda p, x: (0.0, p), np.ones(2), call.pop("data"), **call)


# ---------------------------------------------------------------------------------------------- curvature


@given(seed=seeds, dims=st.integers(1, 6))
def test_power_iteration_finds_what_eigvalsh_finds(seed, dims):
    rng = np.random.default_rng(seed)
    hessian, eigenvalues = bowl(rng, dims)
    pair = gd.power_iteration(hessian, rng.normal(size=dims), steps=200)
    # Whatever the gap: some eigenvalue lies within the residual, and none can be exceeded.
    assert np.abs(eigenvalues - pair.value).min() <= pair.residual + 1e-12
    assert pair.value <= eigenvalues[-1] * (1 + 1e-12)
    if dims == 1 or eigenvalues[-2] < 0.9 * eigenvalues[-1]:
        assert pair.value == pytest.approx(eigenvalues[-1], rel=1e-9)
    np.testing.assert_allclose(np.linalg.norm(pair.vector), 1, rtol=1e-12)


def test_power_iteration_finds_the_largest_size_with_its_sign():
    assert gd.power_iteration(np.diag([-5.0, 2.0]), np.ones(2)).value == pytest.approx(-5)


def test_power_iteration_on_the_zero_matrix_is_zero():
    assert gd.power_iteration(np.zeros((2, 2)), np.ones(2))[::2] == (0, 0)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"start": np.zeros(2)}, "start is 0"), ({"steps": 0}, "steps is 0"), ({"tol": 0.0}, "tol is 0.0")],
)
def test_power_iteration_refuses_and_says_what_it_expected(options, message):
    call = {"start": np.ones(2)} | options
    with pytest.raises(ValueError, match=f"power_iteration: {message}"):
        gd.power_iteration(np.eye(2), call.pop("start"), **call)


@given(seed=seeds, dims=st.integers(1, 5), size=st.sampled_from([1e-3, 1.0, 1e3]))
def test_the_hessian_vector_product_of_a_bowl_is_its_matrix_times_the_vector(seed, dims, size):
    rng = np.random.default_rng(seed)
    hessian, _ = bowl(rng, dims)
    x, v = size * rng.normal(size=dims), rng.normal(size=dims)
    np.testing.assert_allclose(gd.hessian_vector_product(BOWL, x, v, hessian), hessian @ v, rtol=0, atol=1e-8)
    np.testing.assert_array_equal(gd.hessian_vector_product(BOWL, x, 0 * v, hessian), 0 * v)


def test_the_largest_curvature_of_a_least_squares_problem_is_that_of_its_matrix():
    rng = np.random.default_rng(0)
    x, target = rng.normal(size=(20, 4)), rng.normal(size=(20, 1))
    params = np.zeros((1, 4)), np.zeros(1)
    design = np.hstack([x, np.ones((20, 1))])
    expected = np.linalg.eigvalsh(2 * design.T @ design / 20)[-1]
    pair = gd.largest_curvature(gd.objective(mse_loss), params, x, target, rng=rng)
    assert pair.value == pytest.approx(expected, rel=1e-6)


def test_the_contraction_factor_refuses_what_is_no_bowl():
    with pytest.raises(ValueError, match="contraction_factor: eigenvalues is empty"):
        gd.contraction_factor(0.1, [])
    with pytest.raises(ValueError, match="contraction_factor: lr is 0"):
        gd.contraction_factor(0, [1.0])


# -------------------------------------------------------------------------------------- the one-layer network


@pytest.mark.parametrize("loss", [cross_entropy, multi_margin_loss, multi_bce, mse_loss])
@given(seed=seeds, strength=st.sampled_from([0.0, 0.3]))
def test_the_objectives_gradient_is_that_of_its_parts(loss, seed, strength):
    params, x, target = problem(np.random.default_rng(seed))
    if loss is mse_loss:
        target = one_hot(target, 4, dtype="float64")
    cost, (dweight, dbias) = gd.objective(loss, strength=strength)(params, x, target)
    scores, through_layer = vjp(linear, x, *params)
    y, through_loss = vjp(loss, scores, target)
    penalty, through_penalty = vjp(l2_penalty, params[0], strength=strength)
    _, by_layer, by_bias = through_layer(through_loss(1.0)[0])
    assert cost == pytest.approx(y + penalty, rel=1e-12)
    np.testing.assert_allclose(dweight, by_layer + through_penalty(1.0)[0], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(dbias, by_bias, rtol=1e-10, atol=1e-12)


@given(seed=seeds)
def test_the_objectives_gradient_is_the_slope_of_its_value(seed):
    rng = np.random.default_rng(seed)
    params, x, target = problem(rng)
    cost = gd.objective(strength=0.2, label_smoothing=0.1)
    u = rng.normal(size=params[0].shape), rng.normal(size=params[1].shape)
    _, grads = cost(params, x, target)
    moved = [tuple(p + h * d for p, d in zip(params, u, strict=True)) for h in (1e-5, -1e-5)]
    ahead, behind = (cost(p, x, target)[0] for p in moved)
    slope = sum(np.vdot(g, d) for g, d in zip(grads, u, strict=True))
    assert slope == pytest.approx((ahead - behind) / 2e-5, rel=1e-6, abs=1e-8)


def test_the_first_cross_entropy_of_ten_classes_is_the_logarithm_of_ten():
    rng = np.random.default_rng(0)
    params = gd.init_one_layer(50, 10, rng)
    x, target = rng.normal(size=(200, 50)).astype(np.float32), rng.integers(0, 10, 200)
    assert gd.objective()(params, x, target)[0] == pytest.approx(np.log(10), abs=0.02)
    assert params[0].dtype == params[1].dtype == np.float32
    assert params[0].std() == pytest.approx(0.01, rel=0.1)
    np.testing.assert_array_equal(params[1], 0)


@pytest.mark.parametrize("shuffle", [True, False])
def test_training_learns_separable_classes_and_reports_cost_loss_and_accuracy(shuffle):
    rng = np.random.default_rng(0)
    t = np.arange(60) % 3
    x = np.eye(3)[t] * 3 + 0.1 * rng.normal(size=(60, 3))
    run = gd.train_one_layer(
        (x, t), (x[:30], t[:30]), strength=0.01, lr=0.5, epochs=5, batch_size=10, rng=rng, shuffle=shuffle
    )
    found = run.measured
    assert set(found) == {p + q for p in ("", "validation_") for q in ("cost", "loss", "accuracy")}
    assert all(len(v) == 6 for v in found.values())
    assert found["accuracy"][-1] == found["validation_accuracy"][-1] == 1
    assert found["cost"][-1] == pytest.approx(found["loss"][-1] + 0.01 * (run.params[0] ** 2).sum(), rel=1e-12)
    assert found["cost"][-1] == pytest.approx(gd.objective(strength=0.01)(run.params, x, t)[0], rel=1e-12)


def test_training_with_rows_for_targets_is_training_on_the_same_problem():
    rng = np.random.default_rng(0)
    x, t = rng.normal(size=(20, 3)), np.arange(20) % 4
    run = gd.train_one_layer((x, one_hot(t, 4, dtype="float64")), loss=mse_loss, epochs=2, rng=rng)
    assert run.params[0].shape == (4, 3)
    assert "validation_cost" not in run.measured


def test_training_is_a_function_of_its_generator():
    x, t = np.random.default_rng(0).normal(size=(20, 3)), np.arange(20) % 4
    runs = [gd.train_one_layer((x, t), epochs=2, batch_size=7, rng=np.random.default_rng(s)).params for s in (1, 1, 2)]
    np.testing.assert_array_equal(runs[0][0], runs[1][0])
    assert (runs[0][0] != runs[2][0]).any()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: gd.objective(strength=-1), "objective: strength is -1"),
        (lambda: gd.init_one_layer(0, 3, np.random.default_rng(0)), "init_one_layer: features is 0"),
        (lambda: gd.init_one_layer(3, 3, np.random.default_rng(0), sigma=-1), "init_one_layer: sigma is -1"),
        (
            lambda: gd.train_one_layer((np.ones((3, 2)), np.zeros(2, int)), rng=np.random.default_rng(0)),
            r"train_one_layer: got x of shape \(3, 2\), target of shape \(2,\)",
        ),
        (
            lambda: gd.train_one_layer((np.ones((2, 2)), np.array([0, -1])), rng=np.random.default_rng(0)),
            "target has the label -1",
        ),
    ],
)
def test_training_refuses_and_says_what_it_expected(call, message):
    with pytest.raises(ValueError, match=message):
        call()
