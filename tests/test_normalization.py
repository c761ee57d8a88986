"""What is special to the normalizations: the way back three ways, PyTorch's conventions, and normalized networks."""

from importlib import import_module

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlbook import vjp
from dlbook.numpy import normalization as nm
from dlbook.numpy.backpropagation import Tape
from dlbook.numpy.deep_networks import mlp_objective
from dlbook.numpy.gradient_descent import sgd
from dlbook.numpy.gradient_descent.trees import inner, tree_map
from dlbook.numpy.linear_classifiers import cross_entropy
from dlbook.numpy.optimization import adam
from dlbook.shapes import ShapeError, leaves

seeds = st.integers(0, 2**32 - 1)
batches = st.tuples(st.integers(2, 7), st.integers(1, 4))


def problem(seed, n, c):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, c)) + 1, rng.normal(size=c), rng.normal(size=c), rng.normal(size=(n, c))


def network(seed, sizes=(4, 5, 3, 3), norm="batch"):
    """Return a network whose gamma and beta are not ones and zeros, and a batch."""
    rng = np.random.default_rng(seed)
    params, _ = nm.init_normalized_mlp(sizes, rng, norm=norm, dtype="float64")
    params = tree_map(lambda a: a + 0.3 * rng.normal(size=a.shape), params)
    return params, rng.normal(size=(9, sizes[0])), np.arange(9) % sizes[-1]


def near(a, b, rtol=1e-9, atol=1e-12):
    for (_, p), (_, q) in zip(leaves(a), leaves(b), strict=True):
        np.testing.assert_allclose(np.asarray(p), np.asarray(q), rtol=rtol, atol=atol)


# ------------------------------------------------------------------------------------- the way back, three ways


@given(seed=seeds, shape=batches, eps=st.sampled_from((1e-5, 0.3)))
def test_every_node_of_the_graph_has_the_gradient_that_the_tape_finds(seed, shape, eps):
    x, weight, bias, dy = problem(seed, *shape)
    tape = Tape()
    on_tape = [tape.variable(a, name) for a, name in ((x, "x"), (weight, "weight"), (bias, "bias"))]
    recorded = nm.batch_norm_steps(*on_tape, eps=eps)
    by_tape = tape.gradients(recorded["y"], [*on_tape, *recorded.values()], dy)
    by_hand = nm.batch_norm_backward_steps(nm.batch_norm_steps(x, weight, bias, eps=eps), weight, dy)
    for name, grad in zip(["x", "weight", "bias", *recorded], by_tape, strict=True):
        scale = 1 + np.abs(grad).max()
        np.testing.assert_allclose(by_hand[name], grad, rtol=1e-9, atol=1e-12 * scale, err_msg=name)


@given(seed=seeds, shape=batches, eps=st.sampled_from((1e-5, 0.3)))
def test_the_graph_the_simplified_form_and_the_courses_equations_agree(seed, shape, eps):
    x, weight, bias, dy = problem(seed, *shape)
    y, pullback = vjp(nm.batch_norm, x, weight, bias, eps=eps)
    nodes = nm.batch_norm_steps(x, weight, bias, eps=eps)
    np.testing.assert_allclose(nodes["y"], y, rtol=1e-10, atol=1e-11)
    steps = nm.batch_norm_backward_steps(nodes, weight, dy)
    dx, dweight, dbias = pullback(dy)
    near((steps["x"], steps["weight"], steps["bias"]), (dx, dweight, dbias), atol=1e-10)
    columns = nm.batch_norm_backward_columns((dy * weight).T, x.T, x.mean(axis=0), x.var(axis=0), eps=eps)
    np.testing.assert_allclose(columns.T, dx, rtol=1e-8, atol=1e-10)


