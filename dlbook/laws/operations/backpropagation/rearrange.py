"""The catalogue's entries for the primitives that move numbers about."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import SEEDS, array, labels
from dlbook.laws.operation import Bug, Example, operation
from dlbook.laws.operations.backpropagation.drawing import (
    NO_INTEGERS,
    inner_products_are_the_same_on_both_sides,
    narrower,
    shapes,
    tensors,
)
from dlbook.numpy.backpropagation import (
    broadcast_to,
    cat,
    index_add,
    index_select,
    reshape,
    sum_to,
    transpose,
    where,
)


@st.composite
def reshapes(draw):
    shape = draw(shapes())
    x = draw(array(*shape))
    merged = (int(np.prod(shape[:2])), *shape[2:])
    return Example((x,), {"shape": draw(st.sampled_from((merged, shape[::-1], (-1,), (1, *shape), (x.size, 1))))})


def the_entries_keep_their_order(f, example):
    np.testing.assert_array_equal(f(*example.args, **example.options).ravel(), example.args[0].ravel())


def the_first_shape_can_be_had_back(f, example):
    x = example.args[0]
    np.testing.assert_array_equal(f(f(x, **example.options), shape=x.shape), x)


operation(
    reshape,
    examples=reshapes(),
    analytic=True,
    refuses={**NO_INTEGERS, "a shape of another size": lambda e: e.with_options(shape=(e.args[0].size + 1,))},
    invariants=(
        the_entries_keep_their_order,
        the_first_shape_can_be_had_back,
        inner_products_are_the_same_on_both_sides,
    ),
    bugs=(
        Bug("columns first", "np.reshape(value(x), shape).copy()", "np.reshape(value(x), shape, order='F').copy()",
            "NumPy reads row by row; this reads column by column."),
        Bug("gradient reversed", "(reshape(dy, shape=shape_of(x)),)", "(reshape(dy.ravel()[::-1], shape=shape_of(x)),)",
            "The gradient keeps the entries' order."),
        Bug("gradient keeps y's shape", "(reshape(dy, shape=shape_of(x)),)", "(dy * 1,)",
            "The gradient has x's shape, not y's."),
    ),
)  # fmt: skip


@st.composite
def permutations(draw):
    x = draw(tensors())
    order = st.permutations(range(x.ndim)).map(tuple)
    return Example((x,), {"axes": draw(st.none() | order)})


def entries_are_found_at_reordered_places(f, example):
    x, axes = example.args[0], example.options["axes"]
    axes = range(x.ndim)[::-1] if axes is None else axes
    y = f(x, axes=example.options["axes"])
    for place in np.ndindex(x.shape):
        assert y[tuple(place[a] for a in axes)] == x[place]


def reversing_twice_changes_nothing(f, example):
    np.testing.assert_array_equal(f(f(example.args[0])), example.args[0])


operation(
    transpose,
    examples=permutations(),
    analytic=True,
    refuses={
        **NO_INTEGERS,
        "an axis that is not there": lambda e: e.with_options(axes=tuple(range(1, np.ndim(e.args[0]) + 2))),
        "an axis named twice": lambda e: e.with_args(np.ones((2, 3))).with_options(axes=(0, 0)),
        "an axis left out": lambda e: e.with_args(np.ones((2, 3))).with_options(axes=(1,)),
    },
    invariants=(
        entries_are_found_at_reordered_places,
        reversing_twice_changes_nothing,
        inner_products_are_the_same_on_both_sides,
    ),
    bugs=(
        Bug("the same order back", "map(int, np.argsort(order))", "map(int, order)",
            "The way back takes the inverse permutation; for three axes that is another one."),
        Bug("the order ignored", "np.transpose(value(x), order).copy()", "np.transpose(value(x)).copy()",
            "The axes are reordered as asked, not reversed."),
        Bug("a view comes out", ".copy(), lambda dy", ", lambda dy",
            "A view shares memory with x: whoever changes y changes x."),
    ),
)  # fmt: skip


@st.composite
def broadcasts(draw):
    shape = draw(shapes())
    return Example((draw(array(*narrower(draw, shape))),), {"shape": shape})


def it_is_what_adding_to_zeros_does(f, example):
    np.testing.assert_array_equal(
        f(*example.args, **example.options), example.args[0] + np.zeros(example.options["shape"])
    )


def its_own_shape_changes_nothing(f, example):
    np.testing.assert_array_equal(f(example.args[0], shape=example.args[0].shape), example.args[0])


operation(
    broadcast_to,
    examples=broadcasts(),
    analytic=True,
    refuses={
        **NO_INTEGERS,
        "a shape to which x does not broadcast": lambda e: e.with_args(np.ones(3)).with_options(shape=(4,)),
        "fewer axes": lambda e: e.with_args(np.ones((1, 3))).with_options(shape=(3,)),
    },
    invariants=(
        it_is_what_adding_to_zeros_does,
        its_own_shape_changes_nothing,
        inner_products_are_the_same_on_both_sides,
    ),
    bugs=(
        Bug("averaged over the copies", "(sum_to(dy, shape=shape_of(x)),)",
            "(sum_to(dy, shape=shape_of(x)) * np.size(x) / np.size(dy),)", "The copies' gradients add up."),
        Bug("one copy's gradient", "(sum_to(dy, shape=shape_of(x)),)",
            "(sum_to(dy * (np.arange(np.size(dy)).reshape(np.shape(dy)) < np.size(x)), shape=shape_of(x)),)",
            "Every copy sends its gradient back, not the first alone."),
        Bug("gradient keeps y's shape", "(sum_to(dy, shape=shape_of(x)),)", "(dy * 1,)",
            "The gradient has x's shape: what was repeated on the way there is summed on the way back."),
    ),
)  # fmt: skip


@st.composite
def sums(draw):
    shape = draw(shapes())
    return Example((draw(array(*shape)),), {"shape": narrower(draw, shape)})


def the_total_stays(f, example):
    x = example.args[0]
    np.testing.assert_allclose(
        np.sum(f(x, **example.options)), np.sum(x), rtol=1e-12, atol=1e-12 * max(1.0, np.abs(x).sum())
    )


operation(
    sum_to,
    examples=sums(),
    analytic=True,
    refuses={
        **NO_INTEGERS,
        "a shape that does not broadcast to x's": lambda e: e.with_args(np.ones((2, 3))).with_options(shape=(2,)),
        "more axes": lambda e: e.with_args(np.ones(3)).with_options(shape=(1, 3)),
    },
    invariants=(the_total_stays, its_own_shape_changes_nothing, inner_products_are_the_same_on_both_sides),
    bugs=(
        Bug("mean for sum", "value(x).sum(", "value(x).mean(", "The copies' gradients are summed, not averaged."),
        Bug("gradient divided", "(broadcast_to(dy, shape=before),)",
            "(broadcast_to(dy, shape=before) * np.size(dy) / np.size(x),)", "Every summand has the slope 1."),
        Bug("axes of length one forgotten", "(*range(new), *repeated)).reshape(shape)",
            "tuple(range(new))).reshape(-1)[: int(np.prod(shape))].reshape(shape)",
            "A broadcast repeats along axes of length 1 too, not only along new ones."),
    ),
)  # fmt: skip


@st.composite
def selections(draw):
    shape = draw(shapes(least=1))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    index = draw(st.integers(1, 5).flatmap(lambda m: labels(m, shape[axis])))
    return Example((draw(array(*shape)), index), {"axis": axis})


def in_order_it_changes_nothing(f, example):
    x, axis = example.args[0], example.options["axis"]
    np.testing.assert_array_equal(f(x, np.arange(x.shape[axis]), axis=axis), x)


def a_row_taken_twice_has_twice_the_gradient(f, example):
    x, index = example.args
    y, pullback = f.vjp(x, index, **example.options)
    twice = np.repeat(index, 2)
    y2, pullback2 = f.vjp(x, twice, **example.options)
    np.testing.assert_array_equal(pullback2(np.ones_like(y2))[0], 2 * pullback(np.ones_like(y))[0])


OVERWRITTEN = Bug(
    "repeated rows overwrite each other",
    "np.add.at(np.moveaxis(y, axis, 0), index, np.moveaxis(value(x), axis, 0))",
    "np.moveaxis(y, axis, 0)[index] += np.moveaxis(value(x), axis, 0)",
    "y[index] += x keeps one of the rows that share a number: use np.add.at.",
)
OUTSIDE = {
    "a number beyond the axis": lambda e: e.with_args(np.ones((2, 2)), np.array([0, 2])),
    "a negative number": lambda e: e.with_args(np.ones((2, 2)), np.array([0, -1])),
    "an axis that is not there": lambda e: e.with_options(axis=np.ndim(e.args[0])),
    "numbers that are floats": lambda e: e.with_arg(1, e.args[1].astype(float)),
}

operation(
    index_select,
    examples=selections(),
    analytic=True,
    refuses={**NO_INTEGERS, **OUTSIDE},
    invariants=(
        in_order_it_changes_nothing,
        a_row_taken_twice_has_twice_the_gradient,
        inner_products_are_the_same_on_both_sides,
    ),
    bugs=(
        OVERWRITTEN,
        Bug("always the first axis", "np.take(value(x), index, axis)", "np.take(value(x), index % len(x), 0)",
            "Rows are taken along the axis that is asked for."),
        Bug("off by one", "np.take(value(x), index, axis)", "np.take(value(x), (index + 1) % size, axis)",
            "Rows are counted from 0."),
    ),
)  # fmt: skip


@st.composite
def scatters(draw):
    shape = draw(shapes(least=1))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    size = draw(st.integers(1, 5))
    return Example((draw(array(*shape)), draw(labels(shape[axis], size))), {"size": size, "axis": axis})


def rows_without_a_number_are_zero(f, example):
    x, index = example.args
    axis, size = example.options["axis"], example.options["size"]
    y = np.moveaxis(f(x, index, **example.options), axis, 0)
    assert y.shape[0] == size
    assert not y[np.setdiff1d(np.arange(size), index)].any()


def no_row_is_lost(f, example):
    x, index = example.args
    y = f(x, index, **example.options)
    axis = example.options["axis"]
    np.testing.assert_allclose(y.sum(axis=axis), x.sum(axis=axis), atol=1e-12 * max(1.0, np.abs(x).sum()))


operation(
    index_add,
    examples=scatters(),
    analytic=True,
    refuses={
        **NO_INTEGERS,
        "a number beyond the size": lambda e: e.with_args(np.ones(2), np.array([0, 2])).with_options(size=2, axis=0),
        "a negative number": lambda e: e.with_args(np.ones(2), np.array([0, -1])).with_options(size=2, axis=0),
        "more numbers than rows": lambda e: e.with_args(np.ones(2), np.zeros(3, int)).with_options(axis=0),
        "an axis that is not there": lambda e: e.with_options(axis=np.ndim(e.args[0])),
    },
    invariants=(rows_without_a_number_are_zero, no_row_is_lost, inner_products_are_the_same_on_both_sides),
    exact=(((np.array([1.0, 2.0, 4.0]), np.array([0, 0, 2])), {"size": 3}, [3.0, 0.0, 4.0], ([1.0, 1.0, 1.0], None)),),
    bugs=(
        OVERWRITTEN,
        Bug("last row overwrites", OVERWRITTEN.old, "np.moveaxis(y, axis, 0)[index] = np.moveaxis(value(x), axis, 0)",
            "Rows with the same number are added: an assignment keeps the last."),
        Bug("gradient in the order of arrival", "(index_select(dy, index, axis=axis), None)",
            "(index_select(dy, np.sort(index), axis=axis), None)", "Each row reads the gradient at its own number."),
    ),
)  # fmt: skip


@st.composite
def concatenations(draw):
    shape = draw(shapes(least=1))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    lengths = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    parts = [draw(array(*np.where(np.arange(len(shape)) == axis % len(shape), n, shape))) for n in lengths]
    return Example((draw(st.sampled_from((list, tuple)))(parts),), {"axis": axis})


def the_parts_can_be_cut_out_again(f, example):
    xs, axis = example.args[0], example.options["axis"]
    ends = np.cumsum([x.shape[axis] for x in xs])[:-1]
    for part, x in zip(np.split(f(xs, axis=axis), ends, axis), xs, strict=True):
        np.testing.assert_array_equal(part, x)


def one_array_stays_as_it_is(f, example):
    x = example.args[0][0]
    np.testing.assert_array_equal(f([x], **example.options), x)


def each_part_has_its_own_piece_of_the_gradient(f, example):
    xs, axis = example.args[0], example.options["axis"]
    y, pullback = f.vjp(xs, axis=axis)
    dy = example.rng().normal(size=y.shape)
    np.testing.assert_array_equal(np.concatenate(pullback(dy)[0], axis), dy)


operation(
    cat,
    examples=concatenations(),
    analytic=True,
    refuses={
        "no array": lambda e: e.with_args([]),
        "integers for floats": lambda e: e.with_args([np.ones(2, int)]),
        "shapes that differ elsewhere": lambda e: e.with_args([np.ones((2, 3)), np.ones((2, 4))]).with_options(axis=0),
        "another number of axes": lambda e: e.with_args([np.ones((2, 3)), np.ones(3)]).with_options(axis=0),
        "an axis that is not there": lambda e: e.with_options(axis=e.args[0][0].ndim),
    },
    invariants=(
        the_parts_can_be_cut_out_again,
        one_array_stays_as_it_is,
        each_part_has_its_own_piece_of_the_gradient,
    ),
    bugs=(
        Bug("every part reads the beginning", "np.arange(end - s[along], end)", "np.arange(0, s[along])",
            "Each part's gradient lies where the part lies."),
        Bug("parts in reverse", "zip(shapes, ends, strict=True)", "zip(shapes[::-1], ends[::-1], strict=True)",
            "The gradients come back in the order of the arguments."),
        Bug("always a list", "(type(xs)([", "(list([", "The gradients keep the argument's structure: a tuple."),
    ),
)  # fmt: skip


@st.composite
def choices(draw):
    shape = draw(shapes(least=1))
    condition = draw(SEEDS.map(lambda seed: np.random.default_rng(seed).random(shape) < 0.5))
    return Example((np.asarray(condition), draw(array(*shape)), draw(array(*shape))))


def the_opposite_condition_exchanges_the_sides(f, example):
    condition, a, b = example.args
    np.testing.assert_array_equal(f(~condition, b, a), f(condition, a, b))


def always_is_the_first(f, example):
    condition, a, b = example.args
    np.testing.assert_array_equal(f(np.ones_like(condition), a, b), a)


def the_gradient_takes_the_same_way(f, example):
    y, pullback = f.vjp(*example.args)
    dy = example.rng().normal(size=y.shape)
    _, da, db = pullback(dy)
    np.testing.assert_array_equal(da + db, dy)
    assert not da[~example.args[0]].any()


operation(
    where,
    examples=choices(),
    analytic=True,
    refuses={
        "integers for floats": lambda e: e.with_arg(1, np.ones(e.args[1].shape, int)),
        "numbers for a condition": lambda e: e.with_arg(0, e.args[1]),
        "shapes that differ": lambda e: e.with_args(np.ones((2, 3), bool), np.ones((2, 3)), np.ones((2, 1))),
    },
    invariants=(
        the_opposite_condition_exchanges_the_sides,
        always_is_the_first,
        the_gradient_takes_the_same_way,
    ),
    bugs=(
        Bug("sides exchanged on the way back", "where(condition, dy, nothing), where(condition, nothing, dy)",
            "where(condition, nothing, dy), where(condition, dy, nothing)", "The side that was taken receives it."),
        Bug("both sides are paid", "where(condition, nothing, dy)", "dy * 1", "What was not taken has no gradient."),
        Bug("sides exchanged on the way there", "np.where(condition, value(a), value(b))",
            "np.where(condition, value(b), value(a))", "Where the condition is true, a is taken."),
    ),
)  # fmt: skip
