"""Dense prediction: overlaps, kernels that are equal, networks, regions, ratios and boxes."""

import inspect
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
from dlbook.numpy.deep_networks import relu
from dlbook.numpy.gradient_descent.trees import tree_map
from dlbook.numpy.linear_classifiers import cross_entropy
from dlbook.numpy.optimization import optimize

pytestmark = pytest.mark.law

seeds = st.integers(0, 2**32 - 1)
TIGHT = {"rtol": 1e-10, "atol": 1e-10}
FUNCTIONS = [name for name in dp.__all__ if inspect.isfunction(getattr(dp, name))]


def scored(rng, n=2, k=3, h=5, w=6):
    return rng.normal(size=(n, k, h, w)), rng.integers(0, k, (n, h, w))


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
    cost, grads = dp.dense_objective(network, cross_entropy, label_smoothing=0.1)(params, x, target)
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
    theirs, loops = import_module("dlbook.torch.dense_prediction"), import_module("dlbook.torch.optimization")
    rng = np.random.default_rng(7)
    x, depth = rng.normal(size=(8, 1, 4, 6)), rng.uniform(1, 9, (8, 1, 4, 6))
    options = {"lr": 0.01, "batch_size": 4, "epochs": 3}
    runs = []
    for half, loop, convert in ((dp, optimize, np.array), (theirs, loops.optimize, torch.tensor)):
        cost = half.dense_objective(half.unet, half.scale_invariant_log_loss, lam=0.5)
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


# -------------------------------------------------------------------------------------------- regions and borders


@given(seed=seeds)
def test_the_regions_are_compared_as_sets(seed):
    rng = np.random.default_rng(seed)
    scores, target = scored(rng)
    drawn = scores.argmax(axis=1)
    iou = dp.class_iou(scores, target)
    for k in range(3):
        both, either = ((drawn == k) & (target == k)).sum(), ((drawn == k) | (target == k)).sum()
        assert iou[k] == pytest.approx(both / either) if either else np.isnan(iou[k])
        dice = 2 * both / max(1, (drawn == k).sum() + (target == k).sum())
        if either:  # eq-dice-iou
            assert dice == pytest.approx(2 * iou[k] / (1 + iou[k]))
    assert dp.mean_iou(scores, target) == pytest.approx(np.nanmean(iou))
    assert dp.pixel_accuracy(scores, target) == pytest.approx((drawn == target).mean())
    exact = np.moveaxis(np.eye(3)[target], -1, 1)
    assert dp.mean_iou(exact, target) == dp.pixel_accuracy(exact, target) == 1
    ignored = np.where(rng.random(target.shape) < 0.3, 255, target)
    ignored.flat[0] = target.flat[0]
    kept = ignored != 255
    assert dp.pixel_accuracy(scores, ignored, ignore_index=255) == pytest.approx((drawn == target)[kept].mean())


@given(seed=seeds, width=st.integers(1, 2))
def test_the_band_is_where_the_window_is_not_of_one_class(seed, width):
    rng = np.random.default_rng(seed)
    target = np.repeat(np.repeat(rng.integers(0, 3, (2, 2, 2)), 3, axis=1), 4, axis=2)
    band = dp.boundary_band(target, width=width)
    for n, i, j in np.ndindex(target.shape):
        window = target[n, max(0, i - width) : i + width + 1, max(0, j - width) : j + width + 1]
        assert band[n, i, j] == (window.min() != window.max())
    if band.any():
        scores = rng.normal(size=(2, 3, 6, 8))
        wrong = scores.argmax(axis=1) != target
        assert dp.boundary_error(scores, target, width=width) == pytest.approx(wrong[band].mean())
        exact = np.moveaxis(np.eye(3)[target], -1, 1)
        assert dp.boundary_error(exact, target) == 0
        assert dp.boundary_f_score(exact, target, tolerance=0) == 1


def test_a_border_that_is_one_pixel_off_is_forgiven_by_a_tolerance_of_one():
    target = np.zeros((1, 8, 8), int)
    target[:, :, 4:] = 1
    moved = np.roll(target, 1, axis=2)
    moved[:, :, 0] = 0
    scores = np.moveaxis(np.eye(2)[moved], -1, 1)
    assert dp.boundary_f_score(scores, target, tolerance=1) == 1
    assert dp.boundary_f_score(scores, target, tolerance=0) == 0
    assert dp.boundary_error(scores, target) == 0.5


# -------------------------------------------------------------------------------------------------------- depths


