"""What shapes32 promises: posed outlines, exact masks, and nothing but the outline to go by."""

import hashlib

import numpy as np
import pytest

from dlbook.data import load
from dlbook.data.outlines import SHAPES, inside
from dlbook.data.textures import KINDS, fill, pink_noise

LOCKED = {
    "easy": "da1485eaa0c18f1e3df585ec30a546d9c009b9074bc25db61656a959ea665f37",
    "medium": "87ccf01cc68ec9f3df474fc08dc7352f275bd3b0fba053752cef551eb881ab93",
    "hard": "c75c5e9274bcabb8ac3279b29224e9761e2dacd261722502d7ec7ccf069e563c",
}


@pytest.mark.parametrize("level", ["easy", "medium", "hard"])
def test_the_first_hundred_images_never_change(level):
    x = load("shapes32", n=100, n_test=1, level=level, cache=False).x_train
    raw = np.rint(255 * x).astype(np.uint8)
    assert hashlib.sha256(raw.tobytes()).hexdigest() == LOCKED[level]


def test_more_images_begin_with_the_same_images():
    few, many = load("shapes32", n=40, n_test=10), load("shapes32", n=300, n_test=20)
    np.testing.assert_array_equal(few.x_train, many.x_train[:40])
    np.testing.assert_array_equal(few.t_test, many.t_test[:10])


def test_images_are_channels_first_in_zero_to_one_in_steps_of_a_byte():
    data = load("shapes32", n=100)
    assert data.x_train.shape == (100, 3, 32, 32)
    assert data.x_train.dtype == np.float32
    assert data.x_train.min() >= 0
    assert data.x_train.max() <= 1
    assert data.x_train.flags.c_contiguous
    np.testing.assert_allclose(data.x_train * 255, np.rint(data.x_train * 255), atol=1e-4)


def colour_histograms(x):
    bins = np.minimum((8 * x).astype(int), 7)
    return np.stack([(bins == k).mean(axis=(2, 3)) for k in range(8)], axis=2).reshape(len(x), -1)


def test_a_colour_histogram_cannot_tell_the_shapes():
    x, t, x_test, t_test = load("shapes32", n=3000, n_test=1000)
    a, b = (np.c_[colour_histograms(part), np.ones(len(part))] for part in (x, x_test))
    weight = np.linalg.lstsq(a, np.eye(10)[t], rcond=None)[0]
    assert np.mean((b @ weight).argmax(axis=1) == t_test) < 0.2


def test_masks_can_tell_the_shapes():
    data = load("shapes32", n=3000, n_test=500)
    train, test = (m.reshape(len(m), -1).astype(np.float32) for m in (data.train["mask"], data.test["mask"]))
    distance = (test**2).sum(axis=1)[:, None] - 2 * test @ train.T + (train**2).sum(axis=1)
    assert np.mean(data.t_train[distance.argmin(axis=1)] == data.t_test) > 0.8


def test_the_shape_stands_out_from_its_ground():
    data = load("shapes32", n=250)
    mask = data.train["mask"][:, None]
    assert (mask.mean(axis=(1, 2, 3)) > 0.02).all()
    assert (mask.mean(axis=(1, 2, 3)) < 0.75).all()
    front = (data.x_train * mask).sum(axis=(2, 3)) / mask.sum(axis=(2, 3))
    back = (data.x_train * ~mask).sum(axis=(2, 3)) / (~mask).sum(axis=(2, 3))
    assert np.mean(np.abs(front - back).max(axis=1) > 0.15) > 0.9


def test_hard_turns_further_than_easy():
    def spread(level):
        data = load("shapes32", n=500, level=level)
        arrows = data.train["mask"][data.t_train == SHAPES.index("arrow")].astype(float)
        rows, columns = np.mgrid[:32, :32]
        mass = arrows.sum(axis=(1, 2))
        cy, cx = (arrows * rows).sum(axis=(1, 2)) / mass, (arrows * columns).sum(axis=(1, 2)) / mass
        xx = (arrows * (columns - cx[:, None, None]) ** 2).sum(axis=(1, 2))
        yy = (arrows * (rows - cy[:, None, None]) ** 2).sum(axis=(1, 2))
        return np.mean(yy > xx)  # share of arrows that are taller than wide

    assert spread("easy") < 0.05 < 0.3 < spread("hard")


def test_photographs_can_be_the_texture():
    noise, photo = load("shapes32", n=50), load("shapes32", n=50, texture="photo")
    assert photo.x_train.shape == noise.x_train.shape
    assert not np.array_equal(photo.x_train, noise.x_train)


@pytest.mark.parametrize("options", [{"level": "brutal"}, {"texture": "marble"}])
def test_unknown_words_are_refused(options):
    with pytest.raises(ValueError, match=f"got '{next(iter(options.values()))}'"):
        load("shapes32", n=10, **options)


AREA = {
    "disc": np.pi * 0.85**2,
    "ring": np.pi * (0.95**2 - 0.52**2),
    "square": 1.5**2,
    "triangle": 3 * np.sqrt(3) / 4,
    "star": 10 * 0.5 * 0.45 * np.sin(np.pi / 5),
    "cross": 2 * 0.6 * 1.9 - 0.6**2,
    "arrow": 0.9 * 0.8 + 1.1 * 0.64,
    "hexagon": 3 * np.sqrt(3) / 2 * 0.95**2,
}


@pytest.mark.parametrize("shape", AREA)
def test_the_inside_has_the_area_of_the_shape(shape):
    grid = (np.arange(600) + 0.5) / 300 - 1
    u, v = np.meshgrid(grid, grid)
    assert inside(shape, u, v).mean() * 4 == pytest.approx(AREA[shape], abs=0.01)


def test_every_shape_is_drawn_and_another_word_is_refused():
    grid = np.linspace(-1, 1, 64)
    drawn = {shape: inside(shape, *np.meshgrid(grid, grid)) for shape in SHAPES}
    assert len({image.tobytes() for image in drawn.values()}) == len(SHAPES)
    with pytest.raises(ValueError, match="shape must be one of disc"):
        inside("blob", grid, grid)


def test_pink_noise_falls_with_frequency():
    image = pink_noise()[0].astype(float).mean(axis=2)
    power = np.abs(np.fft.fft2(image - image.mean())) ** 2
    f = np.hypot(np.fft.fftfreq(256)[:, None], np.fft.fftfreq(256))
    low, high = power[(f > 0.02) & (f < 0.04)].mean(), power[(f > 0.2) & (f < 0.4)].mean()
    slope = np.log(low / high) / np.log(10)
    assert 1.8 < slope < 2.4  # power is amplitude squared: exponent 2.2


def test_fillings_have_the_number_of_colours_of_their_kind():
    rng = np.random.default_rng(0)
    filling = fill(np.arange(4).repeat(5), 16, pink_noise(), rng)
    colours = [len(np.unique(image.reshape(-1, 3), axis=0)) for image in filling]
    assert len(KINDS) == 4
    assert colours[:5] == [1] * 5
    assert colours[5:15] == [2] * 10
    assert min(colours[15:]) > 50
