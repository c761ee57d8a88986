"""What the synthetic vowels promise about pitch and formants."""

import numpy as np
import pytest

from dlbook.data import load
from dlbook.data.vowels import FORMANTS, RATE, _two_pole


@pytest.fixture(scope="module")
def vowels():
    return load("vowels", n=400, n_test=100, cache=False)


def test_vowels_are_sounds_of_about_unit_width(vowels):
    assert vowels.x_train.shape == (400, 1, 1024)
    assert vowels.classes == tuple(FORMANTS)
    np.testing.assert_allclose(vowels.x_train.std(axis=2), np.hypot(1, 0.1), rtol=0.05)


def test_the_signal_repeats_with_its_pitch():
    data = load("vowels", n=80, n_test=10, noise=0.0)
    for x, pitch in zip(data.x_train[:, 0], data.train["pitch"], strict=True):
        assert 90 <= pitch <= 250
        centred = x - x.mean()
        correlation = np.correlate(centred, centred, "full")[1023:]
        lags = np.arange(int(RATE / (1.15 * pitch)), int(RATE / (0.85 * pitch)) + 2)
        assert correlation[lags].max() > 0.35 * correlation[0]


def test_the_spectrum_tells_the_vowels_and_the_waveform_does_not(vowels):
    def spectrum(x):
        power = np.abs(np.fft.rfft(x[:, 0] * np.hanning(1024), axis=1)) ** 2
        return np.log(power.reshape(len(x), -1)[:, :512].reshape(len(x), 32, 16).mean(axis=2) + 1e-3)

    def accuracy(feature):
        train, test = feature(vowels.x_train), feature(vowels.x_test)
        means = np.stack([train[vowels.t_train == k].mean(axis=0) for k in range(8)])
        return np.mean(((test[:, None] - means) ** 2).sum(axis=2).argmin(axis=1) == vowels.t_test)

    assert accuracy(spectrum) > 0.6
    assert accuracy(lambda x: x[:, 0]) < 0.3


def test_the_resonator_solves_its_difference_equation():
    rng = np.random.default_rng(0)
    x, first, second = rng.normal(size=(3, 20)), np.array([0.5, 1.2, -0.3]), np.array([-0.2, -0.5, 0.1])
    y = _two_pole(x, 0.7, first, second)
    np.testing.assert_allclose(y[:, 0], 0.7 * x[:, 0])
    np.testing.assert_allclose(y[:, 2:], 0.7 * x[:, 2:] + first[:, None] * y[:, 1:-1] + second[:, None] * y[:, :-2])


def test_negative_noise_is_refused():
    with pytest.raises(ValueError, match="noise must not be negative"):
        load("vowels", n=10, noise=-1)
