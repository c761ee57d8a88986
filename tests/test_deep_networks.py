"""Networks of k layers: symmetries, linear regions and training; what holds for each activation stands in the laws."""

import math
import sys
from importlib import import_module

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlbook import chain, vjp
from dlbook.differentiable import differentiable
from dlbook.laws.trees import flatten
from dlbook.numpy import deep_networks as dn
from dlbook.numpy.convolution import layer as fixed
from dlbook.numpy.deep_networks.network import ACTIVATIONS
from dlbook.numpy.deep_networks.smooth import _erf
from dlbook.numpy.linear_classifiers import cross_entropy, l2_penalty, linear, mse_loss, sigmoid
from dlbook.shapes import ShapeError

pytestmark = pytest.mark.law

seeds = st.integers(0, 2**32 - 1)
sizes = st.lists(st.integers(1, 5), min_size=2, max_size=5)
names = st.sampled_from(sorted(ACTIVATIONS))


def network(rng, widths, bias=0.5):
    """Return a random float64 network whose biases are not zero."""
    params = dn.init_mlp(widths, rng, dtype="float64")
    return tuple((weight, bias * rng.normal(size=b.shape)) for weight, b in params)


# ------------------------------------------------------------------------------------ activations, together


@given(seed=seeds)
def test_a_relu_minus_its_mirror_image_is_the_number_and_their_sum_its_size(seed):
    x = np.random.default_rng(seed).normal(size=7)
    np.testing.assert_array_equal(dn.relu(x) - dn.relu(-x), x)
    np.testing.assert_array_equal(dn.relu(x) + dn.relu(-x), np.abs(x))


def test_silu_is_the_number_times_its_sigmoid_and_tanh_a_stretched_sigmoid():
    x = np.linspace(-30, 30, 601)
    np.testing.assert_allclose(dn.silu(x), x * sigmoid(x), rtol=1e-14)
    np.testing.assert_allclose(dn.tanh(x), 2 * sigmoid(2 * x) - 1, atol=1e-15)


def test_softplus_sharpens_into_the_relu_and_its_slope_is_the_sigmoid():
    x = np.linspace(-2, 2, 101)
    gaps = [np.abs(dn.softplus(x, beta=beta) - dn.relu(x)).max() for beta in (1.0, 10.0, 100.0)]
    np.testing.assert_allclose(gaps, [math.log(2), math.log(2) / 10, math.log(2) / 100], rtol=1e-12)
    y, pullback = vjp(dn.softplus, x)
    np.testing.assert_allclose(pullback(np.ones_like(y))[0], sigmoid(x), rtol=1e-14)


def test_a_prelu_with_one_fixed_slope_is_the_leaky_relu():
    x = np.random.default_rng(0).normal(size=(4, 3))
    np.testing.assert_array_equal(dn.prelu(x, np.array([0.01])), dn.leaky_relu(x))


def test_maxout_with_three_lines_makes_a_convex_function():
    x = np.linspace(-2, 2, 41)[:, None]
    y = dn.maxout(linear(x, np.array([[-1.0], [0.0], [2.0]]), np.array([0.0, 0.5, -1.0])), pieces=3)[:, 0]
    assert (np.diff(y, 2) >= -1e-12).all()
    assert set(np.round(np.diff(y) / 0.1, 6)) >= {-1.0, 0.0, 2.0}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_without_scipy_the_error_function_comes_from_the_standard_library(monkeypatch, dtype):
    x = np.linspace(-4, 4, 33).astype(dtype).reshape(3, 11)
    with_scipy = _erf(x)
    monkeypatch.setitem(sys.modules, "scipy.special", None)
    without = _erf(x)
    assert without.dtype == x.dtype
    np.testing.assert_allclose(without, with_scipy, rtol=1e-6 if dtype == "float32" else 1e-14)


# ---------------------------------------------------------------------------------------------- the network


