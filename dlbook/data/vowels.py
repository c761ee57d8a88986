"""Spoken vowels from a pulse and three resonances: sound with known causes."""

import numpy as np

from dlbook.data.drawing import balanced_labels, stream

Columns = dict[str, np.ndarray]
RATE = 8000  # samples per second
LENGTH = 1024  # samples kept
RUN_UP = 400  # samples before those, until the resonances ring
BANDWIDTH = (80.0, 100.0, 140.0)  # of the three resonances, hertz

# Mean frequencies of the first three formants of men's American English vowels, hertz.
FORMANTS = {
    "heed": (270, 2290, 3010),
    "hid": (390, 1990, 2550),
    "head": (530, 1840, 2480),
    "had": (660, 1720, 2410),
    "hud": (640, 1190, 2390),
    "hod": (730, 1090, 2440),
    "hood": (440, 1020, 2240),
    "who'd": (300, 870, 2240),
}


def vowels(*, n: int, n_test: int, seed: int, noise: float = 0.1) -> tuple[Columns, Columns, tuple[str, ...]]:
    """Speak vowels: x (N, 1, 1024), 0.128 s at 8 kHz, width about 1; t (N,); pitch (N,) in hertz.

    Pulses of a gliding pitch between 90 and 250 Hz pass a low-pass filter (the throat) and three two-pole resonators
    (the mouth). Speakers differ in the length of their vocal tract, which moves all formants together.

    Parameters
    ----------
    noise : standard deviation of the white noise that is added, in widths of the signal

    Raises
    ------
    ValueError : negative noise

    **Source** Klatt, Software for a cascade/parallel formant synthesizer, JASA 1980; formants of Peterson & Barney,
    JASA 1952
    """
    if noise < 0:
        raise ValueError(f"vowels: noise must not be negative, got {noise!r}")
    splits = []
    for split, size in enumerate((n, n_test)):
        rng = stream("vowels", seed, split)
        t = balanced_labels(size, len(FORMANTS), rng)
        x, pitch = _speak(t, rng)
        x += noise * rng.normal(size=x.shape)
        splits.append({"x": x[:, None].astype(np.float32), "t": t, "pitch": pitch.astype(np.float32)})
    return splits[0], splits[1], tuple(FORMANTS)


def _speak(t: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    n, total = len(t), RUN_UP + LENGTH
    pitch = np.exp(rng.uniform(np.log(90), np.log(250), n))
    glide = 1 + rng.uniform(-0.1, 0.1, (n, 1)) * np.linspace(0, 1, total)
    phase = np.cumsum(pitch[:, None] * glide / RATE, axis=1) + rng.random((n, 1))
    pulses = np.diff(np.floor(phase), axis=1, prepend=np.floor(phase[:, :1]))
    source = pulses + 0.02 * rng.normal(size=(n, total))
    tract = np.exp(rng.uniform(-0.1, 0.2, (n, 1)))
    formants = np.array(list(FORMANTS.values()))[t] * tract * (1 + 0.03 * rng.normal(size=(n, 3)))
    # 0.95: the pulse of the vocal folds has little energy at high frequencies.
    x = _two_pole(source, 1.0, np.full(n, 0.95), np.zeros(n))
    for k, width in enumerate(BANDWIDTH):
        radius = np.exp(-np.pi * width / RATE)
        angle = 2 * np.pi * np.minimum(formants[:, k], 3900) / RATE
        x = _two_pole(x, 1 - radius, 2 * radius * np.cos(angle), np.full(n, -(radius**2)))
    x = x[:, RUN_UP:]
    return x / x.std(axis=1, keepdims=True), pitch


def _two_pole(x: np.ndarray, gain: float, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Filter rows: y[t] = gain x[t] + first y[t-1] + second y[t-2], a coefficient per row."""
    y = np.zeros((x.shape[1] + 2, x.shape[0]))  # time first: each step reads and writes one contiguous row
    for i, column in enumerate(gain * x.T):
        y[i + 2] = column + first * y[i + 1] + second * y[i]
    return y[2:].T
