"""The tape: whatever formula is recorded, its gradients, products and curvature are autograd's, and costs are counted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dlbook.numpy.backpropagation as bp
from dlbook.differentiable import chain
from dlbook.laws.arrays import SEEDS
from dlbook.laws.operation import catalogue
from dlbook.numpy.linear_classifiers import cross_entropy, linear, log_softmax, sigmoid, softmax
from dlbook.shapes import ShapeError, leaves, refill

torch = pytest.importorskip("torch")
import dlbook.torch  # noqa: E402
import dlbook.torch.backpropagation as tbp  # noqa: E402
from dlbook.torch import linear_classifiers as twins  # noqa: E402

# The first forward-mode derivative makes PyTorch compile its own rules, with a warning to itself.
pytestmark = [pytest.mark.law, pytest.mark.filterwarnings("ignore:.torch.jit.script:DeprecationWarning")]

# ------------------------------------------------------------------------------------------------ random graphs

SMOOTH = {  # one step of a program: the operation's name, how many values it reads, its options
    "add": 2, "sub": 2, "mul": 2, "sin": 1, "cos": 1, "tanh": 1, "neg": 1, "scale": 1, "softened_div": 2, "logged": 1,
    "rooted": 1, "expd": 1, "squared": 1, "product": 2, "contracted": 2, "turned": 1, "averaged": 1, "picked": 1,
    "chosen": 2, "joined": 2, "spread": 1,
}  # fmt: skip
KINKED = {"maximum": 2, "peak": 1}
WHOLE = {"softmaxed": 1, "squashed": 1, "scored": 2}
CONDITION = np.arange(9).reshape(3, 3) % 2 == 0
PICKS = np.array([2, 0, 2])


def step(ops, whole, name, a, b, kept):
    """Apply one step of a random program: every value is a 3 x 3 matrix of moderate size. `kept` makes a constant."""
    match name:
        case "add" | "sub" | "mul" | "maximum":
            return getattr(ops, name)(a, b)
        case "sin" | "cos" | "tanh" | "neg":
            return getattr(ops, name)(a)
        case "scale":
            return ops.scale(a, by=-1.5)
        case "softened_div":
            return ops.div(a, ops.add(kept(1.5), ops.mul(b, b)))
        case "logged":
            return ops.log(ops.add(kept(1.0), ops.mul(a, a)))
        case "rooted":
            return ops.sqrt(ops.add(kept(0.5), ops.mul(a, a)))
        case "expd":
            return ops.exp(ops.tanh(a))
        case "squared":
            return ops.tanh(ops.pow(a, exponent=2))
        case "product":
            return ops.tanh(ops.matmul(a, b))
        case "contracted":
            return ops.einsum(a, b, equation="nd,kd->kn")
        case "turned":
            return ops.transpose(ops.reshape(ops.reshape(a, shape=(9,)), shape=(3, 3)))
        case "averaged":
            return ops.sub(a, ops.mean(a, axis=0, keepdims=True))
        case "spread":
            return ops.broadcast_to(ops.sum(a, axis=1, keepdims=True), shape=(3, 3))
        case "peak":
            return ops.sub(a, ops.amax(a, axis=-1, keepdims=True))
        case "picked":
            return ops.index_select(a, kept(PICKS), axis=1)
        case "chosen":
            return ops.where(kept(CONDITION), a, b)
        case "joined":
            return ops.index_select(ops.cat((a, b), axis=0), kept(np.array([1, 3, 5])))
        case "softmaxed":
            return whole.softmax(a)
        case "squashed":
            return whole.sigmoid(a)
        case "scored":
            return whole.linear(a, b)


def run(ops, whole, program, xs, kept):
    """Run a program on some values and sum up what came last; each step may read anything that exists."""
    values = list(xs)
    for name, i, j in program:
        out = step(ops, whole, name, values[i % len(values)], values[j % len(values)], kept)
        values.append(ops.tanh(out) if len(values) > 4 else out)  # keep the numbers of long programs moderate
    return ops.sum(ops.mul(values[-1], ops.cos(values[-1])))


class NumpyOps:
    """The references of whole operations."""

    softmax, sigmoid, linear = staticmethod(softmax), staticmethod(sigmoid), staticmethod(linear)


@st.composite
def graphs(draw, steps):
    """Draw a program, its inputs and one direction for each."""
    names = st.sampled_from(sorted(steps))
    program = draw(st.lists(st.tuples(names, st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=8))
    rng = np.random.default_rng(draw(SEEDS))
    xs, us = ([rng.normal(size=(3, 3)) for _ in range(2)] for _ in range(2))
    return program, tuple(xs), tuple(us)


def both(program):
    """Return the program as a function of arrays or variables, and as a function of tensors."""

    def mine(*xs):
        return run(bp, NumpyOps, program, xs, lambda a: np.asarray(a))

    def theirs(*xs):
        return run(tbp, twins, program, xs, lambda a: torch.tensor(np.asarray(a)))

    return mine, theirs


def tensors(arrays):
    return tuple(map(torch.tensor, arrays))


def assert_same(mine, theirs, relative=1e-9):
    for a, b in zip(mine, theirs, strict=True):
        b = b.detach().numpy()
        assert np.isfinite(a).all()
        assert np.abs(a - b).max() <= relative * max(1.0, np.abs(b).max())


def recorded(f, xs):
    tape = bp.Tape()
    variables = tuple(map(tape.variable, xs))
    return tape, variables, f(*variables)


@given(case=graphs(SMOOTH | KINKED | WHOLE))
def test_gradients_on_a_random_graph_are_autograds(case):
    program, xs, _ = case
    mine, theirs = both(program)
    tape, variables, y = recorded(mine, xs)
    value, pullback = dlbook.torch.vjp(theirs, *tensors(xs))
    assert_same((y.value,), (value,))
    assert_same(tape.gradients(y, variables), pullback(torch.ones((), dtype=torch.float64)))


@given(case=graphs(SMOOTH | KINKED))
def test_jvp_of_primitives_is_forward_modes_and_the_two_sides_of_the_scalar_product_agree(case):
    program, xs, us = case
    mine, theirs = both(program)
    value, along = bp.jvp(mine, xs, us)
    assert_same((value, along), tbp.jvp(theirs, tensors(xs), tensors(us)))
    tape, variables, y = recorded(mine, xs)
    grads = tape.gradients(y, variables)
    terms = [g * u for g, u in zip(grads, us, strict=True)]
    assert abs(along - sum(t.sum() for t in terms)) <= 1e-12 * max(1.0, sum(np.abs(t).sum() for t in terms))


@given(case=graphs(SMOOTH))
def test_hvp_and_double_backward_of_primitives_are_exact(case):
    program, xs, us = case
    mine, theirs = both(program)
    grads, products = bp.hvp(mine, xs, us)
    want_grads, want_products = tbp.hvp(theirs, tensors(xs), tensors(us))
    assert_same(grads, want_grads)
    assert_same(products, want_products, relative=1e-8)


@given(case=graphs(SMOOTH))
def test_the_recorded_way_back_gives_the_same_gradients(case):
    program, xs, _ = case
    tape, variables, y = recorded(both(program)[0], xs)
    first = tape.gradients(y, variables)
    for a, b in zip(first, tape.gradients(y, variables, again=True), strict=True):
        np.testing.assert_allclose(a, b.value, rtol=1e-12, atol=1e-12)


@given(case=graphs(SMOOTH | WHOLE))
def test_second_derivatives_through_whole_operations_are_differences_good_to_1e_4(case):
    # softmax, linear and sigmoid are no primitives: their pullback is differentiated by a central difference.
    program, xs, us = case
    mine, theirs = both(program)
    _, products = bp.hvp(mine, xs, us)
    _, want = tbp.hvp(theirs, tensors(xs), tensors(us))
    assert_same(products, want, relative=1e-4)


def test_third_derivatives_of_primitives_are_exact():
    tape = bp.Tape()
    x = tape.variable(np.array(0.7))
    y = bp.sin(x) * bp.exp(x)
    for expected in (np.sin(0.7) + np.cos(0.7), 2 * np.cos(0.7), 2 * (np.cos(0.7) - np.sin(0.7))):
        (y,) = tape.gradients(y, (x,), again=True)
        assert y.value == pytest.approx(np.exp(0.7) * expected, rel=1e-13)


PRIMITIVES = {name: op for name, op in catalogue().items() if op.chapter == "backpropagation"}


def floats_of(tree):
    return [leaf for _, leaf in leaves(tree) if getattr(leaf, "dtype", None) == np.float64]


@pytest.mark.parametrize("name", sorted(PRIMITIVES))
def test_every_primitives_second_derivative_is_autograds(name):
    op = PRIMITIVES[name]

    def moderate(example):  # cubes of thousands leave no digits to compare
        return all(np.abs(leaf).max(initial=0.0) <= 10 for leaf in floats_of(example.args))

    @given(example=op.examples.filter(moderate))
    def holds(example):
        rng, floats = example.rng(), floats_of(example.args)
        dy = rng.normal(size=np.shape(op.reference(*example.args, **example.options)))
        directions = [rng.normal(size=leaf.shape) for leaf in floats]

        tape = bp.Tape()
        args = refill(example.args, (tape.variable(a) if is_float else a for a, is_float in marked(example.args)))
        xs = [leaf for _, leaf in leaves(args) if isinstance(leaf, bp.Variable)]
        grads = tape.gradients(op.reference(*args, **example.options), xs, dy, again=True)
        total = sum((bp.sum(g * v) for g, v in zip(grads, directions, strict=True)), start=0.0)
        mine = tape.gradients(total, xs)

        args = refill(example.args, (torch.tensor(a, requires_grad=is_float) if isinstance(a, np.ndarray | np.generic) else a
                                     for a, is_float in marked(example.args)))  # fmt: skip
        xs = [leaf for _, leaf in leaves(args) if isinstance(leaf, torch.Tensor) and leaf.requires_grad]
        y = op.twin()(*args, **example.options)
        grads = torch.autograd.grad(y, xs, torch.tensor(dy), create_graph=True)
        total = sum((g * torch.tensor(v)).sum() for g, v in zip(grads, directions, strict=True))
        want = torch.autograd.grad(total, xs, allow_unused=True) if total.requires_grad else [None] * len(xs)
        for a, b in zip(mine, want, strict=True):
            b = np.zeros_like(a) if b is None else b.numpy()
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9 * max(1.0, np.abs(b).max(initial=0.0)))

    holds()


def marked(tree):
    """Yield each leaf, and whether it is an array of floats."""
    return ((leaf, getattr(leaf, "dtype", None) == np.float64) for _, leaf in leaves(tree))


# --------------------------------------------------------------------------------------------------- the tape


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


@given(case=graphs(SMOOTH | KINKED | WHOLE))
def test_a_second_backward_pass_equals_the_first_and_changes_nothing(case):
    program, xs, _ = case
    tape, variables, y = recorded(both(program)[0], xs)
    count, before = len(tape.records), [v.value.copy() for v in variables]
    first, second = (tape.gradients(y, variables) for _ in range(2))
    for a, b, v, old in zip(first, second, variables, before, strict=True):
        np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(v.value, old)
    assert len(tape.records) == count


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


@given(case=graphs(SMOOTH | KINKED))
def test_any_cut_through_the_graph_can_be_asked_for_its_gradient(case):
    program, xs, _ = case
    tape, _, y = recorded(both(program)[0], xs)
    made = [record.y for record in tape.records]
    for variable, grad in zip(made, tape.gradients(y, made), strict=True):
        assert grad.shape == variable.shape


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
    tensors_ = [torch.tensor(a, requires_grad=True) for _, a in leaves(params)]
    w1, b1, w2, b2 = tensors_
    linear_t = torch.nn.functional.linear
    torch.nn.functional.cross_entropy(linear_t(linear_t(torch.tensor(x), w1, b1), w2, b2), torch.tensor(target)).backward()
    assert_same(grads, [t.grad for t in tensors_])


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
        "x elsewhere": (lambda: tape.gradients(bp.sum(x), (y,)), ValueError, r"gradients: xs\[0\] is a variable of anot"),
        "y an array": (lambda: tape.gradients(np.ones(()), (x,)), TypeError, "gradients: y is float64 of shape"),
        "x an array": (lambda: tape.gradients(bp.sum(x), (np.ones(2),)), TypeError, r"gradients: xs\[0\] is float64"),
        "x alone": (lambda: tape.gradients(bp.sum(x), x), TypeError, r"expected a sequence of variables: \(x,\)"),
        "no dy": (lambda: tape.gradients(x, (x,)), ShapeError, r"y has shape \(2,\) and dy is missing"),
        "dy": (lambda: tape.gradients(x, (x,), np.ones(3)), ShapeError, r"dy is float64 of shape \(3,\), expected .*2"),
        "shapes": (lambda: x + np.ones(3), ShapeError, r"add: b is float64 of shape \(3,\).* S = \(2,\) from a"),
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
        "segments": (lambda: bp.checkpoint_sequential([bp.exp], 2, x), ValueError, "checkpoint_sequential: segments is 2"),
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