@given(seed=seeds, widths=sizes, name=names)
def test_the_network_is_a_chain_of_its_layers_in_value_and_gradient(seed, widths, name):
    rng = np.random.default_rng(seed)
    params = network(rng, widths)
    x = rng.normal(size=(3, widths[0]))
    layers, own = [linear], [params[0]]
    for layer in params[1:]:
        layers += [ACTIVATIONS[name], linear]
        own += [(), layer]
    y, pullback = vjp(dn.mlp, x, params, activation=name)
    y_chain, pullback_chain = vjp(chain(*layers), x, tuple(own))
    np.testing.assert_array_equal(y, y_chain)
    dy = rng.normal(size=y.shape)
    (dx, dparams), (dx_chain, dparams_chain) = pullback(dy), pullback_chain(dy)
    np.testing.assert_array_equal(dx, dx_chain)
    for mine, theirs in zip(dparams, [g for g in dparams_chain if g], strict=True):
        for a, b in zip(mine, theirs, strict=True):
            np.testing.assert_array_equal(a, b)


@given(seed=seeds, widths=sizes, name=names)
def test_the_boxed_recursion_computes_the_gradient_layer_by_layer(seed, widths, name):
    rng = np.random.default_rng(seed)
    params = network(rng, widths)
    x = rng.normal(size=(4, widths[0]))
    values = dn.layer_values(x, params, activation=name)
    y, pullback = vjp(dn.mlp, x, params, activation=name)
    np.testing.assert_array_equal(values[-1], y)
    ds = rng.normal(size=y.shape)
    dx, grads = pullback(ds)
    for layer in reversed(range(len(params))):
        h = values[2 * layer - 1] if layer else x
        dweight, dbias = grads[layer]
        np.testing.assert_allclose(dweight, ds.T @ h, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(dbias, ds.sum(axis=0), rtol=1e-12, atol=1e-14)
        dh = ds @ params[layer][0]
        if layer:
            s = values[2 * layer - 2]
            one, slope = vjp(ACTIVATIONS[name], s)
            ds = dh * slope(np.ones_like(one))[0]
    np.testing.assert_allclose(dx, dh, rtol=1e-12, atol=1e-14)


@given(seed=seeds, widths=sizes)
def test_a_factor_at_the_input_of_a_bias_free_rectifier_network_comes_out_again(seed, widths):
    rng = np.random.default_rng(seed)
    params = network(rng, widths, bias=0.0)
    x = rng.normal(size=(3, widths[0]))
    np.testing.assert_allclose(dn.mlp(8 * x, params), 8 * dn.mlp(x, params), rtol=1e-13)


@given(seed=seeds, widths=sizes)
def test_the_loss_of_two_batches_is_the_weighted_mean_of_their_losses_and_so_is_its_gradient(seed, widths):
    rng = np.random.default_rng(seed)
    params = network(rng, widths)
    x, target = rng.normal(size=(5, widths[0])), rng.integers(0, widths[-1], 5)
    cost = dn.mlp_objective()
    whole, grads = cost(params, x, target)
    (one, g_one), (two, g_two) = cost(params, x[:2], target[:2]), cost(params, x[2:], target[2:])
    assert whole == pytest.approx(0.4 * one + 0.6 * two, rel=1e-12)
    for g, a, b in zip(grads, g_one, g_two, strict=True):
        for of_whole, of_one, of_two in zip(g, a, b, strict=True):
            np.testing.assert_allclose(of_whole, 0.4 * of_one + 0.6 * of_two, rtol=1e-9, atol=1e-12)


@given(seed=seeds, widths=sizes, name=names, strength=st.sampled_from((0.0, 0.3)))
def test_the_objective_is_loss_plus_penalty_with_the_gradient_of_the_whole_network(seed, widths, name, strength):
    rng = np.random.default_rng(seed)
    params = network(rng, widths)
    x, target = rng.normal(size=(5, widths[0])), rng.integers(0, widths[-1], 5)
    cost, grads = dn.mlp_objective(activation=name, strength=strength)(params, x, target)
    y, network_pullback = vjp(dn.mlp, x, params, activation=name)
    loss, loss_pullback = vjp(cross_entropy, y, target)
    penalty = sum(l2_penalty(weight, strength=strength) for weight, _ in params)
    assert cost == pytest.approx(loss + penalty, rel=1e-12)
    for (dweight, dbias), (g, b), (weight, _) in zip(
        grads, network_pullback(loss_pullback(1.0)[0])[1], params, strict=True
    ):
        np.testing.assert_allclose(dweight, g + 2 * strength * weight, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(dbias, b, rtol=1e-12, atol=1e-14)


def test_exclusive_or_needs_one_hidden_layer_of_two_units():
    x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    params = (np.ones((2, 2)), np.array([0.0, -1.0])), (np.array([[1.0, -2.0]]), np.zeros(1))
    np.testing.assert_array_equal(dn.mlp(x, params)[:, 0], [0, 1, 1, 0])
    best = np.linalg.lstsq(np.c_[x, np.ones(4)], np.array([0.0, 1, 1, 0]), rcond=None)[0]
    np.testing.assert_allclose(np.c_[x, np.ones(4)] @ best, 0.5, atol=1e-12)  # a line can only shrug


# ------------------------------------------------------------------------------------------- the beginning


def test_the_first_weights_have_variance_gain_over_inputs_and_biases_of_zero():
    params = dn.init_mlp((400, 300, 10), np.random.default_rng(0), gain=3.0, dtype="float64")
    (weight, bias), (after, _) = params
    assert weight.shape == (300, 400)
    assert not bias.any()
    assert weight.var() == pytest.approx(3 / 400, rel=0.02)
    assert after.var() == pytest.approx(3 / 300, rel=0.1)


def test_with_gain_two_a_rectifier_passes_the_power_on():
    rng = np.random.default_rng(1)
    params = dn.init_mlp((200, 2000, 200), rng, dtype="float64")
    s, _, after = dn.layer_values(rng.normal(size=(50, 200)), params)
    assert after.var() / s.var() == pytest.approx(1, abs=0.1)


@given(seed=seeds, widths=sizes, name=names, strength=st.sampled_from((0.0, 0.3)))
def test_the_cost_of_any_network_is_to_the_last_bit_that_of_an_mlp_if_it_is_one(seed, widths, name, strength):
    rng = np.random.default_rng(seed)
    params, data = network(rng, widths), (rng.normal(size=(5, widths[0])), rng.integers(0, widths[-1], 5))
    cost, grads = dn.network_objective(fixed(dn.mlp, activation=name), strength=strength)(params, *data)
    same, others = dn.mlp_objective(activation=name, strength=strength)(params, *data)
    assert cost == same
    for g, other in zip(flatten(grads), flatten(others), strict=True):
        np.testing.assert_array_equal(g, other)


@given(seed=seeds)
def test_all_arrays_of_more_than_one_axis_are_priced_wherever_they_stand_and_no_other(seed):
    rng = np.random.default_rng(seed)
    first, second = network(rng, (3, 4, 2))
    params, x, target = (first, (), (rng.normal(size=4),), second), rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
    shift = differentiable(lambda x, by: (x + by, lambda dy: (dy, dy.sum(axis=0))))
    net = chain(linear, dn.relu, shift, linear)
    plain, bare = dn.network_objective(net, mse_loss)(params, x, target)
    cost, grads = dn.network_objective(net, mse_loss, strength=0.5)(params, x, target)
    assert cost == pytest.approx(plain + 0.5 * (first[0] ** 2).sum() + 0.5 * (second[0] ** 2).sum(), rel=1e-12)
    for g, without, p in zip(flatten(grads), flatten(bare), flatten(params), strict=True):
        np.testing.assert_allclose(g, without + (p if p.ndim > 1 else 0), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: dn.init_mlp((3,), np.random.default_rng(0)), "at least two"),
        (lambda: dn.init_mlp((3, 0), np.random.default_rng(0)), r"sizes\[1\]"),
        (lambda: dn.init_mlp((3, 2), np.random.default_rng(0), gain=0.0), "gain"),
        (lambda: dn.mlp_objective(strength=-1.0), "strength"),
        (lambda: dn.network_objective(dn.mlp, strength=-1.0), "network_objective: strength is -1"),
        (lambda: dn.folding_mlp(0), "depth"),
        (lambda: dn.region_bound([2]), "at least two"),
        (lambda: dn.activation_pattern(np.ones((1, 2)), ((np.ones((1, 2)), np.ones(1)),)), "hidden"),
        (lambda: dn.layer_values(np.ones((1, 2)), ((np.ones((1, 3)), np.ones(1)),)), r"params\[0\]"),
        (lambda: dn.breakpoints(((np.ones((1, 3)), np.ones(1)),), np.zeros(2), np.ones(2)), "breakpoints"),
    ],
)
def test_what_makes_no_network_is_refused(call, match):
    with pytest.raises(ValueError, match=match):
        call()


