"""What the two-dimensional toys promise."""

import numpy as np
import pytest

from dlbook.data import load

TOYS = ("blobs", "moons", "spiral", "xor", "rings")


def best_linear_accuracy(x, t):
    """Return the training accuracy of least squares onto one-hot labels."""
    design = np.c_[x, np.ones(len(x))]
    weight = np.linalg.lstsq(design, np.eye(t.max() + 1)[t], rcond=None)[0]
    return np.mean((design @ weight).argmax(axis=1) == t)


def test_a_line_separates_blobs_but_not_xor_or_rings_or_spirals():
    accuracy = {name: best_linear_accuracy(*list(load(name, n=600))[:2]) for name in TOYS}
    assert accuracy["blobs"] > 0.85
    assert accuracy["xor"] < 0.65
    assert accuracy["rings"] < 0.65
    assert accuracy["spiral"] < 0.7
    assert 0.75 < accuracy["moons"] < 0.95


def test_the_radius_alone_separates_rings():
    x, t, *_ = load("rings", n=600)
    assert np.mean((np.hypot(*x.T) > 0.75) == t) > 0.95


def test_the_product_of_the_signs_is_the_class_of_xor():
    x, t, *_ = load("xor", n=600, noise=0.2)
    assert np.mean((x[:, 0] * x[:, 1] < 0) == t) > 0.99


def test_a_spiral_unwinds_into_its_arms():
    x, t, *_ = load("spiral", n=600, noise=1e-6)
    angle = np.arctan2(x[:, 1], x[:, 0]) - 2 * np.pi * 0.7 * np.hypot(*x.T)
    np.testing.assert_array_equal(np.rint(3 * angle / (2 * np.pi)).astype(int) % 3, t)


@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("name", ["blobs", "spiral", "rings"])
def test_the_number_of_classes_is_an_option(name, classes):
    data = load(name, n=50, classes=classes)
    assert len(data.classes) == classes
    assert set(data.t_train) == set(range(classes))


@pytest.mark.parametrize(
    ("name", "option"),
    [("blobs", "spread"), ("moons", "noise"), ("spiral", "turns"), ("xor", "noise"), ("rings", "noise")],
)
def test_widths_must_be_positive(name, option):
    with pytest.raises(ValueError, match=f"{option} must be positive, got 0"):
        load(name, **{option: 0})