@given(seed=seeds, masked=st.booleans())
def test_a_common_factor_is_the_difference_of_the_two_errors(seed, masked):
    rng = np.random.default_rng(seed)
    y, z = rng.normal(size=(3, 4, 5)), rng.uniform(1, 9, (3, 4, 5))
    mask = (np.arange(20).reshape(4, 5) + rng.integers(0, 3, (3, 1, 1))) % 3 > 0 if masked else None
    kept = np.ones(z.shape, bool) if mask is None else mask
    rest = [(y - np.log(z))[n][kept[n]] for n in range(3)]
    expected = np.sqrt(np.mean([d.var() for d in rest]))
    assert dp.scale_invariant_error(y, z, mask) == pytest.approx(expected, rel=1e-10)
    shifted = y + rng.normal(size=(3, 1, 1))
    assert dp.scale_invariant_error(shifted, z, mask) == pytest.approx(expected, rel=1e-9)
    assert dp.rmse_log(y, z, mask) == pytest.approx(np.sqrt(np.mean(np.concatenate(rest) ** 2)), rel=1e-10)
    near = np.mean(abs(np.concatenate(rest)) < np.log(1.25))
    assert dp.delta_accuracy(y, z, mask) == pytest.approx(near)
    assert dp.scale_invariant_log_loss(y, z, mask, lam=1.0) == pytest.approx(expected**2, rel=1e-9)
    if not masked:  # eq-two-errors
        aligned = solved.aligned_log_depth(y, z)
        assert dp.rmse_log(aligned, z) == pytest.approx(dp.scale_invariant_error(y, z), rel=1e-10)
        means = np.array([d.mean() for d in rest])
        assert dp.rmse_log(y, z) ** 2 == pytest.approx(expected**2 + (means**2).mean(), rel=1e-10)


# --------------------------------------------------------------------------------------------------------- boxes


@st.composite
def boxes(draw, count):
    rng = np.random.default_rng(draw(seeds))
    corner = rng.integers(0, 6, (count, 2)).astype(float)
    return np.concatenate([corner, corner + rng.integers(0, 5, (count, 2))], axis=1)


@given(first=boxes(4), second=boxes(3))
def test_boxes_overlap_as_their_pixels_do(first, second):
    iou = dp.box_iou(first, second)
    row, column = np.mgrid[:12, :12]
    for (m, a), (n, b) in ((p, q) for p in enumerate(first) for q in enumerate(second)):
        x, y = (
            (column >= box[0]) & (column < box[2]) & (row >= box[1]) & (row < box[3]) for box in (a, b)
        )
        assert iou[m, n] == pytest.approx((x & y).sum() / max(1, (x | y).sum()))


@given(found=boxes(8), seed=seeds, threshold=st.sampled_from((0.0, 0.3, 1.0)))
def test_of_the_boxes_that_stay_no_two_overlap_too_much_and_each_that_goes_has_a_better_one(found, seed, threshold):
    scores = np.random.default_rng(seed).random(8)
    kept = dp.nms(found, scores, iou_threshold=threshold)
    overlap = dp.box_iou(found, found)
    assert (np.diff(scores[kept]) <= 0).all()
    assert (overlap[np.ix_(kept, kept)][~np.eye(len(kept), dtype=bool)] <= threshold).all()
    for gone in set(range(8)) - set(kept.tolist()):
        assert any(overlap[gone, k] > threshold and scores[k] >= scores[gone] for k in kept)


def test_the_example_on_the_page_by_hand():
    truth = np.array([[0.0, 0, 4, 4], [6, 0, 10, 4], [0, 6, 4, 10]])
    found = np.array([[0.0, 0, 4, 4], [1, 0, 5, 4], [6, 1, 10, 5], [20, 20, 24, 24]])
    scores = np.array([0.9, 0.8, 0.7, 0.6])
    hits = dp.match_boxes(found, scores, truth)
    np.testing.assert_array_equal(hits, [True, False, True, False])  # the second finds the first box again
    assert dp.detection_average_precision(scores, hits, 3) == pytest.approx((1 + 2 / 3) / 3)
    np.testing.assert_array_equal(dp.nms(found, scores, iou_threshold=0.5), [0, 2, 3])


# ------------------------------------------------------------------------------------------------- both halves


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_halves_have_the_same_names_parameters_and_defaults(name):
    pytest.importorskip("torch")
    halves = dp, import_module("dlbook.torch.dense_prediction")
    signatures = [inspect.signature(getattr(half, name)).parameters.values() for half in halves]
    mine, yours = ([(p.name, p.kind, getattr(p.default, "__name__", p.default)) for p in s] for s in signatures)
    assert mine == yours


