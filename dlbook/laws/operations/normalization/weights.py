"""The catalogue's entry for weight normalization."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import array
from dlbook.laws.operation import Bug, Example, operation
from dlbook.numpy.normalization import weight_norm


@st.composite
def directions(draw):
    k, *shape = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    v = draw(array(k, *shape, kinds=("iota", "normal", "ties", "large")))
    flat = v.reshape(k, -1)
    flat[~flat.any(axis=1), 0] = 1.0  # a direction is never zero
    return Example((v, draw(array(k))))


def rows(example):
    return example.args[0].reshape(len(example.args[0]), -1)


def size(example) -> float:
    v, g = example.args
    shortest = float(np.linalg.norm(rows(example), axis=1).min())
    return max(1.0, float(np.abs(v).max())) * max(1.0, float(np.abs(g).max())) * max(1.0, 1 / shortest) ** 2


def each_unit_has_the_length_g(f, example):
    v, g = example.args
    length = np.linalg.norm(f(v, g).reshape(len(v), -1), axis=1)
    np.testing.assert_allclose(length, np.abs(g), rtol=1e-12, atol=1e-300)


def the_length_of_v_does_not_count(f, example):
    v, g = example.args
    factor = np.exp(example.rng().normal(size=len(g))).reshape(-1, *[1] * (v.ndim - 1))
    np.testing.assert_allclose(f(factor * v, g), f(v, g), rtol=1e-12, atol=1e-300)


def the_gradient_is_orthogonal_to_the_direction(f, example):
    v, g = example.args
    _, pullback = f.vjp(v, g)
    dv, _ = pullback(example.rng().normal(size=v.shape))
    along = (dv * v).reshape(len(v), -1).sum(axis=1)
    np.testing.assert_allclose(along, 0, atol=1e-12 * size(example))


def a_step_along_the_gradient_never_shortens_v(f, example):
    v, g = example.args
    _, pullback = f.vjp(v, g)
    dv, _ = pullback(example.rng().normal(size=v.shape))
    before, after = (np.linalg.norm(a.reshape(len(v), -1), axis=1) for a in (v, v - 0.1 * dv))
    assert (after >= before * (1 - 1e-12)).all(), "a direction has become shorter"


operation(
    weight_norm,
    examples=directions(),
    rows=(0, 1),
    scale=size,
    refuses={
        "integers for floats": lambda e: e.with_arg(0, np.ones(e.args[0].shape, int)),
        "a direction of zero": lambda e: e.with_arg(0, 0 * e.args[0]),
    },
    invariants=(
        each_unit_has_the_length_g,
        the_length_of_v_does_not_count,
        the_gradient_is_orthogonal_to_the_direction,
        a_step_along_the_gradient_never_shortens_v,
    ),
    exact=(
        (
            (np.array([[3.0, 4.0], [0.0, 2.0]]), np.array([10.0, -1.0])),
            {},
            [[6.0, 8.0], [0.0, -1.0]],
            ([[0.32, -0.24], [-0.5, 0.0]], [1.4, 1.0]),
        ),
    ),
    bugs=(
        Bug("one length for the whole matrix", 'np.sqrt(np.einsum("kd,kd->k", rows, rows))',
            'np.full(len(rows), np.sqrt(np.einsum("kd,kd->", rows, rows)), rows.dtype)',
            "Each unit has a length of its own: sum over its row only."),
        Bug("the length taken for a constant", "(dweight - dg[:, None] * direction)", "dweight",
            "A longer v changes nothing: take the part of the gradient along v out."),
        Bug("the gradient of g along v", "dweight, direction)", "dweight, rows)",
            "g multiplies the unit vector v / |v|."),
        Bug("g forgotten on the way back", "(g / length)[:, None]", "(1 / length)[:, None]",
            "The direction is multiplied by g: so is its gradient."),
        Bug("the square of the length", 'np.sqrt(np.einsum("kd,kd->k", rows, rows))',
            'np.einsum("kd,kd->k", rows, rows)', "Divide by the length: take the root."),
    ),
)  # fmt: skip
