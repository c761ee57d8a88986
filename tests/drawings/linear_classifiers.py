"""Examples of the figures of `linear_classifiers`, and of those that every chapter uses."""

import numpy as np

from drawings.shared import SPLIT, STEPS, two_clouds


def three_clouds():
    rng = np.random.default_rng(1)
    target = np.repeat([0, 1, 2], 8)
    weight = np.array([[-1.0, -0.5], [1.0, -0.5], [0.0, 1.0]])
    return rng.normal(size=(24, 2)) + 2 * weight[target], target, weight, np.array([0.2, 0.0, -0.3])


def losses():
    margin = np.linspace(-3, 3, 61)
    value, gammas = np.log1p(np.exp(-margin)), np.array([0.0, 1.0, 2.0])
    family = np.array([value * (1 / (1 + np.exp(margin))) ** g for g in gammas])
    slopes = np.gradient(family, margin, axis=1)
    values = {"zero-one": ((margin <= 0) * 1.0, 0 * margin), "logistic": (value, -1 / (1 + np.exp(margin)))}
    return (margin, values), {"families": {"focal": ("gamma", gammas, family, slopes)}}


rng = np.random.default_rng(2)
x, target = two_clouds()
w = np.array([1.0, 0.8])
CLASSES = {"classes": ["cat", "dog", "ship"]}
EXAMPLES = {
    "fig_boundary": ((x, target, w, 0.1), {}),
    "fig_confusion": ((rng.integers(0, 9, (3, 3)), ["cat", "dog", "ship"]), {}),
    "fig_curves": (({"loss (nats)": SPLIT, "accuracy (%)": SPLIT},), {}),
    "fig_duality": ((STEPS, 1 + 1 / STEPS, 1 - 1 / STEPS), {}),
    "fig_grid": (({run: {"cost (nats)": SPLIT, "accuracy (%)": SPLIT} for run in ("lr 0.1", "lr 0.01")},), {}),
    "fig_hyperplanes": (three_clouds(), CLASSES),
    "fig_losses": losses(),
    "fig_probability_histogram": ((rng.random(50), rng.random(50) < 0.7), {}),
    "fig_regions": (three_clouds(), CLASSES),
    "fig_regularization_path": (
        (np.logspace(-3, 1, 9), rng.normal(size=(9, 4))),
        {"errors": {"training": np.ones(9), "test": np.ones(9)}, "best": 0.1},
    ),
    "fig_reliability": ((np.array([0.3, 0.6, 0.9]), np.array([0.2, 0.6, 0.8]), np.array([4, 0, 9])), {}),
    "fig_support_vectors": ((x, target, w, 0.1, target * (x @ w + 0.1) <= 1), {}),
    "fig_templates": ((rng.normal(size=(3, 12)), ["cat", "dog", "ship"], (3, 2, 2)), {}),
}
REFUSED = [
    (lambda f: f["fig_boundary"](np.ones((3, 3)), np.ones(3), np.ones(2), 0.0, alt="a"), "x must have shape"),
    (lambda f: f["fig_boundary"](np.ones((3, 2)), np.array([0, 1, 1]), np.ones(2), 0.0, alt="a"), "target"),
    (lambda f: f["fig_boundary"](np.eye(2), np.array([1, -1]), np.zeros(2), 0.0, alt="a"), "weight"),
    (lambda f: f["fig_boundary"](*two_clouds(), np.ones(2), 0.0, loss="square", alt="a"), "loss"),
    (lambda f: f["fig_confusion"](np.ones((2, 3)), ["a", "b"], alt="a"), "matrix"),
    (lambda f: f["fig_templates"](np.ones((2, 5)), ["a", "b"], (2, 2), alt="a"), "weight"),
    (lambda f: f["fig_templates"](np.ones((1, 8)), ["a"], (2, 2, 2), alt="a"), "image_shape"),
    (lambda f: f["fig_losses"](np.array([0.0, 1.0, 3.0]), {}, alt="a"), "margin"),
    (lambda f: f["fig_losses"](np.arange(3.0), {"hinge": (np.ones(3), np.ones(2))}, alt="a"), "slope of 'hinge'"),
    (lambda f: f["fig_probability_histogram"](np.array([1.5]), np.array([True]), alt="a"), "probability"),
    (lambda f: f["fig_support_vectors"](*two_clouds(), np.ones(2), 0.0, np.ones(24), alt="a"), "support"),
    (lambda f: f["fig_hyperplanes"](*three_clouds(), classes=["a", "b"], alt="a"), "weight"),
    (lambda f: f["fig_grid"]({"a": {"loss": {}}, "b": {"cost": {}}}, alt="a"), "quantities"),
    (lambda f: f["fig_duality"]([1, 2], [1.0], 0.0, alt="a"), "primal"),
    (lambda f: f["fig_regularization_path"]([0.0, 1.0], np.ones((2, 3)), alt="a"), "strength"),
]
