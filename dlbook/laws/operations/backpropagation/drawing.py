"""What the primitives' entries share: shapes, pairs that broadcast, and what holds for every function of entries."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import KINDS, array
from dlbook.laws.operation import Example

NO_INTEGERS = {"integers for floats": lambda e: e.with_arg(0, np.ones(np.shape(e.args[0]), int))}


def shapes(least: int = 0, most: int = 3) -> st.SearchStrategy[tuple[int, ...]]:
    """Draw a shape of `least` to `most` axes."""
    return st.lists(st.integers(1, 4), min_size=least, max_size=most).map(tuple)


def tensors(least: int = 0, most: int = 3, kinds=KINDS) -> st.SearchStrategy[np.ndarray]:
    """Draw an array of `least` to `most` axes."""
    return shapes(least, most).flatmap(lambda shape: array(*shape, kinds=kinds))


def single(**options) -> st.SearchStrategy[Example]:
    """Draw the argument of a function of one array."""
    return tensors(**options).map(lambda x: Example((x,)))


def narrower(draw, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Draw a shape that broadcasts to the given one: some axes have length 1, some leading ones are gone."""
    ones = tuple(n if draw(st.booleans()) else 1 for n in shape)
    return ones[draw(st.integers(0, len(shape))) :]


@st.composite
def pairs(draw, second=array):
    """Draw two arrays that broadcast against each other; `second` makes the second of its sizes."""
    shape = draw(shapes(most=3))
    a, b = (shape if draw(st.booleans()) else narrower(draw, shape) for _ in range(2))
    return Example((draw(array(*a)), draw(second(*b))))


REFUSE_PAIR = {
    **NO_INTEGERS,
    "shapes that do not broadcast": lambda e: e.with_args(np.ones((2, 3)), np.ones((2, 4))),
}


def entries_are_functions_of_entries(f, example):
    x = example.args[0]
    flat = f(x.reshape(-1), **example.options)
    np.testing.assert_array_equal(f(x, **example.options).reshape(-1), flat)
    np.testing.assert_allclose(f(x.reshape(-1)[:1], **example.options), flat[:1], rtol=1e-14)


def a_repeated_argument_changes_no_value_and_collects_its_copies_gradients(f, example):
    a, b = example.args
    y, pullback = f.vjp(a, b)
    dy = example.rng().normal(size=np.shape(y))
    wide = [np.broadcast_to(arg, np.shape(y)).copy() for arg in (a, b)]
    y_wide, pullback_wide = f.vjp(*wide)
    np.testing.assert_array_equal(y, y_wide)
    for arg, grad, copies in zip((a, b), pullback(dy), pullback_wide(dy), strict=True):
        new = np.ndim(y) - arg.ndim
        single = tuple(new + i for i, n in enumerate(arg.shape) if n == 1)
        want = copies.sum(axis=(*range(new), *single)).reshape(arg.shape)
        np.testing.assert_allclose(grad, want, rtol=1e-10, atol=1e-12 * max(1.0, np.abs(copies).max()))


def the_order_does_not_matter(f, example):
    a, b = example.args
    np.testing.assert_array_equal(f(a, b), f(b, a))


def inner_products_are_the_same_on_both_sides(f, example):
    """<f(x), dy> = <x, pullback(dy)>: what defines the transpose of a linear map."""
    x, *rest = example.args
    y, pullback = f.vjp(x, *rest, **example.options)
    dy = example.rng().normal(size=np.shape(y))
    there, back = np.sum(y * dy), np.sum(x * pullback(dy)[0])
    assert abs(there - back) <= 1e-12 * max(1.0, float(np.abs(x).max(initial=0.0))) * max(1, x.size, np.size(y))
