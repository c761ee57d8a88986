"""The catalogue's entries for the maps of classes."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import array, labels, sizes
from dlbook.laws.operation import Bug, Example, magnitude, operation
from dlbook.numpy.visualization import class_activation, grad_cam

INTEGERS = {"integers for floats": lambda e: e.with_arg(0, e.args[0].astype(int))}


def agree(a, b, example, scale) -> None:
    """Require two arrays to be equal up to the rounding of their sums."""
    np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-13 * scale(example))


@st.composite
def weighted(draw):
    n, c, p, q = draw(sizes(4, high=3))
    k = draw(st.integers(1, 3))
    return Example((draw(array(n, c, p, q)), draw(array(k, c)), draw(labels(n, k))))


def sum_of_maps(example) -> float:
    """Bound the size of a sum over a few maps and places."""
    return 30 * magnitude(example)


def their_mean_is_the_score_of_a_classifier_of_means(f, example):
    h, weight, target = example.args
    scores = h.mean(axis=(2, 3)) @ weight.T
    agree(f(*example.args).mean(axis=(1, 2)), scores[np.arange(len(h)), target], example, sum_of_maps)


def maps_of_two_weights_add_up(f, example):
    h, weight, target = example.args
    other = example.rng().normal(size=weight.shape)
    agree(f(h, weight + other, target), f(*example.args) + f(h, other, target), example, sum_of_maps)


def a_place_depends_on_nothing_but_itself(f, example):
    h, weight, target = example.args
    order = example.rng().permutation(h.shape[3])
    agree(f(h[..., order], weight, target), f(*example.args)[..., order], example, sum_of_maps)


operation(
    class_activation,
    examples=weighted(),
    rows=(0, 2),
    scale=sum_of_maps,
    refuses={
        **INTEGERS,
        "a class that does not exist": lambda e: e.with_arg(2, e.args[2] + 99),
        "a label below zero": lambda e: e.with_arg(2, e.args[2] - 99),
        "weights for a map too many": lambda e: e.with_arg(1, np.ones((len(e.args[1]), e.args[1].shape[1] + 1))),
    },
    invariants=(
        their_mean_is_the_score_of_a_classifier_of_means,
        maps_of_two_weights_add_up,
        a_place_depends_on_nothing_but_itself,
    ),
    exact=(
        (
            (np.array([[[[1.0, 2.0]], [[3.0, 4.0]]]]), np.array([[9.0, 9.0], [1.0, -2.0]]), np.array([1])),
            {},
            [[[-5.0, -6.0]]],
            ([[[[1, 1]], [[-2, -2]]]], [[0, 0], [3, 7]], None),
        ),
    ),
    bugs=(
        Bug("the weights of all classes", "chosen = weight[labels]", "chosen = weight.sum(axis=0) + 0 * weight[labels]",
            "Only the row of the class that is looked for counts."),
        Bug("images of one class overwrite each other",
            "np.add.at(dweight, labels, (dy[:, None] * h).sum(axis=(2, 3)))",
            "dweight[labels] = (dy[:, None] * h).sum(axis=(2, 3))",
            "Two images of one class both send a gradient to its row, and they add up."),
        Bug("rectified", "* h).sum(axis=1)", "* h).sum(axis=1).clip(0)",
            "A class activation map keeps its sign; what speaks against the class is negative."),
        Bug("the weight's gradient a mean over places", "* h).sum(axis=(2, 3)))", "* h).mean(axis=(2, 3)))",
            "Each place used the weight, and what they send back adds up."),
    ),
)  # fmt: skip


@st.composite
def maps_and_gradients(draw):
    shape = draw(sizes(4, high=3))
    return Example((draw(array(*shape)), draw(array(*shape))))


def grad_cam_is_never_negative(f, example):
    assert (f(*example.args) >= 0).all()


def with_the_gradient_of_a_mean_it_is_the_positive_part_of_a_class_activation_map(f, example):
    h, _ = example.args
    weight = example.rng().normal(size=(1, h.shape[1]))
    places = h.shape[2] * h.shape[3]
    dh = np.broadcast_to(weight[:, :, None, None] / places, h.shape).copy()
    target = np.zeros(len(h), int)
    agree(f(h, dh), np.maximum(class_activation(h, weight, target), 0) / places, example, sum_of_maps)


def only_the_mean_of_the_gradient_of_a_map_counts(f, example):
    h, dh = example.args
    level = np.broadcast_to(dh.mean(axis=(2, 3), keepdims=True), h.shape).copy()
    agree(f(h, level), f(h, dh), example, sum_of_maps)


def a_factor_comes_out_again(f, example):
    h, dh = example.args
    agree(f(h, 4 * dh), 4 * f(h, dh), example, sum_of_maps)


operation(
    grad_cam,
    examples=maps_and_gradients(),
    kinks=True,
    rows=(0, 1),
    scale=sum_of_maps,
    refuses=INTEGERS,
    invariants=(
        grad_cam_is_never_negative,
        with_the_gradient_of_a_mean_it_is_the_positive_part_of_a_class_activation_map,
        only_the_mean_of_the_gradient_of_a_map_counts,
        a_factor_comes_out_again,
    ),
    exact=(
        (
            (np.array([[[[1.0, 2.0]], [[3.0, 0.0]]]]), np.array([[[[2.0, 0.0]], [[-1.0, -1.0]]]])),
            {},
            [[[0.0, 2.0]]],  # alpha is 1 and -1
            ([[[[0, 1]], [[0, -1]]]], [[[[1, 1]], [[0, 0]]]]),
        ),
    ),
    bugs=(
        Bug("no rectifier", "y = np.maximum((alpha * h).sum(axis=1), 0)", "y = (alpha * h).sum(axis=1)",
            "Grad-CAM keeps what speaks for the class: the positive part of the sum."),
        Bug("rectified map by map", "np.maximum((alpha * h).sum(axis=1), 0)", "np.maximum(alpha * h, 0).sum(axis=1)",
            "First the sum over the maps, then the rectifier: one map may speak against what another says."),
        Bug("the gradient place by place", "dh.mean(axis=(2, 3), keepdims=True)", "1.0 * dh",
            "The weight of a map is the mean of its gradient over all places."),
        Bug("the sum of the gradient", "dh.mean(axis=(2, 3), keepdims=True)", "dh.sum(axis=(2, 3), keepdims=True)",
            "The weight of a map is the mean of its gradient, not the sum."),
        Bug("one weight for all images", "dh.mean(axis=(2, 3), keepdims=True)",
            "dh.mean(axis=(0, 2, 3), keepdims=True) + 0 * dh[..., :1, :1]", "Each image has a gradient of its own."),
        Bug("the rectifier forgotten on the way back", "(dy * (y > 0))", "(dy * 1)",
            "Where the map is zero no gradient passes."),
    ),
)  # fmt: skip
