"""The tape: uses add up, operators mean what they mean for arrays, and wrong calls are refused in words."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dlbook.numpy.backpropagation as bp
from dlbook.differentiable import chain
from dlbook.laws.arrays import SEEDS
from dlbook.numpy.linear_classifiers import cross_entropy, linear, log_softmax, sigmoid
from dlbook.shapes import ShapeError, leaves, refill

torch = pytest.importorskip("torch")
import dlbook.torch.backpropagation as tbp  # noqa: E402
from dlbook.torch import linear_classifiers as twins  # noqa: E402

pytestmark = pytest.mark.law



@given(uses=st.integers(1, 6), seed=SEEDS)
def test_a_value_used_k_times_adds_k_gradients(uses, seed):
    tape = bp.Tape()
    x = tape.variable(np.random.default_rng(seed).normal(size=(2, 3)))
    doubled = x * 2.0
    total = doubled
    for _ in range(uses - 1):
        total = total + doubled
    (dx,) = tape.gradients(bp.sum(total), (x,))
    np.testing.assert_array_equal(dx, 2.0 * uses)


def test_a_value_used_twice_in_one_call_adds_both_gradients():
    tape = bp.Tape()
    x = tape.variable(np.array([3.0, -2.0]))
    np.testing.assert_array_equal(tape.gradients(bp.sum(x * x), (x,))[0], [6, -4])
    np.testing.assert_array_equal(tape.gradients(bp.sum(bp.cat((x, x, x))), (x,))[0], [3, 3])


def test_the_order_in_which_branches_are_recorded_does_not_matter():
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 4))

    def gradients(left_first):
        tape = bp.Tape()
        x, y = tape.variable(a), tape.variable(b)
        if left_first:
            left, right = bp.tanh(x * y), bp.exp(x)
        else:
            right, left = bp.exp(x), bp.tanh(x * y)
        return tape.gradients(bp.sum(left * right), (x, y))

    for one, other in zip(gradients(True), gradients(False), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-15)


@pytest.mark.parametrize("again", [False, True])
def test_what_y_does_not_depend_on_has_a_gradient_of_zeros(again):
    tape = bp.Tape()
    x, apart = tape.variable(np.ones(2)), tape.variable(np.ones((2, 3), np.float32))
    y = bp.sum(x)
    after = bp.sum(x * x)  # recorded later than y
    grads = tape.gradients(y, (apart, after, x, y), again=again)
    values = [g.value if again else g for g in grads]
    assert [v.tolist() for v in values] == [[[0] * 3] * 2, 0, [1, 1], 1]
    assert values[0].dtype == np.float32


def test_a_parameter_tree_a_chain_and_an_argument_by_name_are_seen_by_the_tape():
    rng = np.random.default_rng(2)
    params = ((rng.normal(size=(3, 2)), rng.normal(size=3)), (rng.normal(size=(2, 3)), rng.normal(size=2)))
    x, target = rng.normal(size=(4, 2)), np.array([0, 1, 1, 0])
    tape = bp.Tape()
    variables = refill(params, (tape.variable(a) for _, a in leaves(params)))
    net = chain(linear, linear)
    loss = cross_entropy(scores=net(x, variables), target=target)
    flat = [leaf for _, leaf in leaves(variables)]
    grads = tape.gradients(loss, flat)
    tensors = [torch.tensor(a, requires_grad=True) for _, a in leaves(params)]
    w1, b1, w2, b2 = tensors
    linear_t = torch.nn.functional.linear
    scores = linear_t(linear_t(torch.tensor(x), w1, b1), w2, b2)
    torch.nn.functional.cross_entropy(scores, torch.tensor(target)).backward()
    for grad, tensor in zip(grads, tensors, strict=True):
        np.testing.assert_allclose(grad, tensor.grad.numpy(), rtol=1e-10, atol=1e-14)


OPERATORS = [
    (lambda x: x + 2, lambda a: a + 2),
    (lambda x: 2 - x, lambda a: 2 - a),
    (lambda x: x - 1.5, lambda a: a - 1.5),
    (lambda x: np.float64(3) * x, lambda a: 3 * a),
    (lambda x: x * np.ones(3), lambda a: a * 1),
    (lambda x: np.ones((2, 3)) * x, lambda a: a * 1),
    (lambda x: np.ones((3, 2)) @ x, lambda a: np.ones((3, 2)) @ a),
    (lambda x: x @ np.ones(3), lambda a: a @ np.ones(3)),
    (lambda x: x[0] @ x[1], lambda a: a[0] @ a[1]),
    (lambda x: x[1] @ x.T, lambda a: a[1] @ a.T),
    (lambda x: 1 / (x * x + 1), lambda a: 1 / (a * a + 1)),
    (lambda x: x / 4, lambda a: a / 4),
    (lambda x: -x**3, lambda a: -(a**3)),
    (lambda x: x.T @ x, lambda a: a.T @ a),
    (lambda x: x[:, 0], lambda a: a[:, 0]),
    (lambda x: x[..., None, ::-2], lambda a: a[..., None, ::-2]),
    (lambda x: x[[0, 0], [1, 2]], lambda a: a[[0, 0], [1, 2]]),
    (lambda x: x[np.array([True, False])], lambda a: a[:1]),
    (lambda x: x[-1, -1], lambda a: a[-1, -1]),
]


@pytest.mark.parametrize("which", range(len(OPERATORS)))
def test_operators_and_indices_mean_what_they_mean_for_arrays_and_have_gradients(which):
    f, plain = OPERATORS[which]
    a = np.array([[0.3, -0.7, 1.1], [0.9, 0.2, -0.4]])
    tape = bp.Tape()
    x = tape.variable(a)
    y = f(x)
    np.testing.assert_allclose(y.value, plain(a), rtol=1e-15)
    assert y.shape == np.shape(plain(a))
    dy = np.random.default_rng(0).normal(size=y.shape)
    np.testing.assert_allclose(
        tape.gradients(y, (x,), dy)[0], bp.numerical_gradient(plain, a, dy), rtol=1e-7, atol=1e-8
    )


def test_float32_stays_float32_there_and_back():
    tape = bp.Tape()
    x = tape.variable(np.ones((2, 2), np.float32))
    y = bp.mean(bp.sqrt(bp.exp(x) * 2 + 1) / 3 - 1 / x) ** 2
    assert y.dtype == np.float32
    assert tape.gradients(y, (x,))[0].dtype == np.float32
    assert tape.gradients(y, (x,), again=True)[0].dtype == np.float32


def calls_that_are_refused():
    tape, other = bp.Tape(), bp.Tape()
    x, y = tape.variable(np.ones(2)), other.variable(np.ones(2))
    return {
        "bp.add(x, y)": (lambda: bp.add(x, y), ValueError, "add: an argument is a variable of another tape"),
        "y elsewhere": (lambda: tape.gradients(bp.sum(y), (x,)), ValueError, "gradients: y is a variable of another"),
        "x elsewhere": (lambda: tape.gradients(bp.sum(x), (y,)), ValueError, r"gradients: xs\[0\] is a variable"),
        "y an array": (lambda: tape.gradients(np.ones(()), (x,)), TypeError, "gradients: y is float64 of shape"),
        "x an array": (lambda: tape.gradients(bp.sum(x), (np.ones(2),)), TypeError, r"gradients: xs\[0\] is float64"),
        "x alone": (lambda: tape.gradients(bp.sum(x), x), TypeError, r"expected a sequence of variables: \(x,\)"),
        "no dy": (lambda: tape.gradients(x, (x,)), ShapeError, r"y has shape \(2,\) and dy is missing"),
        "dy": (lambda: tape.gradients(x, (x,), np.ones(3)), ShapeError, r"dy is float64 of shape \(3,\), expected .*2"),
        "shapes": (lambda: x + np.ones(3), ShapeError, r"add: b is float64 of shape \(3,\).*S = \(2,\) from a"),
        "ints": (lambda: bp.div(np.array([1]), np.array([2])), ShapeError, "div: a is int64"),
        "index": (lambda: x[2], IndexError, "out of bounds"),
        "numpy": (lambda: np.exp(x), TypeError, "Variable"),
        "array": (lambda: np.asarray(x), TypeError, "is no array: call a @differentiable function"),
        "hvp": (lambda: bp.hvp(bp.exp, (np.ones(2),), (np.ones(2),)), ShapeError, "hvp: f gave float64 of shape"),
        "tangents": (lambda: bp.jvp(bp.exp, (np.ones(2),), (np.ones(3),)), ShapeError, "jvp: the tangents have"),
        "int args": (lambda: bp.jvp(bp.exp, (np.ones(2, int),), (np.ones(2),)), TypeError, r"jvp: args\[0\] is int64"),
        "no variable": (lambda: bp.jacobian(lambda x: 3.0, np.ones(2)), TypeError, "jacobian: f gave float 3.0"),
        "graph": (lambda: bp.graph(np.ones(())), TypeError, "graph: y is float64"),
        "cost": (lambda: bp.cost(sigmoid(x)), ValueError, "cost: sigmoid is no primitive"),
        "segments": (lambda: bp.checkpoint_sequential([bp.exp], 2, x), ValueError, "_sequential: segments is 2"),
    }


@pytest.mark.parametrize("what", sorted(calls_that_are_refused()))
def test_a_wrong_call_is_refused_in_words(what):
    call, error, message = calls_that_are_refused()[what]
    with pytest.raises(error, match=message):
        call()


def test_a_jacobian_is_torchs():
    x = np.random.default_rng(0).normal(size=(2, 3))
    mine = bp.jacobian(log_softmax, x)
    want = torch.func.jacrev(lambda t: torch.log_softmax(t, -1))(torch.tensor(x)).numpy()
    assert mine.shape == (2, 3, 2, 3)
    np.testing.assert_allclose(mine, want, atol=1e-14)
    np.testing.assert_allclose(tbp.jacobian(twins.log_softmax, torch.tensor(x)).numpy(), want, atol=1e-14)
