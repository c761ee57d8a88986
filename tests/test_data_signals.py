"""MNIST-1D and the handwritten digits."""

import numpy as np
import pytest

from dlbook.data import load
from dlbook.data.handwriting import stratified
from dlbook.data.mnist1d import TEMPLATES, normalized_templates


def test_templates_start_and_end_at_zero_and_differ():
    x = normalized_templates()
    assert x.shape == TEMPLATES.shape == (10, 12)
    np.testing.assert_allclose(x[:, [0, -1]], 0, atol=1e-12)
    np.testing.assert_allclose(x.std(axis=1), 1 / 6)
    assert min(np.abs(a - b).max() for i, a in enumerate(x) for b in x[:i]) > 0.1


def test_mnist1d_has_mean_zero_and_unit_width_over_the_training_set():
    data = load("mnist1d", n=1000, n_test=200)
    assert data.x_train.shape == (1000, 40)
    assert data.x_train.dtype == np.float32
    assert abs(data.x_train.mean()) < 1e-5
    assert abs(data.x_train.std() - 1) < 1e-5
    assert abs(data.x_test.mean()) < 0.2
    assert abs(data.x_test.std() - 1) < 0.2


def test_a_clean_mnist1d_signal_is_its_template_shifted():
    data = load("mnist1d", n=200, n_test=1, clean=True)
    templates = normalized_templates()
    silent = np.median(data.x_train)  # more than half of a clean signal is silence
    for x, t in zip(data.x_train[:50], data.t_train[:50], strict=True):
        start = np.flatnonzero(np.abs(x - silent) < 1e-6)
        assert len(start) >= 12
        up, down = x.max() - silent > 0.05, silent - x.min() > 0.05
        assert up == (templates[t].max() > 0.05)
        assert down == (templates[t].min() < -0.05)


def test_mnist1d_means_of_classes_barely_tell_the_classes():
    # The published one-layer accuracy is about .32; the nearest class mean does no better, far above
    # chance .1.
    data = load("mnist1d")
    means = np.stack([data.x_train[data.t_train == k].mean(axis=0) for k in range(10)])
    distance = ((data.x_test[:, None] - means) ** 2).sum(axis=2)
    assert 0.2 < np.mean(distance.argmin(axis=1) == data.t_test) < 0.4


def test_digits_are_images_in_steps_of_a_sixteenth():
    data = load("digits")
    assert data.x_train.shape == (len(data.t_train), 1, 8, 8)
    assert len(data.t_train) + len(data.t_test) == 1797
    assert data.x_train.min() == 0
    assert data.x_train.max() == 1
    np.testing.assert_array_equal(data.x_train * 16, np.rint(data.x_train * 16))


def test_a_random_split_of_digits_is_balanced_and_depends_on_the_seed():
    a, b = load("digits", seed=0), load("digits", seed=1)
    assert not np.array_equal(a.x_test, b.x_test)
    whole = np.bincount(np.r_[a.t_train, a.t_test])
    assert np.abs(np.bincount(a.t_test) - whole / 4).max() <= 0.5


def test_the_ordered_split_of_digits_does_not_depend_on_the_seed():
    a, b = load("digits", seed=0, split="ordered"), load("digits", seed=1, split="ordered")
    np.testing.assert_array_equal(a.x_test, b.x_test)
    assert a.x_train.shape[0] == 1347
    assert a.x_test.shape[0] == 450


def test_fewer_digits_are_the_first_of_the_split_and_more_than_there_are_is_an_error():
    np.testing.assert_array_equal(load("digits", n=100).x_train, load("digits").x_train[:100])
    with pytest.raises(ValueError, match="n must be at most"):
        load("digits", n=1500)
    with pytest.raises(ValueError, match="split must be 'random' or 'ordered', got 'writer'"):
        load("digits", split="writer")


def test_a_stratified_split_uses_every_row_once():
    t = np.array([0] * 10 + [1] * 31 + [2] * 4)
    train, test = stratified(t, 0.25, seed=0)
    np.testing.assert_array_equal(np.sort(np.r_[train, test]), np.arange(45))
    assert list(np.bincount(t[test])) == [2, 8, 1]
