"""What scenes, captions and photographs promise about depth, masks and sentences."""

import numpy as np
import pytest

from dlbook.data import load
from dlbook.data.captions import (
    COLOURS,
    HELD_OUT,
    OPPOSITE,
    RELATIONS,
    SHAPES,
    SIZES,
    VOCABULARY,
    all_captions,
    encode,
)
from dlbook.data.photographs import PATCH_SOURCES, PHOTOGRAPHS, photograph
from dlbook.data.scenes import EYE, FAR, FOCAL


@pytest.fixture(scope="module")
def scenes():
    return load("scenes", n=250, n_test=20, cache=False)


def test_every_object_has_one_class_and_one_depth(scenes):
    for mask, instance, depth in zip(*(scenes.train[key] for key in ("mask", "instance", "depth")), strict=True):
        for k in range(1, instance.max() + 1):
            assert len(np.unique(mask[instance == k])) <= 1
            assert len(np.unique(depth[instance == k])) <= 1
        np.testing.assert_array_equal(mask > 0, instance > 0)


def test_later_objects_are_nearer_and_hide_earlier_ones(scenes):
    for instance, depth in zip(scenes.train["instance"], scenes.train["depth"], strict=True):
        seen = [depth[instance == k][0] for k in range(1, 5) if (instance == k).any()]
        assert seen == sorted(seen, reverse=True)


def test_ground_comes_nearer_down_the_picture_and_sky_is_far(scenes):
    for instance, depth in zip(scenes.train["instance"], scenes.train["depth"], strict=True):
        ground = np.where(instance == 0, depth, np.nan)
        assert (ground[0][instance[0] == 0] == np.float32(FAR)).all()
        row = np.nanmin(np.where(np.isnan(ground), np.inf, ground), axis=1)
        assert (np.diff(row[np.isfinite(row)]) <= 1e-5).all()


def test_an_object_stands_where_its_depth_says(scenes):
    # Where one lowest pixel of an object meets the ground, both are equally far, within one row of the picture.
    checked = 0
    for mask, instance, depth in zip(*(scenes.train[key] for key in ("mask", "instance", "depth")), strict=True):
        for k in range(1, instance.max() + 1):
            rows, columns = np.nonzero(instance == k)
            if len(rows) < 30 or rows.max() >= 46 or mask[rows[0], columns[0]] != 2:  # squares have a flat foot
                continue
            foot = rows.max() + 1
            below = columns[rows == rows.max()]
            free = below[instance[foot, below] == 0]
            if len(free):
                z = depth[rows[0], columns[0]]
                slope = z**2 / (FOCAL * EYE)  # metres of ground per row
                assert abs(depth[foot, free[0]] - z) < 1.6 * slope
                checked += 1
    assert checked > 20


def test_every_class_occurs_and_most_pixels_are_background(scenes):
    share = np.bincount(scenes.train["mask"].ravel(), minlength=7) / scenes.train["mask"].size
    assert len(share) == len(scenes.classes) == 7
    assert 0.8 < share[0] < 0.95
    assert (share[1:] > 0.005).all()


def test_scenes_can_use_photographs():
    assert load("scenes", n=5, n_test=2, texture="photo").x_train.shape == (5, 3, 48, 48)
    with pytest.raises(ValueError, match="texture must be 'noise' or 'photo', got 'wood'"):
        load("scenes", n=5, texture="wood")


@pytest.fixture(scope="module")
def captions():
    return load("captions", n=250, n_test=20, cache=False)


def parse(caption):
    """Take a caption apart: (size, colour, shape), relation, (size, colour, shape)."""
    words = caption.replace(" of ", " ").split()
    return tuple(words[1:4]), next(r for r in RELATIONS if r.split()[0] == words[4]), tuple(words[6:9])


def test_both_references_say_the_same_of_swapped_objects(captions):
    for one, other in captions.train["references"]:
        (a, relation, b), (c, opposite, d) = parse(one), parse(other)
        assert (a, b) == (d, c)
        assert opposite == OPPOSITE[relation]
        assert a[1:] != b[1:]


