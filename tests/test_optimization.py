"""Optimizers: the trajectories of torch.optim, and what each of them becomes at the ends of its options."""


import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlbook.numpy import gradient_descent as gd
from dlbook.numpy import optimization as op
from dlbook.numpy.gradient_descent.trees import tree_map
from dlbook.numpy.optimization.blocks import BLOCK, SMALL
from dlbook.shapes import leaves

pytestmark = pytest.mark.law

seeds = st.integers(0, 2**32 - 1)
OPTIMIZERS = [op.sgd_momentum, op.nesterov, op.adagrad, op.rmsprop, op.adadelta, op.adam, op.adamw, op.nadam, op.lion]
optimizers = pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda f: f.__name__)
EXACT = {"rtol": 1e-12, "atol": 1e-12}


def a_tree(rng, scale=1.0, dtype="float64"):
    """Draw parameters: a tuple, a dict, a matrix, a vector, a single number."""
    draw = lambda *shape: np.asarray(scale * rng.normal(size=shape), dtype)  # noqa: E731
    return (draw(3, 2), {"b": draw(4), "a": (draw(),)})


def same(ours, theirs, **tolerance):
    for (path, a), (_, b) in zip(leaves(ours), leaves(theirs), strict=True):
        np.testing.assert_allclose(a, b, err_msg=path, **(tolerance or EXACT))


def walk(optimizer, params, gradients, state=None, **options):
    for grads in gradients:
        params, state = optimizer(params, grads, state, **options)
    return params, state


@optimizers
@given(seed=seeds)
def test_nothing_is_changed_and_dtype_structure_and_layout_are_kept(optimizer, seed):
    rng = np.random.default_rng(seed)
    params, grads, more = (a_tree(rng, dtype="float32") for _ in range(3))
    params = (np.asfortranarray(params[0]), params[1])
    before = [tree_map(np.array, tree) for tree in (params, grads)]
    after, state = optimizer(params, grads, lr=0.1)
    kept = [np.array(leaf) for _, leaf in leaves(state)]
    optimizer(after, more, state, lr=0.1)
    for tree, copy in zip((params, grads), before, strict=True):
        same(tree, copy, rtol=0)
    for (_, leaf), copy in zip(leaves(state), kept, strict=True):
        np.testing.assert_array_equal(leaf, copy)
    for (path, p), (other, q) in zip(leaves(params), leaves(after), strict=True):
        assert path == other
        assert (p.shape, p.dtype) == (q.shape, q.dtype)
        assert not np.shares_memory(p, q)


@optimizers
@given(seed=seeds)
def test_the_state_makes_the_trip_through_a_copy_and_leaves_are_independent(optimizer, seed):
    rng = np.random.default_rng(seed)
    params = a_tree(rng)
    gradients = [a_tree(rng) for _ in range(6)]
    whole, _ = walk(optimizer, params, gradients, lr=0.1)
    half, state = walk(optimizer, params, gradients[:3], lr=0.1)
    again, _ = walk(optimizer, half, gradients[3:], tree_map(np.copy, state), lr=0.1)
    same(whole, again, rtol=0)
    alone, _ = walk(optimizer, params[1]["b"], [grads[1]["b"] for grads in gradients], lr=0.1)
    np.testing.assert_array_equal(alone, whole[1]["b"])


@optimizers
def test_large_arrays_are_updated_to_the_last_block(optimizer):
    rng = np.random.default_rng(0)
    length = BLOCK // 8  # of a float64
    params, gradients = rng.normal(size=length + 7), rng.normal(size=(2, length + 7))
    large, _ = walk(optimizer, params, gradients, lr=0.1)
    for i in (0, length - 1, length, length + 6):
        small, _ = walk(optimizer, params[[i]], gradients[:, [i]], lr=0.1)
        np.testing.assert_allclose(large[i], small[0], rtol=1e-14)