@given(seed=seeds, shape=batches, eps=st.sampled_from((1e-5, 0.3)))
def test_each_line_of_the_boxed_derivation_holds(seed, shape, eps):
    x, weight, _, dy = problem(seed, *shape)
    n, g = len(x), dy * weight
    centred = x - x.mean(axis=0)
    r = 1 / np.sqrt((centred**2).mean(axis=0) + eps)
    x_hat = centred * r
    dvar = (g * centred).sum(axis=0) * -0.5 * r**3
    np.testing.assert_allclose((2 / n * centred * dvar).sum(axis=0), 0, atol=1e-10 * (1 + np.abs(dvar).max()))
    dmean = -(g * r).sum(axis=0)
    long = g * r + 2 / n * centred * dvar + dmean / n
    short = r * (g - g.mean(axis=0) - x_hat * (g * x_hat).mean(axis=0))
    np.testing.assert_allclose(long, short, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(vjp(nm.batch_norm, x, weight, eps=eps)[1](dy)[0], short, rtol=1e-8, atol=1e-10)
    # The Jacobian of one channel, column by column of dy.
    for c in range(x.shape[1]):
        h = x_hat[:, c]
        jacobian = r[c] * (np.eye(n) - 1 / n - np.outer(h, h) / n)
        np.testing.assert_allclose(jacobian @ g[:, c], short[:, c], rtol=1e-8, atol=1e-10)


def test_three_numbers_by_hand():
    x = np.array([[1.0], [2.0], [6.0]])  # mean 3, variance 14/3
    y, pullback = vjp(nm.batch_norm, x, np.array([1.0]), np.array([0.0]), eps=1e-12)
    root = np.sqrt(14 / 3)
    np.testing.assert_allclose(y[:, 0], np.array([-2, -1, 3]) / root, rtol=1e-10)
    dx, dweight, dbias = pullback(np.array([[1.0], [0.0], [0.0]]))
    # 1 - 1/3 - (-2)(-2)/14, -1/3 - (-1)(-2)/14 and -1/3 - 3 (-2)/14, over the root
    np.testing.assert_allclose(dx[:, 0] * root, [8 / 21, -10 / 21, 2 / 21], rtol=1e-10)
    np.testing.assert_allclose([dweight[0], dbias[0]], [-2 / root, 1], rtol=1e-10)


def test_of_two_examples_batch_norm_keeps_the_order_only():
    y, pullback = vjp(nm.batch_norm, np.array([[3.0], [100.0]]), eps=1e-12)
    np.testing.assert_allclose(y, [[-1], [1]], rtol=1e-12)
    np.testing.assert_allclose(pullback(np.array([[1.0], [5.0]]))[0], 0, atol=1e-14)


# ---------------------------------------------------------------------------------- statistics and conventions


def test_the_running_statistics_are_pytorchs_buffers():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    layer = torch.nn.BatchNorm2d(3, dtype=torch.float64)
    stats = nm.init_running(3, dtype="float64")
    for _ in range(4):
        x = rng.normal(size=(5, 3, 2, 2)) + 2
        y = layer(torch.tensor(x))
        np.testing.assert_allclose(nm.batch_norm(x), y.detach(), rtol=1e-9, atol=1e-12)
        stats = nm.update_running(stats, nm.batch_statistics(x))
        near(stats, (layer.running_mean, layer.running_var))
    layer.eval()
    np.testing.assert_allclose(nm.batch_norm_eval(x, *stats), layer(torch.tensor(x)).detach(), rtol=1e-9, atol=1e-12)


def test_both_halves_move_running_statistics_alike():
    torch = pytest.importorskip("torch")
    theirs = import_module("dlbook.torch.normalization")
    x = np.random.default_rng(1).normal(size=(4, 3, 5))
    batch, other = nm.batch_statistics(x), theirs.batch_statistics(torch.tensor(x))
    near(batch, other)
    start = nm.init_running(3, dtype="float64")
    near(
        nm.update_running(start, batch, momentum=0.3),
        theirs.update_running(theirs.init_running(3, dtype="float64"), other, momentum=0.3),
    )


@given(seed=seeds, momentum=st.sampled_from((0.1, 0.5, 1.0)), steps=st.integers(1, 8))
def test_after_t_equal_batches_the_running_average_has_come_the_way_one_minus_the_power(seed, momentum, steps):
    batch = nm.batch_statistics(np.random.default_rng(seed).normal(size=(5, 2)) + 3)
    start = stats = nm.init_running(2, dtype="float64")
    for _ in range(steps):
        stats = nm.update_running(stats, batch, momentum=momentum)
    left = (1 - momentum) ** steps
    near(stats, tree_map(lambda s, b: left * s + (1 - left) * b, start, batch))


def train_in(**options):
    _, x, t = network(0)
    return nm.train_normalized_mlp((x, t), hidden=(3,), rng=np.random.default_rng(0), epochs=1, **options)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: nm.batch_norm(np.ones((1, 3))), r"batch_norm: x of shape \(1, 3\) has 1 value per channel"),
        (lambda: nm.batch_statistics(np.ones((1, 3))), "batch_statistics: .*at least 2"),
        (lambda: nm.batch_norm(np.ones((2, 3)), eps=-1.0), "eps is -1"),
        (lambda: nm.update_running(nm.init_running(2), nm.batch_statistics(np.eye(3))), "update_running: stats has a"),
        (lambda: nm.update_running(nm.init_running(3), nm.init_running(3), momentum=2), "momentum is 2"),
        (lambda: nm.init_running(0), "channels is 0"),
        (lambda: nm.instance_norm(np.ones((2, 3))), "instance_norm: .*2 positions"),
        (lambda: nm.group_norm(np.ones((2, 3)), num_groups=2), "num_groups is 2"),
        (lambda: nm.weight_norm(np.zeros((2, 3)), np.ones(2)), r"v\[0\] is zero"),
        (lambda: nm.batch_norm_steps(np.eye(2), np.ones(2), np.ones(2), eps=0), "eps is 0"),
        (lambda: nm.batch_norm_backward_columns(np.eye(2), np.eye(2), np.ones(2), np.ones(2), eps=0), "eps is 0"),
        (lambda: nm.normalized_mlp(np.ones((2, 3)), ()), "holds no layer"),
        (lambda: nm.init_normalized_mlp((3,), np.random.default_rng(0)), "at least two"),
        (lambda: nm.init_normalized_mlp((3, 2), np.random.default_rng(0), norm="group"), "norm is 'group'"),
        (lambda: nm.init_normalized_mlp((3, 2), np.random.default_rng(0), sigma=0.0), "sigma is 0"),
        (lambda: nm.normalized_mlp_objective(strength=-1), "strength is -1"),
        (lambda: nm.normalized_mlp_objective(norm="group")(network(0)[0], *network(0)[1:]), "norm is 'group'"),
        (lambda: nm.normalized_mlp_objective(norm="group"), "norm is 'group'"),
        (lambda: nm.normalized_mlp_objective(activation="rleu"), "activation is 'rleu'"),
        (lambda: nm.normalized_mlp_objective(track=True)(network(0)[0], *network(0)[1:]), r"params\[0\] is float64"),
        (lambda: nm.normalized_mlp_objective()(network(0)[0], np.ones(4), np.zeros(1, int)), r"x has shape \(4,\)"),
        (lambda: nm.init_normalized_mlp((3, 2), np.random.default_rng(0), dtype="int64"), "dtype is 'int64'"),
        (lambda: nm.batch_statistics(np.ones(3)), r"batch_statistics: x has shape \(3,\)"),
        (lambda: nm.layer_norm(np.ones((2, 3)), normalized_shape=()), r"normalized_shape is \(\)"),
        (lambda: nm.batch_norm_backward_columns(np.ones((3, 5)), np.ones((5, 3)), np.ones(3), np.ones(3)), "columns"),
        (lambda: nm.along_gradient(lambda p: (0.0, np.nan * p), np.ones(2), rates=[1.0]), "length nan"),
        (lambda: train_in(batch_size=4), "a batch of one of 9 examples"),
        (lambda: train_in(batch_size=1), "a batch of one of 9 examples"),
        (lambda: nm.track_running(momentum=-1), "momentum is -1"),
        (lambda: nm.along_gradient(lambda p: (0.0, 0 * p), np.ones(2), rates=[1.0]), "length 0"),
        (lambda: nm.along_gradient(lambda p: (0.0, p), np.ones(2), rates=[-1.0]), "rates is -1"),
    ],
)
def test_what_cannot_be_normalized_is_refused(call, match):
    with pytest.raises(ValueError, match=match):
        call()


