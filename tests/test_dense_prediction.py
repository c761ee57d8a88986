"""Dense prediction: overlaps, kernels that are equal, and the lines of the networks."""

from functools import partial
from importlib import import_module

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlbook import vjp
from dlbook.exercises.solutions import dense_prediction as solved
from dlbook.laws.operations.convolution.pooling import pooled
from dlbook.laws.operations.convolution.transposed import transposed
from dlbook.numpy import dense_prediction as dp
from dlbook.numpy.convolution import conv2d, conv_transpose2d, filter_matrix, interpolate, layer, max_pool2d
from dlbook.numpy.deep_networks import network_objective, relu
from dlbook.numpy.gradient_descent.trees import tree_map
from dlbook.numpy.linear_classifiers import cross_entropy
from dlbook.numpy.optimization import optimize

pytestmark = pytest.mark.law

seeds = st.integers(0, 2**32 - 1)
TIGHT = {"rtol": 1e-10, "atol": 1e-10}


# ------------------------------------------------------------------------------------ painting, and painting evenly


@given(example=transposed(), seed=seeds)
def test_the_inner_product_of_the_way_up_is_that_of_the_way_down(example, seed):
    rng = np.random.default_rng(seed)
    x, weight = (rng.normal(size=a.shape) for a in example.args[:2])
    y, pullback = vjp(conv_transpose2d, x, weight, **example.options)
    dy = rng.normal(size=y.shape)
    dx, dweight, *_ = pullback(dy)
    size = np.vdot(abs(y), abs(dy)) + 1e-3
    assert abs(np.vdot(y, dy) - np.vdot(x, dx)) <= 1e-12 * size
    assert abs(np.vdot(y, dy) - np.vdot(weight, dweight)) <= 1e-12 * size


@given(seed=seeds, stride=st.integers(1, 3), padding=st.integers(0, 1))
def test_a_transposed_convolution_is_multiplication_by_the_transposed_matrix(seed, stride, padding):
    rng = np.random.default_rng(seed)
    weight = rng.normal(size=(2, 3, 3, 2))
    matrix = filter_matrix(weight, size=(5, 6), stride=stride, padding=padding)
    small = conv2d(np.zeros((1, 3, 5, 6)), weight, stride=stride, padding=padding).shape
    x = rng.normal(size=small)
    lost = tuple((n + 2 * padding - k) % stride for n, k in ((5, 3), (6, 2)))
    y = conv_transpose2d(x, weight, stride=stride, padding=padding, output_padding=lost)
    np.testing.assert_allclose(y.ravel(), matrix.T @ x.ravel(), **TIGHT)


@given(size=st.integers(1, 9), kernel=st.integers(1, 8), stride=st.integers(1, 5), padding=st.integers(0, 2))
def test_the_counts_are_a_transposed_convolution_of_ones(size, kernel, stride, padding):
    if (size - 1) * stride + kernel - 2 * padding < 1:
        with pytest.raises(ValueError, match="at least 1"):
            dp.overlap_counts(size, kernel, stride=stride, padding=padding)
        return
    ones = np.ones((1, 1, 1, size)), np.ones((1, 1, 1, kernel))
    painted = conv_transpose2d(*ones, stride=(1, stride), padding=(0, padding))[0, 0, 0]
    np.testing.assert_array_equal(dp.overlap_counts(size, kernel, stride=stride, padding=padding), painted)
    if not padding:
        assert painted.sum() == size * kernel


