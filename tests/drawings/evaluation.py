"""Examples of the figures of `evaluation`."""

import numpy as np

from drawings.shared import SIZES, STEPS

rng = np.random.default_rng(2)
EXAMPLES = {
    "fig_coverage": ((STEPS / 30, {"wald": 0.9 + 0 * STEPS, "wilson": 0.95 + 0 * STEPS}), {}),
    "fig_double_descent": (
        (SIZES, {"test error": {"ridge": 1 / SIZES, "none": 2 / SIZES}}), {"threshold": 4, "log": ("test error",)}
    ),
    "fig_right_wrong": ((rng.random((3, 20)) < 0.7,), {"average": np.arange(20) < 15}),
    "fig_threshold": ((rng.normal(size=30) + 1, rng.normal(size=40)), {}),
}  # fmt: skip
REFUSED = [
    (lambda f: f["fig_coverage"](np.ones(3), {"wald": np.ones(2)}, alt="a"), "coverage of 'wald'"),
    (lambda f: f["fig_double_descent"]([1], {"e": {"a": [1, 2]}}, threshold=1, alt="a"), "'a' must have shape"),
    (lambda f: f["fig_right_wrong"](np.ones((2, 3)), average=np.ones(2), alt="a"), "(M, N)"),
    (lambda f: f["fig_threshold"]([], [1.0], alt="a"), "both classes need scores"),
]
