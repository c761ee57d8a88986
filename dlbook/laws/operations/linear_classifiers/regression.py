"""The catalogue's entries for the losses of a difference."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import array
from dlbook.laws.operation import Bug, Example, operation
from dlbook.laws.operations.linear_classifiers.drawing import REDUCTIONS, batch, longer, shapes, total
from dlbook.numpy.linear_classifiers import huber_loss, l1_loss, mse_loss, smooth_l1_loss

NO_MEAN = Bug(
    "the gradient of a sum",
    "dy * share",
    "dy * (0 * share + 1)",
    "The loss is a mean, so each element's gradient carries its 1/N.",
)
SAME_SIGN = Bug(
    "both gradients with the same sign",
    "return dprediction, -dprediction",
    "return dprediction, dprediction.copy()",
    "The difference falls when the target rises: the target's gradient is minus the prediction's.",
)


@st.composite
def pairs(draw, **options):
    shape = draw(shapes())
    drawn = {name: draw(values) for name, values in options.items()}
    return Example((draw(array(*shape)), draw(array(*shape))), {"reduction": draw(REDUCTIONS), **drawn})


def the_two_arguments_can_change_places(f, example):
    prediction, target = example.args
    swapped = f(target, prediction, **example.options)
    np.testing.assert_allclose(swapped, f(prediction, target, **example.options), rtol=1e-12)


def a_right_prediction_costs_nothing(f, example):
    prediction = example.args[0]
    y, pullback = f.vjp(prediction, prediction.copy(), **example.options)
    assert not np.any(y), "the loss of equal arguments is not 0"
    assert not np.any(pullback(np.ones(np.shape(y)))[0]), "the gradient at equal arguments is not 0"


def only_the_difference_matters(f, example):
    prediction, target = example.args
    got = total(f, example, prediction - target, np.zeros_like(target))
    np.testing.assert_allclose(got, total(f, example, prediction, target), rtol=1e-9, atol=1e-12)


def losses_of_all_elements_add_up(f, example):
    losses = f(*example.args, **{**example.options, "reduction": "none"})
    np.testing.assert_allclose(losses.sum(), total(f, example, *example.args), rtol=1e-12)
    mean = f(*example.args, **{**example.options, "reduction": "mean"})
    np.testing.assert_allclose(losses.mean(), mean, rtol=1e-12)


def differences(example):
    return example.args[0] - example.args[1]


ALL = {
    "rows": batch(0, 1),
    "refuses": {
        "a target of another shape": lambda e: longer(e, 1),
        "integer targets": lambda e: e.with_arg(1, e.args[1].astype(int)),
        "an unknown reduction": lambda e: e.with_options(reduction="average"),
        "a mean of nothing": lambda e: e.with_args(np.zeros((0, 2)), np.zeros((0, 2))).with_options(reduction="mean"),
    },
}
COMMON = (
    the_two_arguments_can_change_places,
    a_right_prediction_costs_nothing,
    only_the_difference_matters,
    losses_of_all_elements_add_up,
)


def twice_the_difference_costs_four_times_as_much(f, example):
    prediction, target = example.args
    np.testing.assert_allclose(
        total(f, example, 2 * prediction, 2 * target), 4 * total(f, example, prediction, target), rtol=1e-12
    )


operation(
    mse_loss,
    examples=pairs(),
    analytic=True,
    **ALL,
    invariants=(*COMMON, twice_the_difference_costs_four_times_as_much),
    exact=(((np.array([3.0, 0.0]), np.array([0.0, 1.0])), {}, 5.0, ([3.0, -1.0], [-3.0, 1.0])),),
    bugs=(
        NO_MEAN,
        SAME_SIGN,
        Bug("the factor 2 of the square", "dy * share * 2 * d", "dy * share * d", "d(d^2)/dd = 2 d."),
        Bug("half the square", "reduced(\"mse_loss\", d * d, reduction)", "reduced(\"mse_loss\", d * d / 2, reduction)",
            "The mean squared error has no 1/2, in PyTorch and in this book."),
    ),
)  # fmt: skip


def every_element_pulls_equally_hard(f, example):
    dprediction = f.vjp(*example.args, reduction="sum")[1](np.ones(()))[0]
    np.testing.assert_array_equal(dprediction, np.sign(differences(example)))


operation(
    l1_loss,
    examples=pairs(),
    kinks=True,
    **ALL,
    invariants=(*COMMON, every_element_pulls_equally_hard),
    exact=(((np.array([3.0, 1.0]), np.array([0.0, 1.0])), {}, 1.5, ([0.5, 0.0], [-0.5, 0.0])),),
    bugs=(
        NO_MEAN,
        SAME_SIGN,
        Bug("a slope at the kink", "np.sign(d)", "np.where(d >= 0, 1, -1)",
            "At a difference of 0 the slope is by convention 0, as PyTorch's sign(0)."),
        Bug("the difference itself", "np.abs(d)", "d", "Differences of both signs would cancel: take their size."),
    ),
)  # fmt: skip


def a_small_difference_costs_half_its_square(f, example):
    delta = example.options["delta"]
    d = np.linspace(-delta, delta, 5)
    np.testing.assert_allclose(f(d, np.zeros(5), delta=delta, reduction="none"), d**2 / 2, rtol=1e-12)


def no_element_pulls_harder_than_delta(f, example):
    delta = example.options["delta"]
    dprediction = f.vjp(*example.args, delta=delta, reduction="sum")[1](np.ones(()))[0]
    assert (np.abs(dprediction) <= delta).all(), "a gradient is larger than delta"
    np.testing.assert_allclose(dprediction, np.clip(differences(example), -delta, delta), rtol=1e-12)


operation(
    huber_loss,
    examples=pairs(delta=st.sampled_from((1.0, 0.5, 2.0))),
    analytic=True,
    **ALL
    | {
        "refuses": ALL["refuses"]
        | {
            "a delta of 0": lambda e: e.with_options(delta=0.0),
            "a negative delta": lambda e: e.with_options(delta=-1.0),
        }
    },
    invariants=(*COMMON, a_small_difference_costs_half_its_square, no_element_pulls_harder_than_delta),
    exact=(
        ((np.array([0.5, -3.0]), np.zeros(2)), {"reduction": "sum"}, 2.625, ([0.5, -1.0], [-0.5, 1.0])),
        ((np.array([2.0]), np.zeros(1)), {"delta": 2.0}, 2.0, ([2.0], [-2.0])),
    ),
    bugs=(
        NO_MEAN,
        SAME_SIGN,
        Bug("no half", "c * (d - c / 2)", "c * (d - c / 2) * 2",
            "The Huber loss starts as half the square, so that its slope is d."),
        Bug("the tails start at zero", "c * (d - c / 2)", "np.where(np.abs(d) <= delta, d * d / 2, delta * np.abs(d))",
            "The tail is the tangent of the parabola: without - delta/2 the loss jumps at delta."),
        Bug("the slope of the square everywhere", "dy * share * c", "dy * share * d",
            "Beyond delta the slope stays at delta: that is the point of the loss."),
    ),
)  # fmt: skip


def no_element_pulls_harder_than_one(f, example):
    dprediction = f.vjp(*example.args, **{**example.options, "reduction": "sum"})[1](np.ones(()))[0]
    assert (np.abs(dprediction) <= 1).all(), "a gradient is larger than 1"


def a_large_difference_costs_its_size_minus_half_of_beta(f, example):
    beta = example.options["beta"]
    d = np.array([-10.0, 10.0, 100.0])
    losses = f(d, np.zeros(3), beta=beta, reduction="none")
    np.testing.assert_allclose(losses, np.abs(d) - beta / 2, rtol=1e-12)


operation(
    smooth_l1_loss,
    examples=pairs(beta=st.sampled_from((1.0, 0.5, 2.0, 0.0))),
    kinks=True,
    **ALL | {"refuses": ALL["refuses"] | {"a negative beta": lambda e: e.with_options(beta=-1.0)}},
    invariants=(*COMMON, no_element_pulls_harder_than_one, a_large_difference_costs_its_size_minus_half_of_beta),
    exact=(
        ((np.array([0.5, -3.0]), np.zeros(2)), {"reduction": "sum"}, 2.625, ([0.5, -1.0], [-0.5, 1.0])),
        ((np.array([0.0, -3.0]), np.zeros(2)), {"beta": 0.0, "reduction": "sum"}, 3.0, ([0.0, -1.0], [0.0, 1.0])),
    ),
    bugs=(
        NO_MEAN,
        SAME_SIGN,
        Bug("beta where it does not belong", "c * (d - beta * c / 2)", "c * (d - c / 2)",
            "The tail is |d| - beta/2, not |d| - 1/2."),
        Bug("the Huber loss", "np.clip(d, -beta, beta) / beta", "np.clip(d, -beta, beta)",
            "Smooth l1 is Huber divided by beta: its slope ends at 1, not at beta."),
        Bug("a slope at the kink of beta = 0", "np.sign(d)", "np.where(d >= 0, 1, -1)",
            "At a difference of 0 the slope is by convention 0, as PyTorch's sign(0)."),
    ),
)  # fmt: skip
