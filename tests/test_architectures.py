"""Architectures: every line of the derivations, what blocks cost, and the residual network against its twin."""

import inspect
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlbook import chain, vjp
from dlbook.exercises.solutions import architectures as solved
from dlbook.laws.operations.architectures.drawing import layer
from dlbook.laws.trees import flatten
from dlbook.numpy import architectures as arch
from dlbook.numpy.architectures.responses import neighbour_sum
from dlbook.numpy.convolution import conv2d, conv_cost, receptive_field
from dlbook.numpy.convolution import layer as with_options
from dlbook.numpy.deep_networks import relu
from dlbook.numpy.linear_classifiers import cross_entropy, l2_penalty
from dlbook.numpy.normalization import batch_norm, batch_norm_eval, track_running
from dlbook.numpy.optimization import optimize, sgd_momentum

pytestmark = pytest.mark.law

seeds = st.integers(0, 2**32 - 1)
TIGHT = {"rtol": 1e-9, "atol": 1e-10}


def blocks(rng, count, channels=2):
    """Return branches of two layers without a norm, small enough that nothing explodes."""
    return [tuple((0.4 * layer(rng, channels, channels, 3, 0)[0],) for _ in range(2)) for _ in range(count)]


# ------------------------------------------------------------------------------------------ shortcuts and gradients


@given(seed=seeds, stop=st.integers(0, 4))
def test_what_leaves_a_stack_of_blocks_is_what_entered_and_all_branches(seed, stop):
    rng = np.random.default_rng(seed)
    x, branches, path = rng.normal(size=(2, 2, 4, 3)), blocks(rng, 4), []
    for branch in branches:
        path.append((x, arch.residual_block(x, branch, preactivation=True, skip=False)))
        x = arch.residual_block(x, branch, preactivation=True)
    start = path[stop][0] if stop < 4 else x
    np.testing.assert_allclose(x, start + sum(f for _, f in path[stop:]), **TIGHT)


@given(seed=seeds, preactivation=st.booleans())
def test_the_gradient_is_the_one_that_arrived_plus_what_the_branch_sends(seed, preactivation):
    rng = np.random.default_rng(seed)
    x, (branch,) = rng.uniform(3, 4, size=(2, 2, 4, 3)), blocks(rng, 1)
    branch = tuple((0.1 * weight,) for (weight,) in branch)  # the rectifier behind the sum stays open
    y, pullback = vjp(arch.residual_block, x, branch, preactivation=preactivation)
    dy = rng.normal(size=y.shape)
    same, ((first,), (second,)) = with_options(conv2d, padding=1), branch
    parts = [(relu, ()), (same, (first,)), (relu, ()), (same, (second,))][0 if preactivation else 1 :]
    _, alone = vjp(chain(*(f for f, _ in parts)), x, tuple(own for _, own in parts))
    np.testing.assert_allclose(pullback(dy)[0], dy + alone(dy)[0], **TIGHT)


@pytest.fixture(scope="module")
def linear_blocks():
    """Return the Jacobians of the branches of three blocks at a point, and of their stack."""
    rng = np.random.default_rng(4)
    jacobians = [0.5 * rng.normal(size=(5, 5)) for _ in range(3)]
    return jacobians, rng.normal(size=5)


def test_the_product_of_three_blocks_is_a_sum_over_eight_paths(linear_blocks):
    jacobians, dy = linear_blocks
    product = dy
    for j in reversed(jacobians):
        product = product + j.T @ product
    total = np.zeros(5)
    for k in range(4):
        for chosen in combinations(range(3), k):
            term = dy
            for m in reversed(chosen):
                term = jacobians[m].T @ term
            total += term
    np.testing.assert_allclose(product, total, rtol=1e-12)


@given(blocks=st.integers(0, 30), slope=st.floats(0, 3))
def test_the_lengths_of_the_paths_are_binomial(blocks, slope):
    share = solved.path_lengths(blocks, slope)
    assert share.sum() == pytest.approx(1)
    assert share @ np.arange(blocks + 1) == pytest.approx(blocks * slope / (1 + slope), abs=1e-9)


