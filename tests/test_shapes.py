"""A signature's promises are checked on every call, and a broken one is named in one line."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pytest

from dlbook.differentiable import differentiable
from dlbook.shapes import _REMEMBERED, Array, Float, Int, Promise, Scalar, ShapeError, leaves

pytestmark = pytest.mark.law

Layer = tuple[Float[Array, "K D"], Float[Array, " K"]]


def nothing(*args, **options):
    return np.float64(0.0)


def check(function, *args, **options):
    return Promise(function).check(args, options, nothing)


def layers(x: Float[Array, "N D"], params: list[Layer]) -> Scalar: ...
def named(params: dict[str, Float[Array, "N D"]]) -> Scalar: ...
def pair(params: tuple[Float[Array, "N D"], Float[Array, " N"]]) -> Scalar: ...
def labelled(x: Float[Array, "N K"], t: Int[Array, " N"]) -> Scalar: ...
def optioned(
    x: Float[Array, "N"], *, eps: float = 1.0, axis: int = 0, reduction: Literal["mean", "sum"] = "mean"
) -> Scalar: ...
def broadcast(x: Float[Array, "N D"], b: Float[Array, "#N D"]) -> Scalar: ...
def either(x: Float[Array, "N"], b: Float[Array, "N"] | None = None) -> Scalar: ...
def starred(x: Float[Array, "N K *S"], w: Float[Array, " K"] | None = None,
            mask: Float[Array, "N *S"] | None = None) -> Scalar: ...
def anything(params: Any) -> Scalar: ...
def several(xs: Sequence[Float[Array, "N"]]) -> Scalar: ...


def test_leaves_are_walked_in_order_with_their_paths():
    assert list(leaves({"a": (1, [2]), "b": 3}, "p")) == [
        ("p['a'][0]", 1),
        ("p['a'][1][0]", 2),
        ("p['b']", 3),
    ]


def test_a_wrong_shape_names_function_argument_shapes_and_axis_values():
    with pytest.raises(
        ShapeError,
        match=r"^labelled: t is int64 of shape \(4,\), expected integer array of shape "
        r"\(N,\) with N = 3 from x$",
    ):
        check(labelled, np.ones((3, 2)), np.zeros(4, int))


def test_the_axes_of_a_layer_are_its_own():
    good = [(np.ones((5, 4)), np.ones(5)), (np.ones((2, 5)), np.ones(2))]
    check(layers, np.ones((3, 4)), good)


def test_every_leaf_of_a_tree_is_checked_and_not_a_sample_of_them():
    good = (np.ones((2, 5)), np.ones(2))
    for wrong in range(9):
        params = [good] * 9
        params[wrong] = (np.ones((2, 5)), np.ones(3))
        with pytest.raises(ShapeError, match=rf"params\[{wrong}\]\[1\]"):
            check(layers, np.ones((3, 4)), params)


@pytest.mark.parametrize(
    ("function", "args", "word"),
    [
        (named, ({"w": np.ones(3)},), r"params\['w'\]"),
        (named, ([np.ones((2, 2))],), "a list of 1"),
        (pair, ((np.ones((3, 2)), np.ones(2)),), r"params\[1\].*N"),
        (pair, ((np.ones((3, 2)),),), "a tuple of 1"),
        (labelled, (np.ones((3, 2)), np.ones(3)), "t is float64"),
        (labelled, (np.ones((3, 2), int), np.ones(3, int)), "x is int64"),
        (labelled, ([[1.0]], np.zeros(1, int)), "x is a list"),
        (several, (np.ones(3),), "xs is float64"),
        (several, ([np.ones(3), np.ones((3, 1))],), r"xs\[1\]"),
    ],
)
def test_what_does_not_fit_is_named(function, args, word):
    with pytest.raises(ShapeError, match=word):
        check(function, *args)


def test_an_option_may_be_an_integer_where_a_float_is_asked_for():
    check(optioned, np.ones(3), eps=1)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"eps": "small"}, "eps is str 'small', expected float"),
        ({"axis": 1.5}, "axis is float 1.5, expected int"),
        ({"reduction": "avg"}, "expected one of 'mean', 'sum'"),
    ],
)
def test_a_wrong_option_is_named_with_what_was_expected(options, word):
    with pytest.raises(ShapeError, match=word):
        check(optioned, np.ones(3), **options)


@pytest.mark.parametrize("options", [{"axis": np.int64(0)}, {"eps": np.float32(0.5)}, {"eps": np.int32(1)}])
def test_an_option_may_be_a_number_of_numpys(options):
    check(optioned, np.ones(2), **options)


@pytest.mark.parametrize("options", [{"axis": True}, {"eps": False}, {"axis": np.float64(1.0)}])
def test_a_truth_value_is_no_number_and_a_float_no_integer(options):
    with pytest.raises(ShapeError, match=r"expected (int|float)"):
        check(optioned, np.ones(2), **options)


@pytest.mark.parametrize(
    ("function", "args", "said"),
    [
        (starred, (np.ones((4, 3)), np.ones(2)), r"expected float array of shape \(K,\) or None with K = 3 from x"),
        (starred, (np.ones((4, 3, 5)), None, np.ones((4, 6))), r"with N = 4 from x, \*S = \(5,\) from x"),
        (optioned, (np.float32(1.0),), r"float32 of shape \(\) in a numpy.float32, .* in a numpy.ndarray"),
    ],
)
def test_axes_behind_a_star_and_a_none_are_named_with_their_sizes(function, args, said):
    with pytest.raises(ShapeError, match=said):
        check(function, *args)


@pytest.mark.parametrize(
    ("args", "options", "said"),
    [((), {}, "missing a required argument: 'x'"), ((np.ones(2), 1.0), {}, "too many"), ((), {"y": 1}, "'[xy]'")],
)
def test_a_call_with_other_arguments_names_the_function_and_its_parameters(args, options, said):
    with pytest.raises(TypeError, match=rf"^optioned: .*{said}.*, expected optioned\(x, \*, eps=1.0, axis=0"):
        check(optioned, *args, **options)


def test_broadcasting_happens_only_where_the_annotation_says_so():
    check(broadcast, np.ones((3, 2)), np.ones((1, 2)))
    with pytest.raises(ShapeError):
        check(broadcast, np.ones((3, 2)), np.ones((3, 1)))


def test_an_optional_array_may_be_none_and_nothing_else():
    check(either, np.ones(3), None)
    check(either, np.ones(3))
    with pytest.raises(ShapeError, match="or None"):
        check(either, np.ones(3), 0)


def test_anything_goes_where_anything_is_promised_but_dtypes_agree():
    check(anything, {"w": (np.ones(2), [np.ones((3, 3))])})
    with pytest.raises(ShapeError, match=r"params\['w'\]\[1\]\[0\] is float32 but params\['w'\]\[0\] is float64"):
        check(anything, {"w": (np.ones(2), [np.ones((3, 3), np.float32)])})


@pytest.mark.parametrize("value", [np.float64(1.0), np.float32(1.0), np.array(1.0), np.ones(3).mean()])
def test_a_numpy_number_and_a_0d_array_are_scalars(value):
    @differentiable
    def same(a: Scalar) -> Scalar:
        return a, lambda dy: (dy,)

    assert same(value) == 1


@pytest.mark.parametrize("value", [1.0, np.ones(1), np.int64(1)])
def test_a_python_number_or_a_vector_of_one_is_no_scalar(value):
    @differentiable
    def same(a: Scalar) -> Scalar:
        return a, lambda dy: (dy,)

    with pytest.raises(ShapeError):
        same(value)


def test_a_result_of_another_shape_than_promised_is_refused():
    @differentiable
    def wrong(x: Float[Array, "N D"]) -> Float[Array, " N"]:
        return x.sum(axis=0), lambda dy: (dy,)

    with pytest.raises(ShapeError, match=r"wrong: its result y is float64 of shape \(2,\).*N = 3 from x"):
        wrong(np.ones((3, 2)))


def test_what_is_remembered_is_bounded():
    def once(x: Float[Array, " N"], *, power: int = 1) -> Float[Array, " N"]:
        return x

    promise, x = Promise(once), np.ones(1)
    for power in range(_REMEMBERED + 10):
        promise.keep((x,), {"power": power}, once)
    assert 0 < len(promise._kept) <= _REMEMBERED
