"""Checks before a training: each passes a sound model, fails a broken one, and says which; the twins agree."""

import inspect
import math
from importlib import import_module

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlbook.data import load
from dlbook.differentiable import vjp
from dlbook.numpy import training as tr
from dlbook.numpy.deep_networks import init_mlp, layer_values, mlp, mlp_objective
from dlbook.numpy.gradient_descent import sgd
from dlbook.numpy.gradient_descent.trees import tree_map
from dlbook.numpy.linear_classifiers import cross_entropy

OBJECTIVE = mlp_objective()
NAMES = ("input scale", "initial loss", "slope", "gradient norms", "update ratio", "dead units", "overfit a handful",
         "input matters")


def hidden(params, x):
    return layer_values(x, params)[1::2]


@pytest.fixture(scope="module")
def signals():
    x, target, *_ = load("mnist1d")
    return x, target


@pytest.fixture
def params():
    return init_mlp((40, 32, 10), np.random.default_rng(0))


def report(signals, params, value_and_grad=OBJECTIVE, lr=0.1, **options):
    return tr.preflight(value_and_grad, params, *signals, expected_loss=math.log(10), lr=lr, hidden=hidden,
                        rng=np.random.default_rng(0), **options)


def test_a_sound_model_passes_every_check(signals, params):
    found = report(signals, params)
    assert found, found
    assert tuple(check.name for check in found.checks) == NAMES
    assert found.failed == ()
    assert repr(found).endswith("8 of 8 checks passed")


def scaled(factor):
    def value_and_grad(params, x, target):
        value, grads = OBJECTIVE(params, x, target)
        return factor * value, tree_map(lambda g: factor * g, grads)

    return value_and_grad


def wrong_sign(params, x, target):
    value, grads = OBJECTIVE(params, x, target)
    return value, tree_map(np.negative, grads)


def one_leaf_forgotten(params, x, target):
    value, ((dw1, db1), last) = OBJECTIVE(params, x, target)
    return value, ((0.9 * dw1, db1), last)