def test_no_example_is_no_trouble_where_each_stands_alone():
    nothing = np.zeros((0, 4, 3))
    for f, options in ((nm.group_norm, {"num_groups": 2}), (nm.instance_norm, {}), (nm.layer_norm, {})):
        y, pullback = vjp(f, nothing, **options)
        assert y.shape == pullback(y)[0].shape == nothing.shape
    assert nm.weight_norm(np.zeros((0, 3)), np.zeros(0)).shape == (0, 3)


def test_a_batch_of_one_is_no_trouble_without_a_batch_norm():
    assert train_in(batch_size=4, norm="layer").measured["loss"].shape == (2,)


def test_running_statistics_must_fit_the_network():
    params, x, _ = network(0)
    with pytest.raises(ShapeError, match=r"running is for \[\] units, expected \[5, 3\]"):
        nm.normalized_mlp(x, params, ())
    layered, x, _ = network(0, norm="layer")
    with pytest.raises(ShapeError, match=r"running is for \[5\] units, expected \[\] with norm = 'layer'"):
        nm.normalized_mlp(x, layered, (nm.init_running(5, dtype="float64"),), norm="layer")
    assert nm.normalized_mlp(x, layered, (), norm="layer").shape == (9, 3)


# ---------------------------------------------------------------------------------- scale, and what follows from it


