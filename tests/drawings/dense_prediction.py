"""Examples of the figures of `dense_prediction`."""

import numpy as np

rng = np.random.default_rng(2)
ROW = {
    "image": rng.random((3, 6, 6)), "classes": rng.integers(0, 4, (6, 6)), "wrong": rng.random((6, 6)) < 0.3,
    "depth": rng.random((6, 6)),
}  # fmt: skip
EXAMPLES = {
    "fig_predictions": (([ROW, ROW],), {}),
    "fig_overlap": ((3, 2), {}),
}
REFUSED = [
    (lambda f: f["fig_predictions"]([], alt="a"), "at least one"),
    (lambda f: f["fig_predictions"]([{"a": np.ones((2, 2, 2))}], alt="a"), "'a'"),
    (lambda f: f["fig_predictions"]([{"a": np.full((2, 2), 9)}], alt="a"), "labels up to 9"),
    (lambda f: f["fig_overlap"](9, 2, alt="a"), "kernel_size is 9"),
    (lambda f: f["fig_overlap"](3, 5, alt="a"), "stride is 5"),
]