@given(seed=seeds, first=boxes(5), second=boxes(3))
def test_both_halves_measure_the_same(seed, first, second):
    torch = pytest.importorskip("torch")
    theirs = import_module("dlbook.torch.dense_prediction")
    rng = np.random.default_rng(seed)
    scores, target = scored(rng)
    y, z, mask = rng.normal(size=(2, 9)), rng.uniform(1, 5, (2, 9)), np.arange(18).reshape(2, 9) % 4 > 0
    confidence, weight = rng.random(5), rng.normal(size=(8, 2, 3, 3))
    calls = [
        *[(name, (scores, target), {}) for name in ("pixel_accuracy", "class_iou", "mean_iou", "boundary_error",
                                                    "boundary_f_score")],
        ("boundary_band", (target,), {"width": 2}),
        *[(name, (y, z, *m), {}) for name in ("rmse_log", "scale_invariant_error", "delta_accuracy")
          for m in ((), (mask,))],
        ("box_iou", (first, second), {}),
        ("nms", (first, confidence), {"iou_threshold": 0.2}),
        ("match_boxes", (first, confidence, second), {"iou_threshold": 0.3}),
        ("detection_average_precision", (confidence, confidence > 0.5, 5), {}),
        ("phase_sums", (weight,), {"stride": (2, 3)}),
        ("sub_pixel_kernel", (weight,), {"upscale_factor": 2}),
    ]  # fmt: skip
    for name, args, options in calls:
        mine = getattr(dp, name)(*args, **options)
        other = getattr(theirs, name)(*(torch.tensor(a) if isinstance(a, np.ndarray) else a for a in args), **options)
        np.testing.assert_allclose(np.asarray(other), mine, rtol=1e-9, atol=1e-12, err_msg=name)
    np.testing.assert_array_equal(
        dp.overlap_counts(5, 3, stride=2, padding=1), theirs.overlap_counts(5, 3, stride=2, padding=1).numpy()
    )
    np.testing.assert_array_equal(dp.bilinear_kernel(3), theirs.bilinear_kernel(3).numpy())


RNG = np.random.default_rng(0)
SCORES, TARGET = np.zeros((1, 2, 3, 3)), np.zeros((1, 3, 3), int)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda half, a: half.overlap_counts(4, 0, stride=1), "kernel_size"),
        (lambda half, a: half.bilinear_kernel(0), "factor"),
        (lambda half, a: half.phase_sums(a(np.ones((1, 1, 2, 2))), stride=0), "stride"),
        (lambda half, a: half.sub_pixel_kernel(a(np.ones((3, 1, 2, 2))), upscale_factor=2), "sub_pixel_kernel"),
        (lambda half, a: half.pixel_accuracy(a(SCORES), a(TARGET[:, :2])), "pixel_accuracy"),
        (lambda half, a: half.mean_iou(a(SCORES), a(TARGET + 5), ignore_index=5), "no pixel counts"),
        (lambda half, a: half.boundary_error(a(SCORES), a(TARGET)), "no border"),
        (lambda half, a: half.boundary_f_score(a(SCORES), a(TARGET)), "no border"),
        (lambda half, a: half.boundary_band(a(TARGET[0])), "expected"),
        (lambda half, a: half.boundary_band(a(TARGET), width=0), "width"),
        (lambda half, a: half.rmse_log(a(np.ones((1, 2))), a(np.array([[1.0, 0.0]]))), "above 0"),
        (lambda half, a: half.delta_accuracy(a(np.ones((1, 2))), a(np.ones((1, 2))), threshold=1.0), "threshold"),
        (lambda half, a: half.box_iou(a(np.ones((1, 3))), a(np.ones((1, 4)))), "boxes1"),
        (lambda half, a: half.nms(a(np.array([[1.0, 0, 0, 1]])), a(np.ones(1)), iou_threshold=0.5), "ends before"),
        (lambda half, a: half.nms(a(np.ones((1, 4))), a(np.ones(2)), iou_threshold=0.5), "scores"),
        (lambda half, a: half.detection_average_precision(a(np.ones(2)), a(np.ones(2, bool)), 1), "truths"),
        (lambda half, a: half.init_unet(3, (), 2, np.random.default_rng(0)), "at least one level"),
        (lambda half, a: half.init_unet(3, (4,), 2, 0), "rng"),
        (lambda half, a: half.init_fcn(3, (4,), 2, np.random.default_rng(0), heads=2), "heads is 2"),
        (lambda half, a: half.max_pool2d_indices(a(np.ones((1, 1, 2, 2))), kernel_size=0), "kernel_size"),
    ],
)
def test_what_makes_no_sense_is_refused(call, match):
    torch = pytest.importorskip("torch")
    for half, convert in ((dp, np.array), (import_module("dlbook.torch.dense_prediction"), torch.tensor)):
        with pytest.raises((ValueError, TypeError), match=match):
            call(half, convert)
