"""Sixteen bits: roundings are the hardware's, a power of two changes nothing, an overflow costs a step."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlbook.data import load
from dlbook.numpy import training as tr
from dlbook.numpy.deep_networks import init_mlp
from dlbook.numpy.gradient_descent.trees import tree_map
from dlbook.numpy.optimization import adam, sgd_momentum
from dlbook.shapes import leaves

OBJECTIVE = tr.scaled_objective()


@pytest.fixture(scope="module")
def data():
    x, target, *_ = load("mnist1d")
    return x[:600], target[:600]


def train(data, **options):
    options = {"optimizer": sgd_momentum, "lr": 0.02, "batch_size": 50, "epochs": 2, **options}
    start = init_mlp((40, 16, 10), np.random.default_rng(0))
    return tr.mixed_precision(OBJECTIVE, start, data, rng=np.random.default_rng(1), **options)


def same(a, b):
    return all(np.array_equal(p, q) for (_, p), (_, q) in zip(leaves(a), leaves(b), strict=True))


@pytest.mark.parametrize("name", ["float16", "float32"])
def test_a_format_is_what_numpy_says_of_it(name):
    form, info = tr.float_format(name), np.finfo(name)
    assert form.largest == float(info.max)
    assert form.smallest_normal == float(info.smallest_normal)
    assert form.smallest == float(info.smallest_subnormal)
    assert form.spacing == float(info.eps)


def test_bfloat16_is_what_pytorch_says_of_it():
    torch = pytest.importorskip("torch")
    form, info = tr.float_format("bfloat16"), torch.finfo(torch.bfloat16)
    assert (form.largest, form.smallest_normal, form.spacing) == (info.max, info.smallest_normal, info.eps)


numbers = st.one_of(
    st.floats(-1e6, 1e6), st.floats(-1e-4, 1e-4), st.floats(-1e-7, 1e-7),
    st.sampled_from([0.0, -0.0, 65519.9, 65520.0]), st.integers(-5000, 5000).map(lambda n: n / 2048),
)


@given(values=st.lists(numbers, min_size=1, max_size=20))
def test_rounding_to_float16_is_numpys(values):
    x = np.array(values)
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(tr.round_to(x, "float16"), x.astype("float16").astype("float64"))


@given(values=st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=20))
def test_rounding_to_bfloat16_is_pytorchs(values):
    torch = pytest.importorskip("torch")
    x = np.array(values, np.float32)
    with np.errstate(all="ignore"):
        ours = tr.round_to(x, "bfloat16")
    assert ours.dtype == np.float32
    np.testing.assert_array_equal(ours, torch.from_numpy(x).to(torch.bfloat16).float().numpy())


def test_one_and_a_ten_thousandth_is_one():
    assert np.float16(1) + np.float16(1e-4) == 1
    assert tr.round_to(np.array([1 + 1e-4]), "bfloat16") == 1


def test_gradients_underflow_without_a_scale_and_not_with_it(data):
    half = tree_map(lambda p: p.astype("float16"), init_mlp((40, 16, 10), np.random.default_rng(0)))
    batch = data[0][:50].astype("float16"), data[1][:50]
    lost, kept = (OBJECTIVE(half, *batch, scale)[1] for scale in (2.0**-20, 1.0))
    zeros = [np.mean([np.mean(g == 0) for _, g in leaves(grads)]) for grads in (lost, kept)]
    assert zeros[0] > 0.3
    assert zeros[1] < 0.05
    assert all(g.dtype == np.float16 for _, g in leaves(kept))


@pytest.mark.parametrize("optimizer", [sgd_momentum, adam])
def test_a_scale_that_is_a_power_of_two_changes_no_bit_of_a_training_in_float32(data, optimizer):
    options = {"dtype": "float32", "optimizer": optimizer, "lr": 0.002}
    runs = [train(data, loss_scale=scale, **options) for scale in (1.0, 2.0**10)]
    assert same(runs[0].params, runs[1].params)
    np.testing.assert_array_equal(runs[0].values, runs[1].values)


def test_a_share_of_a_large_batch_diverges_without_a_scale_and_learns_with_one(data):
    plain = train(data, share=2.0**-18, loss_scale=1.0, epochs=12)
    scaled, wide = train(data, share=2.0**-18, epochs=12), train(data, dtype="float32", loss_scale=1.0, epochs=12)
    ends = [run.values[-12:].mean() for run in (plain, scaled, wide)]
    assert ends[1] == pytest.approx(ends[2], abs=0.02)
    assert ends[0] > ends[2] + 0.1


def test_master_weights_collect_what_sixteen_bits_round_away(data):
    runs = [train(data, optimizer=adam, lr=1e-6, epochs=4, master=master) for master in (True, False)]
    assert all(p.dtype == np.float32 for _, p in leaves(runs[0].params))
    assert all(p.dtype == np.float16 for _, p in leaves(runs[1].params))
    start = init_mlp((40, 16, 10), np.random.default_rng(0))
    moved = [np.mean(p.astype("float16") != s.astype("float16"))
             for run in runs for (w, _), (s, _) in zip(run.params[1:], start[1:], strict=True) for p in [w]]
    assert moved[0] > 2 * moved[1]


def test_an_overflow_costs_a_step_and_half_of_the_scale(data):
    run = train(data, loss_scale=tr.LossScale(2.0**24), epochs=1)
    assert run.skipped[0]
    assert not run.skipped[-1]
    ratios = run.scales[1:] / run.scales[:-1]
    np.testing.assert_array_equal(ratios, np.where(run.skipped[:-1], 0.5, 1.0))
    assert all(np.isfinite(p).all() for _, p in leaves(run.params))


def test_a_scale_that_stays_skips_for_ever(data):
    run = train(data, loss_scale=2.0**30, epochs=1)
    assert run.skipped.all()
    assert same(run.params, init_mlp((40, 16, 10), np.random.default_rng(0)))


def test_the_scale_grows_after_its_interval_and_shrinks_at_once():
    state = tr.LossScale(8.0)
    for _ in range(3):
        state = tr.next_scale(state, True, interval=4)
    assert state == tr.LossScale(8.0, 3)
    assert tr.next_scale(state, True, interval=4) == tr.LossScale(16.0, 0)
    assert tr.next_scale(state, False) == tr.LossScale(4.0, 0)


def test_the_rule_of_the_scale_is_pytorchs():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0, growth_interval=3)
    weight = torch.zeros(1, requires_grad=True)
    optimizer, state = torch.optim.SGD([weight], lr=0.1), tr.LossScale(1024.0)
    for _ in range(30):
        finite = bool(rng.random() < 0.8)
        optimizer.zero_grad()
        scaler.scale((weight * (1.0 if finite else float("inf"))).sum()).backward()
        scaler.step(optimizer)
        scaler.update()
        state = tr.next_scale(state, finite, interval=3)
        assert scaler.get_scale() == state.scale


@pytest.mark.parametrize(("dtype", "rtol"), [("float32", 1e-3), ("float16", 0.02)])
def test_both_halves_walk_alike(data, dtype, rtol):
    torch = pytest.importorskip("torch")
    from dlbook.torch import optimization as torch_optimization
    from dlbook.torch import training as twins

    start = init_mlp((40, 16, 10), np.random.default_rng(0))
    theirs = twins.mixed_precision(
        twins.scaled_objective(), tree_map(torch.from_numpy, start), tuple(map(torch.from_numpy, data)),
        optimizer=torch_optimization.sgd_momentum, lr=0.02, batch_size=50, epochs=2, rng=np.random.default_rng(1),
        dtype=dtype, loss_scale=1024.0,
    )  # fmt: skip
    ours = train(data, dtype=dtype, loss_scale=1024.0)
    np.testing.assert_allclose(ours.values, theirs.values, rtol=rtol)
    x = np.array([1.0004, 3e-8, 0.1])
    for name in ("float16", "bfloat16"):
        np.testing.assert_array_equal(twins.round_to(torch.from_numpy(x), name).numpy(), tr.round_to(x, name))


def test_what_was_given_is_not_changed(data):
    start = init_mlp((40, 16, 10), np.random.default_rng(0))
    kept = tree_map(np.copy, start)
    tr.mixed_precision(OBJECTIVE, start, data, lr=0.01, batch_size=200, epochs=1, rng=None)
    assert same(start, kept)


def test_it_is_measured_before_the_first_epoch_and_after_each(data):
    run = train(data, measure=lambda p: {"size": float(np.abs(p[0][0]).sum())})
    assert len(run.measured["size"]) == 3


@pytest.mark.parametrize(("options", "said"), [
    ({"loss_scale": 0.0}, "loss_scale is 0.0"), ({"share": -1.0}, "share is -1.0"), ({"epochs": -1}, "epochs is -1"),
    ({"dtype": "bfloat16"}, "dtype is 'bfloat16'"), ({"interval": 0}, "interval is 0"),
])  # fmt: skip
def test_a_wrong_argument_is_refused_by_name(data, options, said):
    with pytest.raises(ValueError, match=said):
        train(data, **options)


def test_an_unknown_format_is_refused():
    with pytest.raises(ValueError, match="name is 'float8'"):
        tr.round_to(np.ones(1), "float8")
