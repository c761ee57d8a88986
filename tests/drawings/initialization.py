"""Examples of the figures of `initialization`."""

import numpy as np

from drawings.shared import STEPS

rng = np.random.default_rng(2)
EXAMPLES = {
    "fig_depth": (
        ({"measured": 0.9**STEPS, "also": 0.8**STEPS},),
        {"predicted": {"measured": 0.9**STEPS}, "y_label": "mean square"},
    ),
    "fig_histograms": (
        ({"a case": {"layer 1": rng.normal(size=99), "layer 2": 0.1 * rng.normal(size=99)}},),
        {"x_label": "power of ten", "span": (-3, 1), "marks": {"layer 1": 0.5}},
    ),
    "fig_phases": ((1 + STEPS / 30, STEPS / 20), {"points": {"here": (1.2, 0.1)}}),
    "fig_propagation": ((np.array([1.0, 2.0]), {"relu": (np.ones((2, 9)), np.full((2, 9), 0.1))}), {}),
}
REFUSED = [
    (lambda f: f["fig_depth"]({"a": [1, 0]}, y_label="y", alt="a"), "'a' must be positive"),
    (lambda f: f["fig_depth"]({"a": [1]}, predicted={"b": [1]}, y_label="y", alt="a"), "predicted has ['b']"),
    (lambda f: f["fig_depth"]({"a": [1]}, predicted={"a": [1, 2]}, y_label="y", alt="a"), "predicted['a']"),
    (lambda f: f["fig_histograms"]({"a": {"b": [0.0]}}, x_label="x", span=(0, 1), alt="a"), "'b' of 'a'"),
    (lambda f: f["fig_histograms"]({}, x_label="x", span=(1, 0), alt="a"), "span"),
    (lambda f: f["fig_phases"]([1, 2], [1], alt="a"), "one shape"),
    (lambda f: f["fig_propagation"]([1, 2, 4], {}, alt="a"), "scale"),
    (lambda f: f["fig_propagation"]([1, 2], {"a": (np.ones((2, 3)), np.zeros((2, 3)))}, alt="a"), "gradient of 'a'"),
]