# What is broken -> the checks that have to fail; others may.
BROKEN = {
    "inputs in other units": (lambda x, t, p: ((100 * x, t), p, OBJECTIVE), {"input scale", "initial loss"}),
    "a sum in place of a mean": (lambda x, t, p: ((x, t), p, scaled(100)), {"initial loss", "update ratio"}),
    "an answer in the input": (
        lambda x, t, p: ((x, t), p, lambda params, x, t: (0.5, OBJECTIVE(params, x, t)[1])), {"initial loss"}),
    "wrong sign": (lambda x, t, p: ((x, t), p, wrong_sign), {"slope", "overfit a handful"}),
    "a factor in one layer": (lambda x, t, p: ((x, t), p, one_leaf_forgotten), {"slope"}),
    "zero weights": (
        lambda x, t, p: ((x, t), tree_map(np.zeros_like, p), OBJECTIVE),
        {"gradient norms", "dead units", "overfit a handful", "input matters"}),
    "biases that kill": (
        lambda x, t, p: ((x, t), ((p[0][0], p[0][1] - 50), p[1]), OBJECTIVE),
        {"gradient norms", "dead units", "overfit a handful", "input matters"}),
    "labels of other examples": (
        lambda x, t, p: ((x, np.random.default_rng(3).permutation(t)), p, OBJECTIVE), {"input matters"}),
    "constant inputs": (lambda x, t, p: ((np.ones_like(x), t), p, OBJECTIVE), {"input matters", "overfit a handful"}),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_model_fails_the_check_that_is_meant_for_it(signals, params, what):
    data, params, value_and_grad = BROKEN[what][0](*signals, params)
    found = report(data, params, value_and_grad)
    assert not found
    assert BROKEN[what][1] <= set(found.failed), found
    for check in found.checks:
        assert ("suspect" in str(check)) != bool(check)


@pytest.mark.parametrize(("lr", "fails"), [(3.0, "update ratio"), (1e-5, "update ratio"), (1e-5, "overfit a handful")])
def test_a_step_of_the_wrong_size_is_seen(signals, params, lr, fails):
    assert fails in report(signals, params, lr=lr).failed


def test_labels_of_other_examples_are_learnt_by_heart_all_the_same(signals, params):
    x, target = signals
    wrong = np.random.default_rng(3).permutation(target)
    assert tr.overfit_small(OBJECTIVE, params, x, wrong)
    assert not tr.input_matters(OBJECTIVE, params, x[:1000], wrong[:1000], steps=25)


def test_the_checks_draw_their_examples_so_that_a_sorted_file_passes(signals, params):
    x, target = signals
    order = np.argsort(target, kind="stable")
    assert report((x[order], target[order]), params)


@given(sigma=st.floats(0.01, 0.6), classes=st.integers(2, 12), seed=st.integers(0, 2**32 - 1))
def test_random_scores_cost_what_the_expansion_says(sigma, classes, seed):
    rng = np.random.default_rng(seed)
    scores = sigma * rng.standard_normal((20_000, classes))
    mean = float(cross_entropy(scores, rng.integers(classes, size=20_000)))
    # The next terms of the series are of order sigma^4; the mean of the label's scores has an error of sigma / 141.
    expected = math.log(classes) + 0.5 * (1 - 1 / classes) * sigma**2
    assert mean == pytest.approx(expected, abs=0.3 * sigma**4 + 6 * sigma / 141)


def test_guessing_costs_the_logarithm_of_the_number_of_classes(signals, params):
    silent = params[0], tree_map(np.zeros_like, params[1])
    check = tr.initial_loss(OBJECTIVE, silent, *signals, expected=math.log(10))
    assert check.value == pytest.approx(math.log(10), rel=1e-6)


def test_the_slope_is_checked_in_float64_whatever_comes(signals, params):
    x, target = signals
    for dtype in ("float32", "float64"):
        check = tr.slope_check(OBJECTIVE, tree_map(lambda p, d=dtype: p.astype(d), params), x[:50].astype(dtype),
                               target[:50], rng=np.random.default_rng(1))
        assert check
        assert check.value < 1e-4


def test_the_gauges_are_what_their_formulas_say():
    grads = (np.full((2, 2), 3.0), np.array([4.0, 0.0, 0.0, 0.0]))
    start = (np.ones((2, 2)), np.zeros(4))
    assert tr.gradient_norms(lambda p: (0.0, grads), start) == {"params[0]": 3.0, "params[1]": 2.0}
    moved = (start[0] * 1.5, start[1])
    assert tr.update_ratio(start, moved) == {"params[0]": 0.5, "params[1]": 0.0}
    assert tr.dead_units([np.array([[0.0, 1.0, 2.0], [0.0, 1.0, 3.0]])]) == [pytest.approx(2 / 3)]


def test_chance_that_does_not_come_from_the_generator_is_found(signals, params):
    x, target = signals
    data = x[:200], target[:200]

    def run(rng):
        return sgd(OBJECTIVE, params, data, lr=0.1, batch_size=20, epochs=1, rng=rng).params

    assert tr.repeatable(run)
    hidden_state = np.random.default_rng(7)
    assert not tr.repeatable(lambda rng: hidden_state.standard_normal(3))
    assert not tr.repeatable(lambda rng: np.ones(3)), "a seed that changes nothing does not reach the chance"


@pytest.mark.parametrize(("call", "said"), [
    (lambda: tr.initial_loss(OBJECTIVE, (), np.ones((1, 1)), expected=1.0), "params is a tuple of 0"),
    (lambda: tr.initial_loss(OBJECTIVE, np.ones(1), expected=0.0), "expected is 0.0"),
    (lambda: tr.dead_units([np.ones((1, 3))]), "at least two"),
    (lambda: tr.overfit_small(OBJECTIVE, np.ones(1), np.ones(3), n=0), "n is 0"),
    (lambda: tr.overfit_small(OBJECTIVE, np.ones(1), np.ones(3), np.ones(2)), "equally many"),
    (lambda: tr.input_matters(OBJECTIVE, np.ones(1), np.ones(3), gain=-1), "gain is -1"),
    (lambda: tr.preflight(OBJECTIVE, np.ones(1), np.ones(3), expected_loss=1, lr=0, rng=None), "lr is 0"),
    (lambda: tr.preflight(OBJECTIVE, np.ones(1), np.ones(3), expected_loss=1, lr=1, batch_size=1, rng=None),
     "batch_size is 1"),
    (lambda: tr.preflight(OBJECTIVE, np.ones(1), expected_loss=1, lr=1, rng=None), "preflight: got no data"),
    (lambda: tr.input_scale(np.ones((0, 3))), r"input_scale: x is float64 of shape \(0, 3\)"),
    (lambda: tr.slope_check(OBJECTIVE, np.ones(1), rng=np.random.default_rng(0), step=0), "step is 0"),
    (lambda: tr.update_ratio(np.ones((2, 1)), np.ones((1, 2))), "update_ratio: after is float64 of shape"),
    (lambda: tr.update_ratio((np.ones(2),), (np.ones(2), np.ones(1))), "update_ratio: after is a tuple of 2"),
])  # fmt: skip
def test_a_wrong_argument_is_refused_by_name(call, said):
    with pytest.raises(ValueError, match=said):
        call()


def test_a_seed_in_place_of_a_generator_is_refused():
    with pytest.raises(TypeError, match="rng is 0"):
        tr.slope_check(OBJECTIVE, np.ones(1), rng=0)
    with pytest.raises(TypeError, match="preflight: rng is 0"):
        tr.preflight(OBJECTIVE, np.ones(1), np.ones(3), expected_loss=1, lr=1, rng=0)


def test_a_model_without_hidden_layers_has_no_dead_units():
    assert tr.dead_units([]) == []


def test_a_handful_that_is_smaller_than_asked_for_says_so_and_a_loss_of_zero_cannot_fall(signals, params):
    x, target = signals
    few = tr.overfit_small(OBJECTIVE, params, x[:3], target[:3], n=10, steps=1)
    assert few.came.startswith("3 examples")
    assert not tr.overfit_small(lambda p, x: (0.0, 0 * p), np.ones(1), np.ones((4, 1)))


# -- the other half -----------------------------------------------------------------------------


@pytest.fixture
def twins():
    pytest.importorskip("torch")
    return import_module("dlbook.torch.training")


def tensors(tree):
    import torch

    return tree_map(lambda a: torch.from_numpy(np.array(a)), tree)


@pytest.mark.parametrize("name", tr.__all__)
def test_both_halves_have_the_same_names_parameters_and_defaults(twins, name):
    ours, theirs = getattr(tr, name), getattr(twins, name)
    if ours is not theirs:
        halves = [
            [(p.name, p.kind, getattr(p.default, "__name__", p.default)) for p in parameters.values()]
            for parameters in (inspect.signature(f).parameters for f in (ours, theirs))
        ]
        assert halves[0] == halves[1]


@pytest.mark.parametrize("what", ["nothing", "inputs in other units", "zero weights", "labels of other examples"])
def test_both_halves_come_to_the_same_verdicts(signals, params, twins, what):
    from dlbook.torch.deep_networks import layer_values as torch_values
    from dlbook.torch.deep_networks import mlp_objective as torch_objective

    data = signals
    if what != "nothing":
        data, params, _ = BROKEN[what][0](*signals, params)
    ours = report(data, params)
    theirs = twins.preflight(
        torch_objective(), tensors(params), *tensors(data), expected_loss=math.log(10), lr=0.1,
        hidden=lambda params, x: torch_values(x, params)[1::2], rng=np.random.default_rng(0),
    )  # fmt: skip
    assert ours.failed == theirs.failed
    for mine, yours in zip(ours.checks, theirs.checks, strict=True):
        # Two hundred steps in float32 part by more than rounding where the loss is nearly zero.
        np.testing.assert_allclose(mine.value, yours.value, rtol=0.05, atol=1e-4)


def test_a_module_is_checked_like_any_function(signals, twins):
    import torch
    from torch import nn

    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(40, 64), nn.ReLU(), nn.Linear(64, 10))
    before = {name: p.clone() for name, p in model.named_parameters()}
    value_and_grad, params = twins.module_objective(model)
    found = twins.preflight(
        value_and_grad, params, *tensors(signals), expected_loss=math.log(10), lr=0.2,
        hidden=twins.hidden_values(model), rng=np.random.default_rng(0),
    )  # fmt: skip
    assert found, found
    assert all(torch.equal(before[name], p) for name, p in model.named_parameters()), "the module was changed"
    with torch.no_grad():
        model[0].bias -= 100
    value_and_grad, params = twins.module_objective(model)
    shares = twins.dead_units(twins.hidden_values(model)(params, tensors(signals[0])))
    assert shares == [1.0]
    assert not model[1]._forward_hooks, "a hook was left behind"


