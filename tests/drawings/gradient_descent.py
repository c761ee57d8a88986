"""Examples of the figures of `gradient_descent`."""

import numpy as np

from drawings.shared import SIZES, STEPS


def zigzag():
    hessian, x = np.array([[1.0, 0.3], [0.3, 0.4]]), np.array([-1.5, 1.0])
    path = [x]
    for _ in range(12):
        x = x - 1.5 * hessian @ x
        path.append(x)
    return hessian, np.array(path)


rng = np.random.default_rng(2)
hessian, path = zigzag()
EXAMPLES = {
    "fig_contraction": ((10.0 ** SIZES[:2], np.array([0.2, 0.7]), np.array([0.2, 0.7])), {}),
    "fig_convergence": (
        ({"condition 10": 0.8**STEPS},),
        {"bounds": {"condition 10": 2 * 0.8**STEPS, "1/t": 1 / STEPS}},
    ),
    "fig_epochs_updates": (({8: 0.8**STEPS, 64: 0.9**STEPS}, {8: 100, 64: 12}), {}),
    "fig_line_search": (
        (STEPS / 10, (STEPS / 10 - 1) ** 2),
        {"slope": -1.6, "c": 0.3, "tried": [2.0, 1.0], "tried_value": [1.0, 0.0]},
    ),
    "fig_minibatch_variance": ((SIZES, 1 / SIZES, 1 / SIZES), {}),
    "fig_noise_ball": (
        (hessian, {"batch 1": rng.normal(size=(40, 2)), "batch 8": rng.normal(size=(40, 2)) / 3}),
        {},
    ),
    "fig_noise_floor": ((SIZES, np.array([0.1 / SIZES, 0.3 / SIZES]), [0.1, 0.3]), {}),
    "fig_path": ((hessian, path), {"lr": 1.5}),
}
REFUSED = [
    (lambda f: f["fig_path"](np.diag([1.0, -1.0]), np.ones((3, 2)), lr=0.1, alt="a"), "hessian"),
    (lambda f: f["fig_path"](np.eye(2), np.ones((3, 2)), lr=3.0, alt="a"), "lr"),
    (lambda f: f["fig_line_search"]([0, 1], [1, 2], slope=1, c=0.1, tried=[1], tried_value=[2], alt="a"), "slope"),
    (lambda f: f["fig_noise_floor"]([1, 2], np.ones((2, 2)), [0.1], alt="a"), "excess"),
    (lambda f: f["fig_minibatch_variance"]([1, 2], [1, 2], [1], alt="a"), "shape"),
    (lambda f: f["fig_epochs_updates"]({1: [1]}, {2: 1}, alt="a"), "updates_per_epoch"),
    (lambda f: f["fig_contraction"]([1], [1], [1], alt="  "), "alt"),
]
