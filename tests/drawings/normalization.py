"""Examples of the figures of `normalization`."""

import numpy as np

from dlbook.numpy.normalization import batch_norm_backward_steps, batch_norm_steps

x, dy = np.array([[1.0], [2.0], [6.0]]), np.array([[1.0], [0.0], [0.0]])
one, zero = np.ones(1), np.zeros(1)
nodes = batch_norm_steps(x, one, zero)
values = {**nodes, "x": x, "weight": one, "bias": zero}
gradients = batch_norm_backward_steps(nodes, one, dy)
table = np.random.default_rng(0).normal(size=(3, 4))
EXAMPLES = {
    "fig_batch_norm_graph": ((values, gradients), {}),
    "fig_company": ((table,), {"cell": (1, 2), "value": 4.0}),
    "fig_normalized_axes": (({"batch norm": "batch", "group norm": "group"},), {"groups": 3}),
    "fig_rates": (
        (np.array([0.1, 1.0, 10.0]), {"batch norm": np.array([0.5, 0.6, 0.4]), "none": np.array([0.5, 0.3, np.nan])}),
        {"y_label": "accuracy"},
    ),
    "fig_start_grid": (
        ({"none": np.eye(2), "batch norm": np.ones((2, 2))},), {"rows": ["3", "9"], "columns": ["0.1", "0.001"]}
    ),
}  # fmt: skip
REFUSED = [
    (lambda f: f["fig_batch_norm_graph"]({**values, "x": np.ones((3, 2))}, gradients, alt="a"), "values['x']"),
    (lambda f: f["fig_batch_norm_graph"](values, {}, alt="a"), "gradients['x']"),
    (lambda f: f["fig_company"](np.ones(3), cell=(0, 0), value=0.0, alt="a"), "x must be a table"),
    (lambda f: f["fig_company"](table, cell=(3, 0), value=0.0, alt="a"), "cell must lie"),
    (lambda f: f["fig_company"](table, cell=(0, 0), value=0.0, kind="group", alt="a"), "kind must be"),
    (lambda f: f["fig_normalized_axes"]({"a": "rms"}, alt="a"), "'rms'"),
    (lambda f: f["fig_normalized_axes"]({"a": "group"}, groups=4, alt="a"), "groups must divide"),
    (lambda f: f["fig_rates"](np.array([0.0]), {}, y_label="y", alt="a"), "rate must be positive"),
    (lambda f: f["fig_rates"](np.ones(2), {"a": np.ones(3)}, y_label="y", alt="a"), "curves['a']"),
    (lambda f: f["fig_start_grid"]({"a": np.ones(2)}, rows=["1"], columns=["1"], alt="a"), "reached['a']"),
]  # fmt: skip
