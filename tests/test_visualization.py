"""What a ConvNet has learnt: each line of the derivations, what the methods promise, and their twins."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlbook import vjp
from dlbook.exercises.solutions import visualization as solved
from dlbook.numpy import visualization as vis
from dlbook.numpy.convolution import Field, convnet, feature_maps, init_convnet, interpolate, receptive_field
from dlbook.numpy.deep_networks import init_mlp, mlp, relu
from dlbook.numpy.linear_classifiers import linear

pytestmark = pytest.mark.law

seeds = st.integers(0, 2**32 - 1)
TIGHT = {"rtol": 1e-10, "atol": 1e-12}


def network(seed, average=True, bias=0.3, side=8):
    """Draw a small network, images for it, and classes to ask about."""
    rng = np.random.default_rng(seed)
    params = init_convnet((2, side, side), (3, 4), 3, rng, average=average, dtype="float64")
    params = tuple((w, bias * rng.normal(size=b.shape)) for w, b in params)
    return rng, rng.normal(size=(2, 2, side, side)), np.array([2, 0]), params


# ------------------------------------------------------------------------------------------------- the gradient


@given(seed=seeds)
def test_the_saliency_of_a_linear_model_is_the_template_whatever_the_input(seed):
    rng = np.random.default_rng(seed)
    x, weight, bias = rng.normal(size=(4, 5)), rng.normal(size=(3, 5)), rng.normal(size=3)
    target = rng.integers(0, 3, 4)
    np.testing.assert_array_equal(vis.saliency(linear, x, target, weight, bias), weight[target])


@given(seed=seeds)
def test_the_saliency_is_the_slope_of_the_score(seed):
    rng, x, target, params = network(seed)
    u, h = rng.normal(size=x.shape), 1e-6
    ends = [convnet(x + s * h * u, params, average=True)[np.arange(2), target] for s in (1, -1)]
    slope = (vis.saliency(convnet, x, target, params, average=True) * u).sum(axis=(1, 2, 3))
    np.testing.assert_allclose((ends[0] - ends[1]) / (2 * h), slope, rtol=1e-4, atol=1e-5)


def test_smoothing_does_nothing_to_a_linear_model_and_without_noise():
    rng, x, target, params = network(0)
    weight = rng.normal(size=(3, x[0].size))
    flat = x.reshape(2, -1)
    smooth = vis.smooth_grad(linear, flat, target, weight, sigma=2.0, samples=3, rng=rng)
    np.testing.assert_allclose(smooth, weight[target], **TIGHT)
    still = vis.smooth_grad(convnet, x, target, params, sigma=0.0, samples=2, rng=rng, average=True)
    np.testing.assert_allclose(still, vis.saliency(convnet, x, target, params, average=True), **TIGHT)


# ------------------------------------------------------------------------------------------ integrated gradients


@given(seed=seeds)
def test_integrated_gradients_add_up_to_the_difference_of_scores_with_an_error_of_second_order(seed):
    rng = np.random.default_rng(seed)
    params = init_mlp([4, 6, 3], rng, dtype="float64")
    x, target = rng.normal(size=(3, 4)), rng.integers(0, 3, 3)
    baseline = rng.normal(size=4)
    ends = [mlp(p, params, activation="tanh")[np.arange(3), target] for p in (x, np.tile(baseline, (3, 1)))]
    gaps = [
        np.abs(
            vis.integrated_gradients(mlp, x, target, params, baseline=baseline, steps=m, activation="tanh").sum(axis=1)
            - (ends[0] - ends[1])
        ).max()
        for m in (16, 32, 64)
    ]
    assert gaps[2] <= 1e-3
    assert gaps[2] <= gaps[0] / 8 + 1e-7  # a sixteenth, as the middles of the intervals promise


@given(seed=seeds)
def test_without_biases_and_from_zero_one_step_is_exact_and_gives_the_gradient_times_the_input(seed):
    _, x, target, params = network(seed, bias=0.0)
    exact = vis.integrated_gradients(convnet, x, target, params, steps=1, average=True)
    np.testing.assert_allclose(exact, x * vis.saliency(convnet, x, target, params, average=True), **TIGHT)
    scores = convnet(x, params, average=True)[np.arange(2), target]
    np.testing.assert_allclose(exact.sum(axis=(1, 2, 3)), scores, rtol=1e-9, atol=1e-12)


@given(seed=seeds)
def test_what_does_not_enter_and_what_does_not_differ_gets_nothing(seed):
    rng, x, target, params = network(seed)
    blind = ((params[0][0] * np.array([1.0, 0.0])[:, None, None], params[0][1]), *params[1:])  # the second channel
    maps = vis.integrated_gradients(convnet, x, target, blind, steps=3, average=True)
    assert (maps[:, 1] == 0).all()
    baseline = x[0].copy()
    baseline[:, 2:] = rng.normal(size=baseline[:, 2:].shape)
    maps = vis.integrated_gradients(convnet, x[:1], target[:1], params, baseline=baseline, steps=3, average=True)
    assert (maps[:, :, :2] == 0).all()


def test_the_gradient_of_a_saturated_unit_is_zero_and_its_integrated_gradient_is_not():
    weight = ((np.array([[-1.0]]), np.array([1.0])), (np.array([[-1.0]]), np.array([1.0])))  # 1 - max(0, 1 - x)
    x, target = np.array([[2.0]]), np.array([0])
    assert vis.saliency(mlp, x, target, weight)[0, 0] == 0
    assert vis.integrated_gradients(mlp, x, target, weight, steps=64)[0, 0] == pytest.approx(1.0)


@given(seed=seeds)
def test_the_readers_integrated_gradients_are_the_books(seed):
    _, x, target, params = network(seed)
    ours, theirs = (
        f(convnet, x, target, params, steps=5, baseline=0.2, average=True)
        for f in (vis.integrated_gradients, solved.integrated_gradients)
    )
    np.testing.assert_allclose(ours, theirs, **TIGHT)


# ----------------------------------------------------------------------------------------------------- the rules


@given(seed=seeds, average=st.booleans())
def test_by_the_first_rule_the_way_back_is_the_gradient(seed, average):
    _, x, target, params = network(seed, average)
    maps = vis.guided_saliency(x, target, params, rule="gradient", average=average)
    np.testing.assert_allclose(maps, vis.saliency(convnet, x, target, params, average=average), **TIGHT)


@given(seed=seeds)
def test_the_guided_rule_is_the_gradient_masked_by_its_own_sign_and_is_not_linear(seed):
    rng = np.random.default_rng(seed)
    x, dy = rng.normal(size=(2, 20))
    _, pullback = vjp(relu, x)
    guided = vis.relu_backward(x, dy)
    np.testing.assert_array_equal(guided, pullback(dy)[0] * (dy > 0))
    np.testing.assert_array_equal(guided, vis.relu_backward(x, vis.relu_backward(x, dy, rule="deconvnet")))
    np.testing.assert_array_equal(vis.relu_backward(x, dy, rule="deconvnet"), relu(dy))
    both = guided + vis.relu_backward(x, -dy)
    np.testing.assert_array_equal(both, np.where(x > 0, np.abs(dy), 0))  # a linear function would give 0


@given(seed=seeds)
def test_no_network_of_positive_weights_shows_a_difference_between_gradient_and_guide(seed):
    _, x, target, params = network(seed)
    positive = tuple((np.abs(w), b) for w, b in params)
    maps = [vis.guided_saliency(x, target, positive, rule=rule, average=True) for rule in ("gradient", "guided")]
    np.testing.assert_allclose(maps[0], maps[1], **TIGHT)


@given(seed=seeds)
def test_what_the_guide_brings_to_the_first_layer_is_never_negative(seed):
    _, x, target, params = network(seed)
    h = feature_maps(x, params[:1])
    first = (np.eye(2)[:, :, None, None], np.zeros(2))  # a first layer that changes nothing shows what arrives
    second = (params[1][0][:, :2], params[1][1])
    maps = vis.guided_saliency(np.abs(x), target, (first, second, params[2]), average=True)
    assert h.min() >= 0
    assert maps.min() >= 0


# ----------------------------------------------------------------------------------------------------- occlusion


@given(seed=seeds, size=st.integers(1, 4), stride=st.integers(1, 3))
def test_for_a_linear_model_a_square_costs_the_sum_of_its_products(seed, size, stride):
    rng = np.random.default_rng(seed)
    x, weight, bias = rng.normal(size=(2, 2, 5, 6)), rng.normal(size=(3, 60)), rng.normal(size=3)
    target, fill = np.array([1, 2]), np.array([0.5, -1.0])
    lost = vis.occlusion_map(convnet, x, target, ((weight, bias),), size=size, stride=stride, fill=fill)
    products = weight[target].reshape(x.shape) * (x - fill[:, None, None])
    for p, q in np.ndindex(lost.shape[1:]):
        window = (..., slice(p * stride, p * stride + size), slice(q * stride, q * stride + size))
        np.testing.assert_allclose(lost[:, p, q], products[window].sum(axis=(1, 2, 3)), **TIGHT)


def test_covering_one_pixel_by_a_little_less_of_itself_is_a_difference_quotient():
    _, x, target, params = network(4)
    h = 1e-6
    for c, i, j in ((0, 3, 4), (1, 0, 7)):
        moved = x.copy()
        moved[:, c, i, j] -= h
        ends = [convnet(a, params, average=True)[np.arange(2), target] for a in (x, moved)]
        slope = vis.saliency(convnet, x, target, params, average=True)[:, c, i, j]
        np.testing.assert_allclose((ends[0] - ends[1]) / h, slope, rtol=1e-4, atol=1e-6)


@given(seed=seeds)
def test_occlusion_is_local_a_square_that_nothing_looks_at_costs_nothing(seed):
    rng, x, target, _ = network(seed, average=False)
    weight = rng.normal(size=(3, 2, 8, 8))
    weight[..., 4:] = 0  # the right half is not looked at
    lost = vis.occlusion_map(convnet, x, target, ((weight.reshape(3, -1), np.zeros(3)),), size=2)
    assert (lost[:, :, 4:] == 0).all()
    assert (lost[:, :, :4] != 0).all()


# ---------------------------------------------------------------------------------------------- maps of a class


@given(seed=seeds)
def test_grad_cam_of_averaged_maps_is_the_class_activation_map_line_by_line(seed):
    _, x, target, params = network(seed)
    h = feature_maps(x, params[:-1])
    scores, pullback = vjp(convnet, h, params[-1:], average=True)
    weight, bias = params[-1]
    np.testing.assert_allclose(scores, h.mean(axis=(2, 3)) @ weight.T + bias, **TIGHT)
    dy = np.zeros_like(scores)
    dy[np.arange(2), target] = 1
    dh = pullback(dy)[0]
    places = h.shape[2] * h.shape[3]
    np.testing.assert_allclose(dh, np.broadcast_to(weight[target][:, :, None, None] / places, h.shape), **TIGHT)
    cam = vis.class_activation(h, weight, target)
    np.testing.assert_allclose(vis.grad_cam(h, dh), relu(cam) / places, **TIGHT)
    np.testing.assert_allclose(cam.mean(axis=(1, 2)) + bias[target], scores[np.arange(2), target], **TIGHT)


# ------------------------------------------------------------------------------------------ patches and images


@given(seed=seeds)
def test_a_maximal_patch_is_all_that_its_unit_sees(seed):
    _, x, _, params = network(seed, side=10)
    layers = [{"kernel_size": 3, "padding": 1}, {"kernel_size": 2, "stride": 2}]
    h = feature_maps(x, params[:1])
    found = vis.maximal_patches(h, x, receptive_field(layers)[-1], count=2)
    assert (np.diff(found.values, axis=1) <= 0).all()
    for f, m in np.ndindex(found.values.shape):
        n, (p, q) = found.images[f, m], found.places[f, m]
        assert found.values[f, m] == h[n, f].max() == h[n, f, p, q]
        if 0 < p < 4 and 0 < q < 4:  # the patch of 4 x 4 holds four windows, and the unit is their maximum
            windows = np.lib.stride_tricks.sliding_window_view(found.patches[f, m], (3, 3), axis=(1, 2))
            z = np.einsum("cijrs,crs->ij", windows, params[0][0][f]) + params[0][1][f]
            assert max(0, z.max()) == pytest.approx(h[n, f, p, q])


def test_patches_beyond_the_border_are_filled_with_zeros():
    x = np.arange(1.0, 17.0).reshape(1, 1, 4, 4)
    h = np.zeros((1, 1, 4, 4))
    h[0, 0, 0, 3] = 1
    found = vis.maximal_patches(h, x, Field(3, 1, -1), count=1)
    assert found.patches[0, 0, 0].tolist() == [[0, 0, 0], [3, 4, 0], [7, 8, 0]]
    with pytest.raises(ValueError, match="maximal_patches: got maps of 1 and 1 images"):
        vis.maximal_patches(h, x, Field(3, 1, -1), count=2)


@pytest.mark.parametrize("field", [Field(3, 1, 1), Field(2, 3, 0), Field(9, 2, -5)])
def test_a_patch_is_where_the_field_says_also_far_from_the_border_and_far_beyond_it(field):
    x = np.arange(1.0, 43.0).reshape(1, 1, 6, 7)
    for p, q in np.ndindex(2, 3):
        h = np.zeros((1, 1, 2, 3))
        h[0, 0, p, q] = 1
        found = vis.maximal_patches(h, x, field, count=1).patches[0, 0, 0]
        for r, s in np.ndindex(found.shape):
            row, column = (k * field.step + field.start + o for k, o in ((p, r), (q, s)))
            inside = 0 <= row < 6 and 0 <= column < 7
            assert found[r, s] == (x[0, 0, row, column] if inside else 0)


def test_what_is_no_class_no_mask_and_no_map_is_refused_by_name():
    _, x, target, params = network(0)
    for call, name in (
        (lambda t: vis.saliency(convnet, x, t, params, average=True), "saliency: target is float64"),
        (lambda t: vis.guided_saliency(x, t, params, average=True), "guided_saliency: target is float64"),
        (lambda t: vis.occlusion_map(convnet, x, t, params, size=2, average=True), "occlusion_map: target is float64"),
    ):
        with pytest.raises(TypeError, match=name):
            call(target.astype(float))
    with pytest.raises(TypeError, match="inside_share: mask is int"):
        vis.inside_share(x[:, 0], (x[:, 0] > 0).astype(int))
    with pytest.raises(ValueError, match=r"inside_share: got maps of .* at least one example"):
        vis.inside_share(x[:0, 0], x[:0, 0] > 0)
    with pytest.raises(ValueError, match=r"rank_correlation: got a of .* at least one example"):
        vis.rank_correlation(x[:0], x[:0])


def test_the_image_that_a_linear_class_likes_best_is_its_template():
    rng, x, target, _ = network(1)
    weight = rng.normal(size=(3, x[0].size))
    params = ((weight, np.zeros(3)),)
    found, scores = vis.activation_maximization(convnet, 0 * x, target, params, lr=0.1, steps=200, decay=0.05)
    direction = (weight[target] / np.linalg.norm(weight[target], axis=1, keepdims=True)).reshape(x.shape)
    np.testing.assert_allclose(found, 2 * direction, rtol=1e-3)  # where a step and the decay balance: lr / decay
    assert (np.diff(scores, axis=0) > 0).all()
    start, first = vis.activation_maximization(convnet, x, target, params, lr=0.1, steps=0)
    np.testing.assert_array_equal(start, x)
    assert first.shape == (1, 2)


def test_a_blur_makes_the_image_smoother_and_keeps_a_constant():
    _, x, target, params = network(2)
    rough, smooth = (
        vis.activation_maximization(convnet, 0 * x, target, params, lr=1.0, steps=20, blur=b, average=True)[0]
        for b in (0.0, 0.7)
    )
    variation = [np.abs(np.diff(a, axis=2)).sum() / np.abs(a).sum() for a in (rough, smooth)]
    assert variation[1] < variation[0] / 1.5


# ------------------------------------------------------------------------------------------------------- sanity


def test_a_cascade_forgets_layer_after_layer_and_the_same_seed_forgets_the_same():
    _, _, _, params = network(3)
    steps = [vis.randomize(params, m, np.random.default_rng(7)) for m in range(4)]
    assert steps[0] == params
    for m, now in enumerate(steps):
        assert now[: 3 - m] == params[: 3 - m]
        for k in range(1, m):
            np.testing.assert_array_equal(now[-k][0], steps[k][-k][0])
        assert all((bias == 0).all() for _, bias in now[3 - m :])
    wide = vis.randomize(((np.ones((400, 50), np.float32), np.ones(400, np.float32)),), 1, np.random.default_rng(0))
    assert wide[0][0].dtype == np.float32
    assert wide[0][0].std() == pytest.approx((2 / 50) ** 0.5, rel=0.02)
    with pytest.raises(ValueError, match="randomize: layers is 4"):
        vis.randomize(params, 4, np.random.default_rng(0))


@given(seed=seeds)
def test_the_rank_correlation_is_that_of_scipy_and_ignores_monotone_changes(seed):
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, 6, (2, 3, 12)).astype(float)
    for mine, x, y in zip(vis.rank_correlation(a, b), a, b, strict=True):
        if np.ptp(x) and np.ptp(y):
            assert mine == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-12)
    np.testing.assert_allclose(vis.rank_correlation(np.exp(a), 3 * b + 1), vis.rank_correlation(a, b), **TIGHT)


def test_all_pixels_together_lie_inside_as_often_as_the_object_is_large():
    rng = np.random.default_rng(0)
    maps, mask = rng.normal(size=(3, 5, 7)), rng.random((3, 5, 7)) < 0.3
    np.testing.assert_allclose(vis.inside_share(maps, mask, top=1.0), mask.mean(axis=(1, 2)))
    assert (vis.inside_share(mask.astype(float), mask, top=0.02) == 1).all()


def test_a_deletion_curve_begins_with_the_score_and_ends_with_that_of_nothing():
    _, x, target, params = network(5)
    maps = np.abs(vis.saliency(convnet, x, target, params, average=True)).max(axis=1)
    shares, scores = solved.deletion_curve(convnet, x, target, maps, params, average=True)
    assert shares[[0, -1]].tolist() == [0, 1]
    for end, image in ((0, x), (-1, 0 * x)):
        assert scores[end] == pytest.approx(convnet(image, params, average=True)[np.arange(2), target].mean())


def test_a_coarse_map_is_laid_over_the_image_by_interpolation():
    coarse = np.zeros((1, 1, 4, 4))
    coarse[0, 0, 0, 0] = 1
    large = interpolate(coarse, size=32, mode="bilinear")[0, 0]
    assert large[:4, :4].min() == 1.0  # the outermost half cell repeats its centre
    assert large[:8, :8].sum() > 0.6 * large.sum()
