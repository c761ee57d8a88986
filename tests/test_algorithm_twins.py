"""The algorithms of both halves take the same steps: NumPy by hand-derived gradients, PyTorch by autograd."""

import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlbook.numpy import gradient_descent as gd
from dlbook.numpy import initialization as ini
from dlbook.numpy import linear_classifiers as lc

torch = pytest.importorskip("torch")
from dlbook.torch import gradient_descent as torch_gd  # noqa: E402
from dlbook.torch import initialization as torch_ini  # noqa: E402
from dlbook.torch import linear_classifiers as torch_lc  # noqa: E402

pytestmark = pytest.mark.law

seeds = st.integers(0, 2**32 - 1)
TOLERANCE = {"rtol": 1e-9, "atol": 1e-10}
ALGORITHMS = [
    *((gd, torch_gd, name) for name in gd.__all__),
    *((ini, torch_ini, name) for name in ini.__all__),
    *(
        (lc, torch_lc, name)
        for name in (
            "accuracy", "confusion_matrix", "dual_objective", "expected_calibration_error", "one_hot", "one_vs_rest",
            "pegasos", "primal_objective", "reliability_diagram", "ridge_regression", "svm_dual", "temperature_scale",
        )
    ),
]  # fmt: skip


def tensors(tree):
    """Return the tree with tensors for arrays."""
    return gd.trees.tree_map(lambda a: torch.from_numpy(np.array(a)), tree)


def same(ours, theirs):
    """Compare two trees of arrays, tensors and numbers."""
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        if isinstance(a, tuple):
            same(a, b)
        else:
            np.testing.assert_allclose(np.asarray(a), np.asarray(b), **TOLERANCE)


def problem(seed, n=12, d=3, k=4):
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(k, d)), rng.normal(size=k)), rng.normal(size=(n, d)), np.arange(n) % k


@pytest.mark.parametrize(("ours", "theirs", "name"), ALGORITHMS, ids=[case[2] for case in ALGORITHMS])
def test_both_halves_have_the_same_names_parameters_and_defaults(ours, theirs, name):
    signatures = [inspect.signature(getattr(half, name)).parameters.values() for half in (ours, theirs)]
    mine, yours = ([(p.name, p.kind, getattr(p.default, "__name__", p.default)) for p in s] for s in signatures)
    assert mine == yours


@given(seed=seeds, strength=st.sampled_from([0.0, 0.1]))
def test_gradient_descent_takes_the_same_path(seed, strength):
    params, x, target = problem(seed)
    runs = [
        half.gradient_descent(half.objective(strength=strength), *convert, lr=0.3, steps=4, keep_path=True)
        for half, convert in ((gd, (params, x, target)), (torch_gd, tensors((params, x, target))))
    ]
    same(*([run.params, run.path, run.values, run.rates] for run in runs))


@pytest.mark.parametrize("name", ["multi_margin_loss", "multi_bce", "cross_entropy"])
@given(seed=seeds)
def test_sgd_takes_the_same_path_and_measures_the_same(name, seed):
    params, x, target = problem(seed)

    def run(half, losses, arguments):
        params, x, target = arguments
        return half.sgd(
            half.objective(getattr(losses, name), strength=0.1), params, (x, target), lr=lambda s: 0.3 / (1 + s),
            batch_size=5, epochs=2, rng=np.random.default_rng(seed), keep_path=True,
            measure=lambda p: {"size": float(abs(p[0]).sum())},
        )  # fmt: skip

    runs = run(gd, lc, (params, x, target)), run(torch_gd, torch_lc, tensors((params, x, target)))
    same(*([r.params, r.path, r.values, r.rates, r.measured["size"]] for r in runs))