@given(seed=seeds)
def test_the_gradient_of_a_weight_before_a_norm_is_orthogonal_to_it_row_by_row(seed):
    params, x, target = network(seed)
    _, grads = nm.normalized_mlp_objective(eps=1e-12)(params, x, target)
    for (weight, *_), (dweight, *_) in zip(params[:-1], grads[:-1], strict=True):
        along = (weight * dweight).sum(axis=1)
        np.testing.assert_allclose(along, 0, atol=1e-6 * max(1, np.abs(dweight).max()))


@given(seed=seeds, factor=st.sampled_from((0.5, 8.0)))
def test_a_longer_weight_has_the_same_scores_and_a_shorter_gradient(seed, factor):
    params, x, target = network(seed)
    (weight, *rest), *above = params
    longer = ((factor * weight, *rest), *above)
    cost = nm.normalized_mlp_objective(eps=1e-13)
    (value, grads), (value_longer, grads_longer) = cost(params, x, target), cost(longer, x, target)
    assert value_longer == pytest.approx(value, rel=1e-6)
    np.testing.assert_allclose(factor * grads_longer[0][0], grads[0][0], rtol=1e-4, atol=1e-6)


@given(seed=seeds, lr=st.sampled_from((0.1, 3.0)))
def test_a_step_lengthens_the_weight_by_pythagoras(seed, lr):
    params, x, target = network(seed)
    _, grads = nm.normalized_mlp_objective(eps=1e-13)(params, x, target)
    w, g = params[0][0], grads[0][0]
    after = inner(w - lr * g, w - lr * g)
    assert after == pytest.approx(inner(w, w) + lr**2 * inner(g, g), rel=1e-6)


def test_a_bias_before_a_batch_norm_changes_nothing():
    x = np.random.default_rng(0).normal(size=(5, 3))
    np.testing.assert_allclose(nm.batch_norm(x + np.array([1.0, -2.0, 30.0])), nm.batch_norm(x), rtol=1e-9, atol=1e-12)


