"""What the sets of printed characters promise."""

import numpy as np
import pytest

from dlbook.data import load
from dlbook.data.glyphs import CHARACTERS, HELD_OUT, SEEN, _stencil


@pytest.mark.parametrize("font", SEEN + HELD_OUT)
def test_every_font_draws_every_character_and_no_two_alike(font):
    drawn = [np.asarray(_stencil(font, c)) for c in "".join(CHARACTERS.values())]
    assert all(0.03 < (image > 127).mean() < 0.8 for image in drawn)
    # A font without a character draws nothing, or the same empty box for all.
    assert len({image.tobytes() for image in drawn}) == len(drawn)


@pytest.mark.parametrize("name", ["glyphs28", "glyphs32"])
def test_the_font_split_tests_on_fonts_that_training_never_shows(name):
    data = load(name, n=100, n_test=40, split="fonts")
    assert set(data.test["font"]) <= set(HELD_OUT)
    assert set(data.train["font"]) <= set(SEEN)
    assert not set(SEEN) & set(HELD_OUT)
    np.testing.assert_array_equal(load(name, n=100).x_train, data.x_train)


def test_glyphs28_are_white_on_black():
    x = load("glyphs28", n=200).x_train
    assert x.shape == (200, 1, 28, 28)
    assert np.median(x) == 0
    assert (x.max(axis=(1, 2, 3)) > 0.9).all()
    assert (x.mean(axis=(1, 2, 3)) > 0.02).all()


@pytest.mark.parametrize("characters", ["digits", "letters"])
def test_glyphs28_are_told_apart_by_the_nearest_example(characters):
    data = load("glyphs28", n=2000, n_test=500, characters=characters)
    assert data.classes == tuple(CHARACTERS[characters])
    train, test = data.x_train.reshape(2000, -1), data.x_test.reshape(500, -1)
    distance = (train**2).sum(axis=1) - 2 * test @ train.T
    assert np.mean(data.t_train[distance.argmin(axis=1)] == data.t_test) > 0.5


def test_glyphs32_hide_the_digit_from_its_colour():
    data = load("glyphs32", n=500)
    assert data.x_train.shape == (500, 3, 32, 32)
    colour = data.x_train.mean(axis=(2, 3))
    means = np.stack([colour[data.t_train == k].mean(axis=0) for k in range(10)])
    nearest = ((data.x_test.mean(axis=(2, 3))[:, None] - means) ** 2).sum(axis=2).argmin(axis=1)
    assert np.mean(nearest == data.t_test) < 0.25


def test_glyphs32_can_do_without_photographs():
    noise, photo = load("glyphs32", n=20, texture="noise"), load("glyphs32", n=20)
    np.testing.assert_array_equal(noise.t_train, photo.t_train)
    assert np.abs(noise.x_train - photo.x_train).mean() > 0.05


@pytest.mark.parametrize("options", [{"characters": "runes"}, {"split": "half"}])
@pytest.mark.parametrize("name", ["glyphs28", "glyphs32"])
def test_unknown_words_are_refused(name, options):
    with pytest.raises(ValueError, match=f"got '{next(iter(options.values()))}'"):
        load(name, n=10, **options)
