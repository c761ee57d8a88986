"""The catalogue's entries for the penalties."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import array, sizes
from dlbook.laws.operation import Bug, Example, operation
from dlbook.numpy.linear_classifiers import elastic_net_penalty, l1_penalty, l2_penalty


@st.composite
def weights(draw, **options):
    n, d, k = draw(sizes(3))
    tree = draw(
        st.one_of(
            array(k, d),
            st.tuples(array(k, d), array(k)),
            st.fixed_dictionaries({"weight": array(k, d), "bias": st.none(), "more": st.tuples(array(n, k, d))}),
        )
    )
    drawn = {name: draw(values) for name, values in options.items()}
    return Example((tree,), {"strength": draw(st.sampled_from((0.1, 1.0, 3.0, 0.0))), **drawn})


def arrays(tree):
    if isinstance(tree, dict):
        tree = tuple(tree.values())
    if isinstance(tree, tuple | list):
        return [a for branch in tree for a in arrays(branch)]
    return [] if tree is None else [tree]


REFUSES = {
    "a negative strength": lambda e: e.with_options(strength=-0.1),
    "a strength that is not finite": lambda e: e.with_options(strength=float("nan")),
    "integer weights": lambda e: e.with_args(np.ones((2, 3), int)),
    "an integer array deep inside": lambda e: e.with_args({"layers": (np.ones(2), [np.ones(2, int)])}),
    "nothing at all": lambda e: e.with_args((None,)),
}


def parts_add_up(f, example):
    parts = sum(f(a, **example.options) for a in arrays(example.args[0]))
    np.testing.assert_allclose(f(*example.args, **example.options), parts, rtol=1e-12)


def signs_do_not_matter(f, example):
    whole = arrays(example.args[0])
    np.testing.assert_allclose(f([-a for a in whole], **example.options), f(whole, **example.options), rtol=1e-12)


def only_zero_weights_are_free(f, example):
    zero = [np.zeros_like(a) for a in arrays(example.args[0])]
    y, pullback = f.vjp(zero, **example.options)
    assert y == 0, "weights of zero have a price"
    assert not any(g.any() for g in pullback(np.ones(()))[0]), "the gradient at zero is not 0"
    zero[0] = np.ones_like(zero[0])
    assert f(zero, **{**example.options, "strength": 1.0}) > 0, "weights that are not zero are free"


def slope_along_the_weights(f, example):
    whole = arrays(example.args[0])
    y, pullback = f.vjp(whole, **example.options)
    return sum(float(np.sum(g * a)) for g, a in zip(pullback(np.ones(()))[0], whole, strict=True)), float(y)


def twice_the_weights_cost_four_times_as_much(f, example):
    whole = arrays(example.args[0])
    four = f([2 * a for a in whole], **example.options)
    np.testing.assert_allclose(four, 4 * f(whole, **example.options), rtol=1e-12)
    slope, y = slope_along_the_weights(f, example)
    np.testing.assert_allclose(slope, 2 * y, rtol=1e-9)


def twice_the_weights_cost_twice_as_much(f, example):
    whole = arrays(example.args[0])
    two = f([2 * a for a in whole], **example.options)
    np.testing.assert_allclose(two, 2 * f(whole, **example.options), rtol=1e-12)
    slope, y = slope_along_the_weights(f, example)
    np.testing.assert_allclose(slope, y, rtol=1e-9)


COMMON = (parts_add_up, signs_do_not_matter, only_zero_weights_are_free)

operation(
    l2_penalty,
    examples=weights(),
    analytic=True,
    refuses=REFUSES,
    invariants=(*COMMON, twice_the_weights_cost_four_times_as_much),
    exact=(((np.array([[3.0, -1.0]]),), {"strength": 0.5}, 5.0, ([[3.0, -1.0]],)),),
    bugs=(
        Bug("half the squares", "y = strength * sum(", "y = strength / 2 * sum(",
            "The course's penalty is lambda times the sum of the squares, without 1/2."),
        Bug("the factor 2 of the square", "dy * (2 * strength) * w", "dy * strength * w",
            "d(w^2)/dw = 2 w, so the gradient is 2 lambda w."),
        Bug("the norm instead of its square", "return flat @ flat", "return np.sqrt(flat @ flat)",
            "The penalty is the squared length of the weights."),
        Bug("the mean of the squares", "return flat @ flat", "return flat @ flat / len(flat)",
            "Sum the squares: a mean would make the price of a weight depend on the size of the layer."),
    ),
)  # fmt: skip

operation(
    l1_penalty,
    examples=weights(),
    kinks=True,
    refuses=REFUSES,
    invariants=(*COMMON, twice_the_weights_cost_twice_as_much),
    exact=(((np.array([[3.0, -1.0, 0.0]]),), {"strength": 0.5}, 2.0, ([[0.5, -0.5, 0.0]],)),),
    bugs=(
        Bug("the sum without its absolute values", "np.abs(w).sum()", "w.sum()",
            "Weights of both signs would cancel: sum their sizes."),
        Bug("a slope at zero", "np.sign(w)", "np.where(w >= 0, 1, -1)",
            "At a weight of 0 the gradient is by convention 0; a push away from 0 would undo the sparsity."),
        Bug("the gradient without strength", "dy * strength * np.sign(w)", "dy * np.sign(w)",
            "The strength multiplies the gradient as it multiplies the penalty."),
    ),
)  # fmt: skip


def a_pure_mix_is_one_of_the_two(f, example):
    whole, strength = arrays(example.args[0]), example.options["strength"]
    sizes_ = sum(float(np.abs(a).sum()) for a in whole)
    squares = sum(float((a**2).sum()) for a in whole)
    np.testing.assert_allclose(f(whole, strength=strength, l1_ratio=1.0), strength * sizes_, rtol=1e-12)
    np.testing.assert_allclose(f(whole, strength=strength, l1_ratio=0.0), strength * squares, rtol=1e-12)


operation(
    elastic_net_penalty,
    examples=weights(l1_ratio=st.sampled_from((0.5, 0.0, 0.2, 1.0))),
    kinks=True,
    refuses=REFUSES
    | {
        "a ratio above 1": lambda e: e.with_options(l1_ratio=1.5),
        "a negative ratio": lambda e: e.with_options(l1_ratio=-0.5),
    },
    invariants=(*COMMON, a_pure_mix_is_one_of_the_two),
    exact=(
        ((np.array([3.0, -1.0, 0.0]),), {"strength": 2.0, "l1_ratio": 0.5}, 14.0, ([7.0, -3.0, 0.0],)),
    ),
    bugs=(
        Bug("the ratio the wrong way round", "strength * l1_ratio, strength * (1 - l1_ratio)",
            "strength * (1 - l1_ratio), strength * l1_ratio",
            "l1_ratio is the share of the l1 penalty: at 1 nothing is squared."),
        Bug("half the squares", "second * _squares(w)", "second / 2 * _squares(w)",
            "scikit-learn halves the squares; this book does not, so that l1_ratio=0 is l2_penalty."),
        Bug("the factor 2 of the square", "2 * second * w", "second * w", "d(w^2)/dw = 2 w."),
        Bug("a slope at zero", "np.sign(w)", "np.where(w >= 0, 1, -1)",
            "At a weight of 0 the gradient is by convention 0; a push away from 0 would undo the sparsity."),
    ),
)  # fmt: skip
