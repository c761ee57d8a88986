"""Dense prediction: regions, ratios and boxes are measured as sets and sums, and alike by both halves."""

import inspect
from importlib import import_module

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlbook.exercises.solutions import dense_prediction as solved
from dlbook.numpy import dense_prediction as dp

pytestmark = pytest.mark.law

seeds = st.integers(0, 2**32 - 1)
FUNCTIONS = [name for name in dp.__all__ if inspect.isfunction(getattr(dp, name))]


def scored(rng, n=2, k=3, h=5, w=6):
    return rng.normal(size=(n, k, h, w)), rng.integers(0, k, (n, h, w))


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


@pytest.mark.parametrize("half", ["numpy", "torch"])
def test_where_the_ignored_pixels_begin_there_is_no_border(half):
    module, convert = dp, np.array
    if half == "torch":
        convert, module = pytest.importorskip("torch").tensor, import_module("dlbook.torch.dense_prediction")
    target = np.zeros((1, 4, 7), int)
    target[:, :, 2:] = 1
    target[:, :, 5:] = 255
    scores = np.moveaxis(np.eye(2)[np.zeros((1, 4, 7), int)], -1, 1)  # 0 everywhere: right left of the border
    assert module.boundary_error(convert(scores), convert(target), ignore_index=255) == 0.5
    alone = np.where(target == 0, 1, target)
    with pytest.raises(ValueError, match="no border"):
        module.boundary_error(convert(scores), convert(alone), ignore_index=255)


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


def test_boxes_of_whole_pixels_and_of_single_precision():
    whole = np.array([[0, 0, 2, 2], [1, 0, 3, 2]])
    np.testing.assert_allclose(dp.box_iou(whole, whole), [[1, 1 / 3], [1 / 3, 1]])
    assert dp.box_iou(whole.astype("float32"), whole.astype("float32")).dtype == np.float32


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


@pytest.mark.parametrize("half", ["numpy", "torch"])
def test_a_box_that_overlaps_nothing_is_no_hit_however_low_the_threshold(half):
    dense = pytest.importorskip(f"dlbook.{half}.dense_prediction")
    make = np.array if half == "numpy" else import_module("torch").tensor
    truth, found = make([[0.0, 0, 4, 4]]), make([[4.0, 0, 8, 4], [20, 20, 24, 24], [3, 3, 7, 7]])
    hits = dense.match_boxes(found, make([0.9, 0.8, 0.7]), truth, iou_threshold=0)
    assert hits.tolist() == [False, False, True]  # the first touches the thing without covering any of it


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
        (lambda half, a: half.boundary_f_score(a(SCORES), a(TARGET - 1)), "boundary_f_score: target has the label -1"),
        (lambda half, a: half.boundary_f_score(a(SCORES), a(TARGET + 2)), "the label 2, expected 0 to 1"),
        (lambda half, a: half.boundary_band(a(TARGET[0])), "expected"),
        (lambda half, a: half.boundary_band(a(TARGET), width=0), "width"),
        (lambda half, a: half.boundary_f_score(a(SCORES[..., 0]), a(TARGET[..., 0])), "boundary_f_score: target"),
        (lambda half, a: half.rmse_log(a(np.ones((1, 2))), a(np.array([[1.0, 0.0]]))), "above 0"),
        (lambda half, a: half.rmse_log(a(np.ones((2, 2))), a(np.ones((1, 2)))), r"depth.*\(1, 2\)"),
        (lambda half, a: half.delta_accuracy(*[a(np.ones((1, 2)))] * 2, a(np.ones((1, 2), int))), "mask"),
        (lambda half, a: half.detection_average_precision(a(np.ones(2)), a(np.array([1, 0])), 2), "hits"),
        (lambda half, a: half.box_iou(a(np.array([[np.nan, 0, 1, 1]])), a(np.ones((1, 4)))), "boxes1"),
        (lambda half, a: half.bilinear_kernel(2, dtype="int32"), "dtype"),
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