def test_a_modules_gradient_is_the_references(signals, params, twins):
    from torch import nn

    model = nn.Sequential(nn.Linear(40, 32), nn.ReLU(), nn.Linear(32, 10))
    value_and_grad, _ = twins.module_objective(model)
    names = "0.weight", "0.bias", "2.weight", "2.bias"
    wide = tree_map(lambda p: p.astype(np.float64), params)
    batch = signals[0][:50].astype(np.float64), signals[1][:50]
    value, grads = OBJECTIVE(wide, *batch)
    theirs, their_grads = value_and_grad(dict(zip(names, tensors([a for pair in wide for a in pair]), strict=True)),
                                         *tensors(batch))
    assert value == pytest.approx(float(theirs), rel=1e-12)
    for name, grad in zip(names, (a for pair in grads for a in pair), strict=True):
        np.testing.assert_allclose(their_grads[name].numpy(), grad, rtol=1e-9, atol=1e-12)


def test_under_autocast_parameters_stay_float32_and_values_nearly_the_same(signals, twins):
    import torch
    from torch import nn

    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(40, 32), nn.ReLU(), nn.Linear(32, 10))
    batch = tensors((signals[0][:50], signals[1][:50]))
    (plain, params), (cast, _) = twins.module_objective(model), twins.module_objective(model, autocast="bfloat16")
    (high, _), (low, grads) = plain(params, *batch), cast(params, *batch)
    assert all(g.dtype == torch.float32 for g in grads.values())
    assert float(low) == pytest.approx(float(high), rel=0.02)
    assert float(low) != float(high)