@given(seed=seeds)
def test_the_noise_of_a_minibatch_agrees(seed):
    params, x, target = problem(seed)
    noises = [
        half.gradient_noise(half.objective(), p, (a, t), batch_size=4, rng=np.random.default_rng(seed))
        for half, (p, a, t) in ((gd, (params, x, target)), (torch_gd, tensors((params, x, target))))
    ]
    assert noises[0] == pytest.approx(noises[1], rel=1e-9)


@given(seed=seeds)
def test_training_one_layer_gives_the_same_network(seed):
    _, x, target = problem(seed)
    runs = [
        half.train_one_layer(
            (a, t), (a[:5], t[:5]), strength=0.1, lr=0.2, epochs=3, batch_size=5, rng=np.random.default_rng(seed)
        )
        for half, (a, t) in ((gd, (x, target)), (torch_gd, tensors((x, target))))
    ]
    same(runs[0].params, runs[1].params)
    assert runs[0].measured.keys() == runs[1].measured.keys()
    for name, found in runs[0].measured.items():
        np.testing.assert_allclose(found, runs[1].measured[name], rtol=1e-9)


@given(seed=seeds)
def test_the_line_search_takes_the_same_steps(seed):
    params, x, target = problem(seed)
    runs = [
        half.gradient_descent_armijo(half.objective(strength=0.1), *convert, steps=4, lr=8.0, keep_path=True)
        for half, convert in ((gd, (params, x, target)), (torch_gd, tensors((params, x, target))))
    ]
    same(*([run.params, run.path, run.values, run.rates] for run in runs))


@given(seed=seeds)
def test_curvature_by_differences_is_curvature_by_autograd(seed):
    params, x, target = problem(seed)
    rng = np.random.default_rng(seed)
    v = tuple(rng.normal(size=p.shape) for p in params)
    ours = gd.hessian_vector_product(gd.objective(strength=0.1), params, v, x, target)
    theirs = torch_gd.hessian_vector_product(torch_gd.objective(strength=0.1), *tensors((params, v, x, target)))
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-7)
    pairs = [
        half.largest_curvature(half.objective(strength=0.1), *convert, rng=np.random.default_rng(0), steps=20)
        for half, convert in ((gd, (params, x, target)), (torch_gd, tensors((params, x, target))))
    ]
    assert pairs[0].value == pytest.approx(pairs[1].value, rel=1e-5)


@given(seed=seeds)
def test_power_iteration_contraction_and_minibatches_agree(seed):
    rng = np.random.default_rng(seed)
    matrix, start = rng.normal(size=(4, 4)), rng.normal(size=4)
    matrix = matrix @ matrix.T
    same(gd.power_iteration(matrix, start, steps=9), torch_gd.power_iteration(*tensors((matrix, start)), steps=9))
    assert gd.contraction_factor(0.1, start) == pytest.approx(torch_gd.contraction_factor(0.1, tensors(start)))
    deals = [list(half.minibatches(9, 4, np.random.default_rng(seed), drop_last=True)) for half in (gd, torch_gd)]
    same(*deals)
    target, weights = np.concatenate([np.arange(4), rng.integers(0, 4, 5)]), rng.uniform(0, 1, 9)
    same(*([half.class_weights(t, 4, dtype="float64")] for half, t in ((gd, target), (torch_gd, tensors(target)))))
    same(*(
        list(half.minibatches(9, 4, np.random.default_rng(seed), replace=True, weights=w))
        for half, w in ((gd, weights), (torch_gd, tensors(weights)))
    ))  # fmt: skip
    value, grad = gd.value_and_grad(gd.quadratic)(start, matrix)
    same([value, grad], torch_gd.value_and_grad(torch_gd.quadratic)(*tensors((start, matrix))))


