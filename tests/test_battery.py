"""The laws are tested too: they see the mistakes that checks are known to miss, and raise no false alarm."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlbook.differentiable import differentiable
from dlbook.laws.arrays import KINDS, array, fill, labels, positive, sizes
from dlbook.laws.battery import Failure, Record, caught_by, examine, hold, laws_of
from dlbook.laws.generic import LAWS
from dlbook.laws.mutants import Mutant, generic_mutants
from dlbook.laws.operation import Bug, Example, Op, argument_names, catalogue, literal, magnitude
from dlbook.laws.trees import flatten, rebuild
from dlbook.laws.verdict import LawBroken, finite
from dlbook.numpy import linear
from dlbook.shapes import Array, Float, Int, Scalar

pytestmark = pytest.mark.law


@differentiable
def soft(x: Float[Array, "N K"]) -> Float[Array, "N K"]:
    """Softmax over rows."""
    e = np.exp(x - x.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return p, lambda dy: (p * (dy - (dy * p).sum(axis=1, keepdims=True)),)


@differentiable
def rectify(x: Float[Array, "N K"]) -> Float[Array, "N K"]:
    """max(x, 0)."""
    return np.maximum(x, 0), lambda dy: (dy * (x > 0),)


@differentiable
def pick(weight: Float[Array, "V D"], index: Int[Array, " N"]) -> Float[Array, "N D"]:
    """Rows of a table."""

    def pullback(dy):
        dweight = np.zeros_like(weight)
        np.add.at(dweight, index, dy)
        return dweight, None

    return weight[index], pullback


@differentiable
def mean_square(x: Float[Array, " N"]) -> Scalar:
    """The mean of the squares."""
    return (x**2).mean(), lambda dy: (dy * 2 * x / len(x),)


@st.composite
def matrices(draw, kinds=KINDS):
    return Example((draw(array(*draw(sizes(2)), kinds=kinds)),))


@st.composite
def tables(draw):
    v, d, n = draw(sizes(3))
    return Example((draw(array(v, d)), draw(labels(n, v))))


@st.composite
def vectors(draw):
    return Example((draw(array(draw(st.integers(1, 5)))),))


SOFT = Op(soft, matrices(), rows=(0,), twin_gradient=False)
RECTIFY = Op(rectify, matrices(), kinks=True, rows=(0,), twin_gradient=False)
PICK = Op(pick, tables(), twin_gradient=False)
SQUARE = Op(mean_square, vectors(), twin_gradient=False)
NO_TWIN = {name: law for name, law in LAWS.items() if not name.startswith("twin")}


def law(op, name, f=None, **options):
    return hold(op, name, NO_TWIN[name], f, **{"examples": 60, **options})


def warped(f, gradients):
    return Mutant(f, gradients=lambda grads: rebuild(grads, [gradients(g) for g in flatten(grads)]))


@pytest.mark.parametrize("op", [SOFT, RECTIFY, PICK, SQUARE], ids=lambda op: op.name)
@pytest.mark.parametrize("name", [n for n in NO_TWIN if n not in ("refuses", "exact cases", "complex step")])
def test_a_correct_operation_passes(op, name):
    result = law(op, name, examples=200)
    assert isinstance(result, Record), result.text(op)
    assert result.examples >= 60


@pytest.mark.parametrize("op", [SOFT, SQUARE, PICK], ids=lambda op: op.name)
@pytest.mark.parametrize("factor", [1.01, 1.0001, -1.0, 0.0])
def test_a_scaled_gradient_is_seen(op, factor):
    assert isinstance(law(op, "gradient", warped(op.reference, lambda g: g * factor)), Failure)


def test_a_gradient_of_the_sum_that_is_zero_is_not_taken_for_the_gradient():
    # The gradient of a softmax's sum is zero: a check with a cotangent of ones passes a pullback of zeros.
    zero = warped(soft, np.zeros_like)
    assert np.allclose(
        zero.vjp(np.ones((2, 3)))[1](np.ones((2, 3)))[0], soft.vjp(np.ones((2, 3)))[1](np.ones((2, 3)))[0]
    )
    assert isinstance(law(SOFT, "gradient", zero), Failure)


def test_one_wrong_entry_is_seen_and_named():
    def spoil(g):
        g = g.copy()
        g[-1, -1] *= 1.5
        return g

    failure = law(SOFT, "gradient", warped(soft, spoil))
    assert isinstance(failure, Failure)
    assert "at x[" in failure.message
    assert "differences give" in failure.message


def test_a_nan_gradient_is_no_pass():
    assert isinstance(law(SOFT, "gradient", warped(soft, lambda g: g * np.nan)), Failure)


def test_a_number_that_is_none_is_shown_in_words_that_fit_one_value_and_many():
    for what in ("y", "The rank correlations"):
        with pytest.raises(LawBroken, match=f"^{what}: nan, expected finite numbers$"):
            finite((np.ones(2), np.array([1.0, np.nan, np.inf])), what)
    finite((np.ones(2), np.zeros(0)), "y")


def test_a_tiny_gradient_is_held_to_its_own_size_and_not_to_an_absolute_tolerance():
    @differentiable
    def small(x: Float[Array, " N"]) -> Scalar:
        return 1e-9 * (x**2).mean(), lambda dy: (0 * x,)

    op = Op(small, vectors(), scale=lambda example: 1e-9, twin_gradient=False)
    assert isinstance(law(op, "gradient"), Failure)


def test_repeated_indices_must_add_up():
    @differentiable
    def overwrites(weight: Float[Array, "V D"], index: Int[Array, " N"]) -> Float[Array, "N D"]:
        def pullback(dy):
            dweight = np.zeros_like(weight)
            dweight[index] += dy
            return dweight, None

        return weight[index], pullback

    failure = law(PICK, "gradient", overwrites)
    assert isinstance(failure, Failure)
    weight, index = failure.example.args
    assert weight.size == 1
    assert index.tolist() == [0, 0]


@pytest.mark.parametrize("slope", [0.0, 0.5, 1.0])
def test_any_slope_between_the_one_sided_ones_is_a_gradient_at_a_kink(slope):
    @differentiable
    def hinge(x: Float[Array, "N K"]) -> Float[Array, "N K"]:
        return np.maximum(x, 0), lambda dy: (dy * np.where(x == 0, slope, x > 0),)

    assert isinstance(law(RECTIFY, "gradient", hinge, examples=200), Record)


@pytest.mark.parametrize("slope", [-1.0, 2.0])
def test_a_slope_outside_is_none(slope):
    @differentiable
    def hinge(x: Float[Array, "N K"]) -> Float[Array, "N K"]:
        return np.maximum(x, 0), lambda dy: (dy * np.where(x == 0, slope, x > 0),)

    assert isinstance(law(RECTIFY, "gradient", hinge, examples=200), Failure)


def test_a_convention_at_a_kink_is_pinned_by_an_exact_case():
    @differentiable
    def half(x: Float[Array, "N K"]) -> Float[Array, "N K"]:
        return np.maximum(x, 0), lambda dy: (dy * np.where(x == 0, 0.5, x > 0),)

    op = Op(rectify, matrices(), kinks=True, exact=(((np.zeros((1, 1)),), {}, [[0.0]], ([[0.0]],)),))
    assert isinstance(law(op, "exact cases"), Record)
    assert isinstance(law(op, "exact cases", half), Failure)


def test_an_affine_pullback_is_not_linear():
    assert isinstance(law(SOFT, "linear in dy", warped(soft, lambda g: g + 1e-6)), Failure)


def test_a_saved_array_that_the_pullback_changes_is_seen():
    @differentiable
    def forgetful(x: Float[Array, " N"]) -> Scalar:
        g = 2 * x / len(x)

        def pullback(dy):
            nonlocal g
            g = g * 0.5
            return (dy * g,)

        return (x**2).mean(), pullback

    assert "second call" in law(SQUARE, "pure", forgetful).message


def test_a_gradient_that_is_the_input_itself_is_seen():
    @differentiable
    def aliased(x: Float[Array, " N"]) -> Scalar:
        return (x**2).mean() / 2 * len(x), lambda dy: (x,)

    assert "shares memory" in law(SQUARE, "pure", aliased).message


def test_an_argument_changed_in_place_is_seen():
    @differentiable
    def shifts(x: Float[Array, " N"]) -> Scalar:
        if x.flags.writeable:
            x -= 1
        return (x**2).mean(), lambda dy: (dy * 2 * x / len(x),)

    assert "was changed by the call" in law(SQUARE, "pure", shifts).message


def test_an_overflow_is_seen():
    @differentiable
    def naive(x: Float[Array, "N K"]) -> Float[Array, "N K"]:
        e = np.exp(x)
        p = e / e.sum(axis=1, keepdims=True)
        return p, lambda dy: (p * (dy - (dy * p).sum(axis=1, keepdims=True)),)

    assert "overflow" in law(SOFT, "stays finite", naive).message


def test_rows_that_see_each_other_are_seen():
    @differentiable
    def mixed(x: Float[Array, "N K"]) -> Float[Array, "N K"]:
        y = x - x.mean(axis=0)
        return y, lambda dy: (dy - dy.mean(axis=0),)

    assert isinstance(law(SOFT, "rows independent", mixed), Failure)


def test_a_float64_constant_that_leaks_is_seen():
    @differentiable
    def leaks(x: Float[Array, " N"]) -> Scalar:
        return (x**2).mean() * np.ones((), np.float64), lambda dy: (dy * 2 * x / len(x),)

    assert "float64" in law(SQUARE, "gradients fit", leaks).message


def test_whatever_an_implementation_raises_becomes_a_failure_with_the_smallest_input():
    @differentiable
    def crashes(x: Float[Array, "N K"]) -> Float[Array, "N K"]:
        if x.shape[1] > 1:
            raise KeyError("columns")
        return soft.definition(x)

    failure = law(SOFT, "gradient", crashes)
    assert "raised KeyError" in failure.message
    assert failure.example.args[0].shape == (1, 2)


def test_a_failure_prints_arguments_that_can_be_pasted():
    text = law(SOFT, "gradient", warped(soft, lambda g: 2 * g)).text(SOFT)
    assert text.startswith("soft: the law 'gradient' FAILS")
    shown = text.rsplit("x=", 1)[1]
    assert isinstance(eval(shown), list)


@pytest.mark.parametrize("op", [SOFT, RECTIFY, PICK, SQUARE], ids=lambda op: op.name)
def test_every_generic_mutant_is_caught_without_a_twin(op, monkeypatch):
    monkeypatch.setattr("dlbook.laws.battery.HAVE_TORCH", False)
    assert caught_by(op, op.reference) is None
    for what, mutant in generic_mutants(op):
        if what != "value off by a thousandth":  # self-consistent up to a factor: needs an oracle of the value
            assert caught_by(op, mutant) is not None, what


def test_examining_stops_at_the_first_law_that_fails():
    laws = {k: v for k, v in laws_of(SQUARE).items() if k in ("gradients fit", "gradient", "pure")}
    results = list(examine(SQUARE, warped(mean_square, lambda g: 2 * g), laws=laws, examples=10))
    assert [type(r) for r in results] == [Record, Failure]


def test_without_torch_the_twin_laws_say_not_run(monkeypatch):
    monkeypatch.setattr("dlbook.laws.battery.HAVE_TORCH", False)
    assert hold(SQUARE, "twin value", LAWS["twin value"]).outcome == "not run"


def test_a_planted_bug_must_be_found_in_the_source():
    with pytest.raises(ValueError, match="planted bug 'nothing' of linear: 'no such text' stands 0 times"):
        Bug("nothing", "no such text", "", "").plant(linear)


def test_a_planted_bug_changes_the_function_and_leaves_the_reference_alone():
    bug = Bug("bias gradient averaged", "dy.sum(axis=0)", "dy.mean(axis=0)", "")
    args = np.ones((2, 3)), np.ones((1, 3)), np.ones(1)
    assert bug.plant(linear).vjp(*args)[1](np.ones((2, 1)))[2] == 1
    assert linear.vjp(*args)[1](np.ones((2, 1)))[2] == 2


@given(st.sampled_from(KINDS), st.integers(0, 2**16 - 1), sizes(2))
def test_a_recipe_gives_the_same_array_each_time(kind, seed, shape):
    a = fill(shape, kind, seed)
    assert a.shape == shape
    np.testing.assert_array_equal(a, fill(shape, kind, seed))


def test_the_simplest_array_is_readable_and_hides_no_transpose():
    assert fill((2, 2), "iota", 0).tolist() == [[0.1, -0.2], [pytest.approx(0.3), -0.4]]


@given(positive(3, low=0.5, high=0.7), labels(4, 3))
def test_positive_arrays_and_labels_stay_in_their_ranges(weight, t):
    assert ((weight >= 0.5) & (weight < 0.7)).all()
    assert ((t >= 0) & (t < 3)).all()


def test_literals_can_be_pasted():
    assert literal((np.array([1.5]), {"a": None}, [np.float64(2)], "mean")) == "([1.5], {'a': None}, [2.0], 'mean')"
    assert literal(np.zeros((0, 3))) == "np.zeros((0, 3))"


def test_magnitude_is_the_product_of_the_largest_entries():
    assert magnitude(Example((np.array([3.0, -4.0]), np.array([0.1]), np.array([7])))) == 4


def test_argument_names_of_variable_arguments_are_numbered():
    def f(x, *params, eps=1):
        return None

    assert argument_names(f, 3) == ["x", "params[0]", "params[1]"]


def test_who_changes_an_argument_does_not_change_the_catalogue():
    op = catalogue()["mixup"]
    before = [np.array(a) for a in op.exact[0][0]]
    (mutant,) = [mutant for what, mutant in generic_mutants(op) if what == "an argument is changed"]
    assert caught_by(op, mutant) is not None
    for old, new in zip(before, op.exact[0][0], strict=True):
        np.testing.assert_array_equal(old, new)
