"""The cost of a one-layer network, and its training."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_problems import problem

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

seeds = st.integers(0, 2**32 - 1)


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


@pytest.mark.parametrize(
    ("rng", "options", "said"),
    [
        (0, {}, "init_one_layer: rng is 0, expected a generator"),
        (None, {}, "init_one_layer: rng is None"),
        (np.random.default_rng(0), {"dtype": "int32"}, "init_one_layer: dtype is 'int32', expected a float"),
        (np.random.default_rng(0), {"sigma": "a"}, "init_one_layer: sigma is 'a', expected a number"),
    ],
)
def test_a_first_draw_that_cannot_be_made_is_refused(rng, options, said):
    with pytest.raises((TypeError, ValueError), match=said):
        gd.init_one_layer(3, 2, rng, **options)
