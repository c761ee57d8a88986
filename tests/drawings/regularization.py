"""Examples of the figures of `regularization`."""

import numpy as np

from drawings.shared import STEPS

rng = np.random.default_rng(2)
small = tuple((rng.normal(size=(k, d)), rng.normal(size=k)) for d, k in ((1, 4), (4, 3), (3, 1)))
line = np.linspace(-1, 1, 9)
EXAMPLES = {
    "fig_shrinkage": ((0.1 * STEPS, {"0.1, ridge": 0.9**STEPS, "0.1, descent": 0.8**STEPS}), {}),
    "fig_shrinkage_paths": (
        (np.diag([1.0, 0.2]), np.array([1.0, 2.0]), {"ridge": np.array([[0.0, 0.0], [0.5, 0.3], [1.0, 2.0]])}), {}
    ),
    "fig_thinned": ((small, line, np.sin(line)), {"p": 0.5}),
    "fig_versions": (({"as it is": rng.random((3, 4, 4)), "moved": rng.random((3, 4, 4))},), {}),
}  # fmt: skip
REFUSED = [
    (lambda f: f["fig_shrinkage"]([1.0, 0.5], {}, alt="a"), "curvature"),
    (lambda f: f["fig_shrinkage"]([1.0, 2.0], {"a": [1.0]}, alt="a"), "'a' must have shape"),
    (lambda f: f["fig_shrinkage_paths"](-np.eye(2), np.ones(2), {}, alt="a"), "hessian"),
    (lambda f: f["fig_shrinkage_paths"](np.eye(2), np.ones(2), {"a": np.ones((1, 2))}, alt="a"), "paths['a']"),
    (lambda f: f["fig_thinned"](small[:1], line, line, alt="a"), "params"),
    (lambda f: f["fig_thinned"](small, line, line[1:], alt="a"), "x and target"),
    (lambda f: f["fig_thinned"](small, line, line, p=0.9, alt="a"), "p must lie"),
    (lambda f: f["fig_versions"]({"a": np.ones((2, 3)), "b": np.ones((2, 4))}, alt="a"), "one shape"),
    (lambda f: f["fig_versions"]({"a": np.ones((2, 1, 4, 4))}, alt="a"), "colour"),
]  # fmt: skip