def a_large_tree(rng, dtype="float32"):
    """Draw parameters of which two arrays are worth overwriting, one of them longer than a block."""
    draw = lambda *shape: rng.normal(size=shape).astype(dtype)  # noqa: E731
    return (draw(3), draw(SMALL + 5), {"w": draw(BLOCK // 4 + 3, 1), "b": draw(7), "c": draw(2, 2)})


@optimizers
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_step_in_place_is_the_step_to_the_bit_and_overwrites_what_is_large(optimizer, dtype):
    rng = np.random.default_rng(0)
    start, *gradients = (a_large_tree(rng, dtype) for _ in range(4))
    kept = tree_map(np.array, start)
    params, state = walk(optimizer, start, gradients, lr=0.1, weight_decay=0.01)
    ours, own = optimizer(start, gradients[0], lr=0.1, weight_decay=0.01)
    for grads in gradients[1:]:
        before = ours, own
        ours, own = optimizer.in_place(ours, grads, own, lr=0.1, weight_decay=0.01)
        for (path, old), (_, new) in zip(leaves(before), leaves((ours, own)), strict=True):
            assert np.shares_memory(old, new) == (np.size(old) > SMALL), path
    same((ours, own), (params, state), rtol=0)
    same(start, kept, rtol=0)


def test_in_place_without_a_state_or_on_a_view_with_gaps_nothing_is_overwritten():
    rng = np.random.default_rng(0)
    wide, grads = rng.normal(size=(SMALL, 2)), rng.normal(size=SMALL + 1)
    params, kept = rng.normal(size=SMALL + 1), wide.copy()
    after, _ = op.adam.in_place(params, grads, lr=0.1)  # a first step: params may be anybody's
    assert not np.shares_memory(params, after)
    _, state = op.adam(wide.T, wide.T, lr=0.1)
    after, _ = op.adam.in_place(wide.T, wide.T, state, lr=0.1)
    np.testing.assert_array_equal(wide, kept)
    np.testing.assert_array_equal(after, op.adam(wide.T, wide.T, state, lr=0.1)[0])


def test_neighbours_of_different_dtypes_are_not_strung_together():
    rng = np.random.default_rng(0)
    params = rng.normal(size=3), rng.normal(size=4).astype(np.float32), rng.normal(size=5)
    after, state = op.adam(params, params, lr=0.1)
    assert [leaf.dtype for leaf in after] == [p.dtype for p in params]
    assert [leaf.dtype for leaf in state["exp_avg"]] == [p.dtype for p in params]


@optimizers
def test_a_rate_of_zero_is_a_fixed_point(optimizer):
    rng = np.random.default_rng(0)
    params = a_tree(rng)
    same(walk(optimizer, params, [a_tree(rng) for _ in range(3)], lr=0.0)[0], params, rtol=0)


@pytest.mark.parametrize(
    ("optimizer", "options"),
    [
        (op.sgd_momentum, {"momentum": 0.0}),
        (op.sgd_momentum, {"momentum": 0.0, "dampening": 0.5}),
        (op.nesterov, {"momentum": 0.0}),
    ],
)
@given(seed=seeds)
def test_without_momentum_all_that_remains_is_gradient_descent(optimizer, options, seed):
    rng = np.random.default_rng(seed)
    params, gradients = a_tree(rng), [a_tree(rng) for _ in range(4)]
    plain = params
    for grads in gradients:
        plain = tree_map(lambda p, g: p - 0.3 * g, plain, grads)
    same(walk(optimizer, params, gradients, lr=0.3, **options)[0], plain)


@given(seed=seeds)
def test_adamw_without_decay_is_adam(seed):
    rng = np.random.default_rng(seed)
    params, gradients = a_tree(rng), [a_tree(rng) for _ in range(4)]
    plain, _ = walk(op.adam, params, gradients, lr=0.3)
    same(walk(op.adamw, params, gradients, lr=0.3, weight_decay=0.0)[0], plain, rtol=0)


@pytest.mark.parametrize(
    ("optimizer", "options"),
    [
        (op.rmsprop, {"alpha": 0.0, "eps": 0.0}),
        (op.adam, {"betas": (0.0, 0.0), "eps": 0.0}),
        (op.lion, {"betas": (0.0, 0.0)}),
    ],
)
@given(seed=seeds)
def test_without_a_memory_a_step_is_the_sign_of_the_gradient(optimizer, options, seed):
    rng = np.random.default_rng(seed)
    params, gradients = a_tree(rng), [a_tree(rng) for _ in range(3)]
    signs = params
    for grads in gradients:
        signs = tree_map(lambda p, g: p - 0.1 * np.sign(g), signs, grads)
    same(walk(optimizer, params, gradients, lr=0.1, **options)[0], signs)


@given(seed=seeds, scale=st.sampled_from([1e-6, 1.0, 1e6]))
def test_the_first_step_of_adam_has_the_length_of_the_rate_in_every_coordinate(seed, scale):
    rng = np.random.default_rng(seed)
    params, grads = a_tree(rng), a_tree(rng, scale)
    after, _ = op.adam(params, grads, lr=0.1, eps=1e-300)
    same(after, tree_map(lambda p, g: p - 0.1 * np.sign(g), params, grads))


@pytest.mark.parametrize("optimizer", [op.adagrad, op.rmsprop, op.adam, op.adamw, op.nadam, op.lion])
@given(seed=seeds, scale=st.sampled_from([2.0**-20, 1024.0]))
def test_gradients_in_other_units_make_no_difference(optimizer, seed, scale):
    rng = np.random.default_rng(seed)
    params, gradients = a_tree(rng), [a_tree(rng) for _ in range(5)]
    scaled = [tree_map(lambda g: scale * g, grads) for grads in gradients]
    options = {"lr": 0.1} | ({} if optimizer is op.lion else {"eps": 1e-300})
    same(walk(optimizer, params, scaled, **options)[0], walk(optimizer, params, gradients, **options)[0])


def test_sgd_and_momentum_do_scale_with_the_gradients():
    params, grads = np.array([1.0]), np.array([1.0])
    for optimizer in (op.sgd_momentum, op.nesterov):
        near, far = (optimizer(params, scale * grads, lr=0.1)[0] for scale in (1.0, 10.0))
        np.testing.assert_allclose(params - far, 10 * (params - near))


@pytest.mark.parametrize("optimizer", [op.sgd_momentum, op.nesterov, op.adam, op.adamw, op.nadam, op.lion])
def test_a_memory_moves_on_where_the_ground_is_flat(optimizer):
    params, state = optimizer(np.zeros(1), np.ones(1), lr=0.1)
    after, _ = optimizer(params, np.zeros(1), state, lr=0.1)
    assert after < params < 0


def test_an_effective_step_of_momentum_is_the_rate_over_one_minus_mu():
    slope, mu = np.array([2.0]), 0.9
    params, state = walk(op.sgd_momentum, np.zeros(1), [slope] * 200, lr=0.01, momentum=mu)
    after, _ = op.sgd_momentum(params, slope, state, lr=0.01, momentum=mu)
    np.testing.assert_allclose(params - after, 0.01 / (1 - mu) * slope, rtol=1e-6)


def test_the_other_convention_of_momentum_is_the_same_while_the_rate_stays():
    # CS231n keeps the rate inside of the velocity: v <- mu v - lr g, x <- x + v.
    rng = np.random.default_rng(0)
    gradients = rng.normal(size=(8, 3))
    for rates, equal in (([0.1] * 8, True), ([0.1] * 4 + [0.01] * 4, False)):
        x, v, params, state = np.zeros(3), np.zeros(3), np.zeros(3), None
        for g, lr in zip(gradients, rates, strict=True):
            v = 0.9 * v - lr * g
            x = x + v
            params, state = op.sgd_momentum(params, g, state, lr=lr)
        assert np.allclose(x, params) == equal


def test_nesterov_in_its_own_words_is_torchs_form_at_the_point_ahead():
    # Nesterov: v <- mu v - lr grad(x + mu v), x <- x + v. The point ahead is x + mu v.
    hessian, mu, lr = np.diag([1.0, 7.0]), 0.8, 0.1
    x, v, ahead, state = np.array([2.0, -1.0]), np.zeros(2), np.array([2.0, -1.0]), None
    for _ in range(30):
        v = mu * v - lr * hessian @ (x + mu * v)
        x = x + v
        ahead, state = op.nesterov(ahead, hessian @ ahead, state, lr=lr, momentum=mu)
        np.testing.assert_allclose(ahead, x + mu * v, **EXACT)


@pytest.mark.parametrize("kappa", [2, 20, 100])
def test_the_best_heavy_ball_shrinks_the_distance_as_predicted(kappa):
    # At both ends of the spectrum the two roots coincide, and the distance goes as the step times the root's power.
    rng, root = np.random.default_rng(0), np.sqrt(kappa)
    mu, lr, half = ((root - 1) / (root + 1)) ** 2, 4 / (1 + root) ** 2, int(10 * root)
    hessian, start = np.diag(np.linspace(1, kappa, 9)), rng.normal(size=9)
    run = op.minimize(
        gd.value_and_grad(gd.quadratic), start, hessian, optimizer=op.sgd_momentum, lr=lr, momentum=mu,
        steps=2 * half, keep_path=True,
    )  # fmt: skip
    distance = np.linalg.norm(run.path, axis=1)
    assert (distance[-1] / distance[half]) ** (1 / half) == pytest.approx((root - 1) / (root + 1), rel=0.05)
    assert (distance[-1] / distance[half] / 2) ** (1 / half) == pytest.approx((root - 1) / (root + 1), rel=0.02)
    np.testing.assert_allclose(op.momentum_factor(lr, mu, [1, kappa, kappa / 2]), (root - 1) / (root + 1), rtol=1e-6)


@given(lr=st.floats(0, 1), momentum=st.floats(0, 0.99), curvature=st.floats(0, 10))
def test_the_factor_of_momentum_is_the_spectral_radius_of_the_step_matrix(lr, momentum, curvature):
    # One step on velocity and coordinate, the lines of the matrix on the page.
    matrix = np.array([[momentum, curvature], [-lr * momentum, 1 - lr * curvature]])
    expected = np.abs(np.linalg.eigvals(matrix)).max()
    assert op.momentum_factor(lr, momentum, curvature) == pytest.approx(expected, rel=1e-6, abs=1e-7)
    stable = 0 < lr * curvature < 2 * (1 + momentum)
    assert (op.momentum_factor(lr, momentum, curvature) < 1) == stable or expected == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
def test_momentum_is_stable_up_to_twice_one_plus_mu(momentum):
    limit = 2 * (1 + momentum)
    assert op.momentum_factor(1.0, momentum, limit) == pytest.approx(1)
    assert op.momentum_factor(1.0, momentum, 0.999 * limit) < 1 < op.momentum_factor(1.0, momentum, 1.001 * limit)


@pytest.mark.parametrize(("lr", "momentum", "curvature"), [(0.2, 0.0, 1.0), (0.02, 0.9, 1.0), (0.3, 0.8, 2.0)])
def test_the_noise_of_momentum_is_what_the_page_derives(lr, momentum, curvature):
    # The covariance of (velocity, coordinate) under the step matrix and unit noise, iterated until it stands still.
    matrix = np.array([[momentum, curvature], [-lr * momentum, 1 - lr * curvature]])
    noise, covariance = np.outer([1, -lr], [1, -lr]), np.zeros((2, 2))
    for _ in range(5000):
        covariance = matrix @ covariance @ matrix.T + noise
    formula = lr / (1 - momentum) * (1 + momentum) / (curvature * (2 * (1 + momentum) - lr * curvature))
    assert covariance[1, 1] == pytest.approx(formula, rel=1e-9)


@pytest.mark.parametrize("betas", [(0.9, 0.999), (0.0, 0.5)])
def test_the_corrected_means_of_a_constant_gradient_are_the_gradient_from_the_first_step_on(betas):
    slope, params, state = np.array([3.0, -0.01]), np.zeros(2), None
    for step in range(1, 30):
        params, state = op.adam(params, slope, state, lr=0.1, betas=betas, eps=1e-300)
        np.testing.assert_allclose(state["exp_avg"] / (1 - betas[0] ** step), slope, rtol=1e-12)
        np.testing.assert_allclose(state["exp_avg_sq"] / (1 - betas[1] ** step), slope**2, rtol=1e-12)
        np.testing.assert_allclose(params, -0.1 * step * np.sign(slope), rtol=1e-12)


def test_adam_walks_uphill_where_large_gradients_are_rare_and_amsgrad_does_not():
    for amsgrad, sign in ((False, 1), (True, -1)):
        place, state = np.zeros(1), None
        for gradient in [3.0, -1.0, -1.0] * 100:
            place, state = op.adam(place, np.array([gradient]), state, lr=0.01, betas=(0.0, 0.1), amsgrad=amsgrad)
        assert np.sign(place) == sign


@optimizers
def test_every_optimizer_descends_a_bowl(optimizer):
    bowl = gd.value_and_grad(gd.quadratic)
    params, hessian, state = np.array([1.0, -1.0]), np.diag([1.0, 20.0]), None
    start, _ = bowl(params, hessian)
    lr = {"adadelta": 1.0, "adagrad": 0.3}.get(optimizer.__name__, 0.01)
    for _ in range(300):
        params, state = optimizer(params, bowl(params, hessian)[1], state, lr=lr)
    assert bowl(params, hessian)[0] < 0.02 * start


@optimizers
@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((np.ones(3), np.ones(1)), {}, r"the gradient of params is float64 of shape \(1,\), expected shape \(3,\)"),
        (((np.ones(3),), (np.ones(3), np.ones(3))), {}, "grads is a tuple of 2, expected the structure of params"),
        (((np.ones(3),), {0: np.ones(3), 1: np.ones(2)}), {}, "grads is a dict of 2, expected the structure of params"),
        ((np.ones(3), np.ones(3)), {"lr": -1.0}, "lr is -1.0"),
        ((np.ones(3), np.ones(3), {"v": 1}), {}, "state is a dict of 1, expected what"),
    ],
)
def test_an_optimizer_refuses_and_says_what_it_expected(optimizer, arguments, options, message):
    with pytest.raises(ValueError, match=f"{optimizer.__name__}: {message}"):
        optimizer(*arguments, **({"lr": 0.1} | options))
    with pytest.raises(TypeError, match="params is int64 of shape"):
        optimizer(np.arange(3), np.ones(3), lr=0.1)


@optimizers
def test_the_memory_of_other_parameters_is_refused(optimizer):
    small, large, two = np.ones(2), np.ones(5), (np.ones(2), np.ones(3))
    said = rf"{optimizer.__name__}: state\['\w+'\] is .* belongs to other parameters"
    for params, others in ((small, large), (large, small), (two, (small, large)), (two, (small,)), (small, two)):
        _, state = optimizer(others, others, lr=0.1)
        with pytest.raises(ValueError, match=said):
            optimizer(params, params, state, lr=0.1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p: op.sgd_momentum(p, p, lr=1, momentum=1.0), "sgd_momentum: momentum is 1.0"),
        (lambda p: op.sgd_momentum(p, p, lr=1, dampening=-1), "sgd_momentum: dampening is -1"),
        (lambda p: op.adam(p, p, lr=1, betas=(0.9, 1.0)), r"adam: betas\[1\] is 1.0"),
        (lambda p: op.adam(p, p, lr=1, betas=0.9), "adam: betas is 0.9, expected a pair"),
        (lambda p: op.nadam(p, p, lr=1, betas=(0.9,)), r"nadam: betas is \(0.9,\), expected a pair"),
        (lambda p: op.lion(p, p, lr=1, betas=(0.9, 0.9, 0.9)), "lion: betas is"),
        (lambda p: op.adam(p, p, lr=1, eps=-1e-8), "adam: eps is -1e-08"),
        (lambda p: op.nadam(p, p, lr=1, momentum_decay=-1), "nadam: momentum_decay is -1"),
        (lambda p: op.rmsprop(p, p, lr=1, alpha=1), "rmsprop: alpha is 1"),
        (lambda p: op.adadelta(p, p, rho=-0.1), "adadelta: rho is -0.1"),
        (lambda p: op.lion(p, p, lr=1, betas=(2, 0)), r"lion: betas\[0\] is 2"),
        (lambda p: op.ema(p, decay=1.0), "ema: decay is 1.0"),
        (lambda p: op.ema(p, {"v": 1}), "ema: state is a dict of 1, expected what ema returned"),
        (lambda p: op.momentum_factor(1, 1, [1]), "momentum_factor: momentum is 1"),
        (lambda p: op.clip_norm(p, 0.0), "clip_norm: max_norm is 0.0"),
        (lambda p: op.clip_value(p, -1), "clip_value: max_value is -1"),
        (lambda p: op.clipped(op.adam), "clipped: max_norm and max_value are None"),
    ],
)
def test_an_option_outside_its_range_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(np.ones(2))
