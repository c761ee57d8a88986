"""The catalogue's entry for the loss of t-SNE."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import array, positive
from dlbook.laws.operation import Bug, Example, magnitude, operation
from dlbook.numpy.visualization import tsne_loss


@st.composite
def embeddings(draw):
    n = draw(st.integers(2, 5))
    kinds = ("iota", "normal", "ties", "large", "small", "zeros")
    return Example((draw(array(n, draw(st.integers(1, 3)), kinds=kinds)), draw(positive(n, n, low=0.05, high=1.0))))


def terms(example) -> float:
    """Bound the size of a sum over all pairs."""
    return 100 * magnitude(example)


def agree(a, b, example) -> None:
    """Require two numbers to be equal up to the rounding of their sums."""
    np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12 * terms(example))


def normalized(p):
    """Return affinities that are symmetric, zero on the diagonal, and sum to one."""
    p = (p + p.T) * ~np.eye(len(p), dtype=bool)
    return p / p.sum()


def it_is_never_negative_for_affinities_that_sum_to_one(f, example):
    y, p = example.args
    assert f(y, normalized(p)) >= -1e-12


def it_is_zero_when_the_neighbours_are_right(f, example):
    y, _ = example.args
    w = 1 / (1 + ((y[:, None] - y) ** 2).sum(axis=2))
    p = normalized(w)
    value, pullback = f.vjp(y, p)
    assert abs(value) <= 1e-12
    np.testing.assert_allclose(pullback(1.0)[0], 0, atol=1e-9)


def moving_and_turning_all_points_changes_nothing(f, example):
    y, p = example.args
    turn, _ = np.linalg.qr(example.rng().normal(size=(y.shape[1], y.shape[1])))
    agree(f(y @ turn + 1.5, p), f(y, p), example)


def points_may_change_places(f, example):
    y, p = example.args
    order = example.rng().permutation(len(y))
    agree(f(y[order], p[order][:, order]), f(y, p), example)


def the_forces_between_points_cancel(f, example):
    y, p = example.args
    _, pullback = f.vjp(y, p)
    np.testing.assert_allclose(pullback(1.0)[0].sum(axis=0), 0, atol=1e-12 * terms(example))


def the_gradient_of_the_paper_holds_for_affinities_that_sum_to_one(f, example):
    y, p = example.args
    p = normalized(p)
    apart = y[:, None] - y
    w = 1 / (1 + (apart**2).sum(axis=2))
    q = normalized(w)
    expected = 4 * (((p - q) * w)[:, :, None] * apart).sum(axis=1)
    np.testing.assert_allclose(f.vjp(y, p)[1](1.0)[0], expected, rtol=1e-8, atol=1e-12 * terms(example))


operation(
    tsne_loss,
    examples=embeddings(),
    scale=terms,
    refuses={
        "integers for floats": lambda e: e.with_arg(0, e.args[0].astype(int)),
        "a single point": lambda e: e.with_args(e.args[0][:1], e.args[1][:1, :1]),
        "a negative affinity": lambda e: e.with_arg(1, -e.args[1]),
        "affinities of another number of points": lambda e: e.with_arg(1, np.ones((9, 9))),
    },
    invariants=(
        it_is_never_negative_for_affinities_that_sum_to_one,
        it_is_zero_when_the_neighbours_are_right,
        moving_and_turning_all_points_changes_nothing,
        points_may_change_places,
        the_forces_between_points_cancel,
        the_gradient_of_the_paper_holds_for_affinities_that_sum_to_one,
    ),
    exact=(
        (  # two points: q is 1/2 wherever they are
            (np.array([[0.0], [3.0]]), np.array([[7.0, 0.25], [0.75, 7.0]])),
            {},
            0.25 * np.log(0.5) + 0.75 * np.log(1.5),
            ([[0.0], [0.0]], [[0.0, 1 + np.log(0.5)], [1 + np.log(1.5), 0.0]]),
        ),
        (  # pairs that should be no neighbours at all
            (np.zeros((3, 2)), np.array([[0.0, 0.5, 0.0], [0.5, 0.0, 0.0], [0.0, 0.0, 0.0]])),
            {},
            np.log(3.0),
            (np.zeros((3, 2)), None),
        ),
    ),
    bugs=(
        Bug("a Gaussian in the plane", "far = 1 + (apart**2).sum(axis=2)", "far = np.exp((apart**2).sum(axis=2))",
            "In the plane the weight of a pair is 1 / (1 + distance squared), a bell with heavy tails."),
        Bug("the distance not squared", "(apart**2).sum(axis=2)", "np.sqrt((apart**2).sum(axis=2))",
            "The weight of a pair is 1 / (1 + distance squared)."),
        Bug("a point is its own neighbour", "w = others / far", "w = 1 / far",
            "The sum below q runs over pairs of different points."),
        Bug("the weight forgotten in the gradient", "(pull * w)[:, :, None]", "pull[:, :, None]",
            "d log w / d distance squared is -w: each force carries the factor w."),
        Bug("half of the gradient", "dy = 2 * dc", "dy = dc",
            "A point occurs as the first and as the second of a pair: both halves count."),
        Bug("the repulsion forgotten", "np.where(others, p + p.T, 0) - 2 * mass * w / total",
            "np.where(others, p + p.T, 0)", "All pairs repel each other through the sum below q."),
        Bug("the divergence the other way round", "value = (np.where(others, p, 0) * log_ratio).sum()",
            "value = -(w / total * log_ratio).sum()", "The sum is weighted by p, so that near pairs must stay near."),
    ),
)  # fmt: skip
