"""Initialization: moments of the draws, the boxed recursions line by line, and the maps of wide networks."""

import math
from importlib import import_module

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlbook import chain, residual, vjp
from dlbook.numpy import deep_networks as dn
from dlbook.numpy import initialization as ini
from dlbook.numpy.deep_networks.network import ACTIVATIONS
from dlbook.numpy.gradient_descent import sgd
from dlbook.numpy.linear_classifiers import linear
from dlbook.shapes import ShapeError

pytestmark = pytest.mark.law

seeds = st.integers(0, 2**32 - 1)
sizes = st.lists(st.integers(1, 6), min_size=2, max_size=5)
names = st.sampled_from(sorted(ACTIVATIONS))
SHAPE = (60, 40)
# What a rule promises for a weight of this shape: options, variance, largest size (None: no limit).
RULES = {
    "normal": ({"std": 0.3}, 0.09, None),
    "xavier_normal": ({"gain": 2.0}, 4 * 2 / 100, None),
    "xavier_uniform": ({"gain": 2.0}, 4 * 2 / 100, 2 * math.sqrt(6 / 100)),
    "kaiming_normal": ({}, 2 / 40, None),
    "kaiming_uniform": ({}, 2 / 40, math.sqrt(6 / 40)),
    "lecun_normal": ({}, 1 / 40, None),
    "trunc_normal": ({"std": 0.5, "a": -1.0, "b": 1.0}, 0.25 * 0.773741, 1.0),
    "orthogonal": ({"gain": 3.0}, 9 / 60, 3.0),
}
OTHER = [
    ("kaiming_normal", {"mode": "fan_out"}, 2 / 60),
    ("kaiming_uniform", {"a": 0.5}, 2 / 1.25 / 40),
    ("kaiming_normal", {"nonlinearity": "tanh", "mode": "fan_out"}, 25 / 9 / 60),
    ("kaiming_uniform", {"a": math.sqrt(5)}, 1 / 3 / 40),
]


def rng(seed=0):
    return np.random.default_rng(seed)


def halves():
    """Return both halves, or the first alone where PyTorch is missing."""
    try:
        return [ini, import_module("dlbook.torch.initialization")]
    except ImportError:
        return [ini]


def check_moments(weight, variance):
    """Hold mean and variance of independent draws within four standard errors."""
    weight = np.asarray(weight)
    n, kurtosis = weight.size, 3.0  # no rule has heavier tails than the normal distribution
    assert abs(weight.mean()) <= 4 * math.sqrt(variance / n)
    assert abs(weight.var() / variance - 1) <= 4 * math.sqrt((kurtosis - 1) / n)


# ------------------------------------------------------------------------------------------------- the draws


@pytest.mark.parametrize("half", halves(), ids=lambda m: m.__name__.split(".")[1])
@pytest.mark.parametrize("name", RULES)
def test_a_draw_has_the_promised_mean_variance_and_limits(half, name):
    options, variance, limit = RULES[name]
    draws = [np.asarray(getattr(half, name)(SHAPE, rng(seed), dtype="float64", **options)) for seed in range(5)]
    check_moments(np.stack(draws), variance)
    assert limit is None or max(np.abs(w).max() for w in draws) <= limit
    assert name not in ("xavier_uniform", "kaiming_uniform") or np.abs(draws).max() > 0.99 * limit


@pytest.mark.parametrize("half", halves(), ids=lambda m: m.__name__.split(".")[1])
@pytest.mark.parametrize(("name", "options", "variance"), OTHER)
def test_mode_and_nonlinearity_choose_fan_and_gain(half, name, options, variance):
    draw = getattr(half, name)
    check_moments(np.stack([draw(SHAPE, rng(seed), dtype="float64", **options) for seed in range(5)]), variance)