def test_the_evaluation_of_the_page_is_the_networks(signals):
    x, target = signals[0][:60], signals[1][:60]
    evaluate = tr.mlp_evaluation((x, target), (x, target), hidden=(8,), batch_size=20)
    score = evaluate({"lr": 0.1, "width": 8}, 2, np.random.default_rng(0))
    assert score == evaluate({"lr": 0.1}, 2, np.random.default_rng(0))
    assert score in [k / 60 for k in range(61)]


def test_both_halves_evaluate_a_configuration_alike(signals, twins):
    x, target = signals[0][:200], signals[1][:200]
    config = {"lr": 0.1, "strength": 0.01}
    scores = [
        half.mlp_evaluation((a, t), (a, t), hidden=(8,), batch_size=20)(config, 2, np.random.default_rng(0))
        for half, (a, t) in ((tr, (x, target)), (twins, tensors((x, target))))
    ]
    assert scores[0] == pytest.approx(scores[1], abs=0.011)


def test_scores_are_cut_off_before_the_loss_and_never_after(params, signals):
    """A pullback that was made by hand for `scaled_objective` is that of the network."""
    batch = signals[0][:20].astype(np.float64), signals[1][:20]
    wide = tree_map(lambda p: p.astype(np.float64), params)
    value, grads = tr.scaled_objective()(wide, *batch, 8.0)
    scores, back = vjp(mlp, batch[0], wide)
    assert value == pytest.approx(float(cross_entropy(scores, batch[1])), rel=1e-6)
    exact = back(vjp(cross_entropy, scores, batch[1])[1](8.0)[0])[1]
    for (mine, _), (theirs, _) in zip(grads, exact, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-6)