def test_references_are_true_of_the_picture(captions):
    palette = np.array(list(COLOURS.values()))
    rows, columns = np.mgrid[:40, :40]
    for x, mask, (caption, _) in zip(
        captions.x_train, captions.train["mask"], captions.train["references"], strict=True
    ):
        first, relation, second = parse(caption)
        centres, radii = [], []
        for k, thing in ((1, first), (2, second)):
            on = mask == k
            centres.append((columns[on].mean(), rows[on].mean()))
            radii.append(max(np.ptp(columns[on]), np.ptp(rows[on])) / 2)
            seen = x[:, on].mean(axis=1)
            distance = np.linalg.norm(
                palette / np.linalg.norm(palette, axis=1)[:, None] - seen / np.linalg.norm(seen), axis=1
            )
            assert list(COLOURS)[distance.argmin()] == thing[1]
            assert (radii[-1] > 5.2) == (thing[0] == "large"), (thing, radii[-1])
        (ax, ay), (bx, by) = centres
        facts = {"left of": bx - ax, "right of": ax - bx, "above": by - ay, "below": ay - by}
        assert max(facts, key=facts.get) == relation


def test_tokens_are_the_words_of_the_references(captions):
    assert captions.symbols["tokens"] == VOCABULARY
    assert len(set(VOCABULARY)) == 24
    for tokens, references in zip(captions.train["tokens"], captions.train["references"], strict=True):
        for numbers, text in zip(tokens, references, strict=True):
            words = [VOCABULARY[i] for i in numbers if i > 0]
            assert words == ["<s>", *text.split(), "</s>"]


def test_training_never_shows_a_held_out_pair_and_the_held_out_test_always_does():
    data = load("captions", n=250, n_test=100, pairs="held_out")
    held = {(c, s) for i, c in enumerate(COLOURS) for j, s in enumerate(SHAPES) if HELD_OUT[i, j]}
    assert len(held) == 6
    for one, _ in data.train["references"]:
        first, _, second = parse(one)
        assert not {first[1:], second[1:]} & held
    assert all(parse(one)[0][1:] in held for one, _ in data.test["references"])


def test_a_sentence_outside_the_grammar_is_refused():
    assert len(SIZES) * len(COLOURS) * len(SHAPES) == 84
    assert all_captions() == 4 * 84 * 82
    for wrong in ("a pink disc", "a a a a a a a a a a a", "a <pad>"):
        with pytest.raises(ValueError, match="encode: caption must have"):
            encode(wrong)
    with pytest.raises(ValueError, match="pairs must be"):
        load("captions", n=5, pairs="new")


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_every_photograph_loads_offline_as_colour_bytes(name, monkeypatch):
    import socket

    monkeypatch.setattr(socket, "socket", None)
    image = photograph(name)
    assert image.dtype == np.uint8
    assert image.ndim == 3
    assert image.shape[2] == 3
    assert min(image.shape[:2]) >= 190
    assert image.std() > 5


def test_photographs_come_once_each():
    data = load("photographs", size=32)
    names = [*data.train["name"], *data.test["name"]]
    assert sorted(names) == sorted(PHOTOGRAPHS)
    assert data.x_train.shape == (12, 3, 32, 32)
    for options, words in (
        ({"size": 7}, "size must be"),
        ({"n": 14}, "there are 15"),
        ({"n_test": 15}, "there are 15"),
    ):
        with pytest.raises(ValueError, match=words):
            load("photographs", **options)
    with pytest.raises(ValueError, match="name must be one of astronaut"):
        photograph("lena")


def test_patches_have_no_brightness_of_their_own():
    data = load("patches", n=100, n_test=30)
    assert data.x_train.shape == (100, 1, 32, 32)
    assert data.classes == PATCH_SOURCES
    np.testing.assert_allclose(data.x_train.mean(axis=(1, 2, 3)), 0, atol=1e-4)
    np.testing.assert_allclose(data.x_train.std(axis=(1, 2, 3)), 1, atol=1e-3)
    assert load("patches", n=10, size=16, colour=True).x_train.shape == (10, 3, 16, 16)
    with pytest.raises(ValueError, match="size must be from 4 to 64"):
        load("patches", n=10, size=100)


def test_there_is_one_stereo_pair():
    for options in ({"n": 2}, {"n_test": 1}):
        with pytest.raises(ValueError, match="there is one pair"):
            load("stereo", **options)


def test_the_stereo_pair_matches_itself_at_its_disparity():
    data = load("stereo")
    left, right = data.x_train[0].mean(axis=0), data.train["right"][0].mean(axis=0)
    disparity, depth, known = (data.train[key][0] for key in ("disparity", "depth", "known"))
    rows, columns = np.nonzero(known & (np.arange(left.shape[1]) > 80))
    matched = np.abs(left[rows, columns] - right[rows, np.rint(columns - disparity[rows, columns]).astype(int)])
    unmatched = np.abs(left[rows, columns] - right[rows, columns])
    assert matched.mean() < 0.5 * unmatched.mean()
    assert 1 < depth[known].min() < depth[known].max() < 10
    assert known.mean() > 0.8
    assert (depth[~known] == 0).all()