@pytest.mark.parametrize("half", halves(), ids=lambda m: m.__name__.split(".")[1])
@pytest.mark.parametrize("name", RULES)
def test_the_generator_decides_and_float32_begins_like_float64(half, name):
    draw = getattr(half, name)
    one, same, other, short = draw(SHAPE, rng(1)), draw(SHAPE, rng(1)), draw(SHAPE, rng(2)), rng(1)
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)
    long = np.asarray(draw(SHAPE, short, dtype="float64"))
    assert "float32" in str(one.dtype)
    np.testing.assert_array_equal(np.asarray(one), long.astype("float32"))
    assert not np.array_equal(long, draw(SHAPE, short, dtype="float64")), "a second draw goes on"


@given(seed=seeds, widths=sizes)
def test_he_and_lecun_weights_are_those_of_init_mlp(seed, widths):
    for init, gain in ((ini.kaiming_normal, 2.0), (ini.lecun_normal, 1.0)):
        mine, theirs = ini.init_network(widths, rng(seed), init=init), dn.init_mlp(widths, rng(seed), gain=gain)
        for (weight, bias), (w, b) in zip(mine, theirs, strict=True):
            np.testing.assert_allclose(weight, w, rtol=1e-6)
            np.testing.assert_array_equal(bias, b)


def test_a_convolutions_fans_are_the_terms_of_a_score_and_of_a_gradient():
    torch = pytest.importorskip("torch")
    fan_in, fan_out = ini.calculate_fan((5, 3, 7))
    x = torch.ones(1, 3, 40, dtype=torch.float64, requires_grad=True)
    y = torch.nn.functional.conv1d(x, torch.ones(5, 3, 7, dtype=torch.float64))
    y.sum().backward()
    assert (y == fan_in).all()
    assert x.grad.max() == fan_out


def test_a_normal_distribution_cut_at_two_keeps_three_quarters_of_its_variance():
    density = math.exp(-2) / math.sqrt(2 * math.pi)
    kept = 1 - 4 * density / math.erf(math.sqrt(2))
    check_moments(ini.trunc_normal((300, 300), rng(), dtype="float64"), kept)
    assert kept == pytest.approx(0.773741, abs=1e-6)


@given(seed=seeds, rows=st.integers(1, 6), columns=st.integers(1, 6))
def test_orthogonal_rows_or_columns_are_orthonormal(seed, rows, columns):
    w = ini.orthogonal((rows, columns), rng(seed), gain=2.0, dtype="float64")
    gram = w @ w.T if rows <= columns else w.T @ w
    np.testing.assert_allclose(gram, 4 * np.eye(min(rows, columns)), atol=1e-13)
    field = ini.orthogonal((rows, columns, 2), rng(seed), dtype="float64").reshape(rows, -1)
    assert np.linalg.svd(field, compute_uv=False) == pytest.approx(1)


def test_with_the_signs_the_trace_has_mean_zero_and_variance_one_and_without_them_it_does_not():
    traces = [np.trace(ini.orthogonal((4, 4), rng(seed), dtype="float64")) for seed in range(2000)]
    bare = [np.trace(np.linalg.qr(rng(seed).standard_normal((4, 4)))[0]) for seed in range(2000)]
    assert abs(np.mean(traces)) < 4 / math.sqrt(2000)
    assert np.var(traces) == pytest.approx(1, abs=4 * math.sqrt(2 / 2000))
    assert abs(np.mean(bare)) > 0.5


# ---------------------------------------------------------------------------------- gains, and layers of a net


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_a_gain_gives_a_normal_signal_its_mean_square_back(name):
    square = (ini.activation_gain(name) * ACTIVATIONS[name](rng().standard_normal(200_000))) ** 2
    assert abs(square.mean() - 1) < 4 * square.std() / math.sqrt(square.size)


def test_gains_that_are_known_exactly():
    assert ini.activation_gain("identity") == pytest.approx(1, rel=1e-12)
    assert ini.activation_gain("relu") == pytest.approx(ini.calculate_gain("relu"), rel=1e-12)
    assert ini.activation_gain("leaky_relu") == pytest.approx(ini.calculate_gain("leaky_relu"), rel=1e-12)
    assert ini.activation_gain("selu") == pytest.approx(1, rel=1e-9)


