"""Examples of the figures of `backpropagation`."""

import numpy as np

from dlbook.numpy.backpropagation import Tape, exp, graph, log
from drawings.shared import SIZES


def softplus():
    tape = Tape()
    x, one = tape.variable(0.8, "x"), tape.variable(1.0, "one")
    return graph(log(one + exp(-x)) - x)


EXAMPLES = {
    "fig_cost": (
        (SIZES, {"evaluation": SIZES, "gradient": 3 * SIZES}), {"x_label": "parameters", "y_label": "operations"}
    ),
    "fig_graph": ((softplus(),), {}),
    "fig_schedule": ((SIZES, 64 / SIZES + SIZES, 0 * SIZES + 192), {"best": 4}),
    "fig_step_sweep": ((10.0**-SIZES, {"forward": 10.0**-SIZES, "complex": 0.0 * SIZES}), {}),
}  # fmt: skip
REFUSED = [
    (lambda f: f["fig_cost"]([1], {"a": [0.0]}, x_label="x", y_label="y", alt="a"), "costs"),
    (lambda f: f["fig_schedule"]([1, 2], [1], [1, 2], alt="a"), "memory"),
    (lambda f: f["fig_step_sweep"]([0.0], {}, alt="a"), "step"),
    (lambda f: f["fig_graph"](graph(exp(Tape().variable(1.0))), alt="a"), "named"),
    (lambda f: f["fig_graph"](graph(Tape().variable(np.ones(2)), np.ones(2)), alt="a"), "scalars"),
]
