"""The entries of `normalization`: what batch norm keeps for evaluation."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import array, positive
from dlbook.laws.operation import Bug, Example
from dlbook.laws.procedure import procedure
from dlbook.numpy.normalization import batch_statistics, update_running


def found(f, x):
    """The means and the variances of the channels."""
    return f(x)


@st.composite
def batches(draw):
    n, c, *positions = draw(st.lists(st.integers(1, 4), min_size=2, max_size=4))
    if n * int(np.prod(positions)) < 2:
        n = 2
    return Example((draw(array(n, c, *positions)),))


procedure(
    batch_statistics,
    examples=batches(),
    answer=found,
    exact=(((np.array([[1.0, 5.0], [3.0, 5.0]]),), {}, ([2.0, 5.0], [2.0, 0.0]), None),),
    refuses={
        "one example": lambda e: e.with_arg(0, e.args[0].reshape(-1)[:1].reshape(1, 1)),
    },
    bugs=(
        Bug("the variance of the batch itself", "/ (n - 1)", "/ n",
            "What is kept for evaluation is an estimate for all examples: divide by n - 1, not by n."),
        Bug("the deviation", "return mean, _sums(centred, centred) / (n - 1)",
            "return mean, np.sqrt(_sums(centred, centred) / (n - 1))",
            "The second is the variance; the root is taken when it is used."),
        Bug("positions not counted", "/ (n - 1)", "/ max(len(x) - 1, 1)",
            "A channel has as many values as there are examples times positions."),
        Bug("one mean for all channels", "mean = _sums(a) / n", "mean = _sums(a) / n * 0 + a.mean()",
            "Every channel has a mean of its own: sum over the examples and the positions only."),
    ),
)  # fmt: skip


def course(f, stats, batch, **options):
    """The statistics after each of three batches."""
    visited = []
    for factor in (1.0, 2.0, 0.5):
        mean, var = batch
        stats = f(stats, (factor * mean, factor**2 * var), **options)
        visited.append(tuple(stats))
    return visited


@st.composite
def averages(draw):
    c = draw(st.integers(1, 4))
    pairs = [(draw(array(c)), draw(positive(c))) for _ in range(2)]
    return Example(tuple(pairs), draw(st.sampled_from([{}, {"momentum": 0.01}, {"momentum": 0.3}, {"momentum": 1.0}])))


procedure(
    update_running,
    examples=averages(),
    answer=course,
    exact=(
        (
            ((np.zeros(1), np.ones(1)), (np.array([4.0]), np.array([5.0]))), {"momentum": 0.5},
            [([2.0], [3.0]), ([5.0], [11.5]), ([3.5], [6.375])], None,
        ),
    ),
    refuses={
        "a batch with another number of channels": lambda e: e.with_arg(1, (np.zeros(9), np.ones(9))),
        "a momentum above one": lambda e: e.with_options(momentum=1.5),
    },
    bugs=(
        Bug("momentum the other way round", "(1 - momentum) * old + momentum * new",
            "momentum * old + (1 - momentum) * new",
            "momentum is the weight of the new batch here; the course's sheet and Keras give that of the old ones."),
        Bug("nothing forgotten", "(1 - momentum) * old", "old",
            "The old statistics have the weight 1 - momentum, or they grow for ever."),
        Bug("only the mean moves", "in zip(stats, batch, strict=True))", "in [(stats[0], batch[0])]) + stats[1:]",
            "The variance is averaged as well as the mean."),
        Bug("deviations averaged", "(1 - momentum) * old + momentum * new",
            "((1 - momentum) * old + momentum * new if old is stats[0]"
            " else ((1 - momentum) * old**0.5 + momentum * new**0.5) ** 2)",
            "Average the variances themselves, not their roots."),
        Bug("the old statistics changed", "(1 - momentum) * old + momentum * new",
            "np.add(old, momentum * (new - old), out=old)",
            "Return a new pair and leave the old one as it was: the caller may still need it."),
    ),
)  # fmt: skip
