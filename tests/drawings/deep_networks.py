"""Examples of the figures of `deep_networks`."""

import numpy as np

from drawings.shared import STEPS, two_clouds

rng = np.random.default_rng(2)
x, target = two_clouds()
labels = (target > 0).astype(int)
EXAMPLES = {
    "fig_activations": ((STEPS / 10.0, {"tanh": (np.tanh(STEPS / 10), 1 - np.tanh(STEPS / 10) ** 2)}), {}),
    "fig_decision_surfaces": (
        (x, labels, {"linear": rng.normal(size=(9, 9, 2))}), {"view": (-3.0, 3.0), "classes": ["cat", "dog"]}
    ),
    "fig_folding": (({"one fold": (np.array([0, 0.5, 1]), np.array([0.0, 1, 0]))},), {}),
    "fig_gradient_norms": (({"tanh": 0.9**STEPS, "sigmoid": 0.2**STEPS},), {}),
    "fig_hidden_plane": (
        (x, np.maximum(x, 0), labels), {"line": ([1.0, -2.0], -0.5), "classes": ["cat", "dog"]}
    ),
    "fig_linear_regions": (({"one layer": [rng.normal(size=(9, 9, 3))]},), {"view": (-1.0, 1.0)}),
    "fig_playground": (
        ({"clouds": (x, labels, [((np.ones((2, 2)), np.zeros(2)),)])},), {"view": (-3.0, 3.0), "depth": 0}
    ),
}  # fmt: skip
REFUSED = [
    (lambda f: f["fig_activations"](np.array([0.0, 1.0, 3.0]), {}, alt="a"), "x must be"),
    (lambda f: f["fig_activations"](np.arange(3.0), {"relu": (np.ones(3), np.ones(2))}, alt="a"), "slope of"),
    (lambda f: f["fig_gradient_norms"]({"a": [1, 0]}, alt="a"), "positive"),
    (lambda f: f["fig_folding"]({"a": ([0, 1], [0])}, alt="a"), "one shape"),
    (lambda f: f["fig_hidden_plane"](np.ones((2, 2)), np.ones((3, 2)), [0, 1], line=([1, 1], 0), classes="ab",
                                     alt="a"), "x and h"),
    (lambda f: f["fig_linear_regions"]({"a": [np.ones((2, 3, 1))]}, view=(0, 1), alt="a"), "scores of 'a'"),
    (lambda f: f["fig_decision_surfaces"](np.ones((1, 2)), [0], {"a": np.ones((2, 2, 3))}, view=(0, 1),
                                          classes="ab", alt="a"), "scores of 'a'"),
    (lambda f: f["fig_playground"]({}, view=(0, 1), activation="step", alt="a"), "activation"),
    (lambda f: f["fig_playground"]({"a": (np.ones((1, 2)), [1], [()])}, view=(0, 1), alt="a"), "params[0]"),
]  # fmt: skip
