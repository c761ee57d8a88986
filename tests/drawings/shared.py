"""Data for the examples of several topics."""

import numpy as np

ALT = 'Two clouds, "left" & <right>.'
STEPS, SIZES = np.arange(1, 30), np.array([1, 4, 16])
SPLIT = {"training": np.exp(-STEPS / 9), "validation": np.exp(-STEPS / 9) + 0.1}


def two_clouds():
    rng = np.random.default_rng(0)
    target = np.repeat([-1, 1], 12)
    return rng.normal(size=(24, 2)) + target[:, None], target