@given(seed=seeds)
def test_a_factor_on_the_shortcut_is_a_power_over_the_blocks(seed):
    rng = np.random.default_rng(seed)
    jacobians, dy, factor = [0.3 * rng.normal(size=(3, 3)) for _ in range(4)], rng.normal(size=3), 0.8
    with_all = dy
    for j in reversed(jacobians):
        with_all = factor * with_all + j.T @ with_all
    without = dy
    for _ in jacobians:
        without = factor * without
    np.testing.assert_allclose(without, factor**4 * dy, rtol=1e-12)
    assert not np.allclose(with_all, without)


# ------------------------------------------------------------------------------------------------- stacks and costs


@given(n=st.integers(1, 6), kernel=st.sampled_from([3, 5, 7]))
def test_a_stack_sees_as_far_as_one_kernel_and_costs_the_stated_fraction(n, kernel):
    field = receptive_field([{"kernel_size": kernel}] * n)[-1].size
    assert field == 1 + n * (kernel - 1)
    stack, single = (conv_cost(8, 8, kernel_size=k, output_size=5, bias=False) for k in (kernel, field))
    assert n * stack[0] / single[0] == pytest.approx(n * kernel**2 / field**2)
    assert n * stack[1] / single[1] == pytest.approx(n * kernel**2 / field**2)
    assert single[0] - n * stack[0] == 64 * (n - 1) * (n * (kernel - 1) ** 2 - 1)


@given(seed=seeds)
def test_two_linear_layers_are_one_whose_kernels_are_convolutions(seed):
    rng = np.random.default_rng(seed)
    x, first, second = rng.normal(size=(2, 2, 7, 6)), rng.normal(size=(3, 2, 3, 2)), rng.normal(size=(2, 3, 2, 3))
    both = np.zeros((2, 2, 4, 4))
    for r in range(2):
        for s in range(3):
            both[:, :, r : r + 3, s : s + 2] += np.einsum("fe,ecij->fcij", second[:, :, r, s], first)
    np.testing.assert_allclose(conv2d(x, both), conv2d(conv2d(x, first), second), **TIGHT)


@given(c=st.integers(1, 64), f=st.integers(1, 64), b=st.integers(1, 32), kernel=st.sampled_from([1, 3, 5]))
def test_a_bottleneck_costs_the_stated_fraction(c, f, b, kernel):
    direct = conv_cost(c, f, kernel_size=kernel, output_size=4)[1]
    through = conv_cost(c, b, kernel_size=1, output_size=4)[1] + conv_cost(b, f, kernel_size=kernel, output_size=4)[1]
    assert through / direct == pytest.approx(b / (f * kernel**2) + b / c)