def test_the_gradient_grows_by_the_square_root_of_pi_over_pi_minus_one_from_layer_to_layer():
    rng = np.random.default_rng(0)
    params, _ = nm.init_normalized_mlp((40, *[300] * 24, 10), rng, dtype="float64")
    x = rng.normal(size=(500, 40))
    _, grads = nm.normalized_mlp_objective()(params, x, np.arange(500) % 10)
    lengths = [np.linalg.norm(layer[0]) for layer in grads]
    factor = (lengths[5] / lengths[20]) ** (1 / 15)
    assert factor == pytest.approx(np.sqrt(np.pi / (np.pi - 1)), abs=0.03)


def test_weight_norm_of_a_linear_layer_is_batch_norm_of_white_inputs():
    rng = np.random.default_rng(2)
    x = np.linalg.qr(rng.normal(size=(50, 4)) - 0)[0]
    x = np.linalg.qr(x - x.mean(axis=0))[0] * np.sqrt(50)  # columns of mean 0, variance 1, uncorrelated
    v = rng.normal(size=(3, 4))
    weight = nm.weight_norm(v, np.ones(3))
    np.testing.assert_allclose(x @ weight.T, nm.batch_norm(x @ v.T, eps=1e-12), rtol=1e-6, atol=1e-9)


# --------------------------------------------------------------------------------------------------- networks


@given(seed=seeds, norm=st.sampled_from(("batch", "layer", "none")), strength=st.sampled_from((0.0, 0.2)))
def test_the_objective_has_the_gradient_of_the_network_plus_the_penaltys(seed, norm, strength):
    params, x, target = network(seed, norm=norm)
    cost, grads = nm.normalized_mlp_objective(norm=norm, strength=strength)(params, x, target)
    y, pullback = vjp(nm.normalized_mlp, x, params, norm=norm)
    loss, loss_pullback = vjp(cross_entropy, y, target)
    assert cost == pytest.approx(loss + strength * sum((w**2).sum() for w, *_ in params), rel=1e-12)
    _, want, nothing = (*pullback(loss_pullback(1.0)[0]), None)[:3]
    assert nothing is None
    want = tuple((g[0] + 2 * strength * layer[0], *g[1:]) for g, layer in zip(want, params, strict=True))
    near(grads, want)
    tracked, (grads_too, statistics) = nm.normalized_mlp_objective(norm=norm, strength=strength, track=True)(
        (params, ()), x, target
    )
    assert tracked == cost
    near(grads_too, grads)
    assert len(statistics) == (2 if norm == "batch" else 0)


def test_the_objectives_agree_with_pytorch():
    torch = pytest.importorskip("torch")
    theirs = import_module("dlbook.torch.normalization")
    for norm in ("batch", "layer", "none"):
        params, x, target = network(3, norm=norm)
        tensors = tree_map(torch.tensor, params)
        mine = nm.normalized_mlp_objective(norm=norm, strength=0.1, track=True)((params, ()), x, target)
        other = theirs.normalized_mlp_objective(norm=norm, strength=0.1, track=True)(
            (tensors, ()), torch.tensor(x), torch.tensor(target)
        )
        near(mine, other)
        walks = [
            half.along_gradient(half.normalized_mlp_objective(norm=norm), *arguments, rates=[0.1, 1.0])
            for half, arguments in (
                (nm, (params, x, target)), (theirs, (tensors, torch.tensor(x), torch.tensor(target)))
            )
        ]  # fmt: skip
        near(*walks)
        if norm == "batch":
            near(nm.population_statistics(x, params), theirs.population_statistics(torch.tensor(x), tensors))


