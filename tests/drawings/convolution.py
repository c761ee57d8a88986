"""Examples of the figures of `convolution`."""

import numpy as np

rng = np.random.default_rng(2)
LAYERS = [{"kernel_size": 3, "padding": 1}, {"kernel_size": 2, "stride": 2}]
EXAMPLES = {
    "fig_images": (({"one": rng.normal(size=(6, 8)), "two": rng.normal(size=(6, 8))},), {"columns": 3}),
    "fig_letters": (({"one": rng.normal(size=(4, 3)), "two": np.zeros((4, 2))}, "ab c"), {"best": 2, "columns": 3}),
    "fig_matrices": (({"M": rng.normal(size=(4, 9)), "N": np.eye(4)},), {}),
    "fig_sliding": ((rng.integers(0, 9, (6, 6)), np.array([[1, 0, -1]] * 3)), {"padding": 1}),
    "fig_stacks": (({"two layers": (8, LAYERS)},), {}),
}
REFUSED = [
    (lambda f: f["fig_images"]({}, alt="a"), "at least one"),
    (lambda f: f["fig_images"]({"a": np.ones(3)}, alt="a"), "'a'"),
    (lambda f: f["fig_letters"]({}, "ab", alt="a"), "at least one"),
    (lambda f: f["fig_letters"]({"a": np.ones((3, 2))}, "ab", alt="a"), "'a'"),
    (lambda f: f["fig_matrices"]({"a": np.ones(3)}, alt="a"), "'a'"),
    (lambda f: f["fig_sliding"](np.ones((3, 3)), np.ones((4, 4)), alt="a"), "x must be"),
    (lambda f: f["fig_stacks"]({"a": (4, LAYERS)}, unit=7, alt="a"), "unit is 7"),
]