@given(c=st.integers(1, 4), growth=st.integers(1, 3), layers=st.integers(0, 4))
def test_the_weights_of_a_dense_block_are_counted(c, growth, layers):
    rng = np.random.default_rng(0)
    params = tuple(layer(rng, c + growth * i, growth, 3, 0) for i in range(layers))
    stated = 9 * growth * (layers * c + growth * layers * (layers - 1) // 2)
    assert sum(weight.size for (weight,) in params) == stated
    assert arch.dense_block(np.ones((1, c, 2, 2)), params).shape[1] == c + layers * growth


# ------------------------------------------------------------------------------- local responses, gates, folded norms


@given(seed=seeds, size=st.integers(1, 6))
def test_each_slope_of_local_response_normalization_is_the_derived_one(seed, size):
    rng = np.random.default_rng(seed)
    x, alpha, beta, k = rng.normal(size=(1, 4)), 0.7, 0.75, 1.3
    channel = np.arange(4)
    sees = np.array([[-(size // 2) <= j - c <= (size - 1) // 2 for j in channel] for c in channel])
    s = k + alpha / size * sees @ x[0] ** 2
    slopes = np.diag(s**-beta) - beta * (x[0] * s ** (-beta - 1))[:, None] * (2 * alpha / size) * x[0] * sees
    y, pullback = vjp(arch.local_response_norm, x, size=size, alpha=alpha, beta=beta, k=k)
    np.testing.assert_allclose(y[0], x[0] * s**-beta, rtol=1e-12)
    for c in channel:
        np.testing.assert_allclose(pullback(np.eye(4)[[c]])[0][0], slopes[c], rtol=1e-10, atol=1e-13)


@given(seed=seeds, before=st.integers(0, 3), after=st.integers(0, 3))
def test_the_adjoint_of_a_sum_over_neighbours_is_the_window_turned_round(seed, before, after):
    a, b = np.random.default_rng(seed).normal(size=(2, 1, 4, 2))
    left, right = neighbour_sum(a, before, after), neighbour_sum(b, after, before)
    assert np.vdot(left, b) == pytest.approx(np.vdot(a, right), rel=1e-9, abs=1e-12)


@given(seed=seeds)
def test_the_gradient_of_the_gate_line_by_line(seed):
    rng = np.random.default_rng(seed)
    x, w1, b1 = rng.normal(size=(2, 3, 2, 4)), rng.normal(size=(2, 3)), rng.normal(size=2)
    w2, b2 = rng.normal(size=(3, 2)), rng.normal(size=3)
    a = x.mean(axis=(2, 3)) @ w1.T + b1
    g = 1 / (1 + np.exp(-(np.maximum(a, 0) @ w2.T + b2)))
    y, pullback = vjp(arch.se_block, x, w1, b1, w2, b2)
    dy = rng.normal(size=y.shape)
    dg = (dy * x).sum(axis=(2, 3))
    dz = ((a > 0) * ((g * (1 - g) * dg) @ w2)) @ w1
    np.testing.assert_allclose(y, g[:, :, None, None] * x, **TIGHT)
    np.testing.assert_allclose(pullback(dy)[0], g[:, :, None, None] * dy + dz[:, :, None, None] / 8, **TIGHT)


@pytest.mark.parametrize("name", ["local_response_norm", "se_block"])
@given(seed=seeds)
def test_the_solutions_are_the_references(name, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(2, 3, 2, 2))
    gate = (rng.normal(size=(2, 3)), rng.normal(size=2), rng.normal(size=(3, 2)), rng.normal(size=3))
    args, options = ((x, *gate), {}) if name == "se_block" else ((x,), {"size": 2, "alpha": 1.0})
    pairs = [vjp(getattr(half, name), *args, **options) for half in (arch, solved)]
    np.testing.assert_allclose(pairs[0][0], pairs[1][0], **TIGHT)
    for a, b in zip(*(pullback(np.cos(x)) for _, pullback in pairs), strict=True):
        np.testing.assert_allclose(a, b, **TIGHT)


@given(seed=seeds)
def test_a_folded_batch_norm_is_one_convolution(seed):
    rng = np.random.default_rng(seed)
    x, (weight, gamma, beta) = rng.normal(size=(2, 2, 4, 4)), layer(rng, 2, 3, 3, 2)
    mean, var = rng.normal(size=3), rng.uniform(0.5, 2, 3)
    both = batch_norm_eval(conv2d(x, weight), mean, var, gamma, beta)
    np.testing.assert_allclose(conv2d(x, *solved.fold_batch_norm(weight, gamma, beta, mean, var)), both, **TIGHT)


def test_the_solution_refuses_what_is_out_of_range():
    for wrong in ({"size": 0}, {"size": 2, "k": 0.0}, {"size": 2, "alpha": -1.0}, {"size": 2, "beta": -1.0}):
        with pytest.raises(ValueError, match="out of range"):
            solved.local_response_norm(np.ones((1, 2)), **wrong)


# ----------------------------------------------------------------------------------------------------- the network


@pytest.mark.parametrize("preactivation", [False, True])
def test_a_block_is_the_formula_of_the_page(preactivation):
    rng = np.random.default_rng(2)
    x, (w1, g1, b1), (w2, g2, b2) = rng.normal(size=(3, 2, 4, 4)), layer(rng, 2, 2, 3, 2), layer(rng, 2, 2, 3, 2)
    if preactivation:
        inner = conv2d(np.maximum(batch_norm(x, g1, b1), 0), w1, padding=1)
        y = x + conv2d(np.maximum(batch_norm(inner, g2, b2), 0), w2, padding=1)
    else:
        inner = np.maximum(batch_norm(conv2d(x, w1, padding=1), g1, b1), 0)
        y = np.maximum(x + batch_norm(conv2d(inner, w2, padding=1), g2, b2), 0)
    block = arch.residual_block(x, ((w1, g1, b1), (w2, g2, b2)), preactivation=preactivation)
    np.testing.assert_allclose(block, y, rtol=1e-12)


@pytest.mark.parametrize("skip", [True, False])
@pytest.mark.parametrize("bottleneck", [0, 2])
def test_a_drawn_network_has_the_depth_the_sizes_and_the_statistics_that_were_asked_for(skip, bottleneck):
    rng = np.random.default_rng(0)
    params, running = arch.init_residual_network(3, (4, 8), 2, 5, rng, skip=skip, bottleneck=bottleneck)
    weights = [a for a in flatten(params) if a.ndim > 1]
    per_block = 3 if bottleneck else 2
    projections = 0 if not skip else 1
    assert len(weights) == 2 + 2 * 2 * per_block + projections
    assert len(running) == len(weights) - 1
    assert arch.residual_network(np.ones((2, 3, 8, 8), "float32"), params, running, skip=skip).shape == (2, 5)
    assert {a.dtype for a in flatten((params, running))} == {np.dtype("float32")}
    start, _ = arch.init_residual_network(1, (64,), 1, 5, rng, dtype="float64")
    weight = start[1][0][0][0][1][0]
    assert weight.std() == pytest.approx((2 / (9 * 64)) ** 0.5, rel=0.03)


@pytest.mark.parametrize("preactivation", [False, True])
def test_the_cost_is_the_loss_and_the_price_and_its_gradient_is_the_networks(preactivation):
    rng = np.random.default_rng(1)
    (params, _), x = arch.init_residual_network(
        1, (2, 3), 1, 4, rng, preactivation=preactivation, dtype="float64"), rng.normal(size=(4, 1, 5, 5))
    target = np.array([0, 3, 1, 2])
    objective = arch.residual_network_objective(preactivation=preactivation, strength=0.1)
    cost, grads = objective(params, x, target)
    scores, pullback = vjp(arch.residual_network, x, params, preactivation=preactivation)
    loss, back = vjp(cross_entropy, scores, target)
    price = sum(l2_penalty(weight, strength=0.1) for weight in flatten(params) if weight.ndim > 1)
    assert cost == pytest.approx(loss + price, rel=1e-12)
    bare = pullback(back(1.0)[0])[1]
    for own, plain, array in zip(flatten(grads), flatten(bare), flatten(params), strict=True):
        np.testing.assert_allclose(own, plain + (0.2 * array if array.ndim > 1 else 0), **TIGHT)


def test_training_takes_the_same_steps_in_both_halves_and_learns():
    torch = pytest.importorskip("torch")
    from dlbook.torch import architectures as twins
    from dlbook.torch.normalization import track_running as torch_track
    from dlbook.torch.optimization import optimize as torch_optimize
    from dlbook.torch.optimization import sgd_momentum as torch_momentum

    rng = np.random.default_rng(0)
    target = np.arange(24) % 3
    x = rng.normal(size=(24, 1, 6, 6)) + 2 * np.eye(6)[target][:, None, None]  # one column is brighter
    how = {"lr": 0.05, "batch_size": 8, "epochs": 3}
    drawn = [half.init_residual_network(1, (3, 4), 1, 3, np.random.default_rng(1), dtype="float64")
             for half in (arch, twins)]  # fmt: skip
    mine = optimize(arch.residual_network_objective(track=True, strength=1e-3), drawn[0], (x, target),
                    optimizer=track_running(sgd_momentum), rng=np.random.default_rng(2), **how)  # fmt: skip
    theirs = torch_optimize(
        twins.residual_network_objective(track=True, strength=1e-3), drawn[1], (torch.tensor(x), torch.tensor(target)),
        optimizer=torch_track(torch_momentum), rng=np.random.default_rng(2), **how)  # fmt: skip
    np.testing.assert_allclose(mine.values, np.asarray(theirs.values), rtol=1e-7)
    for a, b in zip(flatten(mine.params), torch.utils._pytree.tree_flatten(theirs.params)[0], strict=True):
        np.testing.assert_allclose(a, b.numpy(), rtol=1e-6, atol=1e-8)
    assert mine.values[-3:].mean() < 0.8 * mine.values[:3].mean()


def test_both_halves_have_the_same_parameters_and_defaults():
    twins = pytest.importorskip("dlbook.torch.architectures")
    for name in arch.__all__:
        mine, yours = (
            [(p.name, p.kind, getattr(p.default, "__name__", p.default)) for p in
             inspect.signature(getattr(half, name)).parameters.values()]
            for half in (arch, twins)
        )  # fmt: skip
        assert mine == yours, name


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda rng: arch.init_residual_network(1, (), 1, 2, rng), "widths"),
        (lambda rng: arch.init_residual_network(1, (3,), 1, 2, rng, bottleneck=2), "bottleneck"),
        (lambda rng: arch.init_residual_network(0, (3,), 1, 2, rng), "channels"),
        (lambda rng: arch.init_residual_network(1, (3,), 1, 2, rng, dtype="int32"), "dtype"),
        (lambda rng: arch.residual_network_objective(strength=-1.0), "strength"),
        (lambda rng: arch.residual_network_objective(eps=0.0), "eps"),
        (lambda rng: arch.residual_block(np.ones((1, 2, 3, 3)), (layer(rng, 2, 3, 3, 1),)), "shortcut needs a weight"),
        (lambda rng: arch.residual_block(
            np.ones((1, 2, 3, 3)), (layer(rng, 2, 2, 3, 1),), layer(rng, 2, 2, 3, 1)), "shortcut has weight"),
    ],
)  # fmt: skip
def test_what_cannot_be_built_is_refused(call, named):
    with pytest.raises(ValueError, match=named):
        call(np.random.default_rng(0))


def test_a_seed_in_the_place_of_a_generator_is_refused():
    with pytest.raises(TypeError, match="rng"):
        arch.init_residual_network(1, (3,), 1, 2, 0)


@pytest.mark.parametrize("half", ["numpy", "torch"])
def test_a_network_with_and_without_its_statistics_is_not_mistaken_and_pairs_are_pairs(half):
    found = pytest.importorskip(f"dlbook.{half}.architectures")
    params, running = found.init_residual_network(1, (2,), 1, 2, np.random.default_rng(0))
    x = params[0][0][:, :, :1, :1]  # images, as an array or a tensor
    for track, wrong in ((True, params), (False, (params, running))):
        with pytest.raises(ValueError, match=r"expected \(stem, stages, last, head\)"):
            found.residual_network_objective(track=track)(wrong, x, None)
    with pytest.raises(ValueError, match="head has"):
        found.residual_network(x, (*params[:3], ()), running)
    with pytest.raises(ValueError, match="expected two in each"):
        found.convnext_block(x, ((), (), (), (), x[0, 0, 0]))


@pytest.mark.parametrize("wrong", ["last", "running"])
def test_a_network_whose_parts_do_not_fit_is_refused(wrong):
    (stem, stages, last, head), running = arch.init_residual_network(1, (2,), 1, 2, np.random.default_rng(0))
    x = np.ones((2, 1, 4, 4), "float32")
    if wrong == "last":
        last = (np.ones(3, "float32"), np.ones(3, "float32"))
    else:
        running = running[:-1]
    with pytest.raises(ValueError, match=wrong):
        arch.residual_network(x, (stem, stages, last, head), running)
