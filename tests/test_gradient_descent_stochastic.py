"""Mini-batches, the noise of their gradients, and the rates that let it die out."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from small_problems import problem

from dlbook import vjp
from dlbook.numpy import gradient_descent as gd
from dlbook.numpy.linear_classifiers import cross_entropy, mse_loss, ridge_regression

pytestmark = pytest.mark.law

seeds = st.integers(0, 2**32 - 1)
RNG = np.random.default_rng(0)


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


def test_with_replacement_some_indices_come_twice_and_some_never():
    batches = list(gd.minibatches(200, 30, np.random.default_rng(0), replace=True))
    rows, counts = np.unique(np.concatenate(batches), return_counts=True)
    assert [len(b) for b in batches] == [30] * 6 + [20]
    assert rows.min() >= 0
    assert rows.max() < 200
    assert counts.max() > 1
    assert len(rows) / 200 == pytest.approx(1 - np.exp(-1), abs=0.1)


def test_the_noise_floor_of_independent_draws_is_as_predicted_and_a_shuffled_deal_lies_below_it():
    # At the minimum of a bowl, small steps: E f - f_min = lr tr Cov / (4 B), tr Cov the noise of a single example.
    rng = np.random.default_rng(0)
    x, target = rng.normal(size=(100, 1)), rng.normal(size=(100, 1))
    cost, best = gd.objective(mse_loss), ridge_regression(x, target, strength=0)
    predicted = 0.02 * gd.gradient_noise(cost, best, (x, target), batch_size=1, rng=None) / (4 * 4)
    floors = []
    for replace in (True, False):
        run = gd.sgd(
            cost, best, (x, target), lr=0.02, batch_size=4, epochs=400, rng=rng, replace=replace, keep_path=True
        )
        fit = run.path[0][1000:, 0] * x.T + run.path[1][1000:] - target.T  # residuals (steps, N)
        floors.append((fit**2).mean() - cost(best, x, target)[0])
    assert floors[0] == pytest.approx(predicted, rel=0.25)
    assert floors[1] < floors[0]


def test_with_weights_each_index_comes_in_proportion_and_one_of_weight_zero_never():
    weights = np.array([0.0, 1.0, 2.0, 5.0], np.float32)
    rng = np.random.default_rng(0)
    rows = np.concatenate([b for _ in range(3000) for b in gd.minibatches(4, 3, rng, replace=True, weights=weights)])
    np.testing.assert_allclose(np.bincount(rows, minlength=4) / len(rows), weights / 8, atol=0.02)
    assert not (rows == 0).any()


@given(seed=seeds, classes=st.integers(1, 4))
def test_drawing_with_class_weights_and_weighing_the_loss_have_the_same_gradient_in_expectation(seed, classes):
    rng = np.random.default_rng(seed)
    target = rng.permutation(np.concatenate([np.arange(classes), rng.integers(0, classes, 9)]))
    weight = gd.class_weights(target, classes, dtype="float64")
    assert weight[target].sum() == pytest.approx(len(target), rel=1e-12)
    np.testing.assert_allclose(weight * np.bincount(target), len(target) / classes, rtol=1e-12)
    scores = rng.normal(size=(len(target), classes))
    each = [vjp(cross_entropy, scores[[n]], target[[n]])[1](1.0)[0][0] for n in range(len(target))]
    chances = weight[target] / weight[target].sum()
    _, pullback = vjp(cross_entropy, scores, target, weight)
    np.testing.assert_allclose(chances[:, None] * each, pullback(1.0)[0], rtol=1e-9, atol=1e-14)
    # eq-balance-noise: the mean squared gradient, drawn with weights and weighed in the loss
    square = np.sum(np.square(each), axis=1)
    mean = np.bincount(target, square) / np.bincount(target)
    assert chances @ square == pytest.approx(mean.mean(), rel=1e-9)
    assert (weight[target] ** 2 @ square) / len(target) == pytest.approx((weight * mean).mean(), rel=1e-9)
    assert weight.mean() >= 1 - 1e-12


def test_sgd_draws_with_the_weights():
    def climb(w, x):
        return 0.0, -x.mean(axis=0)

    run = gd.sgd(
        climb, np.zeros(3), (np.eye(3),), lr=1.0, batch_size=1, epochs=2, rng=np.random.default_rng(0), replace=True,
        weights=np.array([0.0, 1.0, 0.0]),
    )  # fmt: skip
    np.testing.assert_array_equal(run.params, [0, 6, 0])


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
        ((3, 2, None), {"replace": True}, "rng is None with replace"),
        ((3, 4, None), {"drop_last": True}, "batch_size is 4 with drop_last, expected at most n = 3"),
        ((3, 2, RNG), {"weights": np.ones(3)}, "weights without replace"),
        ((3, 2, RNG), {"replace": True, "weights": np.ones(4)}, "weights has shape \\(4,\\)"),
        ((3, 2, RNG), {"replace": True, "weights": -np.ones(3)}, "weights run from -1"),
        ((3, 2, RNG), {"replace": True, "weights": np.zeros(3)}, "weights run from 0"),
        ((3, 2, RNG), {"replace": True, "weights": np.array([1, np.nan, 1])}, "weights run from nan"),
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


@given(lr=st.floats(1e-3, 1), steps=st.integers(1, 50))
def test_linear_decay_falls_evenly_from_the_first_rate_and_never_reaches_zero(lr, steps):
    rates = np.array([gd.linear_decay(lr, steps)(s) for s in range(steps)])
    assert rates[0] == lr
    np.testing.assert_allclose(np.diff(rates), -lr / steps, rtol=1e-9)
    assert rates[-1] == pytest.approx(lr / steps)
    with pytest.raises(ValueError, match=f"linear_decay: step is {steps}, expected 0 to {steps - 1}"):
        gd.linear_decay(lr, steps)(steps)


@given(lr=st.floats(1e-3, 1), half=st.floats(1, 100))
def test_inverse_decay_halves_at_half_and_satisfies_robbins_and_monro(lr, half):
    rate = gd.inverse_decay(lr, half)
    assert rate(0) == lr
    assert rate(half) == pytest.approx(lr / 2)
    # Squeezed between multiples of 1 / s: the sum of the rates diverges, the sum of their squares does not.
    for s in (1, 10, 1000):
        assert lr / (1 + s) <= rate(s) <= lr * half / s


def test_a_falling_rate_brings_stochastic_descent_to_rest_where_a_constant_one_keeps_trembling():
    rng = np.random.default_rng(0)
    x, target = rng.normal(size=(50, 1)), rng.normal(size=(50, 1))
    start, cost = (np.zeros((1, 1)), np.zeros(1)), gd.objective(mse_loss)
    best = ridge_regression(x, target, strength=0)
    found = {}
    rates = {"constant": 0.2, "linear": gd.linear_decay(0.2, 10_000), "inverse": gd.inverse_decay(0.2, 20)}
    for name, lr in rates.items():
        run = gd.sgd(cost, start, (x, target), lr=lr, batch_size=1, epochs=200, rng=np.random.default_rng(0))
        found[name] = cost(run.params, x, target)[0] - cost(best, x, target)[0]
    assert 0 <= found["linear"] < 0.05 * found["constant"]
    assert 0 <= found["inverse"] < 0.05 * found["constant"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: gd.linear_decay(0, 5), "linear_decay: lr is 0"),
        (lambda: gd.linear_decay(1, 0), "linear_decay: steps is 0"),
        (lambda: gd.inverse_decay(-1, 5), "inverse_decay: lr is -1"),
        (lambda: gd.inverse_decay(1, 0), "inverse_decay: half is 0"),
    ],
)
def test_the_decays_refuse_and_say_what_they_expected(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lr": -1.0}, "sgd: lr is -1.0"),
        ({"batch_size": 0}, "minibatches: batch_size is 0"),
        ({"epochs": -1}, "sgd: epochs is -1"),
        ({"data": (np.ones((3, 2)), np.ones(4))}, r"sgd: got data\[0\] of shape \(3, 2\), data\[1\] of shape \(4,\)"),
        ({"data": (np.ones((0, 2)),)}, "at least one example"),
    ],
)
def test_sgd_refuses_and_says_what_it_expected(change, message):
    call = {"data": (np.ones((3, 2)),), "lr": 0.1, "batch_size": 1, "epochs": 1, "rng": None} | change
    with pytest.raises(ValueError, match=message):
        gd.sgd(lambda p, x: (0.0, p), np.ones(2), call.pop("data"), **call)
