"""Examples of the figures of `transfer_learning`."""

import numpy as np

rng = np.random.default_rng(2)
SHOTS = rng.random((2, 3, 3))
KEPT = {"how many?": {"mirror": 1.0, "crop it": 0.4}, "which colour?": {"mirror": 1.0, "crop it": 0.9}}
EXAMPLES = {
    "fig_answers": ((KEPT,), {}),
    "fig_sampling": ((rng.random((9, 8)),), {"angle": 0.5, "scale": 1.2, "right": 1.0}),
    "fig_shots": (((1, 2, 5), {"digits": {"scratch": SHOTS[0], "probe": SHOTS[1]}}), {"chance": 0.2}),
}
REFUSED = [
    (lambda f: f["fig_answers"]({"a": {"b": 1.0}, "c": {"d": 1.0}}, alt="a"), "the same changes"),
    (lambda f: f["fig_answers"]({"a": {"b": 1.5}}, alt="a"), "between 0 and 1"),
    (lambda f: f["fig_sampling"](np.ones((30, 30)), alt="a"), "at most 20 x 20"),
    (lambda f: f["fig_shots"]((1, 2), {"p": {"way": np.ones((3, 3))}}, alt="a"), "'way'"),
]
