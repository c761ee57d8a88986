"""Examples of the figures of `training`."""

import numpy as np

rng = np.random.default_rng(2)
curve = 0.3 + 2 * np.exp(-np.arange(8) / 3)
accuracy = 1 - 0.9 * np.exp(-np.arange(8) / 3)
run = {
    "number": 1, "loss": curve, "validation_loss": 2 * curve, "accuracy": accuracy, "validation_accuracy": accuracy / 2,
    "test": 0.5, "checks": [{"name": "slope", "ok": True, "came": "1"}, {"name": "scale", "ok": False, "came": "9"}],
    "options": [1, 2],
}  # fmt: skip
diagnoses = {
    n: {"text": f"diagnosis {n}", "signature": f"Signature {n}.", "clue": f"clue {n}"} for n in (1, 2)
}
table = np.sort(rng.random((5, 10)), axis=1)
EXAMPLES = {
    "fig_bias": (([2, 4, 8], [0.1, 0.2, 0.3], [0.1, 0.2, 0.31]), {"bound": [0.2, 0.3, 0.4]}),
    "fig_diagnosis": (([run], diagnoses), {}),
    "fig_gallery": (({"healthy": (curve, curve + 0.1), "broken": (curve, np.full(8, np.inf))},), {"guess": 2.3}),
    "fig_grid_random": (
        ({"grid": rng.random((4, 2)), "random": rng.random((4, 2))}, np.linspace(0, 1, 9), np.linspace(0, 1, 9) ** 2),
        {"axes": ("lr", "momentum")},
    ),
    "fig_halving": ((table, [1, 1, 1, 3, 9]), {"rungs": (1, 3, 9)}),
    "fig_magnitudes": (
        ({"gradients": np.array([1e-3, 1e-5, 0.0, 2e-9]), "weights": np.array([0.1, 0.2])},),
        {"smallest": 2.0**-24, "smallest_normal": 2.0**-14, "largest": 65504.0},
    ),
    "fig_trials": (({"coarse": ([0.1, 1.0], [0.01, 0.1], [0.2, 0.5]), "fine": ([0.5], [0.05], [0.6])},),
                   {"axes": ("lr", "strength")}),
}  # fmt: skip
REFUSED = [
    (lambda f: f["fig_bias"]([1], [1, 2], [1], alt="a"), "counts"),
    (lambda f: f["fig_diagnosis"]([{**run, "options": [2]}], diagnoses, alt="a"), "options of run 1"),
    (lambda f: f["fig_gallery"]({"a": ([1, 2], [1])}, alt="a"), "curves of 'a'"),
    (lambda f: f["fig_grid_random"]({"a": np.ones(3)}, [0, 1], [0, 1], axes="xy", alt="a"), "points of 'a'"),
    (lambda f: f["fig_halving"](table, [1], rungs=(1,), alt="a"), "stops"),
    (lambda f: f["fig_magnitudes"]({"a": np.zeros(2)}, smallest=1, smallest_normal=2, largest=3, alt="a"), "zeros"),
    (lambda f: f["fig_trials"]({"a": ([1], [1, 2], [1])}, axes="xy", alt="a"), "'a' has"),
]  # fmt: skip