def test_a_layer_that_does_not_fit_is_named():
    params = ((np.ones((3, 2)), np.zeros(3)), (np.ones((1, 4)), np.zeros(1)))
    with pytest.raises(ShapeError, match=r"mlp: params\[1\].*layer 0 has 3 columns"):
        dn.mlp(np.ones((1, 2)), params)


# ------------------------------------------------------------------------------------------- linear regions


@pytest.mark.parametrize("depth", range(1, 9))
def test_folding_k_times_makes_two_to_the_k_pieces(depth):
    params = dn.folding_mlp(depth)
    t = dn.breakpoints(params, np.zeros(1), np.ones(1))
    np.testing.assert_array_equal(t, np.arange(1, 2**depth) / 2**depth)
    assert len(t) + 1 <= dn.region_bound([1, *[2] * depth, 1])
    np.testing.assert_array_equal(dn.mlp(t[:, None], params)[:, 0], np.arange(1, 2**depth) % 2)


@given(seed=seeds, widths=st.lists(st.integers(1, 6), min_size=2, max_size=4))
def test_between_breakpoints_the_network_is_linear_and_at_them_a_unit_switches(seed, widths):
    rng = np.random.default_rng(seed)
    params = network(rng, [2, *widths, 1])
    start, end = rng.normal(size=2), rng.normal(size=2)
    t = np.concatenate([[0.0], dn.breakpoints(params, start, end), [1.0]])
    assert (np.diff(t) > 0).all()
    lower, upper = t[:-1], t[1:]
    inside = [start + (lower + part * (upper - lower))[:, None] * (end - start) for part in (0.25, 0.5, 0.75)]
    y = [dn.mlp(points, params) for points in inside]
    np.testing.assert_allclose(y[1], (y[0] + y[2]) / 2, atol=1e-12)
    wide = upper - lower > 1e-6
    patterns = [dn.activation_pattern(points, params) for points in inside]
    assert (patterns[0] == patterns[2])[wide].all()
    neighbours = wide[1:] & wide[:-1]
    assert (patterns[1][1:] != patterns[1][:-1]).any(axis=1)[neighbours].all()


