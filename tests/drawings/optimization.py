"""Examples of the figures of `optimization`."""

import numpy as np

from drawings.shared import STEPS

EXAMPLES = {
    "fig_range_test": (
        (10.0 ** (STEPS / 10.0), {"loss (nats)": 1.0 / STEPS, "accuracy": 1 - 1.0 / STEPS}),
        {"band": (2.0, 20.0), "labels": ("low", "high")},
    ),
    "fig_schedules": (({"steps": 0.5 ** (STEPS // 10), "line": 1.0 / STEPS},), {"log": True}),
}
REFUSED = [
    (lambda f: f["fig_schedules"]({"a": [0.1, 0.0]}, alt="a"), "rates of 'a'"),
    (lambda f: f["fig_range_test"](np.ones(3), {"loss": np.ones(2)}, alt="a"), "'loss' must have shape"),
]
