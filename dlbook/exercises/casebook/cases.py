"""The cases: what was changed in the program, what it does to curves and checks, and what to look at."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from dlbook.exercises.casebook import program as home
from dlbook.exercises.casebook.program import Split, Training

__all__ = ["Case", "broken_run", "broken_runs"]


@dataclass(frozen=True)
class Case:
    """A run of the program with one mistake in it.

    Parameters
    ----------
    number : by which the book speaks of it.
    diagnosis : the mistake in a few words; do not look before you have found it.
    old, new : what stands in the program, and what stands there in this run.
    signature : what this mistake does to curves and checks.
    clue : what to look at in this run.
    rivals : numbers of the cases that one could take it for.
    """

    number: int
    diagnosis: str
    old: str
    new: str
    signature: str
    clue: str
    rivals: tuple[int, ...]

    @cached_property
    def program(self) -> Callable[..., Training]:
        """The program with the mistake.

        Raises
        ------
        ValueError : when the text to replace does not stand in the program exactly once.
        """
        source = inspect.getsource(home.program)
        if source.count(self.old) != 1:
            raise ValueError(f"case {self.number}: {self.old!r} stands {source.count(self.old)} times, expected once")
        space: dict[str, Any] = dict(vars(home))
        exec(compile(source.replace(self.old, self.new), f"<case {self.number}>", "exec"), space)
        return space["program"]

    def run(self, train: Split, validation: Split, test: Split, *, seed: int = 0, epochs: int = 20) -> Training:
        """Run it; numbers that overflow on the way are part of the evidence."""
        with np.errstate(over="ignore", invalid="ignore"):
            return self.program(train, validation, test, np.random.default_rng(seed), epochs=epochs)

    def __repr__(self) -> str:
        return f"case {self.number}: {self.diagnosis}\n- {self.old}\n+ {self.new}"


def broken_run(number: int) -> Case:
    """Return one case.

    Parameters
    ----------
    number : 1 to 14.

    Raises
    ------
    ValueError : for a number that no case has.

    Examples
    --------
    >>> broken_run(8)
    case 8: the learning rate is a thousand times too small
    - lr, strength, batch_size = 0.1
    + lr, strength, batch_size = 0.0001
    """
    cases = broken_runs()
    if number not in range(1, len(cases) + 1):
        raise ValueError(f"broken_run: number is {number!r}, expected 1 to {len(cases)}")
    return cases[number - 1]


_LOSS = "vjp(cross_entropy, scores, target)"
_ROWS = "minibatches(len(x), batch_size, rng)"
_RATE = "lr, strength, batch_size = 0.1"
_DATA = "(x, target), (x_held, target_held), (x_test, target_test) = train, validation, test"
_WEIGHTS = "init_mlp((x.shape[1], 100, 10), rng)"


def broken_runs() -> list[Case]:
    """Return all cases, in an order that helps nobody."""
    return [
        Case(1, "the loss is a sum over the batch", _LOSS, _LOSS.replace(")", ', reduction="sum")'),
             "The first loss is the batch size times that of guessing. So is every gradient, and the step is as many "
             "times too large as there are examples in the batch: the run leaves the numbers at once.",
             "the first loss that the checks find, divided by the hundred examples of their batch", (4, 7, 12)),
        Case(2, "the examples come sorted by class", _ROWS, _ROWS.replace("rng", "None"),
             "All checks pass, as they draw their examples. After an epoch the accuracy is near one in ten and the "
             "loss far above that of guessing: an epoch ends with a single class, and what was learnt of the others "
             "before is unlearnt. Slowly it gets better all the same.",
             "accuracy at one in ten with a high loss: the network is sure, and of the same class each time",
             (11, 9, 13)),
        Case(3, "all weights start at zero", f"params = {_WEIGHTS}", f"params = tree_map(np.zeros_like, {_WEIGHTS})",
             "The first loss is exactly that of guessing and stays there: the gradient of every weight matrix is zero, "
             "and all hidden units say the same. Only the last bias moves.",
             "the gradient norms, which are exactly zero", (5, 8, 9)),
        Case(4, "the learning rate is thirty times too large", _RATE, "lr, strength, batch_size = 3.0",
             "The first loss is as it should be, but one step changes the weights by as much as they are: the update "
             "ratio fails, the handful diverges, and the loss explodes within the first epoch.",
             "which checks fail although the first loss is in order", (1, 7, 12)),
        Case(5, "the weight decay is huge", f"{_RATE}, 0.0001", f"{_RATE}, 0.3",
             "All checks pass, since they look at the loss without the penalty. Then the loss goes from above to that "
             "of guessing within an epoch or two and stays there, on both sets alike: the weights are shrunk to "
             "nothing.",
             "that the loss settles at that of guessing although every gradient is in order", (3, 9, 13)),
        Case(6, "the validation set is part of the training set", _DATA, "(x_held, target_held), (x_test, "
             "target_test) = validation, test\n    x, target = map(np.concatenate, zip(train, validation, "
             "strict=True))",
             "All checks pass, and the curves are the best of all: the validation accuracy keeps up with the training "
             "accuracy to the last epoch, where every other run shows a gap. The test set disagrees.",
             "that there is no gap, and what the test set says", (14, 10, 2)),
        Case(7, "the step goes uphill", "p - lr * (g", "p + lr * (g",
             "All checks pass, as they take their steps themselves. The loss only rises, from the first epoch on and "
             "faster and faster, until it is no number any more.",
             "that all checks pass, and the loss explodes", (1, 4, 2)),
        Case(8, "the learning rate is a thousand times too small", _RATE, "lr, strength, batch_size = 0.0001",
             "The loss falls along an almost straight line and has hardly left its first value at the end. The update "
             "ratio lies far below one in a thousand, and in two hundred steps nothing can be learnt by heart.",
             "the shape of the loss, and the size of a step", (3, 10, 9)),
        Case(9, "the inputs were shuffled and the labels were not", "x = x.astype(np.float32)",
             "x = rng.permutation(x.astype(np.float32))",
             "A handful can be learnt by heart, but the inputs are worth hardly more than zeros. On the training set "
             "the loss sinks slowly, by memory; on the validation set it goes up, above that of guessing.",
             "the one check that fails", (8, 5, 2)),
        Case(10, "the softmax is taken twice", _LOSS, "vjp(softmax_cross_entropy, scores, target)",
             "The handful cannot be fitted: the loss that is trained has a floor at 1.46, that of scores between zero "
             "and one. Learning is slow, but in the right direction, and there is hardly any overfitting.",
             "at which loss the handful stops", (14, 8, 9)),
        Case(11, "only the first two hundred examples are used", _ROWS, "minibatches(200, batch_size, rng)",
             "All checks pass. The first rows of a sorted file are of one class, and the network learns to say that "
             "class ever more surely: accuracy one in ten, and a loss that grows smoothly, on both sets alike.",
             "how smoothly both losses grow, and that they grow together", (2, 7, 9)),
        Case(12, "the inputs were never standardized", "x = (x - mean) / std", "x = x * 1.0",
             "The input scale fails and the first loss is a hundred times that of guessing, as numbers of size a "
             "hundred meet weights that were drawn for numbers of size one. The first steps kill the hidden units, "
             "and the training loss stays at that of guessing.",
             "the first check, before all others", (1, 13, 3)),
        Case(13, "the validation set was not standardized", "x_held = (x_held - mean) / std",
             "x_held = x_held.astype(np.float32)",
             "All checks pass, and the training curves are those of a healthy run. Only the validation loss is "
             "absurd, and was so before the first step; on the test set, which was prepared rightly, the "
             "network is fine.",
             "the validation loss before the first step, and the accuracy on the test set", (12, 6, 2)),
        Case(14, "the last layer has a rectifier, too", _LOSS, "vjp(rectified_cross_entropy, scores, target)",
             "The curves look healthy, and the end is hardly worse than it should be. But the handful is not fitted: "
             "an example whose right score is negative gets no gradient that could raise it.",
             "the one check that fails, under curves without a fault", (10, 6, 5)),
    ]  # fmt: skip
