"""Augmentation: changes that do what they say, and labels that survive them; the sampler, line by line."""

import re
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlbook import vjp
from dlbook.data import load
from dlbook.exercises.solutions import transfer_learning as solved
from dlbook.numpy import transfer_learning as tl
from dlbook.numpy.linear_classifiers import one_hot
from dlbook.numpy.transfer_learning.policies import CHANGES

pytestmark = pytest.mark.law

seeds = st.integers(0, 2**32 - 1)


def images(rng, n=3, c=3, h=6, w=5, dtype="float64"):
    return (rng.integers(0, 256, (n, c, h, w)) / 255).astype(dtype)


# ------------------------------------------------------------------------------------------------ the sampler


@given(seed=seeds)
def test_the_sampler_is_the_sum_over_hats(seed):
    rng = np.random.default_rng(seed)
    x, grid = rng.normal(size=(2, 3, 4, 5)), rng.uniform(-1.5, 1.5, (2, 3, 2, 2))
    y, pullback = vjp(tl.grid_sample, x, grid)
    np.testing.assert_allclose(y, solved.sample_by_hats(x, grid), rtol=1e-9, atol=1e-12)
    dy = rng.normal(size=y.shape)
    dx, _ = pullback(dy)
    assert np.vdot(dx, x) == pytest.approx(np.vdot(dy, y), rel=1e-9, abs=1e-9)  # linear in x: <dx, x> = <dy, y>