@pytest.mark.parametrize("kernel", range(1, 9))
@pytest.mark.parametrize("stride", range(1, 6))
def test_overlap_is_even_if_and_only_if_the_stride_divides_the_kernel(kernel, stride):
    inner = dp.overlap_counts(30, kernel, stride=stride)[kernel:-kernel]
    assert (np.ptp(inner) == 0) == (kernel % stride == 0)
    assert set(inner) <= {kernel // stride, -(-kernel // stride)}
    period = inner[:stride]
    assert period.sum() == kernel  # eq-overlap-counts: a kernel's taps are shared out among the phases
    assert (period == kernel // stride + 1).sum() == kernel % stride or not kernel % stride


@given(seed=seeds, kernel=st.integers(1, 5), stride=st.integers(1, 3))
def test_a_constant_image_comes_out_as_the_sums_of_the_phases(seed, kernel, stride):
    rng = np.random.default_rng(seed)
    weight = rng.normal(size=(2, 3, kernel, kernel))
    sums = dp.phase_sums(weight, stride=stride)
    image = np.broadcast_to(np.array([2.0, -1.0])[:, None, None], (1, 2, 9, 9)).copy()
    y = conv_transpose2d(image, weight, stride=stride)
    start = -(-kernel // stride) * stride
    inside = y[0, :, start : start + stride, start : start + stride]
    np.testing.assert_allclose(inside, 2 * sums[0] - sums[1], **TIGHT)


@given(seed=seeds, factor=st.integers(1, 4), kernel=st.sampled_from((1, 3)))
def test_resizing_and_convolving_is_a_transposed_convolution_whose_phases_agree(seed, factor, kernel):
    rng = np.random.default_rng(seed)
    x, weight = rng.normal(size=(1, 2, 4, 5)), rng.normal(size=(3, 2, kernel, kernel))
    grown = conv2d(interpolate(x, scale_factor=float(factor)), weight, padding=kernel // 2)
    box = np.ones((1, 1, factor, factor))
    turned = weight.swapaxes(0, 1)[..., ::-1, ::-1].reshape(6, 1, kernel, kernel)
    whole = conv2d(np.pad(turned, [(0, 0), (0, 0), *[(factor - 1, factor - 1)] * 2]), box)
    whole = whole.reshape(2, 3, kernel + factor - 1, kernel + factor - 1)
    np.testing.assert_allclose(conv_transpose2d(x, whole, stride=factor, padding=kernel // 2), grown, **TIGHT)
    sums = dp.phase_sums(whole, stride=factor)
    np.testing.assert_allclose(sums, np.broadcast_to(sums[..., :1, :1], sums.shape), **TIGHT)


@given(seed=seeds, factor=st.integers(1, 5))
def test_the_bilinear_kernel_interpolates_and_paints_evenly(seed, factor):
    x = np.random.default_rng(seed).normal(size=(1, 2, 4, 5))
    weight = dp.bilinear_kernel(factor, channels=2)
    k = weight.shape[2]
    y = conv_transpose2d(x, weight, stride=factor, padding=(k - factor) // 2, groups=2)
    inside = (..., slice(factor, -factor), slice(factor, -factor))
    np.testing.assert_allclose(y[inside], interpolate(x, scale_factor=float(factor), mode="bilinear")[inside], **TIGHT)
    np.testing.assert_allclose(dp.phase_sums(weight, stride=factor), 1, rtol=1e-12)


@given(seed=seeds, factor=st.integers(1, 3), kernel=st.integers(1, 3), data=st.data())
def test_a_convolution_with_pixel_shuffle_is_a_transposed_convolution(seed, factor, kernel, data):
    rng = np.random.default_rng(seed)
    padding = data.draw(st.integers(0, kernel - 1))
    x, weight = rng.normal(size=(2, 3, 4, 5)), rng.normal(size=(2 * factor**2, 3, kernel, kernel))
    shuffled = dp.pixel_shuffle(conv2d(x, weight, padding=padding), upscale_factor=factor)
    painted = conv_transpose2d(
        x, dp.sub_pixel_kernel(weight, upscale_factor=factor), stride=factor, padding=factor * (kernel - 1 - padding)
    )
    np.testing.assert_allclose(painted, shuffled, **TIGHT)


@given(seed=seeds, factor=st.integers(1, 3))
def test_the_solutions_shuffle_alike_and_begin_without_a_pattern(seed, factor):
    rng = np.random.default_rng(seed)
    x, weight = rng.normal(size=(2, 2 * factor**2, 3, 4)), rng.normal(size=(2, 3, 3, 3))
    y, pullback = vjp(dp.pixel_shuffle, x, upscale_factor=factor)
    mine, my_pullback = vjp(solved.pixel_shuffle, x, upscale_factor=factor)
    np.testing.assert_array_equal(mine, y)
    np.testing.assert_array_equal(my_pullback(y)[0], pullback(y)[0])
    image = rng.normal(size=(1, 3, 4, 4))
    start = solved.icnr_kernel(weight, upscale_factor=factor)
    shuffled = dp.pixel_shuffle(conv2d(image, start, padding=1), upscale_factor=factor)
    nearest = interpolate(conv2d(image, weight, padding=1), scale_factor=float(factor))
    np.testing.assert_allclose(shuffled, nearest, **TIGHT)
    assert solved.even_pairs(range(1, 7), range(1, 4)) == [(k, s) for k in range(1, 7) for s in (1, 2, 3) if k % s == 0]


@given(example=pooled(dilations=(1, 2)))
def test_the_places_of_the_maxima_hold_the_maxima_and_are_those_of_pytorch(example):
    (x,) = example.args
    indices = dp.max_pool2d_indices(x, **example.options)
    lines = (a.reshape(*x.shape[:2], -1) for a in (x, indices))
    y = max_pool2d(x, **example.options)
    np.testing.assert_array_equal(np.take_along_axis(*lines, axis=2), y.reshape(*x.shape[:2], -1))
    torch = pytest.importorskip("torch")
    theirs = import_module("dlbook.torch.dense_prediction")
    np.testing.assert_array_equal(indices, theirs.max_pool2d_indices(torch.from_numpy(x), **example.options).numpy())


# ----------------------------------------------------------------------------------------------------- the networks


def test_the_network_is_its_lines_with_and_without_skips():
    rng = np.random.default_rng(4)
    x = rng.normal(size=(2, 3, 7, 6))
    for skip in (True, False):
        down, (((wide, bias), mix),), head = params = dp.init_unet(3, (4, 5), 2, rng, skip=skip, dtype="float64")
        fine = relu(conv2d(x, *down[0], padding=1))
        coarse = relu(conv2d(max_pool2d(fine, kernel_size=2), *down[1], padding=1))
        h = conv_transpose2d(coarse, wide, bias, stride=2, output_padding=(1, 0))
        h = np.concatenate([fine, h], axis=1) if skip else h
        y = conv2d(relu(conv2d(h, *mix, padding=1)), *head)
        np.testing.assert_allclose(dp.unet(x, params, skip=skip), y, rtol=1e-12, atol=1e-12)


def test_a_network_of_scores_is_its_lines():
    rng = np.random.default_rng(5)
    x = rng.normal(size=(2, 3, 8, 5))
    down, heads = params = dp.init_fcn(3, (4, 5, 6), 2, rng, heads=2, dtype="float64")
    maps = [relu(conv2d(x, *down[0], padding=1))]
    for one in down[1:]:
        maps.append(relu(conv2d(max_pool2d(maps[-1], kernel_size=2), *one, padding=1)))
    s = interpolate(conv2d(maps[2], *heads[0]), size=(4, 2), mode="bilinear") + conv2d(maps[1], *heads[1])
    np.testing.assert_allclose(dp.fcn(x, params), interpolate(s, size=(8, 5), mode="bilinear"), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("network", [dp.unet, dp.fcn, layer(dp.unet, skip=False)], ids=["unet", "fcn", "plain"])
def test_the_objective_is_the_loss_of_the_answer(network):
    rng = np.random.default_rng(6)
    x, target = rng.normal(size=(2, 1, 4, 4)), rng.integers(0, 3, (2, 4, 4))
    init = dp.init_fcn if network is dp.fcn else partial(dp.init_unet, skip=network is dp.unet)
    drawn = init(1, (2, 3), 3, rng, dtype="float64")
    params = tree_map(lambda a: a if a.ndim > 1 else rng.normal(size=a.shape), drawn)  # no unit sits at its kink
    cost, grads = network_objective(network, cross_entropy, label_smoothing=0.1)(params, x, target)
    assert cost == pytest.approx(cross_entropy(network(x, params), target, label_smoothing=0.1), rel=1e-12)
    steps = tree_map(lambda a: rng.normal(size=a.shape), params)

    def along(t):
        moved = tree_map(lambda p, d: p + t * d, params, steps)
        return cross_entropy(network(x, moved), target, label_smoothing=0.1)

    inner = []
    tree_map(lambda g, d: inner.append(np.vdot(g, d)) or g, grads, steps)
    assert (along(1e-6) - along(-1e-6)) / 2e-6 == pytest.approx(sum(inner), rel=1e-5)


def test_both_halves_train_alike():
    torch = pytest.importorskip("torch")
    theirs, networks, loops = (
        import_module(f"dlbook.torch.{name}") for name in ("dense_prediction", "deep_networks", "optimization")
    )
    rng = np.random.default_rng(7)
    x, depth = rng.normal(size=(8, 1, 4, 6)), rng.uniform(1, 9, (8, 1, 4, 6))
    options = {"lr": 0.01, "batch_size": 4, "epochs": 3}
    runs = []
    for half, objective, loop, convert in (
        (dp, network_objective, optimize, np.array),
        (theirs, networks.network_objective, loops.optimize, torch.tensor),
    ):
        cost = objective(half.unet, half.scale_invariant_log_loss, lam=0.5)
        params = half.init_unet(1, (2, 3), 1, np.random.default_rng(0), dtype="float64")
        runs.append(loop(cost, params, (convert(x), convert(depth)), rng=np.random.default_rng(1), **options))
    np.testing.assert_allclose(runs[0].values, runs[1].values.numpy(), rtol=1e-8)
    tree_map(lambda a, b: np.testing.assert_allclose(a, np.asarray(b), rtol=1e-7, atol=1e-10) or a,
             runs[0].params, runs[1].params)  # fmt: skip


def test_the_first_weights_have_the_variance_that_their_inputs_ask_for():
    (down, up, head), rng = dp.init_unet(20, (64, 80), 30, np.random.default_rng(0), dtype="float64"), None
    assert rng is None
    assert down[1][0].var() == pytest.approx(2 / (64 * 9), rel=0.03)
    assert up[0][0][0].var() == pytest.approx(1 / 80, rel=0.03)  # with stride two a place sees one tap of each channel
    assert up[0][1][0].var() == pytest.approx(2 / (128 * 9), rel=0.03)
    assert head[0].var() == pytest.approx(1 / 64, rel=0.1)