@given(seed=seeds, hidden=st.lists(st.integers(1, 5), min_size=1, max_size=3))
def test_regions_seen_on_a_grid_are_never_more_than_the_bound(seed, hidden):
    rng = np.random.default_rng(seed)
    params = network(rng, [2, *hidden, 1])
    grid = np.stack(np.meshgrid(*[np.linspace(-5, 5, 60)] * 2), axis=-1).reshape(-1, 2)
    seen = dn.count_regions(dn.activation_pattern(grid, params))
    assert 1 <= seen <= dn.region_bound([2, *hidden, 1])


@given(seed=seeds, units=st.integers(1, 6))
def test_one_layer_in_general_position_has_exactly_as_many_regions_as_the_bound_on_a_line(seed, units):
    params = network(np.random.default_rng(seed), [1, units, 1])
    far = np.array([1e6])
    assert len(dn.breakpoints(params, -far, far)) + 1 == dn.region_bound([1, units, 1]) == units + 1


def test_three_lines_cut_the_plane_into_seven():
    weight = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    params = (weight, np.array([0.0, 0.0, -1.0])), (np.ones((1, 3)), np.zeros(1))
    grid = np.stack(np.meshgrid(*[np.linspace(-3, 3, 200)] * 2), axis=-1).reshape(-1, 2)
    assert dn.count_regions(dn.activation_pattern(grid, params)) == dn.region_bound([2, 3, 1]) == 7


# ------------------------------------------------------------------------------------------------ training


def test_training_lowers_the_loss_and_measures_before_and_after_each_epoch():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 2)).astype("float32")
    target = (x[:, 0] * x[:, 1] > 0).astype(int)
    run = dn.train_mlp((x, target), (x[:20], target[:20]), hidden=(16,), lr=0.3, epochs=60, batch_size=20, rng=rng)
    assert run.measured["loss"][-1] < 0.4 * run.measured["loss"][0]
    assert run.measured["accuracy"][-1] > 0.9
    assert {len(m) for m in run.measured.values()} == {61}
    assert run.params[0][0].dtype == np.float32