@given(seed=seeds)
def test_the_gradient_of_a_place_is_the_slope_of_the_picture(seed):
    rng = np.random.default_rng(seed)
    x, grid = rng.normal(size=(1, 2, 4, 5)), rng.uniform(-0.7, 0.7, (1, 3, 2, 2))
    y, pullback = vjp(tl.grid_sample, x, grid)
    dy = rng.normal(size=y.shape)
    _, dgrid = pullback(dy)
    i, j = ((grid[0, ..., 1] + 1) * 4 - 1) / 2, ((grid[0, ..., 0] + 1) * 5 - 1) / 2
    m, n = np.floor(i).astype(int), np.floor(j).astype(int)
    a, b = i - m, j - n
    one = x[0]
    rise = (1 - b) * (one[:, m + 1, n] - one[:, m, n]) + b * (one[:, m + 1, n + 1] - one[:, m, n + 1])
    run = (1 - a) * (one[:, m, n + 1] - one[:, m, n]) + a * (one[:, m + 1, n + 1] - one[:, m + 1, n])
    np.testing.assert_allclose(dgrid[0, ..., 1], 4 / 2 * (dy[0] * rise).sum(axis=0), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(dgrid[0, ..., 0], 5 / 2 * (dy[0] * run).sum(axis=0), rtol=1e-9, atol=1e-12)


def test_mirrors_and_quarter_turns_are_exact():
    x = images(np.random.default_rng(0), h=5)
    tight = {"rtol": 1e-12, "atol": 1e-14}
    np.testing.assert_allclose(tl.affine(x, angle=np.pi / 2), np.rot90(x, axes=(2, 3)), **tight)
    np.testing.assert_allclose(tl.affine(x, angle=np.pi), x[..., ::-1, ::-1], **tight)
    moved = np.zeros_like(x)
    moved[..., 1:, 2:] = x[..., :-1, :-2]
    np.testing.assert_allclose(tl.affine(x, translate=(2.0, 1.0)), moved, **tight)
    larger = tl.affine(x, scale=2.0, padding_mode="border")
    np.testing.assert_allclose(larger[..., 2, 2], x[..., 2, 2], **tight)  # the middle stays


@given(seed=seeds)
def test_matrices_undo_each_other_and_multiply(seed):
    rng = np.random.default_rng(seed)
    angle, scale, shift = rng.uniform(-3, 3, 4), rng.uniform(0.5, 2, 4), rng.normal(size=(2, 4))
    last = np.tile([[0.0, 0.0, 1.0]], (4, 1, 1))
    there = tl.affine_matrices(4, (6, 9), angle=angle, scale=scale)
    back = tl.affine_matrices(4, (6, 9), angle=-angle, scale=1 / scale)
    whole = np.concatenate([there, last], axis=1) @ np.concatenate([back, last], axis=1)
    np.testing.assert_allclose(whole, np.tile(np.eye(3), (4, 1, 1)), atol=1e-12)
    moved = tl.affine_matrices(4, (6, 9), angle=angle, scale=scale, translate=(shift[0], shift[1]))
    only = tl.affine_matrices(4, (6, 9), translate=(shift[0], shift[1]))
    product = there @ np.concatenate([only, last], axis=1)  # read through the shift first, which came last
    np.testing.assert_allclose(moved, product, atol=1e-12)


def test_a_turn_keeps_lengths_and_angles_in_pixels_on_images_that_are_not_square():
    theta = tl.affine_matrices(1, (6, 12), angle=0.4)[0, :, :2]
    pixels = np.diag([6.0, 3.0]) @ theta @ np.diag([1 / 6, 1 / 3])
    np.testing.assert_allclose(pixels @ pixels.T, np.eye(2), atol=1e-13)
    wrong = np.diag([6.0, 3.0]) @ [[np.cos(0.4), -np.sin(0.4)], [np.sin(0.4), np.cos(0.4)]] @ np.diag([1 / 6, 1 / 3])
    assert abs((wrong @ wrong.T)[0, 1]) > 0.1


@given(seed=seeds, padding=st.integers(0, 3))
def test_a_random_crop_is_a_window_of_the_padded_image_and_reaches_every_place(seed, padding):
    x = images(np.random.default_rng(seed), n=40, c=1, h=4, w=3)
    y = tl.random_crop(x, np.random.default_rng(seed), size=(3, 2), padding=padding)
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    rows, columns = 4 + 2 * padding - 3 + 1, 3 + 2 * padding - 2 + 1
    for one, cut in zip(padded, y, strict=True):
        places = [(r, s) for r in range(rows) for s in range(columns) if (one[:, r : r + 3, s : s + 2] == cut).all()]
        assert places
    many = tl.random_crop(np.arange(12.0).reshape(1, 1, 4, 3).repeat(300, 0), np.random.default_rng(seed), size=(3, 2))
    assert {int(corner) for corner in many[:, 0, 0, 0]} == {0, 1, 3, 4}


@given(seed=seeds)
def test_a_resized_crop_lies_within_the_image_and_has_the_area_that_was_asked_for(seed):
    ramp = np.linspace(-0.95, 0.95, 20)
    places = np.stack(np.broadcast_arrays(ramp, ramp[:, None]))[None].repeat(30, axis=0)  # u and v themselves
    y = tl.random_resized_crop(places, np.random.default_rng(seed), scale=(0.3, 0.5), size=(8, 10))
    assert np.abs(y).max() <= 0.95 + 1e-12
    inner = y[:, :, 3:5, 4:6]  # away from the border the ramp is read exactly
    width = 10 * np.diff(inner[:, 0], axis=2).mean((1, 2)) / 2
    height = 8 * np.diff(inner[:, 1], axis=1).mean((1, 2)) / 2
    assert ((width * height > 0.3 - 1e-9) & (width * height < 0.5 + 1e-9)).all()
    assert ((width / height > 0.75 - 1e-9) & (width / height < 4 / 3 + 1e-9)).all()
    whole = tl.random_resized_crop(places, np.random.default_rng(seed), scale=(1.0, 1.0), ratio=(1.0, 1.0))
    np.testing.assert_allclose(whole, places, atol=1e-12)


# ------------------------------------------------------------------------------------------------ laws of all changes


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_change_of_strength_zero_is_none_and_all_keep_shape_dtype_and_range(change, dtype, channels):
    x = images(np.random.default_rng(1), c=channels, dtype=dtype)
    before = x.copy()
    close = {"rtol": 0, "atol": 4 * np.finfo(dtype).eps}
    np.testing.assert_allclose(tl.distort(x, change, strength=0.0), x, **close)
    for strength in (-1.0, -0.3, 0.6, 1.0):
        y = tl.distort(x, change, strength=strength)
        assert y.shape == x.shape
        assert y.dtype == x.dtype
        assert not np.shares_memory(x, y)
        assert y.min() >= -1e-6
        assert y.max() <= 1 + 1e-6
    np.testing.assert_array_equal(x, before)
    if change not in ("identity", "saturation") or (change == "saturation" and channels == 3):
        assert (tl.distort(x, change, strength=1.0) != x).any()


RANDOM = {
    "random_crop": partial(tl.random_crop, size=6, padding=1), "random_resized_crop": tl.random_resized_crop,
    "color_jitter": tl.color_jitter, "rand_augment": tl.rand_augment,
}  # fmt: skip


@pytest.mark.parametrize("name", RANDOM)
def test_a_random_change_repeats_with_its_seed_and_leaves_the_original_alone(name):
    x = images(np.random.default_rng(0), n=8, w=6)
    before = x.copy()
    y, again, other = (RANDOM[name](x, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(y, again)
    assert (y != other).any()
    np.testing.assert_array_equal(x, before)
    assert not np.shares_memory(x, y)
    with pytest.raises(TypeError, match="rng is 7"):
        RANDOM[name](x, 7)


def test_rand_augment_of_nothing_is_nothing_and_every_change_is_drawn():
    x = images(np.random.default_rng(0), n=6)
    np.testing.assert_array_equal(tl.rand_augment(x, np.random.default_rng(0), num_ops=0), x)
    np.testing.assert_allclose(tl.rand_augment(x, np.random.default_rng(0), magnitude=0), x, atol=1e-14)
    many = np.repeat(x[:1], 300, axis=0)
    drawn = tl.rand_augment(many, np.random.default_rng(0), num_ops=1, magnitude=10)
    expected = [tl.distort(x[:1], change, strength=way)[0] for change in CHANGES for way in (-1.0, 1.0)]
    seen = {k for one in drawn for k, want in enumerate(expected) if np.allclose(one, want, atol=1e-9)}
    assert seen == set(range(2 * len(CHANGES)))


def test_colours_blend_with_what_they_say():
    x = images(np.random.default_rng(2))
    grey = np.tensordot(x, [0.299, 0.587, 0.114], axes=(1, 0))[:, None]
    np.testing.assert_array_equal(tl.adjust_brightness(x, 0.0), 0 * x)
    np.testing.assert_allclose(tl.adjust_saturation(x, 0.0), np.repeat(grey, 3, axis=1), atol=1e-12)
    mean = grey.mean(axis=(1, 2, 3), keepdims=True)
    np.testing.assert_allclose(tl.adjust_contrast(x, 0.0), mean + 0 * x, atol=1e-12)
    faint = 0.4 + 0.2 * x  # nothing is clipped, so changes multiply
    for adjust in (tl.adjust_brightness, tl.adjust_contrast, tl.adjust_saturation):
        np.testing.assert_allclose(adjust(adjust(faint, 0.5), 1.4), adjust(faint, 0.7))
    np.testing.assert_array_equal(tl.solarize(x, 1.0), x)
    np.testing.assert_allclose(tl.solarize(tl.solarize(faint, 0.0), 0.0), faint)  # two negatives
    assert len(np.unique(tl.posterize(x, 2))) <= 4
    np.testing.assert_array_equal(tl.posterize(tl.posterize(x, 3), 3), tl.posterize(x, 3))
    each = tl.adjust_brightness(x, np.array([0.0, 0.5, 1.0]))
    np.testing.assert_allclose(each[1], 0.5 * x[1])


# ------------------------------------------------------------------------------------------------ labels that survive


@pytest.fixture(scope="module")
def shapes():
    return load("shapes32", n=60, n_test=10)


QUESTIONS = {"count": tl.count_bright, "side": tl.heavier_side, "channel": tl.brightest_channel}
ALLOWED = {  # by their definitions: which change keeps which answer on all images, and which does not
    "mirror": (lambda x: x[..., ::-1], {"count": True, "side": False, "channel": True}),
    "top to bottom": (lambda x: x[..., ::-1, :], {"count": True, "side": True, "channel": True}),
    "half a turn": (lambda x: x[..., ::-1, ::-1], {"count": True, "side": False, "channel": True}),
    "quarter turn": (partial(tl.affine, angle=np.pi / 2), {"count": True, "side": False, "channel": True}),
    "darker": (partial(tl.adjust_brightness, factor=0.6), {"count": False, "side": True, "channel": True}),
    "channels rolled": (lambda x: np.roll(x, 1, axis=1), {"count": True, "side": True, "channel": False}),
    "crop": (lambda x: x[..., 8:24, 8:24], {"count": False, "side": False, "channel": False}),
}


@pytest.mark.parametrize("change", ALLOWED)
@pytest.mark.parametrize("question", QUESTIONS)
def test_an_answer_survives_exactly_what_its_definition_allows(shapes, change, question):
    transform, allowed = ALLOWED[change]
    x = shapes.x_train.astype("float64")
    if change == "quarter turn":  # values that a reading moves by a rounding error must not lie at the limit
        x = np.where(np.abs(x.mean(axis=1, keepdims=True) - 0.5) < 1e-9, 0.25, x)
    share = tl.label_kept(QUESTIONS[question], transform, x)
    assert (share == 1) == allowed[question], share


def test_a_label_that_is_never_kept_may_still_be_known(shapes):
    """The law with a change of labels beside the change of pictures: t(T x) = S t(x)."""
    x = shapes.x_train.astype("float64")
    np.testing.assert_array_equal(tl.heavier_side(x[..., ::-1]), 1 - tl.heavier_side(x))
    np.testing.assert_array_equal(tl.heavier_side(1 - x), 1 - tl.heavier_side(x))
    np.testing.assert_array_equal(tl.brightest_channel(np.roll(x, 1, axis=1)), (tl.brightest_channel(x) + 1) % 3)


def test_masks_move_with_their_images(shapes):
    """Paint the mask into the image: what the image shows after a change is what the changed mask says."""
    mask = shapes.train["mask"][:, None].astype("float64")
    for changes in ({"angle": 0.4}, {"scale": 0.7, "translate": (3.0, -2.0)}, {"shear": (0.3, 0.0)}):
        soft = tl.affine(mask, **changes)
        hard = tl.affine(mask, mode="nearest", **changes)
        assert set(np.unique(hard)) <= {0.0, 1.0}
        assert (hard[soft == 1] == 1).all()
        assert (hard[soft == 0] == 0).all()
        np.testing.assert_array_equal(hard[soft > 0.75], 1)  # the nearest of four pixels has the largest weight
    flipped = mask[..., ::-1]
    np.testing.assert_array_equal(flipped.sum(axis=(1, 2, 3)), mask.sum(axis=(1, 2, 3)))
    wrong = tl.affine(mask, angle=-0.4)
    assert (tl.affine(mask, mode="nearest", angle=0.4)[wrong == 1] != 1).any()


def test_the_classes_of_a_scene_survive_where_they_stay_in_the_frame():
    """The classes in a picture, decided from its mask: mirroring keeps them, a crop may lose one, paint adds none."""
    scenes = load("scenes", n=30, n_test=2)
    planes = np.moveaxis(one_hot(scenes.train["mask"].ravel(), 7).reshape(30, 48, 48, 7), -1, 1)

    def classes(x):
        return (x > 0.5).any(axis=(2, 3)) @ 2 ** np.arange(7)

    assert tl.label_kept(classes, lambda x: x[..., ::-1], planes) == 1
    assert tl.label_kept(classes, partial(tl.affine, angle=np.pi / 2, mode="nearest"), planes) == 1
    assert tl.label_kept(classes, lambda x: x[..., 12:36, 12:36], planes) < 1


def test_a_label_that_is_lost_is_refused():
    with pytest.raises(ValueError, match="labels are"):
        tl.label_kept(tl.count_bright, lambda x: x[:1], np.zeros((3, 1, 2, 2)))


# ------------------------------------------------------------------------------------------------ refusals, solutions


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x, rng: tl.distort(x, "blur", strength=0.1), "'blur', expected one of identity"),
        (lambda x, rng: tl.distort(x, "rotate", strength=1.5), "strength is"),
        (lambda x, rng: tl.rand_augment(x, rng, magnitude=11), "magnitude is 11"),
        (lambda x, rng: tl.random_crop(x, rng, size=9), "size is (9, 9)"),
        (lambda x, rng: tl.random_resized_crop(x, rng, scale=(0.5, 1.5)), "scale is (0.5, 1.5)"),
        (lambda x, rng: tl.posterize(x, 9), "bits is"),
        (lambda x, rng: tl.solarize(x, 1.5), "threshold is"),
        (lambda x, rng: tl.adjust_saturation(x[:, :2], 1.0), "2 channels"),
        (lambda x, rng: tl.adjust_brightness(2 * x, 1.0), "expected 0 to 1"),
        (lambda x, rng: tl.color_jitter(x, rng, contrast=-1), "contrast is -1"),
        (lambda x, rng: tl.affine(x, angle=np.zeros(7)), "angle is"),
        (lambda x, rng: tl.affine(x, angle="30"), "angle is str '30', expected one number or 3, finite"),
        (lambda x, rng: tl.affine(x, scale=np.inf), "scale is float inf"),
        (lambda x, rng: tl.affine(x, shear=0.3), "shear is float 0.3, expected two numbers"),
        (lambda x, rng: tl.affine_matrices(-1, (4, 4)), "n is -1"),
        (lambda x, rng: tl.affine_matrices(1, (4, 4, 3)), "size is a tuple of 3, expected one number or (P, Q)"),
        (lambda x, rng: tl.crop(x, np.zeros((3, 2), int), size=(7, 2)), "size is (7, 2), expected at most"),
        (lambda x, rng: tl.random_crop(x, rng, size=2.5), "size is float 2.5"),
        (lambda x, rng: tl.random_resized_crop(x, rng, size=(2, 2.5)), "size is 2.5"),
        (lambda x, rng: tl.random_resized_crop(x, rng, scale=0.5), "scale is float 0.5, expected the two ends"),
        (lambda x, rng: tl.random_resized_crop(x, rng, ratio=(1, np.inf)), "ratio is inf"),
        (lambda x, rng: tl.adjust_contrast(x, np.inf), "factor is float inf, expected one number or 3, at least 0"),
        (lambda x, rng: tl.adjust_contrast(x, np.array([1, -1, 1])), "factor is int64 of shape (3,) from -1 to 1"),
        (lambda x, rng: tl.posterize(x, 2.5), "bits is float 2.5, expected one whole number or 3, from 1 to 8"),
        (lambda x, rng: tl.rand_augment(x, rng, changes=()), "changes is ()"),
        (lambda x, rng: tl.rand_augment(x, rng, changes="rotate"), "changes is 'rotate'"),
        (lambda x, rng: tl.rand_augment(x, rng, num_ops=0, changes=("rotate", "blur")), "('rotate', 'blur')"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call(images(np.random.default_rng(0)), np.random.default_rng(0))


TAKES_IMAGES = {
    **RANDOM, "affine": partial(tl.affine, angle=0.1), "distort": partial(tl.distort, change="identity", strength=0.0),
    "adjust_brightness": partial(tl.adjust_brightness, factor=1.0), "posterize": partial(tl.posterize, bits=4),
    "solarize": partial(tl.solarize, threshold=0.5), "count_bright": tl.count_bright,
    "heavier_side": tl.heavier_side, "brightest_channel": tl.brightest_channel,
}  # fmt: skip


@pytest.mark.parametrize("name", TAKES_IMAGES)
def test_bytes_a_single_image_a_list_and_no_pixels_are_no_images(name):
    x = images(np.random.default_rng(0), h=6, w=6)
    rest = (np.random.default_rng(0),) if name in RANDOM else ()
    for wrong in ((255 * x).astype("uint8"), x[0], x.tolist(), x[:, :, :0], None):
        with pytest.raises(ValueError, match=f"{name}: x is .* expected images"):
            TAKES_IMAGES[name](wrong, *rest)


def test_small_integer_types_hold_bits_and_sizes():
    x = images(np.random.default_rng(0))
    for dtype in ("int8", "uint8", "int64"):  # 2 ** 7 is more than an int8 can hold
        np.testing.assert_array_equal(tl.posterize(x, np.array([1, 4, 8], dtype)), tl.posterize(x, np.array([1, 4, 8])))
    assert tl.random_crop(x, np.random.default_rng(0), size=np.int64(3)).shape == (3, 3, 3, 3)
    assert tl.random_resized_crop(x, np.random.default_rng(0), size=4).shape == (3, 3, 4, 4)


def test_a_middle_column_counts_for_neither_side():
    x = images(np.random.default_rng(0), n=20, w=5)
    np.testing.assert_array_equal(tl.heavier_side(x), tl.heavier_side(np.delete(x, 2, axis=3)))
    np.testing.assert_array_equal(tl.heavier_side(x[..., :1]), 0)  # nothing but a middle: no more light on the right


def test_the_index_mirrors_rows_of_numbers():
    x = images(np.random.default_rng(0))
    index = solved.flip_index((3, 6, 5))
    np.testing.assert_array_equal(x.reshape(3, -1)[:, index].reshape(x.shape), x[..., ::-1])
    np.testing.assert_array_equal(index[index], np.arange(90))


def test_sharpness_blends_with_a_blur():
    x = images(np.random.default_rng(0))
    np.testing.assert_allclose(solved.adjust_sharpness(x, 1.0), x)
    flat = np.full_like(x, 0.3)
    np.testing.assert_allclose(solved.adjust_sharpness(flat, 3.0), flat)
    assert np.diff(solved.adjust_sharpness(x, 0.0)).std() < np.diff(x).std()