@given(seed=seeds)
def test_the_metrics_agree(seed):
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(30, 4))
    target = rng.integers(0, 4, 30)
    p = lc.softmax(scores)
    assert lc.accuracy(scores, target) == torch_lc.accuracy(*tensors((scores, target)))
    same([lc.confusion_matrix(scores, target)], [torch_lc.confusion_matrix(*tensors((scores, target)))])
    same([lc.one_hot(target, 5)], [torch_lc.one_hot(tensors(target), 5)])
    same(lc.reliability_diagram(p, target, bins=6), torch_lc.reliability_diagram(*tensors((p, target)), bins=6))
    assert lc.expected_calibration_error(p, target) == pytest.approx(
        torch_lc.expected_calibration_error(*tensors((p, target))), rel=1e-9
    )
    scores[np.arange(30), target] += 1  # better than chance, so that there is a best temperature
    target[0] = scores[0].argmin()
    assert lc.temperature_scale(scores, target) == pytest.approx(
        torch_lc.temperature_scale(*tensors((scores, target))), rel=1e-9
    )


@given(seed=seeds, strength=st.sampled_from([0.01, 1.0]))
def test_the_solvers_agree(seed, strength):
    rng = np.random.default_rng(seed)
    target = np.arange(20) % 2 * 2 - 1
    x = rng.normal(size=(20, 3)) + 0.5 * target[:, None]
    goals = rng.normal(size=(20, 2))
    for goal in (goals, goals[:, 0]):
        same(
            lc.ridge_regression(x, goal, strength=strength),
            torch_lc.ridge_regression(*tensors((x, goal)), strength=strength),
        )
    for project in (False, True):
        options = {"strength": strength, "steps": 40, "batch_size": 3, "project": project}
        same(*(
            half.pegasos(*data, rng=np.random.default_rng(0), **options)
            for half, data in ((lc, (x, target)), (torch_lc, tensors((x, target))))
        ))  # fmt: skip
    ours = lc.svm_dual(x, target, strength=strength)
    theirs = torch_lc.svm_dual(*tensors((x, target)), strength=strength)
    assert ours.primal[-1] == pytest.approx(float(theirs.primal[-1]), abs=2e-4)  # both within tol of the optimum
    np.testing.assert_allclose(ours.weight, theirs.weight, atol=0.02)
    arguments = ours.weight, ours.bias, x, target
    assert lc.primal_objective(*arguments, strength=strength) == pytest.approx(
        torch_lc.primal_objective(tensors(ours.weight), ours.bias, *tensors((x, target)), strength=strength), rel=1e-9
    )
    assert lc.dual_objective(ours.alpha, x, target, strength=strength) == pytest.approx(
        torch_lc.dual_objective(*tensors((ours.alpha, x, target)), strength=strength), rel=1e-9
    )
    same(*(
        half.one_vs_rest(half.pegasos, *data, 2, strength=strength, steps=9, rng=np.random.default_rng(0))
        for half, data in ((lc, (x, target // 2 + 1)), (torch_lc, tensors((x, target // 2 + 1))))
    ))  # fmt: skip


@given(seed=seeds, widths=st.lists(st.integers(2, 5), min_size=2, max_size=4))
def test_layers_are_told_and_scaled_the_same(seed, widths):
    rng = np.random.default_rng(seed)
    params = ini.init_network(widths, rng, dtype="float64")
    x, dy = rng.normal(size=(6, widths[0])), rng.normal(size=(6, widths[-1]))
    for name in ("relu", "tanh"):
        ours = (*ini.layer_gradients(x, params, dy, activation=name), *ini.lsuv(params, x, activation=name))
        a, b, c = tensors((x, params, dy))
        same(ours, (*torch_ini.layer_gradients(a, b, c, activation=name), *torch_ini.lsuv(b, a, activation=name)))


def test_fans_and_gains_are_those_of_torch():
    for shape in ((3, 7), (5, 3, 2, 4), (1, 1)):
        assert ini.calculate_fan(shape) == torch_ini.calculate_fan(shape)
    for name in ("linear", "conv1d", "conv2d", "conv3d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"):
        assert ini.calculate_gain(name) == pytest.approx(torch_ini.calculate_gain(name))
    assert ini.calculate_gain("leaky_relu", 0.3) == pytest.approx(torch_ini.calculate_gain("leaky_relu", 0.3))
    for name in ini.fans.ACTIVATIONS:
        assert ini.activation_gain(name) == pytest.approx(torch_ini.activation_gain(name), rel=1e-12)


@given(q=st.floats(0.01, 9), sigma_w=st.floats(0.1, 3), sigma_b=st.floats(0, 2), name=st.sampled_from(["tanh", "relu"]))
def test_the_maps_of_wide_networks_agree_with_slopes_by_autograd(q, sigma_w, sigma_b, name):
    q, c = np.array([q, 2 * q]), np.array([[-1.0, 0.2], [0.9, 1.0]])
    both = {"sigma_w": sigma_w, "activation": name}
    same(*(
        [
            half.chi(lengths, **both), half.length_map(lengths, sigma_b=sigma_b, **both),
            half.correlation_map(start, 1.3, sigma_b=sigma_b, **both), *half.critical_line(lengths),
        ]
        for half, (lengths, start) in ((ini, (q, c)), (torch_ini, tensors((q, c))))
    ))  # fmt: skip


def test_both_halves_refuse_the_same():
    x, t = torch.ones(3, 2), torch.tensor([0, 1, 2])
    refused = {
        "lr is -1": lambda: torch_gd.gradient_descent(torch_gd.objective(), (x, x[0]), x, t, lr=-1, steps=1),
        "batch_size is 0": lambda: torch_gd.minibatches(3, 0, None),
        "expected 2 classes": lambda: torch_gd.class_weights(t, 2),
        "at least one example": lambda: torch_lc.accuracy(x[:0], t[:0]),
        "target has the label 2": lambda: torch_lc.accuracy(x, t),
        "bins is 0": lambda: torch_lc.reliability_diagram(x / 2, t.clamp(max=1), bins=0),
        "expected probabilities": lambda: torch_lc.reliability_diagram(x, t.clamp(max=1)),
        "no temperature is best": lambda: torch_lc.temperature_scale(torch.eye(3), t),
        "expected -1 or 1": lambda: torch_lc.svm_dual(x, t, strength=1),
        "strength is 0": lambda: torch_lc.svm_dual(x, 2 * t.clamp(max=1) - 1, strength=0),
        "steps is 0": lambda: torch_lc.pegasos(
            x, 2 * t.clamp(max=1) - 1, strength=1, steps=0, rng=np.random.default_rng(0)
        ),
        "strength is -1": lambda: torch_lc.ridge_regression(x, x, strength=-1),
        "start is 0": lambda: torch_gd.power_iteration(torch.eye(2), torch.zeros(2)),
        "fan: shape is": lambda: torch_ini.calculate_fan((3,)),
        "layer 0 have standard": lambda: torch_ini.lsuv(((x[:2] * 0, x[0] * 0),), x),
        "dy has shape": lambda: torch_ini.layer_gradients(x, ((x[:2], x[0]),), x[:1]),
        "chi: q is -1": lambda: torch_ini.chi(-1.0, sigma_w=1),
        "c is 2": lambda: torch_ini.correlation_map(2.0, 1.0, sigma_w=1),
        "critical_line: q is 0": lambda: torch_ini.critical_line(0.0),
        "the biases of softplus": lambda: torch_ini.critical_line(1.0, activation="softplus"),
        "c1 is 2": lambda: torch_gd.armijo_line_search(torch.sum, x, x, c1=2),
    }
    for message, call in refused.items():
        with pytest.raises(ValueError, match=message):
            call()
    with pytest.raises(TypeError, match="params is int64"):
        torch_gd.gradient_descent(torch_gd.objective(), t, lr=1, steps=1)
    with pytest.raises(FloatingPointError, match="sgd: the value is nan"):
        torch_gd.sgd(lambda p, a: (p.sum() * torch.nan, p), x, (x,), lr=1, batch_size=3, epochs=1, rng=None)