@pytest.mark.parametrize("norm", ["batch", "layer", "none"])
def test_both_halves_train_alike(norm):
    torch = pytest.importorskip("torch")
    theirs = import_module("dlbook.torch.normalization")
    rng = np.random.default_rng(3)
    x, target = rng.normal(size=(30, 4)), np.arange(30) % 3
    options = {"hidden": (6, 5), "norm": norm, "strength": 0.01, "sigma": 0.3, "epochs": 3, "batch_size": 10}
    options["lr"] = lambda step: 0.1 / (1 + step)
    mine = nm.train_normalized_mlp((x, target), (x[:5], target[:5]), rng=np.random.default_rng(0), **options)
    tensors = torch.tensor(x), torch.tensor(target)
    other = theirs.train_normalized_mlp(
        tensors, (tensors[0][:5], tensors[1][:5]), rng=np.random.default_rng(0), **options
    )
    near(mine.params, other.params)
    assert list(mine.measured) == list(other.measured)
    for name, found in mine.measured.items():
        np.testing.assert_allclose(found, other.measured[name], rtol=1e-9)


def test_without_a_norm_training_is_that_of_the_plain_network():
    rng = np.random.default_rng(4)
    x, target = rng.normal(size=(20, 3)), np.arange(20) % 2
    options = {"lr": 0.1, "epochs": 2, "batch_size": 5}
    run = nm.train_normalized_mlp((x, target), hidden=(4,), norm="none", rng=np.random.default_rng(1), **options)
    again = np.random.default_rng(1)
    params, running = nm.init_normalized_mlp((3, 4, 2), again, norm="none", dtype="float64")
    assert running == ()
    plain = sgd(mlp_objective(), params, (x, target), rng=again, **options)
    near(run.params, (plain.params, ()))


def test_any_optimizer_carries_the_statistics_along():
    rng = np.random.default_rng(5)
    x = rng.normal(size=(60, 4)).astype("float32")
    target = (x[:, 0] * x[:, 1] > 0).astype(int)
    run = nm.train_normalized_mlp(
        (x, target), hidden=(16, 16), lr=0.02, epochs=30, batch_size=20, rng=rng, optimizer=adam
    )
    assert run.measured["accuracy"][-1] > 0.9
    assert run.state["step"] == 90
    params, running = run.params
    assert params[0][0].dtype == running[0][0].dtype == np.float32
    population = nm.population_statistics(x, params)
    np.testing.assert_allclose(running[0][1], population[0][1], rtol=0.3)


def test_the_first_weights_are_the_same_for_every_norm():
    drawn = [nm.init_normalized_mlp((3, 4, 2), np.random.default_rng(0), norm=n, sigma=0.01)[0] for n in
             ("batch", "layer", "none")]  # fmt: skip
    for params in drawn[1:]:
        for mine, first in zip(params, drawn[0], strict=True):
            np.testing.assert_array_equal(mine[0], first[0])
    assert np.std(nm.init_normalized_mlp((300, 300, 2), np.random.default_rng(0), sigma=0.01)[0][0][0]) == (
        pytest.approx(0.01, rel=0.02)
    )


def test_in_evaluation_an_example_does_not_see_its_company():
    params, x, _ = network(6)
    running = nm.population_statistics(x, params)
    alone = np.concatenate([nm.normalized_mlp(x[i : i + 1], params, running) for i in range(len(x))])
    np.testing.assert_allclose(alone, nm.normalized_mlp(x, params, running), rtol=1e-10, atol=1e-12)
    _, pullback = vjp(nm.normalized_mlp, x, params)
    dy = np.zeros((9, 3))
    dy[0] = 1
    assert np.abs(pullback(dy)[0][1:]).max() > 1e-3  # in training it does


def test_along_a_bowl_the_gradient_changes_by_the_curvature_times_the_step():
    values, changes = nm.along_gradient(lambda p: (float(p @ p), 2 * p), np.array([3.0, 4.0]), rates=[0.25, 0.5, 1.0])
    np.testing.assert_allclose(values, [6.25, 0, 25], atol=1e-12)
    np.testing.assert_allclose(changes, [0.5, 1, 2])
