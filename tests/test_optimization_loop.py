"""The loop that runs every optimizer, the range test, clipped gradients and averaged parameters."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_problems import problem
from test_optimization import EXACT, a_tree, optimizers, same, seeds

from dlbook.numpy import gradient_descent as gd
from dlbook.numpy import optimization as op
from dlbook.numpy.gradient_descent.trees import tree_map
from dlbook.numpy.optimization.blocks import SMALL
from dlbook.shapes import leaves

pytestmark = pytest.mark.law


@given(seed=seeds)
def test_optimize_with_a_plain_step_is_sgd_to_the_bit(seed):
    rng = np.random.default_rng(seed)
    params, x, target = problem(rng)
    options = {"lr": lambda s: 0.3 / (1 + s), "batch_size": 5, "epochs": 3}
    plain = gd.sgd(gd.objective(), params, (x, target), rng=np.random.default_rng(1), **options)
    general = op.optimize(
        gd.objective(), params, (x, target), optimizer=op.sgd_momentum, momentum=0.0, rng=np.random.default_rng(1),
        **options,
    )  # fmt: skip
    same(general.params, plain.params, rtol=0)
    np.testing.assert_array_equal(general.values, plain.values)
    np.testing.assert_array_equal(general.rates, plain.rates)


@given(seed=seeds)
def test_minimize_with_a_plain_step_is_gradient_descent_to_the_bit(seed):
    params, x, target = problem(np.random.default_rng(seed))
    options = {"lr": lambda s: 0.3 / (1 + s), "steps": 5, "keep_path": True}
    plain = gd.gradient_descent(gd.objective(), params, x, target, **options)
    general = op.minimize(gd.objective(), params, x, target, optimizer=op.nesterov, momentum=0.0, **options)
    same((general.params, general.path, general.values, general.rates),
         (plain.params, plain.path, plain.values, plain.rates), rtol=1e-12)


@optimizers
def test_optimize_goes_on_where_it_stopped(optimizer):
    params, x, target = problem(np.random.default_rng(0))
    options = {"optimizer": optimizer, "lr": 0.1, "batch_size": 4, "rng": None}
    whole = op.optimize(gd.objective(), params, (x, target), epochs=4, **options)
    half = op.optimize(gd.objective(), params, (x, target), epochs=2, **options)
    rest = op.optimize(gd.objective(), half.params, (x, target), epochs=2, state=half.state, **options)
    same(rest.params, whole.params, rtol=0)
    np.testing.assert_array_equal(np.concatenate([half.values, rest.values]), whole.values)


def a_long_start():
    return np.random.default_rng(0).normal(size=SMALL + 1)


@optimizers
def test_the_loop_overwrites_its_own_arrays_and_walks_the_same_way_to_the_bit(optimizer):
    start, data, places = a_long_start(), (np.linspace(1, 2, 40)[:, None],), []

    def bowl(place, batch):
        places.append(place.ctypes.data)  # an address is no reference
        return float(batch.mean() * place @ place) / 2, batch.mean() * place

    options = {"lr": 0.01, "batch_size": 2, "epochs": 2, "rng": None}
    run = op.optimize(bowl, start, data, optimizer=optimizer, **options)
    assert len(set(places)) == 2  # the copy of the start, and one array for all that follows
    pure = op.optimize(bowl, start, data, optimizer=lambda *a, **o: optimizer(*a, **o), **options)
    assert len(set(places[40:])) > 1
    same((run.params, run.state), (pure.params, pure.state), rtol=0)
    np.testing.assert_array_equal(run.values, pure.values)
    np.testing.assert_array_equal(start, a_long_start())


@pytest.mark.parametrize("way", ["array", "view", "tree", "measure"])
def test_what_somebody_keeps_of_the_parameters_is_never_overwritten(way):
    kept, data, start, calls = [], (np.ones((20, 1)),), (a_long_start(), np.ones(3)), itertools.count()

    def bowl(params, batch):
        if way != "measure" and next(calls) % 3:  # not always: a step in place stands between two that are not
            keep = {"array": params[0], "view": params[0][2:], "tree": params}[way]
            kept.append((keep, tree_map(np.array, keep)))
        return 1.0, tree_map(lambda p: 2 * p, params)

    def measure(params):
        kept.append((params[0], params[0].copy()))
        return {"size": 0.0}

    options = {"measure": measure} if way == "measure" else {}
    op.optimize(bowl, start, data, lr=0.1, batch_size=2, epochs=3, rng=None, **options)
    assert len(kept) == (4 if options else 20)
    for seen, then in kept:
        same(seen, then, rtol=0)
    np.testing.assert_array_equal(start[0], a_long_start())


@optimizers
def test_a_gradient_that_is_the_parameters_themselves_is_read_before_they_are_overwritten(optimizer):
    options = {"lr": 0.1, "batch_size": 2, "epochs": 3, "rng": None, "optimizer": optimizer, "weight_decay": 0.01}
    data = (np.ones((10, 1)),)
    alias = op.optimize(lambda p, _: (1.0, p), a_long_start(), data, **options)
    apart = op.optimize(lambda p, _: (1.0, p.copy()), a_long_start(), data, **options)
    same((alias.params, alias.state), (apart.params, apart.state), rtol=0)


def test_the_path_and_the_state_that_a_run_goes_on_from_are_left_alone():
    cost, data = (lambda p, _: (1.0, 2 * p)), (np.ones((10, 1)),)
    options = {"lr": 0.1, "batch_size": 2, "epochs": 2, "rng": None}
    run = op.optimize(cost, a_long_start(), data, keep_path=True, **options)
    assert np.all(np.diff(np.abs(run.path), axis=0).mean(axis=1) < 0)
    before = [np.array(leaf) for _, leaf in leaves(run.state)]
    twice = [op.optimize(cost, run.params, data, state=run.state, **options) for _ in range(2)]
    same(twice[0].params, twice[1].params, rtol=0)
    for (_, leaf), copy in zip(leaves(run.state), before, strict=True):
        np.testing.assert_array_equal(leaf, copy)


def test_the_range_test_raises_the_rate_by_a_constant_factor_and_stops_where_the_loss_explodes():
    params, x, target = problem(np.random.default_rng(0))
    cost, rng = gd.objective(), np.random.default_rng(1)
    calm = op.lr_range_test(
        cost, params, (x, target), min_lr=1e-4, max_lr=1e-2, steps=9, batch_size=5, rng=rng,
        measure=lambda p: {"size": float(np.abs(p[0]).sum())},
    )  # fmt: skip
    np.testing.assert_allclose(calm.rates, np.geomspace(1e-4, 1e-2, 9))
    assert len(calm.values) == len(calm.measured["size"]) == 9
    assert calm.measured["size"][0] == np.abs(params[0]).sum()
    wild = op.lr_range_test(
        gd.value_and_grad(gd.quadratic), np.ones(2), (np.eye(2),), min_lr=0.1, max_lr=1e3, steps=60, batch_size=2,
        rng=None, momentum=0.0,
    )  # fmt: skip
    assert 5 < len(wild.values) < 60
    assert wild.rates[-1] > 2
    assert wild.values[-1] <= 4 * wild.values.min()
    for option, value in (("min_lr", 20.0), ("steps", 1), ("blow_up", 1)):
        with pytest.raises(ValueError, match=f"lr_range_test: {option} is {value}"):
            op.lr_range_test(cost, params, (x, target), batch_size=5, rng=rng, **{option: value})


def test_a_loss_below_zero_ends_a_range_test_no_sooner():
    def depth(p, rows):
        return float(p[0] ** 2 - 1), 2 * p

    run = op.lr_range_test(
        depth, np.ones(1) / 2, (np.ones(4),), min_lr=0.1, max_lr=10.0, steps=20, batch_size=4, rng=None, momentum=0.0
    )
    assert 12 < len(run.values) < 20
    assert (run.values[:12] < 0).all()


@given(seed=seeds, max_norm=st.sampled_from([0.1, 1.0, 1e3]), norm_type=st.sampled_from([1.0, 2.0, math.inf]))
def test_a_clipped_gradient_is_short_and_points_the_same_way(seed, max_norm, norm_type):
    grads = a_tree(np.random.default_rng(seed))
    cut, norm = op.clip_norm(grads, max_norm, norm_type=norm_type)
    flat, short = (np.concatenate([np.ravel(leaf) for _, leaf in leaves(tree)]) for tree in (grads, cut))
    np.testing.assert_allclose(norm, np.linalg.norm(flat, norm_type))
    np.testing.assert_allclose(short, flat * min(1, max_norm / (norm + 1e-6)))
    assert np.linalg.norm(short, norm_type) <= max_norm
    if norm < max_norm:
        np.testing.assert_array_equal(short, flat)


def test_clipping_meets_gradients_that_are_no_numbers():
    grads = (np.array([np.inf, 1.0]), np.array([2.0]))
    with pytest.raises(FloatingPointError, match="the norm of the gradient is inf"):
        op.clip_norm(grads, 1.0, error_if_nonfinite=True)
    cut, norm = op.clip_norm(grads, 1.0)
    assert norm == math.inf
    np.testing.assert_array_equal(cut[0], [np.nan, 0.0])
    np.testing.assert_array_equal(cut[1], [0.0])
    np.testing.assert_array_equal(op.clip_value(np.array([np.inf, -7.0, np.nan, 0.5]), 2.0), [2.0, -2.0, np.nan, 0.5])


def test_a_clipped_function_clips_the_entries_and_then_the_length():
    double = lambda p: (1.0, 2 * p)  # noqa: E731
    value, grads = op.clipped(double, max_value=3.0, max_norm=1.0)(np.array([5.0, 2.0]))
    assert value == 1.0
    np.testing.assert_allclose(grads, np.array([1.0, 1.0]) / np.sqrt(2), rtol=1e-6)
    np.testing.assert_allclose(op.clipped(double, max_value=3.0)(np.array([5.0, 1.0]))[1], [3.0, 2.0])


@given(seed=seeds, decay=st.sampled_from([0.0, 0.5, 0.99]))
def test_the_corrected_average_weighs_the_past_geometrically(seed, decay):
    rng = np.random.default_rng(seed)
    visited, state = [a_tree(rng) for _ in range(6)], None
    for params in visited:
        average, state = op.ema(params, state, decay=decay)
    weights = decay ** np.arange(5.0, -1, -1)
    for path in ((0,), (1, "b")):
        stack = [tree[0] if path == (0,) else tree[1]["b"] for tree in visited]
        ours = average[0] if path == (0,) else average[1]["b"]
        np.testing.assert_allclose(ours, np.tensordot(weights / weights.sum(), stack, axes=1), **EXACT)


def test_the_average_of_what_does_not_change_is_what_does_not_change_and_without_correction_the_first_weighs_more():
    state = None
    for _ in range(3):
        average, state = op.ema(np.array([7.0]), state, decay=0.99)
    np.testing.assert_allclose(average, [7.0])
    average, state = op.ema(np.array([0.0]), decay=0.99, bias_correction=False)
    average, state = op.ema(np.array([1.0]), state, decay=0.99, bias_correction=False)
    np.testing.assert_allclose(average, [0.01])


def test_an_averaged_optimizer_takes_the_same_steps_and_averages_them():
    params, x, target = problem(np.random.default_rng(0))
    options = {"lr": 0.1, "batch_size": 4, "epochs": 2, "rng": None, "keep_path": True}
    plain = op.optimize(gd.objective(), params, (x, target), **options)
    run = op.optimize(gd.objective(), params, (x, target), optimizer=op.averaged(op.adam, decay=0.8), **options)
    same(run.params, plain.params, rtol=0)
    state = None
    for step in range(1, 7):
        average, state = op.ema(tree_map(lambda leaf, step=step: leaf[step], plain.path), state, decay=0.8)
    same(run.state["params"], average)