def test_a_measurement_asks_the_given_network_about_both_splits():
    x, target = np.eye(3), np.array([0, 1, 1])
    measure = dn.measure_splits((x, target), (x[:2], target[:2]), predict=lambda x, scale: scale * x)
    found = measure(100.0)
    assert list(found) == ["loss", "accuracy", "validation_loss", "validation_accuracy"]
    np.testing.assert_allclose(list(found.values()), [100 / 3, 2 / 3, 0, 1], atol=1e-9)
    with pytest.raises(ValueError, match=r"measure_splits: .*validation_target of shape \(2,\)"):
        dn.measure_splits((x, target), (x, target[:2]))


def test_both_halves_train_alike():
    torch = pytest.importorskip("torch")
    theirs = import_module("dlbook.torch.deep_networks")
    rng = np.random.default_rng(3)
    x, target = rng.normal(size=(30, 4)), rng.integers(0, 3, 30)
    options = {"hidden": (6, 5), "activation": "tanh", "strength": 0.01, "epochs": 3, "batch_size": 10}
    mine = dn.train_mlp((x, target), rng=np.random.default_rng(0), **options)
    other = theirs.train_mlp((torch.tensor(x), torch.tensor(target)), rng=np.random.default_rng(0), **options)
    for a, b in zip(mine.params, other.params, strict=True):
        for p, q in zip(a, b, strict=True):
            np.testing.assert_allclose(p, q.numpy(), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(mine.measured["loss"], other.measured["loss"], rtol=1e-9)


def test_a_training_that_nobody_watches_ends_in_the_same_network():
    torch = pytest.importorskip("torch")
    theirs = import_module("dlbook.torch.deep_networks")
    rng = np.random.default_rng(3)
    x, target = rng.normal(size=(30, 4)), rng.integers(0, 3, 30)
    for half, train in ((dn, (x, target)), (theirs, (torch.tensor(x), torch.tensor(target)))):
        runs = [half.train_mlp(train, hidden=(5,), epochs=2, rng=np.random.default_rng(0), watch=watch)
                for watch in (True, False)]
        for (p, q), (r, s) in zip(*(run.params for run in runs), strict=True):
            assert (p == r).all()
            assert (q == s).all()
        assert len(runs[0].measured["loss"]) == 3
        assert len(runs[1].measured) == 0


@given(seed=seeds, widths=st.lists(st.integers(1, 4), min_size=1, max_size=3))
def test_both_halves_find_the_same_regions(seed, widths):
    torch = pytest.importorskip("torch")
    theirs = import_module("dlbook.torch.deep_networks")
    rng = np.random.default_rng(seed)
    params = network(rng, [2, *widths, 1])
    tensors = tuple(tuple(map(torch.tensor, layer)) for layer in params)
    start, end = rng.normal(size=(2, 2))
    np.testing.assert_allclose(
        dn.breakpoints(params, start, end),
        theirs.breakpoints(tensors, torch.tensor(start), torch.tensor(end)).numpy(),
        rtol=1e-9,
    )
    x = rng.normal(size=(20, 2))
    pattern = dn.activation_pattern(x, params)
    assert (pattern == theirs.activation_pattern(torch.tensor(x), tensors).numpy()).all()
    assert dn.count_regions(pattern) == theirs.count_regions(torch.tensor(pattern))
    for mine, other in zip(dn.folding_mlp(3), theirs.folding_mlp(3), strict=True):
        np.testing.assert_array_equal(mine[0], other[0].numpy())


@pytest.mark.parametrize("name", ["mlp_objective", "network_objective"])
def test_the_objective_is_the_gradient_of_the_networks_cost_by_autograd(name):
    torch = pytest.importorskip("torch")
    theirs = import_module("dlbook.torch.deep_networks")
    rng = np.random.default_rng(5)
    params, x, target = network(rng, [3, 4, 4, 2]), rng.normal(size=(6, 3)), rng.integers(0, 2, 6)
    tensors = tuple(tuple(map(torch.tensor, layer)) for layer in params)
    if name == "mlp_objective":
        costs = [half.mlp_objective(activation="gelu", strength=0.1) for half in (dn, theirs)]
    else:
        costs = [half.network_objective(half.mlp, strength=0.1, label_smoothing=0.2) for half in (dn, theirs)]
    mine, other = costs[0](params, x, target), costs[1](tensors, torch.tensor(x), torch.tensor(target))
    assert mine[0] == pytest.approx(float(other[0]), rel=1e-12)
    for a, b in zip(mine[1], other[1], strict=True):
        np.testing.assert_allclose(a[0], b[0].numpy(), rtol=1e-9, atol=1e-12)
