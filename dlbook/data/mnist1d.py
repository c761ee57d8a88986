"""MNIST-1D: ten shapes of twelve numbers, hidden in forty by shifting, stretching, shearing and noise."""

import numpy as np

from dlbook.data.drawing import balanced_labels, stream

Columns = dict[str, np.ndarray]

# The published templates: a digit drawn as the height of a pen over twelve moments.
TEMPLATES = np.array(
    [
        [5, 6, 6.5, 6.75, 7, 7, 7, 7, 6.75, 6.5, 6, 5],
        [5, 3, 3, 3.4, 3.8, 4.2, 4.6, 5, 5.4, 5.8, 5, 5],
        [5, 6, 6.5, 6.5, 6, 5.25, 4.75, 4, 3.5, 3.5, 4, 5],
        [5, 6, 6.5, 6.5, 6, 5, 5, 6, 6.5, 6.5, 6, 5],
        [5, 4.4, 3.8, 3.2, 2.6, 2.6, 5, 5, 5, 5, 5, 5],
        [5, 3, 3, 3, 3, 5, 6, 6.5, 6.5, 6, 4.5, 5],
        [5, 4, 3.5, 3.25, 3, 3, 3, 3, 3.25, 3.5, 4, 5],
        [5, 7, 7, 6.6, 6.2, 5.8, 5.4, 5, 4.6, 4.2, 5, 5],
        [5, 4, 3.5, 3.5, 4, 5, 5, 4, 3.5, 3.5, 4, 5],
        [5, 4, 3.5, 3.5, 4, 5, 5, 5, 5, 4.7, 4.3, 5],
    ]
)
PADDING = (36, 60)  # shortest and longest silence after the template
LENGTH = 72  # template and longest silence: the time axis before the last resampling
FINAL = 40  # numbers in an example
SHIFT = 48  # one more than the largest cyclic shift
SCALE = 0.4  # width of the range of amplitudes round 1
CORRELATED = 0.25  # noise where the signal is silent, before it is smoothed
SMOOTHING = 2  # standard deviation of that smoothing, samples
INDEPENDENT = 0.02  # noise everywhere
SHEAR = 0.75  # width of the range of slopes round 0


def mnist1d(*, n: int, n_test: int, seed: int, clean: bool = False) -> tuple[Columns, Columns, tuple[str, ...]]:
    """Draw MNIST-1D by its published recipe: (N, 40) of mean 0 and standard deviation 1.

    Template -> append silence -> stretch to 72 -> amplitude -> cyclic shift -> smooth noise in the silence
    and white noise everywhere -> add a slope -> resample to 40.

    Parameters
    ----------
    clean : leave the two noises and the slope out, to show what they hide

    **Source** Greydanus & Kobak, Scaling Down Deep Learning with MNIST-1D, ICML 2024
    """
    splits = []
    for split, size in enumerate((n, n_test)):
        rng = stream("mnist1d", seed, split)
        t = balanced_labels(size, 10, rng)
        splits.append((_draw(t, rng, clean), t))
    # The published set is centred as a whole, not per position: mean and width are those of the training
    # part.
    mean, std = splits[0][0].mean(), splits[0][0].std()
    train, test = ({"x": ((x - mean) / std).astype(np.float32), "t": t} for x, t in splits)
    return train, test, tuple("0123456789")


def normalized_templates() -> np.ndarray:
    """Return the ten templates as the recipe uses them: centred, of width 1/6, starting at 0: (10, 12).

    **Source** Greydanus & Kobak, 2024
    """
    x = TEMPLATES - TEMPLATES.mean(axis=1, keepdims=True)
    x /= x.std(axis=1, keepdims=True)
    return (x - x[:, :1]) / 6


def _draw(t: np.ndarray, rng: np.random.Generator, clean: bool) -> np.ndarray:
    n = len(t)
    silence = rng.integers(PADDING[0], PADDING[1] + 1, n)
    amplitude = 1 + SCALE * (rng.random(n) - 0.5)
    shift = rng.integers(0, SHIFT, n)
    slope = SHEAR * (rng.random(n) - 0.5)
    smooth = _blur(CORRELATED * rng.normal(size=(n, LENGTH)))
    white = INDEPENDENT * rng.normal(size=(n, LENGTH))

    x = _stretch(normalized_templates()[t], silence) * amplitude[:, None]
    x = np.take_along_axis(x, (np.arange(LENGTH) - shift[:, None]) % LENGTH, axis=1)
    if not clean:
        x = np.where(x != 0, x, smooth) + white - slope[:, None] * np.linspace(-0.5, 0.5, LENGTH)
    return _resample(x, FINAL)


def _stretch(template: np.ndarray, silence: np.ndarray) -> np.ndarray:
    """Append `silence` zeros to each row and resample the row to LENGTH: (N, 12), (N,) -> (N, LENGTH)."""
    n, width = template.shape
    # The recipe adds a tiny number to the template so that a sample of exactly 0 counts as signal, not as
    # silence.
    padded = np.concatenate([template + 1e-8, np.zeros((n, PADDING[1]))], axis=1)
    position = np.linspace(0, 1, LENGTH) * (width + silence - 1)[:, None]
    left = np.minimum(position.astype(int), (width + silence - 2)[:, None])
    part = position - left
    low, high = (np.take_along_axis(padded, left + k, axis=1) for k in (0, 1))
    return low + part * (high - low)


def _resample(x: np.ndarray, length: int) -> np.ndarray:
    """Read each row off at `length` evenly spaced places, linearly: (N, T) -> (N, length)."""
    position = np.linspace(0, x.shape[1] - 1, length)
    left = np.minimum(position.astype(int), x.shape[1] - 2)
    return x[:, left] + (position - left) * (x[:, left + 1] - x[:, left])


def _blur(x: np.ndarray) -> np.ndarray:
    """Smooth rows with a Gaussian cut at four standard deviations, ends mirrored: (N, T) -> (N, T)."""
    reach = 4 * SMOOTHING
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / SMOOTHING) ** 2)
    kernel /= kernel.sum()
    padded = np.pad(x, ((0, 0), (reach, reach)), mode="symmetric")
    return np.lib.stride_tricks.sliding_window_view(padded, len(kernel), axis=1) @ kernel
