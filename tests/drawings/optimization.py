"""Examples of the figures of `optimization`."""

import numpy as np

from drawings.shared import STEPS

RATES = {"plain": 0.01, "momentum": 0.002, "Nesterov": 0.002, "AdaGrad": 0.5, "RMSProp": 0.02, "Adam": 0.1}
STARTS = {"bowl": (-1.5, 1.0), "saddle": (-1.5, 0.1)}
EXAMPLES = {
    "fig_race": (({"bowl": RATES, "saddle": RATES},), {"starts": STARTS, "steps": 20}),
    "fig_range_test": (
        (10.0 ** (STEPS / 10.0), {"loss (nats)": 1.0 / STEPS, "accuracy": 1 - 1.0 / STEPS}),
        {"band": (2.0, 20.0), "labels": ("low", "high")},
    ),
    "fig_schedule_noise": (("doubling",), {"period": 9, "high": 1.2}),
    "fig_schedules": (({"steps": 0.5 ** (STEPS // 10), "line": 1.0 / STEPS},), {"log": True}),
}
REFUSED = [
    (lambda f: f["fig_schedule_noise"]("square", alt="a"), "shape is 'square'"),
    (lambda f: f["fig_schedule_noise"](high=2.0, alt="a"), "got rates"),
    (lambda f: f["fig_race"]({"hill": RATES}, starts={"hill": (0, 0)}, alt="a"), "surface is 'hill'"),
    (lambda f: f["fig_race"]({"bowl": {"plain": 0.1}}, starts=STARTS, alt="a"), "rates of 'bowl'"),
    (lambda f: f["fig_race"]({"bowl": RATES}, starts=STARTS, chosen=["Newton"], alt="a"), "chosen has"),
    (lambda f: f["fig_schedules"]({"a": [0.1, 0.0]}, alt="a"), "rates of 'a'"),
    (lambda f: f["fig_range_test"](np.ones(3), {"loss": np.ones(2)}, alt="a"), "'loss' must have shape"),
]