@given(seed=seeds, widths=sizes, name=names)
def test_what_every_layer_is_told_makes_the_gradients_of_its_weights(seed, widths, name):
    r = rng(seed)
    params = tuple((w, r.normal(size=b.shape)) for w, b in dn.init_mlp(widths, r, dtype="float64"))
    x = r.normal(size=(3, widths[0]))
    y, pullback = vjp(dn.mlp, x, params, activation=name)
    dy = r.normal(size=y.shape)
    dx, grads = pullback(dy)
    told = ini.layer_gradients(x, params, dy, activation=name)
    below = [x, *dn.layer_values(x, params, activation=name)[1::2]]
    for ds, h, (dweight, dbias) in zip(told, below, grads, strict=True):
        np.testing.assert_allclose(ds.T @ h, dweight, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(ds.sum(axis=0), dbias, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(told[0] @ params[0][0], dx, rtol=1e-12, atol=1e-14)


def test_what_every_layer_is_told_has_the_dtype_of_its_scores():
    params, x = dn.init_mlp((3, 4, 2), rng()), np.ones((5, 3), "float32")
    assert {ds.dtype for ds in ini.layer_gradients(x, params, np.ones((5, 2)))} == {np.dtype("float32")}


@given(seed=seeds, widths=st.lists(st.integers(2, 6), min_size=2, max_size=5), name=names)
def test_after_lsuv_the_scores_of_every_layer_have_variance_one(seed, widths, name):
    r = rng(seed)
    params = tuple((w, r.normal(size=b.shape)) for w, b in ini.init_network(widths, r, dtype="float64"))
    before = [(w.copy(), b.copy()) for w, b in params]
    x = r.normal(size=(8, widths[0]))
    scores = dn.layer_values(x, ini.lsuv(params, x, activation=name), activation=name)[::2]
    np.testing.assert_allclose([s.var() for s in scores], 1, rtol=1e-9)
    for (w, b), (w0, b0) in zip(params, before, strict=True):
        np.testing.assert_array_equal(w, w0)
        np.testing.assert_array_equal(b, b0)


# ------------------------------------------------------------------------------------- the boxed recursions


def layers(count=4000, d=12, k=20, std=0.4, seed=3):
    """Return many draws of one layer: weights (M, K, D), a fixed input (D,), a gradient per draw (M, K)."""
    r = rng(seed)
    return std * r.standard_normal((count, k, d)), r.normal(size=d), r.normal(size=(count, k)), std


def is_mean(samples, expected):
    """Hold the mean of independent samples (M,) within four and a half standard errors."""
    error = samples.std() / math.sqrt(len(samples))
    assert abs(samples.mean() - expected) < 4.5 * error


def test_forward_line_by_line():
    w, h, _, std = layers()
    s, k = w @ h, w.shape[1]
    square = std**2 * (h @ h)
    is_mean(s.mean(axis=1), 0)  # E s_i = 0
    is_mean((s[:, 0] * s[:, 1]), 0)  # E s_i s_j = 0
    is_mean((s**2).mean(axis=1), square)  # E s_i^2 = sigma^2 |h|^2
    is_mean((np.maximum(s, 0) ** 2).mean(axis=1), square / 2)  # the rectifier's half
    is_mean((np.maximum(s, 0) ** 2).sum(axis=1), k * std**2 / 2 * (h @ h))  # E |h'|^2


def test_backward_line_by_line():
    w, h, dy, std = layers()
    s = w @ h
    ds = dy * (s > 0)
    dh = np.einsum("mkd,mk->md", w, dy)
    square = (dy**2).sum(axis=1).mean()
    is_mean((ds**2).sum(axis=1) - (dy**2).sum(axis=1) / 2, 0)  # E |ds|^2 = E |dh|^2 / 2
    is_mean((dh**2).mean(axis=1), std**2 * square)  # E dh_j^2 = sigma^2 E |ds|^2
    dh = np.einsum("mkd,mk->md", w, ds)  # though ds depends on w through the pattern
    is_mean((dh**2).sum(axis=1), w.shape[2] * std**2 / 2 * square)
    dw = ds[:, :, None] * h
    np.testing.assert_allclose((dw**2).sum(axis=(1, 2)), (ds**2).sum(axis=1) * (h @ h))  # |dW|^2 = |ds|^2 |h|^2


def test_a_random_layer_sees_only_the_length_of_its_input_and_the_spread_of_its_log_is_five_over_the_width():
    n, r = 200, rng(5)
    g = np.maximum(r.standard_normal((20_000, n)), 0)
    logs = np.log(2 / n * (g**2).sum(axis=1))
    assert logs.var() == pytest.approx(5 / n, rel=0.06)
    is_mean(logs, -5 / (2 * n))
    linear_logs = np.log((r.standard_normal((20_000, n)) ** 2).mean(axis=1))
    assert linear_logs.var() == pytest.approx(2 / n, rel=0.06)


def test_at_constant_width_the_gradients_of_all_weights_have_one_mean_size_whatever_sigma():
    squares = []
    for seed in range(400):
        r = rng(seed)
        params = ini.init_network([30] * 7, r, init=ini.normal, std=0.1, dtype="float64")
        x, dy = r.normal(size=(1, 30)), r.normal(size=(1, 30))
        told, values = ini.layer_gradients(x, params, dy), [x, *dn.layer_values(x, params)[1::2]]
        squares.append([(ds**2).sum() * (h**2).sum() for ds, h in zip(told, values, strict=True)])
    mean = np.mean(squares, axis=0)
    assert mean == pytest.approx(mean.mean(), rel=0.2)


def test_equal_weights_stay_equal_for_ever():
    r = rng(0)
    x, t = r.normal(size=(40, 5)), r.integers(0, 3, 40)
    params = tuple((np.full_like(w, 0.1), b) for w, b in dn.init_mlp((5, 8, 8, 3), r, dtype="float64"))
    run = sgd(dn.mlp_objective(activation="tanh"), params, (x, t), lr=0.3, batch_size=10, epochs=20, rng=r)
    (first, b1), (second, b2), (last, _) = run.params
    for rows in (first, b1, second, b2, last.T):
        assert (rows == rows[0]).all()
    assert not np.allclose(first, params[0][0])


# ---------------------------------------------------------------------------------------- infinitely wide


@given(q=st.floats(0.01, 10), sigma_w=st.floats(0.1, 3), sigma_b=st.floats(0, 2))
def test_for_rectifiers_the_maps_are_lines(q, sigma_w, sigma_b):
    options = {"sigma_w": sigma_w, "activation": "relu"}
    assert ini.length_map(q, sigma_b=sigma_b, **options) == pytest.approx(sigma_w**2 * q / 2 + sigma_b**2)
    assert ini.chi(q, **options) == pytest.approx(sigma_w**2 / 2)


def test_for_rectifiers_the_correlation_map_is_the_arc_cosine_kernel():
    c = np.linspace(-1, 1, 21)
    kernel = (np.sqrt(1 - c**2) + c * (np.pi - np.arccos(c))) / np.pi
    np.testing.assert_allclose(
        ini.correlation_map(c, 2.0, sigma_w=math.sqrt(2), activation="relu"), kernel, atol=1e-3
    )


@given(q=st.floats(0.05, 6))
def test_on_the_critical_line_lengths_and_gradients_keep_their_size(q):
    sigma_w, sigma_b = ini.critical_line(q)
    assert ini.length_map(q, sigma_w=sigma_w, sigma_b=sigma_b) == pytest.approx(q, rel=1e-9)
    assert ini.chi(q, sigma_w=sigma_w) == pytest.approx(1, rel=1e-9)


def test_the_edge_of_rectifiers_is_he_without_biases_and_without_rounding():
    sigma_w, sigma_b = ini.critical_line(np.array([0.1, 1.0, 5.0]), activation="relu")
    np.testing.assert_allclose(sigma_w, math.sqrt(2), rtol=1e-12)
    np.testing.assert_array_equal(sigma_b, 0)


@given(sigma_w=st.floats(0.5, 3), sigma_b=st.floats(0.2, 1))
def test_equal_inputs_stay_equal_and_near_ones_separate_by_chi(sigma_w, sigma_b):
    q = 1.0
    for _ in range(300):
        q = float(ini.length_map(q, sigma_w=sigma_w, sigma_b=sigma_b))
    near = 1e-4
    there = ini.correlation_map(np.array([1.0, 1 - near]), q, sigma_w=sigma_w, sigma_b=sigma_b)
    assert there[0] == pytest.approx(1, rel=1e-9)
    assert (1 - there[1]) / near == pytest.approx(float(ini.chi(q, sigma_w=sigma_w)), rel=0.02)


def test_the_maps_predict_a_wide_network():
    n, r = 1000, rng(2)
    x = r.normal(size=(2, n))
    params = ini.init_network([n] * 4, r, init=ini.normal, std=1.5 / math.sqrt(n), dtype="float64")
    q = 1.5**2 * (x**2).mean()
    for s in dn.layer_values(x, params, activation="tanh")[::2]:
        assert (s**2).mean() == pytest.approx(float(q), rel=0.1)
        q = ini.length_map(q, sigma_w=1.5)


# ------------------------------------------------------------------------------------------ residual branches


def residual_network(depth, n, scale, seed):
    """Return a residual network of `depth` branches, its parameters, an input and a cotangent."""
    r = rng(seed)
    params = []
    for _ in range(depth):
        first, (v, c) = ini.init_network((n, n, n), r, dtype="float64")
        params.append(((first, (), (scale * v, c)),))
    net = chain(*[residual(chain(linear, ACTIVATIONS["relu"], linear))] * depth)
    return net, tuple(params), r.normal(size=(1, n)), r.normal(size=(1, n))


def test_a_residual_network_grows_by_one_plus_a_per_branch_both_ways():
    a, depth, forward, backward = 0.1, 10, [], []
    for seed in range(300):
        net, params, x, dy = residual_network(depth, 20, math.sqrt(a / 2), seed)
        y, pullback = vjp(net, x, params)
        forward.append((y**2).sum() / (x**2).sum())
        backward.append((pullback(dy)[0] ** 2).sum() / (dy**2).sum())
    is_mean(np.array(forward), (1 + a) ** depth)
    is_mean(np.array(backward), (1 + a) ** depth)


def test_branches_that_begin_with_zero_are_the_identity_both_ways():
    net, params, x, dy = residual_network(30, 8, 0.0, 0)
    y, pullback = vjp(net, x, params)
    np.testing.assert_array_equal(y, x)
    dx, grads = pullback(dy)
    np.testing.assert_array_equal(dx, dy)
    assert all((dlast[0] != 0).any() and (dfirst[0] == 0).all() for ((dfirst, _, dlast),) in grads)


# ------------------------------------------------------------------------------------------------- refusals


ZERO = ((np.zeros((2, 3)), np.zeros(2)),)


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: ini.calculate_fan((3,)), ValueError, "at least two sizes"),
        (lambda: ini.calculate_fan((3, 0)), ValueError, r"shape\[1\]"),
        (lambda: ini.calculate_gain("gelu"), ValueError, "gelu"),
        (lambda: ini.normal((2, 2), rng(), std=0.0), ValueError, "std"),
        (lambda: ini.normal((2, 2), 0), TypeError, "rng"),
        (lambda: ini.trunc_normal((2, 2), rng(), a=1.0, b=1.0), ValueError, "window"),
        (lambda: ini.trunc_normal((2, 2), rng(), a=7.0, b=9.0), ValueError, "window"),
        (lambda: ini.xavier_uniform((2,), rng()), ValueError, "two sizes"),
        (lambda: ini.xavier_normal((2, 2), rng(), gain=-1.0), ValueError, "xavier_normal: gain"),
        (lambda: ini.kaiming_normal((2, 2), rng(), mode="fan"), ValueError, "mode"),
        (lambda: ini.kaiming_uniform((2, 2), rng(), nonlinearity="silu"), ValueError, "silu"),
        (lambda: ini.orthogonal((2,), rng()), ValueError, "two sizes"),
        (lambda: ini.init_network((3,), rng()), ValueError, "init_network: sizes"),
        (lambda: ini.lsuv(ZERO, np.ones((4, 3))), ValueError, "layer 0 have standard deviation 0"),
        (lambda: ini.lsuv(ZERO, np.ones((4, 2))), ShapeError, r"lsuv: params\[0\]"),
        (lambda: ini.layer_gradients(np.ones((4, 3)), ZERO, np.ones((4, 3))), ShapeError, r"dy has shape \(4, 3\)"),
        (lambda: ini.length_map(-1.0, sigma_w=1.0), ValueError, "q is -1"),
        (lambda: ini.length_map(1.0, sigma_w=0.0), ValueError, "sigma_w"),
        (lambda: ini.chi(1.0, sigma_w=-1.0), ValueError, "chi: sigma_w"),
        (lambda: ini.correlation_map(1.5, 1.0, sigma_w=1.0), ValueError, "c is 1.5"),
        (lambda: ini.calculate_fan(3), ValueError, "calculate_fan: shape is 3"),
        (lambda: ini.orthogonal((2.0, 3), rng()), ValueError, r"orthogonal: shape\[0\] is 2.0"),
        (lambda: ini.kaiming_normal((2, 2), rng(), a=math.nan), ValueError, "param is nan"),
        (lambda: ini.normal((2, 2), rng(), dtype="int64"), ValueError, "normal: dtype is 'int64'"),
        (lambda: ini.xavier_uniform((2, 2), rng(), dtype="int64"), ValueError, "xavier_uniform: dtype"),
        (lambda: ini.orthogonal((2, 2), rng(), dtype="float23"), ValueError, "orthogonal: dtype is 'float23'"),
        (lambda: ini.lsuv(ZERO, np.ones((0, 3))), ValueError, "lsuv: got x of"),
        (lambda: ini.lsuv(dn.init_mlp((3, 4, 2), rng()), np.eye(3, dtype="float32"), activation="rleu"), ValueError,
         "activation is 'rleu'"),
        (lambda: ini.activation_gain("rleu"), ValueError, "activation is 'rleu', expected one of identity, relu"),
        (lambda: ini.length_map(1.0, sigma_w=1.0, activation="rleu"), ValueError, "activation is 'rleu'"),
        (lambda: ini.length_map(math.inf, sigma_w=1.0), ValueError, "q is inf"),
        (lambda: ini.correlation_map(0.5, -1.0, sigma_w=1.0), ValueError, "correlation_map: q is -1"),
        (lambda: ini.correlation_map(0.5, 0.0, sigma_w=1.0), ValueError, "correlation_map: q is 0.0"),
        (lambda: ini.correlation_map(0.5, np.ones(2), sigma_w=1.0), ValueError, r"q has shape \(2,\)"),
        (lambda: ini.critical_line(0.0), ValueError, "q is 0"),
        (lambda: ini.critical_line(1.0, activation="softplus"), ValueError, "softplus"),
    ],
)
def test_what_cannot_be_drawn_is_refused_by_name(call, error, match):
    with pytest.raises(error, match=match):
        call()
