"""Examples of the figures of `visualization`."""

import numpy as np

rng = np.random.default_rng(3)
IMAGE = rng.random((3, 8, 8))
SCORES = rng.normal(size=2), rng.normal(size=(3, 3, 2))
EXAMPLES = {
    "fig_embedding": (({"one": rng.normal(size=(9, 2))}, np.arange(9) % 3, ["a", "b", "c"]), {}),
    "fig_explanations": (
        ({"image": [IMAGE, IMAGE], "map": list(rng.normal(size=(2, 4, 4)))},), {"titles": ["one", "two"]},
    ),
    "fig_occluder": (({"one": (IMAGE, *SCORES), "two": (1 - IMAGE, *SCORES)}, ["a", "b"]), {"size": 4, "stride": 2}),
}
REFUSED = [
    (lambda f: f["fig_embedding"]({"one": np.ones((3, 3))}, np.zeros(3), ["a"], alt="a"), "'one'"),
    (lambda f: f["fig_embedding"]({}, np.zeros(3), list("abcdefgh"), alt="a"), "8 classes"),
    (lambda f: f["fig_explanations"]({"a": [IMAGE], "b": []}, alt="a"), "equally long"),
    (lambda f: f["fig_explanations"]({"a": [np.ones(3)]}, alt="a"), "'a'"),
    (lambda f: f["fig_occluder"]({}, ["a"], size=1, stride=1, alt="a"), "one to four"),
    (lambda f: f["fig_occluder"]({"one": (IMAGE, *SCORES)}, ["a", "b"], size=6, stride=2, alt="a"), "'one'"),
]
