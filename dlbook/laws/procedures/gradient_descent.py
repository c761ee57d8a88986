"""The entry of `gradient_descent`: weights that let every class count the same."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import SEEDS
from dlbook.laws.operation import Bug, Example
from dlbook.laws.procedure import procedure
from dlbook.numpy.gradient_descent import class_weights


def the_weights(f, target, num_classes, **options):
    """The weights of the classes."""
    return f(target, num_classes, **options)


@st.composite
def targets(draw):
    classes = draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(SEEDS))
    some = rng.integers(0, classes, draw(st.integers(0, 8)))
    return Example((rng.permutation(np.concatenate([np.arange(classes), some])), classes), {"dtype": "float64"})


procedure(
    class_weights,
    examples=targets(),
    answer=the_weights,
    exact=(((np.array([0, 1, 1, 1]), 2), {"dtype": "float64"}, [2.0, 2 / 3], None),),
    refuses={
        "a class without examples": lambda e: e.with_arg(1, e.args[1] + 1),
        "a label that is no class": lambda e: e.with_arg(0, e.args[0] - 1),
    },
    bugs=(
        Bug("the rare classes weigh less", "(len(target) / (num_classes * counts))",
            "(num_classes * counts / len(target))", "Divide by the number of examples: a rare class weighs more."),
        Bug("weights that sum to one", "len(target) / (num_classes * counts)",
            "(1 / counts) / (1 / counts).sum()", "The mean over the examples is one, not the sum over the classes."),
        Bug("no division by the number of classes", "(num_classes * counts)", "counts",
            "All examples together weigh N: divide by the number of classes as well."),
    ),
)  # fmt: skip
