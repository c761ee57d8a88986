"""The network of one layer on real and made data, in NumPy or on any device of PyTorch's.

`python -m dlbook.experiments.one_layer` trains it on the three sets that need no download, with both backends, and
writes `book/results/one_layer.json`.
"""

import importlib
from collections.abc import Mapping
from functools import cache

import numpy as np

from dlbook.data import flatten, load, standardize
from dlbook.experiments.training import Recipe

# The data sets, with the options with which they are loaded and a learning rate that suits them.
DATA = {
    "mnist1d": ({}, 0.05),
    "digits": ({}, 0.1),
    "shapes32": ({"level": "easy", "texture": "noise"}, 0.001),
    "cifar10": ({}, 0.001),
}
LOSSES = ("cross_entropy", "multi_margin_loss", "crammer_singer_loss")


@cache
def prepared(data: str, n: int | None) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray], int]:
    """Return training and test pairs, one standardized row per example, and the number of classes."""
    loaded = load(data, n=n, **DATA[data][0])
    x, target, x_test, target_test = loaded
    x, x_test = standardize(flatten(x), flatten(x_test))
    return (x, target), (x_test, target_test), len(loaded.classes)


class OneLayer:
    """A one-layer network in training. The loop, the loss and the gradient are the package's own, of either backend.

    Parameters
    ----------
    device : "numpy" or a device of PyTorch's.
    rng : draws the first weights.
    data : one of `DATA`.
    n : number of training examples; None for all, or the data set's default.
    loss : a loss of scores and labels.
    lr, batch_size, strength : of the descent; strength is lambda of the penalty on the weights.
    """

    def __init__(self, *, device: str, rng: np.random.Generator, data: str, n: int | None, loss: str,
                 lr: float | None, batch_size: int, strength: float):
        if data not in DATA:
            raise ValueError(f"data is {data!r}, expected one of {', '.join(DATA)}")
        if loss not in LOSSES:
            raise ValueError(f"loss is {loss!r}, expected one of {', '.join(LOSSES)}")
        self.device = device
        home = "dlbook.numpy" if device == "numpy" else "dlbook.torch"
        self.descent = importlib.import_module(f"{home}.gradient_descent")
        self.classifiers = importlib.import_module(f"{home}.linear_classifiers")
        train, test, classes = prepared(data, n)
        self.train, self.test = tuple(map(self._placed, train)), tuple(map(self._placed, test))
        self.loss = getattr(self.classifiers, loss)
        self.value_and_grad = self.descent.objective(self.loss, strength=strength)
        self.lr, self.batch_size, self.strength = DATA[data][1] if lr is None else lr, batch_size, strength
        first = self.descent.init_one_layer(train[0].shape[1], classes, rng)
        self.params = first if device == "numpy" else tuple(p.to(device) for p in first)

    def _placed(self, array: np.ndarray):
        if self.device == "numpy":
            return array
        import torch

        return torch.from_numpy(array).to(self.device)

    def epoch(self, rng: np.random.Generator) -> None:
        """Take every example once, in the order that rng deals."""
        self.params = self.descent.sgd(self.value_and_grad, self.params, self.train, lr=self.lr,
                                       batch_size=self.batch_size, epochs=1, rng=rng).params

    def measure(self) -> dict[str, float]:
        """Return the loss (without the penalty) and the accuracy on training and test data."""
        found = {}
        for name, (x, target) in (("train", self.train), ("test", self.test)):
            scores = self.classifiers.linear(x, *self.params)
            found[f"{name}_loss"] = float(self.loss(scores, target))
            found[f"{name}_accuracy"] = float(self.classifiers.accuracy(scores, target))
        return found

    def state(self) -> dict[str, np.ndarray]:
        """Return weight and bias as NumPy arrays."""
        arrays = self.params if self.device == "numpy" else tuple(p.detach().cpu().numpy() for p in self.params)
        return dict(zip(("weight", "bias"), arrays, strict=True))

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from weight and bias."""
        self.params = tuple(self._placed(np.array(state[name])) for name in ("weight", "bias"))


RECIPE = Recipe(
    name="one_layer",
    title="softmax regression: one layer, mini-batches, loss + regularization",
    start=OneLayer,
    options={"data": "mnist1d", "n": None, "loss": "cross_entropy", "lr": None, "batch_size": 100, "strength": 0.0},
    choices={"data": tuple(DATA), "loss": LOSSES},
)


if __name__ == "__main__":
    from dlbook.experiments.results import run_all

    run_all("one_layer", RECIPE, [{"data": data, "device": device} for data in ("mnist1d", "digits", "shapes32")
                                  for device in ("numpy", "cpu")])
